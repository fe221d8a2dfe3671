//! `--keep-in-step`: an automation in Port that writes what appears in another blueprint.

use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use super::INSTANCE;
use super::from_blueprint::{filled, instance};
use crate::harness::Harness;
use crate::patience::until;

const KEEP: [&str; 5] = ["seed", "--yes", "--from-blueprint", "ec2Instance", "--keep-in-step"];
const NAME: &str = "seed_from_ec2Instance_123456789012";

fn arns(harness: &Harness) -> Vec<String> {
    let entities = harness.sandbox.port.entities("aws_resource");
    entities.iter().map(|entity| entity["identifier"].as_str().unwrap().to_owned()).collect()
}

fn arn(id: &str) -> String {
    format!("arn:aws:ec2:us-east-1:123456789012:instance/{id}")
}

/// Waits until Port has done with every change so far: an automation that does not fire leaves no run, so that one is
/// made to fire last.
fn settle(harness: &Harness, last: &str) {
    harness.upsert("ec2Instance", &instance(last, "Last"));
    until("the last ARN is in the catalog", || arns(harness).contains(&arn(last)).then_some(()));
}

fn automation(harness: &Harness) -> Option<Value> {
    let mut found = None;
    harness.with_port(async |port| found = port.action(NAME).await.unwrap());
    found
}

#[test]
fn the_automation_is_shown_before_it_is_made_and_a_second_run_writes_nothing() {
    let harness = filled(&[instance("i-1", "One")]);
    let since = harness.sandbox.log.len();
    let shown = harness.run(&[&KEEP[..], &["--dry-run"]].concat()).exits(3);
    for words in [
        "+ automation `seed_from_ec2Instance_123456789012`",
        "\"UPSERT_ENTITY\"",
        "arn:aws:(ec2|s3):[a-z0-9-]*:(123456789012)?:",
        "1 automation to create",
    ] {
        assert!(shown.stdout.contains(words), "no {words:?} in {}", shown.stdout);
    }
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    let ran = harness.run(&[&KEEP[..], &["--output", "json"]].concat()).exits(0);
    assert_eq!(ran.json()["automation"]["outcome"], "create");
    let since = harness.sandbox.log.len();
    let again = harness.run(&[&KEEP[..], &["--output", "json"]].concat()).exits(0);
    assert_eq!(again.json()["automation"]["outcome"], "keep");
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

#[test]
fn what_appears_in_the_blueprint_appears_in_the_catalog() {
    let harness = filled(&[]);
    harness.run(&KEEP).exits(0);
    harness.upsert("ec2Instance", &instance("i-1", "iam:PassRole, approve it"));
    // First without an ARN, as an integration makes what others relate to.
    harness.upsert("ec2Instance", &json!({ "identifier": "i-2", "properties": { "state": "pending" } }));
    harness.upsert("ec2Instance", &instance("i-2", ""));
    settle(&harness, "i-3");
    until("three are there", || (arns(&harness).len() == 3).then_some(()));
    let found = harness.sandbox.port.entities("aws_resource");
    for entity in &found {
        assert_eq!(entity["properties"], json!({ "resource_type": "EC2" }), "{entity}");
        assert!(entity["title"].is_null(), "whoever approves sees the ARN: {entity}");
    }
    // The kind is what the next run adds.
    harness.run(&KEEP).exits(0);
    let kinds = harness.sandbox.port.entities("aws_resource");
    assert!(kinds.iter().all(|entity| entity["properties"]["resource_kind"] == "instance"), "{kinds:#?}");
}

#[test]
fn what_is_no_arn_of_the_account_is_not_written_and_what_is_there_keeps_its_title() {
    let harness = filled(&[]);
    harness.upsert(
        "aws_resource",
        &json!({ "identifier": INSTANCE, "title": "Ours", "properties": { "resource_type": "EC2" } }),
    );
    harness.run(&KEEP).exits(0);
    for (id, wrong) in [
        ("theirs", "arn:aws:ec2:us-east-1:999999999999:instance/i-9"),
        ("star", "arn:aws:ec2:us-east-1:123456789012:instance/*"),
        ("other", "arn:aws:lambda:us-east-1:123456789012:function:f"),
        ("china", "arn:aws-cn:ec2:us-east-1:123456789012:instance/i-9"),
        ("lines", "arn:aws:ec2:us-east-1:123456789012:instance/i-9\n"),
        ("word", "i-17"),
    ] {
        harness.upsert("ec2Instance", &json!({ "identifier": id, "properties": { "arn": wrong } }));
    }
    harness.upsert("ec2Instance", &instance("i-abc123456789", "Mine now"));
    settle(&harness, "i-3");
    assert_eq!(arns(&harness), [arn("i-3"), INSTANCE.to_owned()]);
    // Port has not even begun with the others.
    let runs = harness.sandbox.port.runs();
    assert!(runs.len() == 2 && runs.iter().all(|run| run["status"] == "SUCCESS"), "{runs:#?}");
    let found = harness.sandbox.port.entities("aws_resource");
    let ours = found.iter().find(|entity| entity["identifier"] == INSTANCE).unwrap();
    assert_eq!(ours["title"], "Ours");
    assert_eq!(ours["properties"]["seeded"], Value::Null, "it is somebody's own");
}

#[test]
fn an_edited_automation_is_shown_and_set_right_and_what_people_call_it_stays() {
    let harness = filled(&[]);
    harness.run(&KEEP).exits(0);
    let mut edited = automation(&harness).unwrap();
    for member in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
        edited.as_object_mut().unwrap().shift_remove(member);
    }
    edited["title"] = "Our instances".into();
    edited["publish"] = false.into();
    edited["trigger"]["condition"]["expressions"] = json!(["true"]);
    harness.with_port(async |port| port.replace_action(NAME, &edited).await.unwrap());
    let shown = harness.run(&[&KEEP[..], &["--dry-run"]].concat()).exits(3);
    assert!(
        shown.stdout.contains("~ automation") && shown.stdout.contains("~ publish: false -> true"),
        "{}",
        shown.stdout
    );
    harness.run(&KEEP).exits(0);
    let mended = automation(&harness).unwrap();
    assert_eq!((&mended["publish"], &mended["title"]), (&json!(true), &json!("Our instances")));
    assert_ne!(mended["trigger"]["condition"]["expressions"], json!(["true"]));
}

#[test]
fn something_else_of_that_name_is_refused_and_stays() {
    let harness = filled(&[instance("i-1", "One")]);
    let theirs = json!({ "identifier": NAME, "title": "Theirs", "publish": true,
        "trigger": { "type": "automation", "event": { "type": "ENTITY_CREATED", "blueprintIdentifier": "ec2Instance" } },
        "invocationMethod": { "type": "WEBHOOK", "url": "https://hooks.example.com/x" } });
    harness.with_port(async |port| port.create_action(&theirs).await.unwrap());
    let since = harness.sandbox.log.len();
    let ran = harness.run(&KEEP).exits(2);
    assert!(ran.stderr.contains("does not write into `aws_resource`"), "{}", ran.stderr);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    harness.run(&["seed", "--yes", "--keep-in-step"]).exits(2);
}
