//! `--from-blueprint`: what Port's own AWS integration has filled.

use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use super::{INSTANCE, catalog, own};
use crate::harness::Harness;

/// A sandbox with a blueprint as Port's AWS integration has it, and these entities in it.
pub(super) fn filled(entities: &[Value]) -> Harness {
    let harness = Harness::with_blueprints();
    harness.with_port(async |port| {
        let blueprint = json!({
            "identifier": "ec2Instance", "title": "EC2 Instance",
            "schema": { "properties": {
                "arn": { "type": "string" }, "state": { "type": "string" }, "cores": { "type": "number" } } }
        });
        port.create_blueprint(&blueprint).await.unwrap();
        for some in entities.chunks(20) {
            assert!(port.upsert_entities("ec2Instance", some).await.unwrap().iter().all(Result::is_ok));
        }
    });
    harness
}

pub(super) fn instance(id: &str, title: &str) -> Value {
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:instance/{id}");
    json!({ "identifier": id, "title": title, "properties": { "arn": arn, "state": "running" } })
}

const FROM: [&str; 4] = ["seed", "--yes", "--from-blueprint", "ec2Instance"];

#[test]
fn entities_become_resources_with_their_titles_and_a_second_run_writes_nothing() {
    let harness = filled(&[instance("i-abc123456789", "Build agent"), instance("i-2", "")]);
    let ran = harness.run(&FROM).exits(0);
    let second = "arn:aws:ec2:us-east-1:123456789012:instance/i-2";
    assert_eq!(
        catalog(&harness, "aws_resource"),
        own(&[[second, "", "EC2"], [INSTANCE, "Build agent (instance/i-abc123456789)", "EC2"]])
    );
    assert!(ran.stderr.contains("ec2Instance: 2 entities found"), "{}", ran.stderr);
    let since = harness.sandbox.log.len();
    harness.run(&FROM).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    // Whoever edits that blueprint renames nothing for those who approve.
    harness.upsert("ec2Instance", &json!({ "identifier": "i-abc123456789", "title": "Renamed" }));
    harness.run(&FROM).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 1, "the edit itself");
}

#[test]
fn an_entity_that_stands_for_no_resource_is_told_and_the_rest_is_written() {
    let harness = filled(&[
        instance("i-1", "Good"),
        json!({ "identifier": "none", "properties": { "state": "running" } }),
        json!({ "identifier": "wrong", "properties": { "arn": "i-17" } }),
        json!({ "identifier": "theirs", "properties": { "arn": "arn:aws:ec2:us-east-1:999999999999:instance/i-9" } }),
        json!({ "identifier": "again", "properties": { "arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-1" } }),
    ]);
    let ran = harness.run(&[&FROM[..], &["--output", "json"]].concat()).exits(0);
    let report = ran.json();
    let mut told: Vec<&str> =
        report["left_out"].as_array().unwrap().iter().map(|told| told.as_str().unwrap()).collect();
    told.sort_unstable();
    let wanted = [
        ("ec2Instance `i-1`", "is named by another entity too"),
        ("ec2Instance `none`", "it has no `arn`"),
        ("ec2Instance `theirs`", "belongs to account 999999999999"),
        ("ec2Instance `wrong`", "`i-17` is not an ARN"),
    ];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for (told, (place, words)) in told.iter().zip(wanted) {
        assert!(told.starts_with(place) && told.contains(words), "{told} is not {place} … {words}");
    }
    assert_eq!(catalog(&harness, "aws_resource").len(), 1);
}

#[test]
fn when_nothing_can_be_used_it_is_a_failure() {
    let harness = filled(&[json!({ "identifier": "none", "properties": { "state": "running" } })]);
    let ran = harness.run(&FROM).exits(1);
    assert!(ran.stderr.contains("nothing of what was found can be in the catalog"), "{}", ran.stderr);
}

#[test]
fn every_page_is_read() {
    let entities: Vec<Value> = (0..1_030).map(|number| instance(&format!("i-{number}"), "")).collect();
    let harness = filled(&entities);
    harness.run(&FROM).exits(0);
    assert_eq!(catalog(&harness, "aws_resource").len(), 1_030);
}

#[test]
fn the_arn_may_be_the_identifier_and_the_type_may_be_said() {
    let harness = filled(&[]);
    harness
        .upsert("ec2Instance", &json!({ "identifier": INSTANCE, "title": INSTANCE, "properties": { "state": "on" } }));
    harness.run(&[&FROM[..], &["--arn-property", "$identifier", "--resource-type", "EC2"]].concat()).exits(0);
    assert_eq!(catalog(&harness, "aws_resource"), own(&[[INSTANCE, "", "EC2"]]));
    let ran = harness.run(&[&FROM[..], &["--arn-property", "$identifier", "--resource-type", "Machine"]].concat());
    assert!(ran.exit_code != 0 && ran.stderr.contains("resource type `Machine`"), "{}", ran.stderr);
}

#[test]
fn a_blueprint_or_a_property_that_is_not_there_is_told_before_anything_is_read() {
    let harness = filled(&[]);
    let since = harness.sandbox.log.len();
    for (arguments, words) in [
        (["ec2", "arn"], "Port has no blueprint `ec2`"),
        (
            ["ec2Instance", "Arn"],
            "has no property `Arn`; it has `arn`, `cores`, `state`, and the identifier is `$identifier`",
        ),
        (["ec2Instance", "cores"], "is no text"),
        (["aws_resource", "arn"], "is the catalog itself"),
    ] {
        let [blueprint, property] = arguments;
        let ran = harness.run(&["seed", "--yes", "--from-blueprint", blueprint, "--arn-property", property]).exits(2);
        assert!(ran.stderr.contains(words), "no {words:?} in {}", ran.stderr);
    }
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    let searches =
        harness.sandbox.log.exchanges().iter().skip(since).filter(|call| call.path.ends_with("/search")).count();
    assert_eq!(searches, 0);
    harness.run(&["seed", "--yes", "--arn-property", "arn"]).exits(2);
}

#[test]
fn what_was_seeded_and_has_left_the_blueprint_is_told_and_stays() {
    let harness = filled(&[instance("i-1", "One"), instance("i-2", "Two")]);
    harness.run(&["seed", "--samples", "--yes"]).exits(0);
    harness.run(&FROM).exits(0);
    harness.delete_entity("ec2Instance", "i-2");
    let since = harness.sandbox.log.len();
    let ran = harness.run(&[&FROM[..], &["--output", "json"]].concat()).exits(0);
    // The sample is an instance too; the bucket is none, and nothing is told of it.
    let second = "arn:aws:ec2:us-east-1:123456789012:instance/i-2";
    assert_eq!(ran.json()["gone"], json!([second, INSTANCE]));
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}
