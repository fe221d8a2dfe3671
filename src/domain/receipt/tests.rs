//! What stands on record of a grant that has ended, and in the log of its run.

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/port-iam/Permission-r_1";

fn revoked(cause: Cause, removed: Removed) -> Revoked {
    let grant = GrantId::parse("Permission-r_1").unwrap();
    let now = "2026-11-23T20:00:00Z".parse().unwrap();
    let aws_request_ids = vec!["request-1".to_owned()];
    Revoked { grant, cause, removed, now, aws_request_ids, live_extensions: Vec::new(), before: None }
}

/// Returns what goes on a record that told `before`.
fn recorded(cause: Cause, removed: Removed, before: Option<&RecordBefore>) -> Option<Value> {
    Revoked { before: before.cloned(), ..revoked(cause, removed) }.record()
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn a_role() -> Removed {
    Removed { role: Some(ROLE.to_owned()), ..Removed::default() }
}

fn a_policy() -> Removed {
    Removed { policies: vec!["one".to_owned(), "two".to_owned()], ..Removed::default() }
}

#[test]
fn what_is_on_record_says_who_ended_it_when_and_what_was_taken_away() {
    let removed = Removed { role: Some(ROLE.to_owned()), detached: vec!["other".to_owned()], ..a_policy() };
    let removed = Removed { inline: vec!["x".to_owned()], ..removed };
    let cause = Cause::Sweep { expired: false, why: "its run has ended" };
    let expected = r#"{"identifier":"Permission-r_1","properties":{"grant":"Permission-r_1","run":"r_1","#.to_owned()
        + r#""state":"revoked","revoked_at":"2026-11-23T20:00:00Z","revoked_by":"sweep","receipt":{"#
        + r#""asked_by":"sweep","why":"its run has ended","at":"2026-11-23T20:00:00Z","#
        + &format!(r#""role":"{ROLE}","policy":"one","policies":["one","two"],"detached":["other"],"#)
        + r#""inline":["x"],"aws_request_ids":["request-1"],"tampering":[{"at":"2026-11-23T20:00:00Z","#
        + r#""what":"other was attached to it; it had an inline policy `x`","attached":["other"],"inline":["x"]}]},"#
        + r#""review_due":true}}"#;
    let record = recorded(cause, removed, Some(&RecordBefore::default())).unwrap();
    assert_eq!(record.to_string(), expected);
}

#[test]
fn a_receipt_is_not_overwritten_and_none_is_made_of_what_never_was() {
    for (removed, record_is_over, is_written) in [
        (Removed::default(), None, false),
        (Removed::default(), Some(true), false),
        (Removed::default(), Some(false), true),
        (a_role(), None, true),
        (a_role(), Some(true), true),
        (a_policy(), Some(true), true),
        (Removed { detached: vec!["other".to_owned()], ..Removed::default() }, Some(true), false),
    ] {
        let before = record_is_over.map(|is_over| RecordBefore { is_over, ..RecordBefore::default() });
        let record = recorded(Cause::Expired, removed.clone(), before.as_ref());
        assert_eq!(record.is_some(), is_written, "{removed:?} {record_is_over:?}");
    }
}

#[test]
fn an_end_stays_on_record_when_what_bears_its_name_ends_once_more() {
    let first = json!({ "at": "2026-11-23T10:00:00Z", "asked_by": "dana", "detached": ["AdministratorAccess"] });
    let before = RecordBefore {
        is_over: true,
        over_since: Some(at("2026-11-23T10:00:00Z")),
        receipt: Some(first.clone()),
        ..RecordBefore::default()
    };
    let made = |created| Removed { created: Some(at(created)), ..a_role() };
    let of = |removed| recorded(Cause::Expired, removed, Some(&before)).unwrap()["properties"].clone();
    // A role of an ended grant's name: its end stands beside the first one, and somebody has to look at it.
    let record = of(made("2026-11-23T10:05:01Z"));
    assert_eq!(
        (&record["revoked_at"], &record["state"], &record["review_due"]),
        (&Value::Null, &Value::Null, &json!(true))
    );
    assert_eq!(record["receipt"]["detached"], json!(["AdministratorAccess"]));
    assert_eq!(record["receipt"]["later"][0]["role"], ROLE);
    assert_eq!(record["receipt"]["tampering"][0]["what"], "it was made after its grant had ended");
    // A policy that was left over says nothing of an end.
    let record = of(a_policy());
    assert_eq!((&record["revoked_at"], &record["review_due"]), (&Value::Null, &Value::Null));
    assert_eq!(record["receipt"]["later"][0]["policy"], "one");
    // The record said too early that its role had gone, as far as anybody knows.
    for removed in [made("2026-11-23T10:05:00Z"), a_role()] {
        let record = of(removed);
        assert_eq!((&record["revoked_at"], &record["review_due"]), (&json!("2026-11-23T20:00:00Z"), &json!(true)));
        assert_eq!(record["receipt"]["earlier"], json!([first]));
        assert_eq!(record["receipt"]["tampering"][0]["what"], "it was there though its record told of its end");
    }
}

#[test]
fn an_end_that_somebody_recorded_while_the_grant_was_taken_away_makes_nobody_look_at_it() {
    let before = RecordBefore {
        is_over: true,
        over_since: Some(at("2026-11-23T19:59:58Z")),
        receipt: Some(json!({ "at": "2026-11-23T19:59:58Z", "asked_by": "dana" })),
        ..RecordBefore::default()
    };
    // When its role was last seen, and deleted.
    for (moments, is_meanwhile) in [
        (None, false),
        (Some(("19:59:57", "19:59:58")), true),
        (Some(("19:59:57", "19:59:57")), true),
        // What was there in the very second of its end may have been made again, and what was deleted later was.
        (Some(("19:59:58", "19:59:58")), false),
        (Some(("19:59:57", "19:59:59")), false),
    ] {
        let moment = |time: &str| at(&format!("2026-11-23T{time}Z"));
        let (seen, deleted) = moments.map(|(seen, deleted)| (moment(seen), moment(deleted))).unzip();
        let removed = Removed { seen, deleted, ..a_role() };
        let record = recorded(Cause::Expired, removed, Some(&before)).unwrap()["properties"].clone();
        assert_eq!(record["review_due"], if is_meanwhile { Value::Null } else { json!(true) }, "{moments:?}");
    }
    // An end that is still to come is nobody's.
    let before = RecordBefore { over_since: Some(at("2026-11-23T20:00:01Z")), ..before };
    let long_before = Some(at("2026-11-23T19:59:57Z"));
    let removed = Removed { seen: long_before, deleted: long_before, ..a_role() };
    assert_eq!(recorded(Cause::Expired, removed, Some(&before)).unwrap()["properties"]["review_due"], true);
}

#[test]
fn who_loses_a_race_for_a_role_writes_nothing_over_what_the_winner_has_recorded() {
    let first = json!({ "at": "2026-11-23T19:59:58Z", "asked_by": "dana", "role": ROLE });
    let before = RecordBefore {
        is_over: true,
        over_since: Some(at("2026-11-23T19:59:58Z")),
        receipt: Some(first.clone()),
        ..RecordBefore::default()
    };
    let removed = Removed { created: Some(at("2026-11-23T16:00:00Z")), was_gone_already: true, ..a_role() };
    let record = recorded(Cause::Expired, removed, Some(&before)).unwrap()["properties"].clone();
    assert_eq!((&record["revoked_at"], &record["state"]), (&Value::Null, &Value::Null));
    assert_eq!((&record["receipt"]["asked_by"], &record["receipt"]["role"]), (&first["asked_by"], &json!(ROLE)));
    assert_eq!(record["receipt"]["later"][0]["asked_by"], "expiry");
}

#[test]
fn what_is_taken_away_in_two_accounts_is_as_young_as_its_youngest_role() {
    let mut removed = Removed { created: Some(at("2026-11-23T16:00:00Z")), ..a_role() };
    removed.and_elsewhere(Removed { created: Some(at("2026-11-23T17:00:00Z")), was_gone_already: true, ..a_role() });
    assert_eq!((removed.created, removed.was_gone_already), (Some(at("2026-11-23T17:00:00Z")), true));
    assert_eq!(removed.other_roles, [ROLE]);
}

#[test]
fn a_role_that_is_held_against_its_record_is_the_one_here_and_where_there_is_none_that_of_another_account() {
    let with = |digest: Option<&str>| {
        let digest = digest.map(str::to_owned);
        Removed { trust_digest: digest.clone(), policy_digest: digest, ..Removed::default() }
    };
    for (here, elsewhere, told) in
        [(Some("a"), Some("b"), Some("a")), (None, Some("b"), Some("b")), (Some("a"), None, Some("a"))]
    {
        let mut removed = with(here);
        removed.and_elsewhere(with(elsewhere));
        assert_eq!((removed.trust_digest.as_deref(), removed.policy_digest.as_deref()), (told, told));
    }
}

#[test]
fn another_trust_and_other_policies_than_those_on_record_are_told_where_both_are_known() {
    let with = |digest: Option<&str>| digest.map(str::to_owned);
    let told = |removed: Removed, before: RecordBefore| {
        Revoked { before: Some(before), ..revoked(Cause::Expired, removed) }.tampering()
    };
    for (there, recorded, is_told) in [
        (Some("a"), Some("a"), false),
        (Some("a"), Some("b"), true),
        (None, Some("b"), false),
        (Some("a"), None, false),
    ] {
        let before = RecordBefore { trust_digest: with(recorded), ..RecordBefore::default() };
        let of_trust = told(Removed { trust_digest: with(there), ..a_role() }, before);
        assert_eq!(of_trust.is_some(), is_told, "{there:?} {recorded:?}");
        let before = RecordBefore { policy_digest: with(recorded), ..RecordBefore::default() };
        let of_policies = told(Removed { policy_digest: with(there), ..a_role() }, before);
        let sentence = is_told.then_some("its policies were not those of its record");
        assert_eq!(of_policies.as_deref(), sentence, "{there:?} {recorded:?}");
    }
}

#[test]
fn what_a_sweep_found_is_kept_in_the_receipt_of_the_end() {
    let found = json!({ "tampering": [{ "what": "AdministratorAccess is attached to it" }] });
    let before = RecordBefore { receipt: Some(found.clone()), ..RecordBefore::default() };
    let record = recorded(Cause::Expired, a_role(), Some(&before)).unwrap()["properties"].clone();
    assert_eq!(record["receipt"]["tampering"], found["tampering"]);
    assert_eq!(record["receipt"]["at"], "2026-11-23T20:00:00Z");
    // The mark that is there stays.
    assert_eq!(record["review_due"], Value::Null);
}

#[test]
fn what_has_expired_is_told_from_what_was_taken_away() {
    let why = "its time is over";
    for (cause, state, who) in [
        (Cause::Expired, "expired", "expiry"),
        (Cause::Sweep { expired: true, why }, "expired", "sweep"),
        (Cause::Sweep { expired: false, why }, "revoked", "sweep"),
        (Cause::Person("dana@acme.example".to_owned()), "revoked", "dana@acme.example"),
        (Cause::Direct("arn:admin".to_owned()), "revoked", "arn:admin"),
    ] {
        let record = recorded(cause.clone(), a_role(), None).unwrap();
        assert_eq!(record["properties"]["state"], state, "{cause:?}");
        assert_eq!(record["properties"]["revoked_by"], who, "{cause:?}");
    }
}

#[test]
fn the_log_names_whom_to_ask_and_what_lives_on() {
    let mut revoked = revoked(Cause::Person("dana@acme.example".to_owned()), a_role());
    revoked.live_extensions = vec![GrantId::parse("Permission-r_2").unwrap()];
    let lines = "Permission \"Permission-r_1\" has been deleted.\n\
        To get more information regarding this deletion, contact \"dana@acme.example\".\n\
        Permission-r_2 goes on from it and is live; to end it too: port-iam revoke Permission-r_2\n";
    assert!(revoked.log_message().starts_with(lines), "{}", revoked.log_message());
    revoked.cause = Cause::Expired;
    assert!(revoked.log_message().contains("deleted.\nIts time was over: it expired.\n"));
    revoked.cause = Cause::Sweep { expired: true, why: "its time is over" };
    assert!(revoked.log_message().contains("deleted.\nA sweep took it away: its time is over.\n"));
}

#[test]
fn the_log_holds_the_receipt_of_what_was_there_and_none_of_what_was_not() {
    let removed = Removed { detached: vec!["one".to_owned(), "other".to_owned()], ..a_policy() };
    let removed = Removed { role: Some(ROLE.to_owned()), inline: vec!["mine".to_owned()], ..removed };
    let receipt = format!(
        "\nDeleted role: {ROLE}\nAt: 2026-11-23T20:00:00Z\nAsked by: dana@acme.example\n\
         AWS requests: 1, listed in the record \"Permission-r_1\"\nDeleted policies: one, two\n\
         Detached policies: one, other\nDeleted inline policies: mine"
    );
    let log = revoked(Cause::Person("dana@acme.example".to_owned()), removed).log_message();
    assert!(log.ends_with(&receipt), "{log}");
    let log = revoked(Cause::Expired, a_role()).log_message();
    assert!(log.contains("\nAsked by: expiry\n") && !log.contains("policies"), "{log}");
    let log = revoked(Cause::Expired, Removed::default()).log_message();
    assert!(log.ends_with("expired.\nNothing of it was left in AWS."), "{log}");
}

#[test]
fn a_role_that_is_kept_for_its_record_is_told_and_is_not_called_deleted() {
    let removed = Removed { kept: vec![ROLE.to_owned()], ..Removed::default() };
    assert!(!removed.is_nothing());
    assert_eq!((&removed.to_json()["kept"], &removed.to_json()["role"]), (&json!([ROLE]), &Value::Null));
    assert!(!a_role().to_json().contains_key("kept"));
    let mut everywhere = a_role();
    everywhere.and_elsewhere(removed);
    assert_eq!((everywhere.kept, everywhere.other_roles.len()), (vec![ROLE.to_owned()], 0));
}

#[test]
fn a_role_of_its_name_under_another_path_is_told_and_is_nothing_of_the_grant() {
    let namesakes = vec!["arn:aws:iam::123456789012:role/Permission-r_1".to_owned()];
    let removed = Removed { namesakes: namesakes.clone(), ..Removed::default() };
    assert!(removed.is_nothing());
    assert_eq!(removed.to_json()["namesakes"], json!(namesakes));
    assert!(!a_role().to_json().contains_key("namesakes"));
    let log = revoked(Cause::Expired, removed.clone()).log_message();
    assert!(log.contains("role/Permission-r_1 bears its name, is none of ours and was not touched"), "{log}");
    let mut everywhere = a_role();
    everywhere.and_elsewhere(removed);
    assert_eq!(everywhere.namesakes, namesakes);
}
