//! Whether a grant was used: what is called unused, and what is not.

use super::*;

fn trail(region: &str, events: Result<TrailEvents, String>) -> TrailSeen {
    TrailSeen { region: region.to_owned(), events }
}

fn opened(count: usize) -> Result<TrailEvents, String> {
    let at = (count > 0).then(|| at("2026-11-20T09:00:00Z"));
    Ok(TrailEvents { count, first: at, last: at, is_cut: false })
}

fn usage_of(grant: Entity, usage: UsageSeen) -> Usage {
    let name = grant.identifier.clone();
    let mut seen = seen(vec![grant], Vec::new());
    seen.usage.insert(name, usage);
    report(&seen).grants.remove(0).usage
}

#[test]
fn a_grant_is_used_by_whatever_shows_it() {
    let used =
        UsageSeen { trail: vec![trail("us-east-1", opened(0)), trail("eu-west-1", opened(2))], ..UsageSeen::default() };
    let Usage::Used { last, evidence } = usage_of(expired("e"), used) else { panic!() };
    assert_eq!(
        (last, evidence.as_str()),
        (
            Some(at("2026-11-20T09:00:00Z")),
            "2 sessions were opened in eu-west-1, the first at 2026-11-20T09:00:00Z (CloudTrail)"
        )
    );
    // Of more events than are read the oldest are not known.
    let cut = TrailEvents { is_cut: true, ..opened(500).unwrap() };
    let cut = UsageSeen { trail: vec![trail("eu-west-1", Ok(cut))], ..UsageSeen::default() };
    assert_eq!(usage_of(expired("e"), cut).told(), "at least 500 sessions were opened in eu-west-1 (CloudTrail)");
    let hidden = UsageSeen {
        trail: vec![trail("eu-west-1", opened(3)), trail("us-east-1", Err("no right".to_owned()))],
        ..UsageSeen::default()
    };
    assert_eq!(usage_of(expired("e"), hidden).told(), "at least 3 sessions were opened in eu-west-1 (CloudTrail)");
    let services = ServicesSeen { services: vec!["s3".to_owned()], last: Some(at("2026-11-28T11:30:00Z")) };
    let by_iam = UsageSeen {
        trail: vec![trail("us-east-1", Err("no right".to_owned()))],
        services: Some(Ok(services)),
        unasked: None,
    };
    assert_eq!(usage_of(live("l"), by_iam).told(), "its role was used with s3 (IAM, last accessed)");
}

#[test]
fn a_grant_is_unused_only_where_everybody_who_was_to_be_asked_has_answered() {
    let asked = |trail: Vec<TrailSeen>| UsageSeen { trail, ..UsageSeen::default() };
    let all = asked(vec![trail("us-east-1", opened(0)), trail("eu-west-1", opened(0))]);
    let usage = usage_of(expired("e"), all.clone());
    // CloudTrail is of regions, and IAM alone tells of all of them; which it does while the role is there.
    assert_eq!(
        (usage.word(), usage.told()),
        ("not-seen", "not seen in us-east-1, eu-west-1; its role is gone, so that IAM tells nothing of other regions")
    );
    let with_iam = |services| UsageSeen { services: Some(services), ..all.clone() };
    let usage = usage_of(expired("e"), with_iam(Ok(ServicesSeen::default())));
    assert_eq!(
        usage,
        Usage::Unused { evidence: "CloudTrail shows no session of its role in us-east-1, eu-west-1, and IAM no service that it was used with".to_owned() }
    );
    let usage = usage_of(expired("e"), with_iam(Err("no right".to_owned())));
    assert_eq!(
        (usage.word(), usage.told()),
        ("not-seen", "not seen in us-east-1, eu-west-1; IAM cannot be asked about other regions: no right")
    );
    // What began an hour ago IAM may not know of.
    let young =
        record("y", "2026-11-28T11:00:00Z", "2026-11-28T11:30:00Z", ended("2026-11-28T11:30:00Z", "expiry", "expired"));
    let usage = usage_of(young, with_iam(Ok(ServicesSeen::default())));
    assert_eq!(
        (usage.word(), usage.told()),
        (
            "not-seen",
            "not seen in us-east-1, eu-west-1; it is too early for IAM to tell of other regions: it may be 4 hours late"
        )
    );
    let old =
        record("o", "2026-08-01T00:00:00Z", "2026-11-20T00:00:00Z", ended("2026-11-20T00:00:00Z", "expiry", "expired"));
    let just_ended =
        record("j", "2026-11-28T09:00:00Z", "2026-11-28T11:55:00Z", ended("2026-11-28T11:55:00Z", "expiry", "expired"));
    let just_begun = record("b", "2026-11-28T11:50:00Z", "2026-11-28T15:00:00Z", json!({}));
    for (grant, usage, why) in [
        (
            expired("e"),
            asked(vec![trail("us-east-1", opened(0)), trail("eu-west-1", Err("no right".to_owned()))]),
            "CloudTrail cannot be asked in eu-west-1: no right",
        ),
        (expired("e"), asked(Vec::new()), "CloudTrail was not asked"),
        (expired("e"), UsageSeen { unasked: Some("too many".to_owned()), ..all.clone() }, "too many"),
        (old, all.clone(), "it began more than 90 days ago, and CloudTrail keeps no more"),
        (just_ended, all.clone(), "it is too early to tell: CloudTrail may be 15 minutes late"),
        (just_begun, all, "it is too early to tell: CloudTrail may be 15 minutes late"),
    ] {
        assert_eq!(usage_of(grant, usage), Usage::Unknown { why: why.to_owned() });
    }
}

#[test]
fn that_iam_shows_nothing_proves_nothing_and_what_was_never_live_is_not_unused() {
    let nothing = UsageSeen {
        trail: vec![trail("us-east-1", Err("no right".to_owned()))],
        services: Some(Ok(ServicesSeen::default())),
        unasked: None,
    };
    let usage = usage_of(live("l"), nothing.clone());
    assert_eq!(
        usage.told(),
        "CloudTrail cannot be asked in us-east-1: no right; IAM shows no service that it was used with, up to 4 hours late"
    );
    assert_eq!(usage.word(), "cannot-know");
    let failed = record(
        "f",
        "2026-11-22T08:00:00Z",
        "2026-11-22T12:00:00Z",
        json!({ "state": "grant-failed", "revoked_at": "2026-11-22T08:00:09Z" }),
    );
    assert_eq!(usage_of(failed, nothing), Usage::NeverLive);
}

#[test]
fn what_can_be_used_now_is_never_called_unused_and_neither_is_what_ended_a_moment_ago() {
    let nobody = UsageSeen {
        trail: vec![trail("us-east-1", opened(0))],
        services: Some(Ok(ServicesSeen::default())),
        unasked: None,
    };
    // It began five hours ago; somebody may have used it ten minutes ago, of which IAM knows nothing.
    let live = record("l", "2026-11-28T07:00:00Z", "2026-11-28T15:00:00Z", json!({}));
    let until = |end: &str| record("l", "2026-11-28T01:00:00Z", end, json!({}));
    let late = "it is too early for IAM to tell of other regions: it may be 4 hours late";
    for (grant, end, told) in [
        (live, Some("2026-11-28T15:00:00Z"), format!("not seen in us-east-1 so far; {late}")),
        // Left over: twenty minutes and three hours after its end.
        (until("2026-11-28T11:40:00Z"), Some("2026-11-28T11:40:00Z"), format!("not seen in us-east-1; {late}")),
        (until("2026-11-28T09:00:00Z"), Some("2026-11-28T09:00:00Z"), format!("not seen in us-east-1; {late}")),
        // Live past its end, for ever and longer than was asked.
        (until("2026-11-28T05:00:00Z"), None, format!("not seen in us-east-1 so far; {late}")),
        (until("2026-11-28T05:00:00Z"), Some("2999-01-01T00:00:00Z"), format!("not seen in us-east-1 so far; {late}")),
    ] {
        let usage = usage_with_role(grant, end, nobody.clone());
        assert_eq!((usage.word(), usage.told()), ("not-seen", told.as_str()), "{end:?}");
    }
    let just_over = usage_with_role(until("2026-11-28T11:55:00Z"), Some("2026-11-28T11:55:00Z"), nobody.clone());
    assert_eq!(just_over.told(), "it is too early to tell: CloudTrail may be 15 minutes late");
    let long_over = usage_with_role(until("2026-11-28T08:00:00Z"), Some("2026-11-28T08:00:00Z"), nobody);
    assert_eq!(long_over.word(), "unused");
}

fn usage_with_role(grant: Entity, end: Option<&str>, usage: UsageSeen) -> Usage {
    let name = grant.identifier.clone();
    let mut seen = seen(vec![grant], vec![role(&name, end)]);
    seen.usage.insert(name, usage);
    report(&seen).grants.remove(0).usage
}

#[test]
fn what_was_not_seen_to_be_used_is_counted_beside_what_was_not() {
    let mut seen = seen(vec![expired("e"), returned("r"), expired("u"), live("n")], Vec::new());
    let not_seen = UsageSeen { trail: vec![trail("us-east-1", opened(0))], ..UsageSeen::default() };
    let unused = UsageSeen { services: Some(Ok(ServicesSeen::default())), ..not_seen.clone() };
    let usage = [("e", not_seen.clone()), ("r", not_seen), ("u", unused)];
    seen.usage = usage.map(|(name, usage)| (name.to_owned(), usage)).into_iter().collect();
    let report = report(&seen);
    assert_eq!((report.totals.unused, report.totals.not_seen, report.totals.unknown), (1, 2, 1));
    for breakdown in &report.breakdowns {
        assert_eq!((breakdown.shares[0].unused, breakdown.shares[0].not_seen), (1, 2), "{}", breakdown.by);
    }
    assert_eq!(json(&report)["by"]["requester"][0]["not_seen"], 2);
    assert!(markdown(&report).contains("| unused | not seen | not granted |"), "{}", markdown(&report));
    // Those of which nobody was asked are among the reasons, as they are in the total.
    assert_eq!(reasons_of_unknown(&report.grants), [("nobody was asked", 1)]);
}
