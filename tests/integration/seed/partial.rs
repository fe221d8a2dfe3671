//! Port writes a part of what it was sent.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use super::{buckets, catalog};
use crate::harness::Harness;

/// An answer that says of these places that Port failed at them.
fn failed_at(places: &[usize]) -> Fault {
    let error =
        |place: &usize| json!({ "index": place, "statusCode": 503, "error": "internal_error", "message": "busy" });
    Fault::Forged { pointer: "/errors".to_owned(), value: Value::Array(places.iter().map(error).collect()) }
}

#[test]
fn what_port_failed_at_is_sent_again_and_nothing_else_is() {
    let harness = Harness::with_blueprints();
    let file = harness.file("some.yaml", &buckets(20));
    harness.sandbox.faults.plan_matching("/entities/bulk", 0, 1, failed_at(&[3, 17]));
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    let sent: Vec<Vec<String>> = harness
        .writes(Api::Port, since)
        .iter()
        .map(|write| {
            let entities = write.body["entities"].as_array().unwrap();
            entities.iter().map(|entity| entity["identifier"].as_str().unwrap().to_owned()).collect()
        })
        .collect();
    assert_eq!((sent.len(), sent[0].len()), (2, 20));
    assert_eq!(sent[1], ["arn:aws:s3:::bucket-3", "arn:aws:s3:::bucket-17"]);
    assert!(ran.stdout.contains("20 created, 0 changed, 0 unchanged, 0 failed."), "{}", ran.stdout);
    assert_eq!(catalog(&harness, "aws_resource").len(), 20);
}

#[test]
fn what_port_fails_at_every_time_is_told_by_its_name_and_the_rest_is_written() {
    let harness = Harness::with_blueprints();
    let file = harness.file("some.yaml", &buckets(20));
    // The first answer is about all, the later ones about the one that is left.
    harness.sandbox.faults.plan_matching("/entities/bulk", 0, 1, failed_at(&[5]));
    harness.sandbox.faults.plan_matching("/entities/bulk", 0, 9, failed_at(&[0]));
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(1);
    assert!(ran.stdout.contains("! aws_resource `arn:aws:s3:::bucket-5`: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("busy") && ran.stdout.contains("19 created, 0 changed, 0 unchanged, 1 failed."));
    harness.sandbox.faults.clear();
    let since = harness.sandbox.log.len();
    // The answers lied: Port has it all, so that nothing is left to write.
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}
