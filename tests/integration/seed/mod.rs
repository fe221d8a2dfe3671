//! `port-iam seed` against the sandbox.

mod csv;
#[cfg(feature = "discover")]
mod discover;
mod from_blueprint;
mod in_step;
mod large;
mod partial;

use std::fmt::Write as _;

use port_iam::clients::port::Upsert;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Harness;

const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
const INSTANCE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456789";

/// Identifier, title and type of every resource or permission.
fn catalog(harness: &Harness, blueprint: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entities = harness.sandbox.port.entities(blueprint);
    entities
        .iter()
        .map(|entity| {
            (text(&entity["identifier"]), text(&entity["title"]), text(&entity["properties"]["resource_type"]))
        })
        .collect()
}

fn own(rows: &[[&str; 3]]) -> Vec<(String, String, String)> {
    rows.iter().map(|[a, b, c]| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

#[test]
fn the_samples_are_the_guide_s_with_the_real_account_and_region() {
    let harness = Harness::with_blueprints();
    let ran = harness.run(&["seed", "--yes"]).exits(0);
    assert_eq!(
        catalog(&harness, "aws_resource"),
        own(&[[INSTANCE, "My awesome EC2 machine", "EC2"], [BUCKET, "My awesome S3 bucket", "S3"]])
    );
    assert_eq!(
        catalog(&harness, "iam_permissions"),
        own(&[
            ["ec2:StopInstances", "Stop EC2 Instance (ec2:StopInstances)", "EC2"],
            ["s3:PutObject", "Put S3 objects (s3:PutObject)", "S3"]
        ])
    );
    assert!(ran.stdout.contains("4 created, 0 changed, 0 unchanged, 0 failed."), "{}", ran.stdout);
    assert_eq!(ran.stderr.matches("warning").count(), 0, "{}", ran.stderr);
}

#[test]
fn a_second_run_writes_nothing_and_says_so() {
    let harness = Harness::with_blueprints();
    harness.run(&["seed", "--yes"]).exits(0);
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--yes", "--output", "json"]).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    let report = ran.json();
    assert_eq!((report["unchanged"].as_array().unwrap().len(), &report["created"]), (4, &json!([])));
    assert!(harness.run(&["seed"]).exits(0).stdout.starts_with("Nothing to do: 4 entities are as wanted."));
}

#[test]
fn a_title_that_somebody_gave_stays_unless_the_file_gives_one() {
    let harness = Harness::with_blueprints();
    let theirs = json!({"identifier": BUCKET, "title": "Ours", "properties":
        {"resource_type": "S3", "tags": [{"team": "data"}]}});
    harness.upsert("aws_resource", &theirs);
    harness.run(&["seed", "--yes"]).exits(0);
    let untitled = harness.file("untitled.yaml", &format!("resources:\n  - identifier: {BUCKET}\n"));
    harness.run(&["seed", "--file", &untitled]).exits(0);
    assert_eq!(catalog(&harness, "aws_resource")[1].1, "Ours");
    let titled = harness.file("titled.yaml", &format!("resources:\n  - identifier: {BUCKET}\n    title: Renamed\n"));
    let ran = harness.run(&["seed", "--file", &titled, "--yes"]).exits(0);
    assert!(ran.stdout.contains("title `Ours` → `Renamed`"), "{}", ran.stdout);
    let bucket = &harness.sandbox.port.entities("aws_resource")[1];
    assert_eq!(bucket["title"], "Renamed");
    assert_eq!(bucket["properties"]["tags"], json!([{"team": "data"}]));
}

#[test]
fn without_a_terminal_yes_has_to_be_said() {
    let harness = Harness::with_blueprints();
    let ran = harness.run(&["seed"]).exits(2);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(catalog(&harness, "aws_resource"), []);
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let harness = Harness::with_blueprints();
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--dry-run"]).exits(3);
    assert!(ran.stdout.contains(&format!("+ aws_resource `{BUCKET}`: type `S3`")), "{}", ran.stdout);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
    harness.run(&["seed", "--yes"]).exits(0);
    harness.run(&["seed", "--dry-run"]).exits(0);
}

#[test]
fn mistakes_are_told_with_file_and_line_and_nothing_is_written() {
    let harness = Harness::with_blueprints();
    let one = harness.file(
        "one.yaml",
        "resources:\n  - identifier: arn:aws:s3:::fine\n  - identifier: arn:aws:ec2:us-east-1:999999999999:instance/i-1\n    color: red\n",
    );
    let two = harness.file(
        "two.json",
        "{\"resources\": [\n {\"identifier\": \"arn:aws:s3:::fine\"}],\n \"permissions\": [\n {\"identifier\": \"s3:*\"}]}",
    );
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--yes", "--file", &one, "--file", &two]).exits(2);
    for wanted in [
        format!("{one}:3: `arn:aws:ec2:us-east-1:999999999999:instance/i-1` belongs to account 999999999999"),
        format!("{one}:4: `color` is not known here"),
        format!("{two}:2: `arn:aws:s3:::fine` is named a second time; the first is at {one}:2"),
        format!("{two}:4: `s3:*` holds a wildcard"),
    ] {
        assert!(ran.stderr.contains(&wanted), "no {wanted:?} in\n{}", ran.stderr);
    }
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

#[test]
fn mistakes_in_a_file_are_told_even_when_nobody_is_logged_in() {
    let mut harness = Harness::new();
    harness.environment.clear();
    let file = harness.file("bad.yaml", "resources:\n  - identifier: nonsense\n");
    let ran = harness.run(&["seed", "--file", &file]).exits(2);
    assert!(ran.stderr.contains("bad.yaml:2: `nonsense` is not an ARN"), "{}", ran.stderr);
    let good = harness.file("good.yaml", "permissions:\n  - identifier: s3:GetObject\n");
    harness.run(&["seed", "--file", &good]).exits(4);
}

#[test]
fn a_list_of_permissions_needs_no_aws_credentials() {
    let mut harness = Harness::with_blueprints();
    harness.environment.retain(|(name, _)| !name.contains("ACCESS_KEY"));
    let file = harness.file("permissions.yaml", "permissions:\n  - identifier: s3:GetObject\n");
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!(catalog(&harness, "iam_permissions"), own(&[["s3:GetObject", "s3:GetObject", "S3"]]));
}

#[test]
fn a_crafted_title_is_text() {
    let harness = Harness::with_blueprints();
    let crafted = "'; touch pwned; echo '";
    let file =
        harness.file("crafted.yaml", &format!("resources:\n  - identifier: {BUCKET}\n    title: \"{crafted}\"\n"));
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!(catalog(&harness, "aws_resource"), own(&[[BUCKET, crafted, "S3"]]));
    let since = harness.sandbox.log.len();
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

/// A file with `count` buckets.
fn buckets(count: usize) -> String {
    (0..count).fold("resources:\n".to_owned(), |mut text, number| {
        writeln!(text, "  - identifier: arn:aws:s3:::bucket-{number}").unwrap();
        text
    })
}

#[test]
fn many_entities_go_twenty_at_a_time_and_the_progress_is_told() {
    let harness = Harness::with_blueprints();
    let file = harness.file("many.yaml", &buckets(230));
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    let writes = harness.writes(Api::Port, since);
    assert_eq!(writes.len(), 12);
    assert!(writes.iter().all(|write| write.path.ends_with("/entities/bulk")
        && write.query.contains("upsert=true&merge=true")
        && write.body["entities"].as_array().unwrap().len() <= 20));
    assert_eq!(catalog(&harness, "aws_resource").len(), 230);
    assert!(ran.stderr.contains("20 of 230 (") && ran.stderr.contains("230 of 230 ("), "{}", ran.stderr);
    assert!(ran.stdout.contains("and 190 more"), "{}", ran.stdout);
    let (quiet, since) = (harness.file("more.yaml", &buckets(360)), harness.sandbox.log.len());
    let ran = harness.run(&["seed", "--yes", "--quiet", "--file", &quiet]).exits(0);
    assert_eq!((ran.stderr.as_str(), harness.writes(Api::Port, since).len()), ("", 7));
}

#[test]
fn what_port_does_not_take_is_told_entity_by_entity() {
    let harness = Harness::with_blueprints();
    // Somebody has made a property required that `seed` knows nothing of.
    harness.with_port(async |port| {
        let all = port.blueprints().await.unwrap();
        let mut blueprint = all.into_iter().find(|blueprint| blueprint["identifier"] == "aws_resource").unwrap();
        let known = json!({"identifier": "arn:aws:s3:::known", "properties": {"resource_type": "EC2", "owner": "me"}});
        blueprint["schema"]["properties"]["owner"] = json!({"type": "string"});
        blueprint["schema"]["required"] = json!(["resource_type", "owner"]);
        for key in ["createdAt", "createdBy", "updatedAt", "updatedBy"] {
            blueprint.as_object_mut().unwrap().remove(key);
        }
        port.replace_blueprint("aws_resource", &blueprint).await.unwrap();
        port.upsert_entity("aws_resource", &known, Upsert { run_id: None }).await.unwrap();
    });
    let file = harness.file(
        "partly.yaml",
        "resources:\n  - identifier: arn:aws:s3:::known\n  - identifier: arn:aws:s3:::unknown\npermissions:\n  - identifier: s3:GetObject\n",
    );
    let ran = harness.run(&["seed", "--yes", "--file", &file, "--output", "json"]).exits(1);
    let report = ran.json();
    let names = |list: &str| -> Vec<String> {
        let entities = report[list].as_array().unwrap();
        entities.iter().map(|entity| entity["identifier"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("created"), ["s3:GetObject"]);
    assert_eq!(names("changed"), ["arn:aws:s3:::known"]);
    assert_eq!(names("failed"), ["arn:aws:s3:::unknown"]);
    assert!(report["failed"][0]["message"].as_str().unwrap().contains("owner"), "{report}");
    assert!(ran.stderr.contains("1 of 3 entities could not be written"), "{}", ran.stderr);
}

#[test]
fn after_an_outage_the_rest_is_not_tried_and_a_second_run_goes_on() {
    let harness = Harness::with_blueprints();
    let file = harness.file("many.yaml", &buckets(80));
    // Behind the first, two are under way at once, and each is tried four times.
    harness.sandbox.faults.plan_matching("/entities/bulk", 1, 8, Fault::Status { status: 503, retry_after: None });
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(1);
    assert!(ran.stdout.contains("20 created, 0 changed, 0 unchanged, 60 failed."), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("not tried").count(), 20, "{}", ran.stdout);
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    assert!(ran.stdout.contains("60 created, 0 changed, 20 unchanged, 0 failed."), "{}", ran.stdout);
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    let harness = Harness::with_blueprints();
    harness.sandbox.faults.plan_matching("/entities/bulk", 0, 1, Fault::DropAfter);
    harness.run(&["seed", "--yes"]).exits(0);
    assert_eq!(catalog(&harness, "aws_resource").len(), 2);
}

#[test]
fn without_blueprints_init_is_named() {
    let harness = Harness::new();
    let ran = harness.run(&["seed", "--yes"]).exits(1);
    assert!(
        ran.stderr.contains("no blueprint `aws_resource`") && ran.stderr.contains("port-iam init"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_types_of_the_blueprint_decide() {
    let harness = Harness::with_blueprints();
    let text = "permissions:\n  - identifier: s3:GetObject\n    resource_type: Lambda\n";
    let file = harness.file("types.yaml", text);
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(2);
    assert!(ran.stderr.contains("types.yaml:3: resource type `Lambda`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`S3`, `EC2`"), "{}", ran.stderr);
}

#[test]
fn in_a_terminal_more_is_asked_for_until_an_empty_line() {
    let mut harness = Harness::with_blueprints();
    let script = harness.answers(&[
        "arn:aws:s3:::bucket/*",
        BUCKET,
        "arn:aws:s3:::another",
        "Another",
        "",
        "",
        "s3:GetObject",
        "",
        "S4",
        "s3:GetObject",
        "",
        "S3",
        "",
        "y",
    ]);
    let ran = harness.run(&["seed"]).exits(0);
    assert!(ran.stderr.contains("wildcard") && ran.stderr.contains("a second time"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`S4`"), "{}", ran.stderr);
    assert_eq!(catalog(&harness, "aws_resource")[1], own(&[["arn:aws:s3:::another", "Another", "S3"]])[0]);
    assert_eq!(catalog(&harness, "iam_permissions").len(), 3);
    assert_eq!(script.asked().last().unwrap(), "Write this to Port?");
}

#[test]
fn whoever_says_no_has_written_nothing() {
    let mut harness = Harness::with_blueprints();
    harness.answers(&["n"]);
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["seed", "--samples", "--quiet"]).exits(3);
    assert!(ran.stderr.contains(BUCKET), "{}", ran.stderr);
    assert_eq!(ran.stdout, "Nothing was written.\n");
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

#[test]
fn a_second_installation_has_its_own_catalog() {
    let harness = Harness::with_blueprints();
    let ran = harness.run(&["seed", "--yes", "--prefix", "two"]).exits(1);
    assert!(ran.stderr.contains("no blueprint `two_aws_resource`"), "{}", ran.stderr);
}

#[test]
fn a_missing_credential_is_asked_for_once() {
    let mut harness = Harness::with_blueprints();
    let (id, secret) = (harness.variable("PORT_CLIENT_ID"), harness.variable("PORT_CLIENT_SECRET"));
    harness.set("PORT_CLIENT_ID", None);
    harness.set("PORT_CLIENT_SECRET", None);
    let script = harness.answers(&[&id, &secret]);
    harness.run(&["seed", "--samples", "--yes"]).exits(0);
    assert_eq!(script.asked(), ["Port client id", "Port client secret"]);
}

/// Returns the properties of an entity.
fn properties(harness: &Harness, blueprint: &str, identifier: &str) -> Value {
    let entities = harness.sandbox.port.entities(blueprint);
    entities.into_iter().find(|entity| entity["identifier"] == identifier).unwrap()["properties"].clone()
}

fn identifiers(harness: &Harness) -> Vec<String> {
    catalog(harness, "iam_permissions").into_iter().map(|(identifier, ..)| identifier).collect()
}

fn offered(harness: &Harness, resource: &str) -> Vec<String> {
    harness.sandbox.port.offered("request_permissions", "permissions", "aws_resource", resource).unwrap()
}

#[test]
fn an_approver_sees_in_port_what_a_permission_does() {
    let harness = Harness::with_blueprints();
    harness.run(&["seed", "--yes"]).exits(0);
    assert_eq!(properties(&harness, "aws_resource", BUCKET)["resource_kind"], "bucket");
    assert_eq!(properties(&harness, "aws_resource", INSTANCE)["resource_kind"], "instance");
    let put = properties(&harness, "iam_permissions", "s3:PutObject");
    assert_eq!(put["access_level"], "Write");
    for flag in ["sensitive", "account_wide", "leaves_behind", "pass_role"] {
        assert_eq!(put[flag], json!(false), "{flag}");
    }
    assert!(put["resource_kinds"].as_array().unwrap().contains(&json!("bucket")), "{put}");
}

#[test]
fn the_form_offers_what_can_be_granted_on_this_kind_of_resource() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let object = "arn:aws:s3:::my-s3-bucket/report.csv";
    let file = harness.file(
        "catalog.yaml",
        &format!(
            "resources:\n  - identifier: {object}\npermissions:\n  - identifier: s3:ListBucket\n  - identifier: s3:GetObject\n"
        ),
    );
    harness.run(&["seed", "--yes", "--samples", "--file", &file]).exits(0);
    assert_eq!(offered(&harness, BUCKET), ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
    assert_eq!(offered(&harness, object), ["s3:GetObject", "s3:PutObject"]);
    assert_eq!(offered(&harness, INSTANCE), ["ec2:StopInstances"]);
}

#[test]
fn what_was_in_the_catalog_before_is_offered_as_the_guide_does() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    let (older_bucket, older_object) = ("arn:aws:s3:::older", "arn:aws:s3:::older/key");
    for (blueprint, identifier) in
        [("aws_resource", older_bucket), ("aws_resource", older_object), ("iam_permissions", "s3:ListBucket")]
    {
        harness.upsert(blueprint, &json!({ "identifier": identifier, "properties": { "resource_type": "S3" } }));
    }
    let file = harness.file("new.yaml", "permissions:\n  - identifier: s3:GetBucketPolicy\n");
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    // A resource without a kind is offered everything of its type; a permission without kinds stands everywhere.
    for resource in [older_bucket, older_object, BUCKET] {
        assert_eq!(offered(&harness, resource), ["s3:GetBucketPolicy", "s3:ListBucket", "s3:PutObject"], "{resource}");
    }
    assert_eq!(offered(&harness, INSTANCE), ["ec2:StopInstances"]);
}

#[test]
fn the_permissions_of_a_resource_need_not_be_typed() {
    let harness = Harness::with_blueprints();
    let ran = harness.run(&["seed", "--permissions-for", INSTANCE, "--dry-run"]).exits(3);
    let row = |name: &str| ran.stdout.lines().find(|line| line.contains(&format!("`{name}`"))).unwrap_or_default();
    assert!(ran.stdout.contains("permission") && ran.stdout.contains("access level"), "{}", ran.stdout);
    assert!(row("ec2:StopInstances").contains("`EC2`") && row("ec2:StopInstances").contains("Write"), "{}", ran.stdout);
    assert!(row("ec2:GetPasswordData").ends_with("sensitive"), "{}", ran.stdout);
    assert_eq!(identifiers(&harness), Vec::<String>::new());

    harness.run(&["seed", "--permissions-for", INSTANCE, "--yes"]).exits(0);
    let written = identifiers(&harness);
    assert!(written.contains(&"ec2:StopInstances".to_owned()), "{written:?}");
    assert!(written.iter().all(|name| name != "ec2:ModifyInstanceAttribute" && name != "ec2:DescribeInstances"));
    assert_eq!(catalog(&harness, "aws_resource"), [], "neither samples nor the resource itself");
    let since = harness.sandbox.log.len();
    harness.run(&["seed", "--permissions-for", INSTANCE, "--yes"]).exits(0);
    assert_eq!(harness.writes(Api::Port, since).len(), 0);
}

#[test]
fn services_levels_files_and_samples_go_together() {
    let harness = Harness::with_blueprints();
    let file = harness.file("own.yaml", "permissions:\n  - {identifier: s3:GetObject, title: 'Read (s3:GetObject)'}\n");
    let arguments = ["seed", "--yes", "--permissions-for", "s3", "--permissions-for", "ec2", "--level", "read,list"];
    harness.run(&[&arguments[..], &["--file", &file, "--samples"]].concat()).exits(0);
    let written = identifiers(&harness);
    for (name, expected) in [
        ("s3:GetObject", true),
        ("s3:ListBucket", true),
        ("ec2:GetConsoleOutput", true),
        ("s3:DeleteObject", false),
        // The samples.
        ("s3:PutObject", true),
        // Account-wide.
        ("ec2:DescribeInstances", false),
    ] {
        assert_eq!(written.contains(&name.to_owned()), expected, "{name}: {written:?}");
    }
    let read = catalog(&harness, "iam_permissions").into_iter().find(|(name, ..)| name == "s3:GetObject").unwrap();
    assert_eq!(read.1, "Read (s3:GetObject)");
    let ran = harness.run(&[&arguments[..], &["--account-wide"]].concat()).exits(0);
    assert!(ran.stderr.contains("`account-wide-actions`"), "{}", ran.stderr);
    assert_eq!(properties(&harness, "iam_permissions", "ec2:DescribeInstances")["account_wide"], json!(true));
}

#[test]
fn permissions_of_a_service_without_a_type_wait_for_init() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let ran = harness.run(&["seed", "--yes", "--permissions-for", "lambda"]).exits(2);
    assert!(ran.stderr.contains("port-iam init --resource-types 'S3,EC2,Lambda'"), "{}", ran.stderr);
    harness.run(&["init", "--yes", "--resource-types", "S3,EC2,Lambda"]).exits(0);
    harness.run(&["seed", "--yes", "--permissions-for", "lambda"]).exits(0);
    assert_eq!(properties(&harness, "iam_permissions", "lambda:InvokeFunction")["resource_type"], "Lambda");
    harness.run(&["seed", "--yes", "--permissions-for", "s4"]).exits(2);
    harness.run(&["seed", "--yes", "--level", "read"]).exits(2);
}

#[test]
fn an_installation_of_an_earlier_version_is_filled_and_told_to_run_init() {
    let harness = Harness::new();
    let types = port_iam::domain::resource_types::ResourceTypes::default();
    let names = port_iam::domain::names::Names::default();
    harness.with_port(async |port| {
        for mut blueprint in port_iam::assets::blueprints(&names, &types).unwrap() {
            let properties = blueprint["schema"]["properties"].as_object_mut().unwrap();
            if properties.contains_key("resource_type") {
                properties.retain(|name, _| name == "resource_type" || name == "tags");
            }
            port.create_blueprint(&blueprint).await.unwrap();
        }
    });
    let ran = harness.run(&["seed", "--yes"]).exits(0);
    assert!(ran.stderr.contains("lacks access_level, sensitive"), "{}", ran.stderr);
    assert!(ran.stderr.contains("lacks resource_kind,") && ran.stderr.contains("port-iam init"), "{}", ran.stderr);
    harness.run(&["init", "--yes"]).exits(0);
    let ran = harness.run(&["seed", "--yes"]).exits(0);
    assert!(ran.stdout.contains("0 created, 4 changed"), "{}", ran.stdout);
    assert_eq!(properties(&harness, "aws_resource", BUCKET)["resource_kind"], "bucket");
}
