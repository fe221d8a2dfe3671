//! Roles that are there although the time of their grant is over.

use super::*;

#[test]
fn a_role_that_is_there_past_its_end_stands_at_the_top_and_the_exit_code_is_1() {
    let over = |grant: &str| record(grant, "2026-11-28T09:00:00Z", "2026-11-28T11:00:00Z", json!({}));
    // By the record's end though the trust says more, and with no end at all.
    for end in [Some("2026-12-24T00:00:00Z"), None] {
        let seen = seen(vec![over("o"), live("l")], vec![role("o", end), role("l", Some("2026-11-28T15:00:00Z"))]);
        let report = report(&seen);
        assert_eq!(report.overdue.iter().map(|it| it.grant.as_str()).collect::<Vec<_>>(), ["o"], "{end:?}");
        assert_eq!((report.exit_code(), report.overdue[0].until), (1, Some(at("2026-11-28T11:00:00Z"))));
        let grant = report.grants.iter().find(|grant| grant.grant == "o").unwrap();
        // It was asked for two hours, whatever somebody made of the role, and can be used since three.
        assert_eq!((grant.asked(), grant.held(at(NOW))), (Some(2 * 3_600), Some(3 * 3_600)), "{end:?}");
        assert!(report.overdue[0].why.contains("1 hour ago"), "{}", report.overdue[0].why);
        for text in [text(&report), markdown(&report), json(&report).to_string(), csv(&report)] {
            let lower = text.to_lowercase().replace('-', " ");
            assert!(lower.contains("past its end") || lower.contains("past their end"), "{text}");
        }
        assert!(text(&report).lines().nth(1).unwrap().starts_with("LIVE PAST ITS END: o of dana@acme.example: "));
    }
}

#[test]
fn a_role_whose_own_end_is_over_is_left_over_and_no_alarm() {
    let over = record("o", "2026-11-28T09:00:00Z", "2026-11-28T11:00:00Z", json!({}));
    let report = report(&seen(vec![over], vec![role("o", Some("2026-11-28T11:00:00Z"))]));
    assert_eq!((report.exit_code(), &report.overdue), (0, &Vec::new()));
    let why = "left over in the account 123456789012: AWS lets nobody in since 2026-11-28T11:00:00Z";
    assert_eq!((report.left_over[0].grant.as_str(), report.left_over[0].why.as_str()), ("o", why));
    let grant = &report.grants[0];
    assert_eq!((grant.course, grant.held(at(NOW))), (Course::Expired, Some(2 * 3_600)));
    assert!(grant.differences.contains(&why.to_owned()), "{:?}", grant.differences);
    assert!(text(&report).contains(&format!("Left over: o of dana@acme.example: {why}")), "{}", text(&report));
    for told in [text(&report), markdown(&report), json(&report).to_string(), csv(&report)] {
        assert!(
            told.contains("AWS lets nobody in since") && !told.to_lowercase().contains("live past their end"),
            "{told}"
        );
    }
}

#[test]
fn a_role_that_came_back_after_it_was_taken_away_is_live_past_its_end() {
    for (end, why) in [
        (Some("2026-11-28T15:00:00Z"), "its role lets people in until 2026-11-28T15:00:00Z"),
        (None, "its role lets people in for ever"),
        // It let people in behind its revocation, and does no longer.
        (Some("2026-11-28T11:30:00Z"), "its role is there again"),
    ] {
        let more = ended("2026-11-28T10:00:00Z", "dana@acme.example", "revoked");
        let back = record("b", "2026-11-28T09:00:00Z", "2026-11-28T15:00:00Z", more);
        let report = report(&seen(vec![back], vec![role("b", end)]));
        assert_eq!((report.exit_code(), report.overdue[0].until), (1, Some(at("2026-11-28T10:00:00Z"))), "{end:?}");
        let told = &report.overdue[0].why;
        assert!(told.starts_with(why) && told.contains("taken away at 2026-11-28T10:00:00Z"), "{told}");
        assert_eq!(report.grants[0].course, Course::Overdue, "{end:?}");
        assert!(!text(&report).contains("No grant is live past its end"), "{}", text(&report));
    }
}

#[test]
fn a_role_without_an_end_is_overdue_even_where_its_time_is_not_over_or_nothing_tells_it() {
    for records in [vec![live("l")], Vec::new()] {
        let report = report(&seen(records, vec![role("l", None)]));
        assert_eq!((report.exit_code(), report.overdue.len()), (1, 1));
        assert!(report.overdue[0].why.starts_with("its role lets people in for ever"), "{}", report.overdue[0].why);
    }
}

#[test]
fn a_role_that_lets_people_in_is_never_told_as_ended_early() {
    // The record says that it was taken away, by a clock that is ahead.
    let more = ended("2026-11-28T12:05:00Z", "dana@acme.example", "revoked");
    let ahead = record("a", "2026-11-28T09:00:00Z", "2026-11-28T15:00:00Z", more);
    let report = report(&seen(vec![ahead], vec![role("a", Some("2026-11-28T15:00:00Z"))]));
    assert_eq!((report.grants[0].course, report.grants[0].ended), (Course::Live, None));
}

#[test]
fn a_role_past_its_end_to_which_everything_is_denied_or_that_holds_nothing_is_not_live() {
    let over = record("o", "2026-11-28T09:00:00Z", "2026-11-28T11:00:00Z", json!({}));
    for change in [|role: &mut RoleSeen| role.is_denied = true, |role: &mut RoleSeen| role.holds_policies = false] {
        let mut role = role("o", Some("2026-11-28T11:00:00Z"));
        change(&mut role.1);
        let report = report(&seen(vec![over.clone()], vec![role]));
        assert_eq!((report.exit_code(), &report.overdue), (0, &Vec::new()));
    }
}

#[test]
fn without_aws_nobody_says_that_nothing_is_live_past_its_end() {
    let mut seen = seen(vec![live("l")], Vec::new());
    seen.overview.aws = None;
    let report = report(&seen);
    let sentence = "Whether a grant is live past its end cannot be known: AWS was not looked at.";
    assert!(report.gaps.contains(&sentence.to_owned()), "{:?}", report.gaps);
    assert!(text(&report).contains(sentence) && !text(&report).contains("No grant is live"));
}

#[test]
fn what_is_said_of_grants_past_their_end_is_said_of_the_accounts_that_were_looked_at() {
    let elsewhere = record("x", "2026-11-28T09:00:00Z", "2026-11-28T15:00:00Z", json!({ "account": "210987654321" }));
    let forged = record("y", "2026-11-28T09:00:00Z", "2026-11-28T15:00:00Z", json!({ "account": HOSTILE }));
    let mut seen = seen(vec![live("l"), elsewhere, forged], vec![role("l", Some("2026-11-28T15:00:00Z"))]);
    seen.unreached = vec!["333333333333".to_owned()];
    let report = report(&seen);
    assert_eq!((&report.accounts[..], report.exit_code()), (&["123456789012".to_owned()][..], 0));
    assert_eq!(report.accounts_not_looked_at, ["210987654321", "333333333333"]);
    let sentence = "No grant is live past its end in the account 123456789012 that was looked at.";
    assert!(text(&report).contains(sentence) && markdown(&report).contains(sentence), "{}", text(&report));
    let gaps = report.gaps.join("\n");
    assert!(gaps.contains("in the accounts 210987654321, 333333333333 cannot be known"), "{gaps}");
}
