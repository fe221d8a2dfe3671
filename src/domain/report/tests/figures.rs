//! Shares, the timeline, and how a length of time is told.

use super::*;

#[test]
fn the_shares_are_by_requester_resource_and_action() {
    let max = record(
        "m",
        "2026-11-23T08:00:00Z",
        "2026-11-23T09:00:00Z",
        json!({ "requester": "max@acme.example",
        "actions": ["s3:PutObject", "s3:GetObject"], "revoked_at": "2026-11-23T09:00:00Z", "state": "expired" }),
    );
    let report = report(&seen(vec![expired("e"), returned("r"), max], Vec::new()));
    let shares = |at: usize| -> Vec<(&str, usize, i64)> {
        report.breakdowns[at].shares.iter().map(|it| (it.name.as_str(), it.grants, it.asked / 3_600)).collect()
    };
    assert_eq!(shares(0), [("dana@acme.example", 2, 8), ("max@acme.example", 1, 1)]);
    assert_eq!(shares(1), [("arn:aws:s3:::b", 3, 9)]);
    assert_eq!(shares(2), [("s3:PutObject", 3, 9), ("s3:GetObject", 1, 1)]);
}

#[test]
fn the_timeline_has_a_lane_for_each_requester_and_puts_what_overlaps_side_by_side() {
    let twin =
        record("t", "2026-11-20T10:00:00Z", "2026-11-20T14:00:00Z", ended("2026-11-20T14:00:00Z", "expiry", "expired"));
    let report = report(&seen(vec![expired("e"), twin, returned("r")], Vec::new()));
    let [lane] = report.timeline.lanes.as_slice() else { panic!("{:?}", report.timeline) };
    let rows: Vec<_> = lane.bars.iter().map(|bar| (bar.grant.as_str(), bar.row)).collect();
    assert_eq!((rows, lane.rows), (vec![("e", 0), ("t", 1), ("r", 0)], 2));
    let bar = lane.bars.last().unwrap();
    assert!(bar.from < bar.held_to && bar.held_to < bar.asked_to, "{bar:?}");
    assert!(report.timeline.ticks.len() >= 3, "{:?}", report.timeline.ticks);
    assert!(report.timeline.ticks.iter().all(|(at, _)| *at <= 1_000));
}

#[test]
fn the_axis_can_be_read_for_an_hour_and_for_a_decade() {
    for (since, fewest) in [("2026-11-28T10:30:00Z", 1), ("2026-11-27T12:00:00Z", 4), ("2016-11-28T12:00:00Z", 5)] {
        let report = compose(&seen(Vec::new(), Vec::new()), Period { since: at(since), now: at(NOW) });
        let ticks = &report.timeline.ticks;
        assert!((fewest..=16).contains(&ticks.len()), "{since}: {ticks:?}");
    }
}

#[test]
fn lengths_are_told_in_the_units_that_a_person_would_use() {
    for (seconds, told) in
        [(0, "0s"), (20, "20s"), (90, "1m"), (5_400, "1h 30m"), (14_400, "4h"), (97_200, "1d 3h"), (864_000, "10d")]
    {
        assert_eq!(length(seconds), told);
    }
}
