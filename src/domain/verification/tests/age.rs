//! How old a request and its role may be.

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
fn only_a_role_that_is_older_than_the_end_of_its_run_may_be_of_it() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut run = evidence().run.unwrap();
    assert!(verify_made_before_its_end(&run, at("2036-01-01T00:00:00Z")).is_ok());
    run.has_ended = true;
    run.updated_at = Some(at("2026-11-23T21:00:00Z"));
    let told = Some(at("2026-11-23T20:00:00Z"));
    for (status, ended) in [("SUCCESS", told), ("SUCCESS", None), ("FAILURE", told), ("FAILURE", None)] {
        run.status = status.to_owned();
        run.ended_at = ended;
        let ended = ended.or(run.updated_at).unwrap();
        let after = |seconds: i64| verify_made_before_its_end(&run, ended + jiff::SignedDuration::from_secs(seconds));
        assert!(after(-3_600).is_ok() && after(300).is_ok(), "{status}");
        assert_eq!(after(301).unwrap_err().code.as_str(), "made-after-its-run", "{status}");
    }
    run.updated_at = None;
    assert_eq!(
        verify_made_before_its_end(&run, at("2026-11-23T20:00:00Z")).unwrap_err().code.as_str(),
        "made-after-its-run"
    );
}
