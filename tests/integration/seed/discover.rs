//! `--discover`: what AWS names.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use super::{BUCKET, INSTANCE, catalog, own};
use crate::harness::Harness;

const REGION: &str = "us-east-1";
const HIDDEN: &str = "arn:aws:s3:::never-tagged-bucket";

fn calls(harness: &Harness, action: &str) -> Vec<Exchange> {
    let exchanges = harness.sandbox.log.exchanges();
    exchanges.into_iter().filter(|exchange| exchange.api == Api::Aws && exchange.aws_action() == Some(action)).collect()
}

fn identifiers(harness: &Harness) -> Vec<String> {
    catalog(harness, "aws_resource").into_iter().map(|(identifier, ..)| identifier).collect()
}

#[test]
fn what_is_found_is_shown_and_written_and_a_second_run_writes_nothing() {
    let harness = Harness::with_blueprints();
    let ran = harness.run(&["seed", "--discover", "s3,ec2:instance", "--yes"]).exits(0);
    assert_eq!(
        catalog(&harness, "aws_resource"),
        own(&[[INSTANCE, "build-agent (instance/i-abc123456789)", "EC2"], [BUCKET, "", "S3"]])
    );
    let (shown, written) = (ran.stderr.find(&format!("+ aws_resource `{BUCKET}`")), ran.stdout.find("2 created"));
    assert!(shown.is_some() && written.is_some(), "{}\n{}", ran.stderr, ran.stdout);
    assert_eq!(catalog(&harness, "iam_permissions"), [], "no samples");
    assert_eq!(calls(&harness, "GetResources")[0].body["ResourceTypeFilters"], json!(["ec2:instance", "s3"]));
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--discover", "s3,ec2:instance", "--yes"]).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    assert_eq!(harness.writes(Api::Aws, 0).len(), 0);
    assert!(ran.stdout.contains("Nothing to do: 2 entities are as wanted."), "{}", ran.stdout);
}

#[test]
fn nothing_is_written_before_somebody_has_seen_it() {
    let mut harness = Harness::with_blueprints();
    let since = harness.sandbox.log.len();
    harness.run(&["seed", "--discover", "s3"]).exits(2);
    let ran = harness.run(&["seed", "--discover", "s3", "--dry-run"]).exits(3);
    assert!(ran.stdout.contains(&format!("+ aws_resource `{BUCKET}`: type `S3`")), "{}", ran.stdout);
    let script = harness.answers(&["n"]);
    let ran = harness.run(&["seed", "--discover", "s3"]).exits(3);
    assert!(ran.stderr.contains(BUCKET), "{}", ran.stderr);
    assert_eq!(script.asked(), ["Write this to Port?"]);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

#[test]
fn what_never_had_a_tag_is_said_to_be_missing_with_the_count_of_what_was_found() {
    let harness = Harness::with_blueprints();
    let ran = harness.run(&["seed", "--discover", "s3", "--yes", "--output", "json"]).exits(0);
    let note = ran.json()["notes"][0].as_str().unwrap().to_owned();
    assert!(note.starts_with("us-east-1: 1 found of s3; AWS names only what has or had a tag"), "{note}");
    assert!(ran.stderr.contains(&note), "{}", ran.stderr);
    assert_eq!(identifiers(&harness), [BUCKET]);
}

#[test]
fn where_resource_explorer_is_on_what_never_had_a_tag_is_found_too() {
    let harness = Harness::with_blueprints();
    harness.sandbox.aws.turn_on_resource_explorer(REGION);
    // Its ARN does not tell that it is somebody else's.
    harness.sandbox.aws.add_foreign_resource("999999999999", REGION, "arn:aws:s3:::theirs");
    let ran = harness.run(&["seed", "--discover", "s3,ec2:instance", "--yes"]).exits(0);
    assert_eq!(identifiers(&harness), [INSTANCE, BUCKET, HIDDEN]);
    assert!(ran.stderr.contains("us-east-1: 3 found of ec2:instance, s3, tagged or not"), "{}", ran.stderr);
    assert_eq!(catalog(&harness, "aws_resource")[0].1, "build-agent (instance/i-abc123456789)", "the tag is not lost");
    let asked: Vec<Value> = calls(&harness, "ListResources").iter().map(|call| call.body["Filters"].clone()).collect();
    assert_eq!(
        asked,
        [
            json!({ "FilterString": "region:us-east-1 resourcetype:ec2:instance" }),
            json!({ "FilterString": "region:us-east-1 service:s3" })
        ]
    );
}

#[test]
fn without_the_right_to_ask_resource_explorer_the_tagged_ones_are_found_and_it_is_said() {
    let harness = Harness::with_blueprints();
    harness.sandbox.faults.plan_matching("/GetDefaultView", 0, 9, Fault::Status { status: 403, retry_after: None });
    let ran = harness.run(&["seed", "--discover", "s3", "--yes"]).exits(0);
    assert!(ran.stderr.contains("1 found of s3") && ran.stderr.contains("HTTP 403"), "{}", ran.stderr);
    assert_eq!(identifiers(&harness), [BUCKET]);
}

#[test]
fn every_page_of_every_region_is_read() {
    let harness = Harness::with_blueprints();
    for number in 0..230 {
        let arn = format!("arn:aws:s3:::bucket-{number:03}");
        harness.sandbox.aws.add_resource("eu-west-1", &arn, Some(&[("team", "data")]));
    }
    let all = ["seed", "--discover", "s3", "--regions", "us-east-1,eu-west-1,us-east-1", "--yes"];
    let ran = harness.run(&all).exits(0);
    assert_eq!(identifiers(&harness).len(), 231);
    assert_eq!(calls(&harness, "GetResources").len(), 1 + 3);
    assert!(ran.stderr.contains("eu-west-1: 230 found of s3"), "{}", ran.stderr);
    harness.sandbox.aws.turn_on_resource_explorer("eu-west-1");
    for number in 230..1_400 {
        harness.sandbox.aws.add_resource("eu-west-1", &format!("arn:aws:s3:::bucket-{number:04}"), None);
    }
    harness.run(&all).exits(0);
    assert_eq!(identifiers(&harness).len(), 1_401);
    assert_eq!(calls(&harness, "ListResources").len(), 3);
}

#[test]
fn a_request_that_was_too_many_is_repeated() {
    let harness = Harness::with_blueprints();
    harness.sandbox.faults.plan(Some(Api::Aws), 1, 2, Fault::Status { status: 429, retry_after: None });
    harness.run(&["seed", "--discover", "s3", "--yes"]).exits(0);
    assert_eq!(identifiers(&harness), [BUCKET]);
}

#[test]
fn what_can_be_no_entity_is_told_and_the_rest_is_written() {
    let harness = Harness::with_blueprints();
    for arn in [
        "arn:aws:ec2:us-east-1:123456789012:nothing-that-aws-documents/x-1",
        "arn:aws:ec2:us-east-1:123456789012:instance/i-~",
        "arn:aws:ec2:us-east-1:999999999999:instance/i-theirs",
    ] {
        harness.sandbox.aws.add_resource(REGION, arn, Some(&[]));
    }
    let ran = harness.run(&["seed", "--discover", "ec2", "--yes", "--output", "json"]).exits(0);
    let report = ran.json();
    let left_out: Vec<&str> =
        report["left_out"].as_array().unwrap().iter().map(|told| told.as_str().unwrap()).collect();
    assert_eq!(left_out.len(), 3, "{left_out:#?}");
    for words in ["nothing-that-aws-documents", "i-~", "belongs to account 999999999999"] {
        assert!(left_out.iter().any(|told| told.starts_with("us-east-1: ") && told.contains(words)), "{left_out:#?}");
        assert!(ran.stderr.contains("left out: us-east-1: "), "{}", ran.stderr);
    }
    assert_eq!(identifiers(&harness), [INSTANCE, "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0"]);
}

#[test]
fn a_service_without_a_type_waits_for_init_and_aws_is_not_asked() {
    let harness = Harness::with_blueprints();
    let ran = harness.run(&["seed", "--discover", "s3,Lambda,s4,ec2:*", "--regions", "here", "--yes"]).exits(2);
    for words in [
        "--discover Lambda: the catalog has no resource type `Lambda`",
        "port-iam init --resource-types 'S3,EC2,Lambda'",
        "--discover s4: `s4` is no service",
        "--discover ec2:*: `*` is no kind of resource",
        "--regions: `here` is no region",
    ] {
        assert!(ran.stderr.contains(words), "no {words:?} in {}", ran.stderr);
    }
    assert_eq!(calls(&harness, "GetResources").len(), 0);
    harness.run(&["seed", "--regions", "us-east-1"]).exits(2);
}

#[test]
fn a_title_that_somebody_gave_outlives_the_tag_and_a_file_comes_first() {
    let harness = Harness::with_blueprints();
    harness.upsert(
        "aws_resource",
        &json!({ "identifier": INSTANCE, "title": "Ours", "properties": { "resource_type": "EC2" } }),
    );
    let file = harness.file("own.csv", &format!("identifier,title\n{BUCKET},From the file\n"));
    harness.run(&["seed", "--discover", "s3,ec2:instance", "--file", &file, "--yes"]).exits(0);
    assert_eq!(catalog(&harness, "aws_resource"), own(&[[INSTANCE, "Ours", "EC2"], [BUCKET, "From the file", "S3"]]));
}

#[test]
fn a_crafted_name_stays_out_of_the_title() {
    let harness = Harness::with_blueprints();
    let arn = |name: &str| format!("arn:aws:ec2:us-east-1:123456789012:instance/i-{name}");
    let long = "x".repeat(90);
    for (id, name) in [("1", "a\u{1b}[2J"), ("2", long.as_str()), ("3", "\u{202e}gpj"), ("4", " web ")] {
        harness.sandbox.aws.add_resource(REGION, &arn(id), Some(&[("Name", name)]));
    }
    harness.run(&["seed", "--discover", "ec2:instance", "--yes"]).exits(0);
    let titles: Vec<String> = catalog(&harness, "aws_resource").into_iter().map(|(_, title, _)| title).collect();
    assert_eq!(titles, ["", "", "", "web (instance/i-4)", "build-agent (instance/i-abc123456789)"]);
}

#[test]
fn whoever_may_not_ask_for_tags_is_told_which_right_is_missing() {
    let harness = Harness::with_blueprints();
    let dana = port_iam::sandbox::cast::DANA;
    let keys = [("AWS_ACCESS_KEY_ID", dana.aws_access_key_id), ("AWS_SECRET_ACCESS_KEY", dana.aws_secret_access_key)];
    let ran = harness.run_with(&["seed", "--discover", "s3", "--yes"], &keys).exits(1);
    assert!(ran.stderr.contains("tag:GetResources"), "{}", ran.stderr);
    assert_eq!(identifiers(&harness), Vec::<String>::new());
}

#[test]
fn what_was_seeded_and_is_gone_is_told_and_stays() {
    let harness = Harness::with_blueprints();
    let [away, kept, far] = ["arn:aws:s3:::away", "arn:aws:s3:::kept-by-a-file", "arn:aws:s3:::made-by-hand"];
    harness.sandbox.aws.add_resource(REGION, away, Some(&[]));
    let file = harness.file("kept.csv", &format!("identifier\n{kept}\n"));
    let all = ["seed", "--discover", "s3,ec2:instance", "--file", &file, "--yes", "--output", "json"];
    harness.run(&all).exits(0);
    harness.upsert("aws_resource", &json!({ "identifier": far, "properties": { "resource_type": "S3" } }));
    assert!(harness.sandbox.aws.remove_resource(away) && harness.sandbox.aws.remove_resource(INSTANCE));
    let since = harness.sandbox.log.len();
    let ran = harness.run(&all).exits(0);
    assert_eq!(ran.json()["gone"], json!([INSTANCE, away]));
    assert!(ran.stderr.contains(&format!("not found any more, perhaps gone; it stays in the catalog: `{away}`")));
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    // Another service and another region tell nothing of it.
    let elsewhere = harness.run(&["seed", "--discover", "ec2", "--regions", "eu-west-1", "--output", "json"]).exits(0);
    assert_eq!(elsewhere.json()["gone"], json!([]));
}
