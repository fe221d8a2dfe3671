//! How old a request may be, and what else time and place have to say.

use super::*;

#[test]
fn a_request_is_too_old_a_day_after_its_approval_and_a_month_after_it_was_made() {
    let now: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
    let judge = |created: Option<&str>, updated: Option<&str>, is_approved: bool| {
        let mut run = evidence().run.unwrap();
        let at = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        (run.created_at, run.updated_at) = (at(created), at(updated));
        verify_age(&run, is_approved, now).map_or_else(|refusal| refusal.code.as_str(), |()| "young enough")
    };
    for (created, updated, is_approved, expected) in [
        (Some("2026-11-22T20:00:00Z"), None, false, "young enough"),
        (Some("2026-11-22T19:59:59Z"), None, false, "too-old"),
        (Some("2026-11-22T19:59:59Z"), Some("2026-11-23T19:00:00Z"), false, "too-old"),
        (Some("2026-11-22T19:59:59Z"), Some("2026-11-23T19:00:00Z"), true, "young enough"),
        (Some("2026-11-22T19:59:59Z"), Some("2026-11-22T19:59:59Z"), true, "too-old"),
        (Some("2026-11-22T20:00:00Z"), None, true, "young enough"),
        (Some("2026-10-24T20:00:00Z"), Some("2026-11-23T19:00:00Z"), true, "young enough"),
        (Some("2026-10-24T19:59:59Z"), Some("2026-11-23T19:00:00Z"), true, "too-old"),
        (Some("2026-11-23T20:05:00Z"), None, false, "young enough"),
        (Some("2026-11-23T20:05:01Z"), None, false, "of-the-future"),
        (Some("2026-11-23T20:05:01Z"), Some("2026-11-23T19:00:00Z"), true, "of-the-future"),
        (None, None, false, "wrong-shape"),
        (None, Some("2026-11-23T19:00:00Z"), true, "wrong-shape"),
    ] {
        assert_eq!(judge(created, updated, is_approved), expected, "{created:?} {updated:?} {is_approved}");
    }
}

#[test]
fn a_run_that_has_ended_well_is_one_to_hold_a_grant_against_and_none_to_make_one_for() {
    let of = |status: &str, has_ended: bool, stage: RunStage| {
        let mut evidence = evidence();
        run_of(&mut evidence).status = status.to_owned();
        run_of(&mut evidence).has_ended = has_ended;
        let expected = ExpectedRun { action: "request_permissions", stage };
        verify_run(&dispatch(), evidence.run.as_ref(), expected)
            .map_or_else(|refusal| refusal.code.as_str(), |_| "fits")
    };
    for (status, has_ended, open, open_or_done) in [
        ("IN_PROGRESS", false, "fits", "fits"),
        ("IN_PROGRESS", true, "run-over", "fits"),
        ("SUCCESS", true, "run-over", "fits"),
        ("FAILURE", true, "run-over", "run-over"),
        ("WAITING_FOR_APPROVAL", false, "run-over", "run-over"),
        ("DECLINED", true, "run-over", "run-over"),
    ] {
        assert_eq!(of(status, has_ended, RunStage::Open), open, "{status}");
        assert_eq!(of(status, has_ended, RunStage::OpenOrDone), open_or_done, "{status}");
    }
}

#[test]
fn only_a_role_that_is_older_than_the_end_of_its_run_may_be_of_it() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut run = evidence().run.unwrap();
    assert!(verify_made_before_its_end(&run, at("2036-01-01T00:00:00Z")).is_ok());
    run.status = "SUCCESS".to_owned();
    run.updated_at = Some(at("2026-11-23T21:00:00Z"));
    for ended in [Some(at("2026-11-23T20:00:00Z")), None] {
        run.ended_at = ended;
        let ended = ended.or(run.updated_at).unwrap();
        let after = |seconds: i64| verify_made_before_its_end(&run, ended + jiff::SignedDuration::from_secs(seconds));
        assert!(after(-3_600).is_ok() && after(300).is_ok());
        assert_eq!(after(301).unwrap_err().code.as_str(), "made-after-its-run");
    }
    run.updated_at = None;
    assert_eq!(
        verify_made_before_its_end(&run, at("2026-11-23T20:00:00Z")).unwrap_err().code.as_str(),
        "made-after-its-run"
    );
}

#[test]
fn a_run_has_its_grant_in_one_account_whatever_is_asked_later() {
    let account = AccountId::parse("account", "123456789012").unwrap();
    let record = |properties: serde_json::Value| Entity {
        identifier: "Permission-r_1".to_owned(),
        title: None,
        properties,
        relations: json!({}),
    };
    let verified = |record: Option<&Entity>| {
        verify_same_account(record, &account).map_err(|refusal| (refusal.code, refusal.field, refusal.reason))
    };
    assert_eq!(verified(None), Ok(()));
    for (properties, passes) in [
        (json!({ "account": "123456789012", "state": "live" }), true),
        (json!({ "account": "210987654321", "state": "live" }), false),
        (json!({ "account": "210987654321" }), false),
        // What an attempt has undone is begun anew.
        (json!({ "account": "210987654321", "state": "grant-failed" }), true),
        (json!({ "state": "live" }), true),
        // What a sweep has noted of a forged role is no attempt.
        (json!({ "account": "210987654321", "receipt": { "tampering": [{ "what": "forged" }] } }), true),
        (json!({ "account": "210987654321", "receipt": { "tampering": [] } }), false),
    ] {
        let judged = verified(Some(&record(properties.clone())));
        assert_eq!(judged.is_ok(), passes, "{properties}");
        if let Err((code, field, reason)) = judged {
            assert_eq!((code, field), (RefusalCode::GrantedElsewhere, "account"));
            assert!(reason.contains("210987654321") && reason.ends_with("not in 123456789012"), "{reason}");
        }
    }
}
