//! The permissions boundary follows the rules, where the caller may change it and it is ours.

use port_iam::sandbox::fault::Fault;
use serde_json::json;

use super::*;

#[test]
fn a_boundary_that_differs_is_shown_and_left_as_it_is() {
    let harness = Harness::new();
    let document =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
    harness.with_aws(async |iam| {
        let request = iam.create_policy().policy_name("port-iam-boundary").policy_document(document.to_string());
        request.send().await.unwrap();
    });
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stderr.contains("! AWS    policy port-iam-boundary: it differs"), "{}", ran.stderr);
    assert!(harness.writes(Api::Aws, since).is_empty());
    let since = harness.sandbox.log.len();
    let again = harness.run(&["init", "--yes"]).exits(3);
    assert!(again.stdout.contains("Left as it is: AWS policy port-iam-boundary: it differs"), "{}", again.stdout);
    assert!(writes(&harness, since).is_empty());
}

/// Puts other rules into the repository, as a reviewed commit does.
fn commit_rules(harness: &Harness, edit: impl FnOnce(String) -> String) {
    const PATH: &str = ".github/port-iam.yaml";
    let github = &harness.sandbox.github;
    let text = edit(github.file(REPOSITORY, "main", PATH).unwrap());
    github.commit_file(REPOSITORY, "main", PATH, Some(text.as_bytes())).unwrap();
}

#[test]
fn the_boundary_follows_the_rules_and_what_differs_is_shown() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    commit_rules(&harness, |rules| {
        rules
            .replace("actions: [\"*\"]", "actions: [\"s3:Get*\", \"sqs:*\"]")
            .replace("\n#allow-actions:", "\nallow-actions:")
    });
    let ran = harness.run(&["init", "--dry-run"]).exits(3);
    assert!(ran.stdout.contains("~ AWS    policy port-iam-boundary"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\"sqs:*\"") && ran.stdout.contains("ssm:StartSession"), "{}", ran.stdout);
    harness.run(&["init", "--yes"]).exits(0);
    assert_done(&harness);
}

#[test]
fn who_may_not_change_the_boundary_is_given_the_administrator_s_command() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    commit_rules(&harness, |rules| rules.replace("actions: [\"*\"]", "actions: [\"sqs:*\"]"));
    let forbidden = Fault::Status { status: 403, retry_after: None };
    harness.sandbox.faults.plan_matching("CreatePolicyVersion", 0, 1, forbidden);
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("aws iam create-policy-version --policy-arn arn:aws:iam::"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\"sqs:*\""), "{}", ran.stdout);
    harness.run(&["init", "--yes"]).exits(0);
    assert_done(&harness);
}

#[test]
fn rules_whose_boundary_does_not_fit_are_refused_before_anything_is_written() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let all: Vec<String> = port_iam::domain::reference::prefixes().map(|prefix| format!("\"{prefix}:*\"")).collect();
    commit_rules(&harness, |rules| rules.replace("actions: [\"*\"]", &format!("actions: [{}]", all.join(", "))));
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("more than the 6144 of a managed policy"), "{}", ran.stderr);
    assert_eq!(method_and_path(&writes(&harness, since)), Vec::<String>::new());
}
