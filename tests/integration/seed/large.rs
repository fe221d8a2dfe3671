//! Catalogs of real size: many requests at once, as many as Port takes.

use port_iam::sandbox::request_log::{Api, Exchange};

use super::{buckets, catalog};
use crate::harness::Harness;

fn bulks(harness: &Harness) -> Vec<Exchange> {
    let writes = harness.writes(Api::Port, 0).into_iter();
    writes.filter(|write| write.path.ends_with("/entities/bulk")).collect()
}

fn too_many(harness: &Harness) -> usize {
    harness.sandbox.log.exchanges().iter().filter(|exchange| exchange.status == 429).count()
}

#[test]
fn port_s_limits_are_kept_by_what_its_answers_tell() {
    let mut harness = Harness::with_blueprints();
    harness.waits_by_the_clock = true;
    // 35 bulk writes in five minutes, and there are 100 to be made.
    harness.sandbox.port.enforce_limits(1_000);
    let file = harness.file("many.yaml", &buckets(2_000));
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert!(ran.stdout.contains("2000 created, 0 changed, 0 unchanged, 0 failed."), "{}", ran.stdout);
    let refused: Vec<_> =
        harness.sandbox.log.exchanges().into_iter().filter(|it| it.status == 429).map(|it| it.path).collect();
    assert!(refused.len() <= 1, "answers of 429: {refused:?}");
    assert_eq!(bulks(&harness).len(), 100 + too_many(&harness), "20 in each, none twice");
    assert_eq!(catalog(&harness, "aws_resource").len(), 2_000);
}

#[test]
fn how_fast_it_goes_and_how_long_it_takes_is_told_and_the_limits_of_today_are_far_away() {
    let mut harness = Harness::with_blueprints();
    harness.waits_by_the_clock = true;
    harness.sandbox.port.enforce_limits(1);
    let file = harness.file("many.yaml", &buckets(1_000));
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!((bulks(&harness).len(), too_many(&harness)), (50, 0));
    let told: Vec<&str> = ran.stderr.lines().filter(|line| line.contains(" of 1000 (")).collect();
    let says_all = |line: &&str| line.contains(" a second, ") && line.ends_with(" s left)");
    assert!((15..=25).contains(&told.len()) && told[..told.len() - 1].iter().all(says_all), "{told:#?}");
}

#[test]
fn what_was_cut_off_is_gone_on_from_and_what_is_there_is_not_sent_again() {
    let harness = Harness::with_blueprints();
    let file = harness.file("many.yaml", &buckets(600));
    // From the eleventh request on Port fails.
    let fault = port_iam::sandbox::fault::Fault::Status { status: 403, retry_after: None };
    harness.sandbox.faults.plan_matching("/entities/bulk", 10, 999, fault);
    harness.run(&["seed", "--yes", "--file", &file]).exits(1);
    harness.sandbox.faults.clear();
    let there = catalog(&harness, "aws_resource").len();
    assert_eq!(there, 200);
    let before = bulks(&harness).len();
    assert!(before <= 10 + 8, "no more than were under way");
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!((bulks(&harness).len() - before, catalog(&harness, "aws_resource").len()), (20, 600));
}
