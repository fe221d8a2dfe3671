//! What is not ours, what people have changed, and what others use stays and is named.

use super::*;
use crate::installed::Installed;
use crate::oidc::{self, PROVIDER};

fn blueprint(identifier: &str, relations: &Value) -> Value {
    json!({ "identifier": identifier, "title": identifier, "schema": { "properties": {}, "required": [] },
        "mirrorProperties": {}, "calculationProperties": {}, "aggregationProperties": {}, "relations": relations })
}

#[test]
fn what_people_have_made_beside_ours_is_untouched() {
    let harness = oidc::harness();
    // The provider was there before, and bears no mark.
    harness.with_aws(async |iam| {
        let provider = iam.create_open_id_connect_provider().url("https://token.actions.githubusercontent.com");
        provider.client_id_list("sts.amazonaws.com").send().await.unwrap();
    });
    harness.with_port(async |port| {
        port.create_blueprint(&blueprint("service", &json!({}))).await.unwrap();
        let action = json!({ "identifier": "theirs", "title": "Theirs",
            "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {}, "required": [] } },
            "invocationMethod": { "type": "WEBHOOK", "url": "https://example.com" } });
        port.create_action(&action).await.unwrap();
    });
    let before = state(&harness);
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    assert!(left(&ran).contains(&"identity provider for GitHub's tokens".to_owned()), "{}", ran.stdout);
    let mut after = state(&harness);
    after["github"].as_array_mut().unwrap().pop();
    assert_eq!(after, before);
    assert_eq!(after["aws"]["providers"], json!([PROVIDER]));
}

#[test]
fn files_that_somebody_has_edited_and_entities_that_somebody_has_made_stay() {
    let installed = Installed::new();
    let harness = &installed.harness;
    installed.set_rules(|rules| format!("# ours\n{rules}"));
    let theirs = json!({ "identifier": "arn:aws:s3:::theirs", "properties": { "resource_type": "S3" } });
    harness.upsert("aws_resource", &theirs);
    harness.with_port(async |port| {
        let relations =
            json!({ "permission": { "title": "P", "target": "iam_permissions", "required": false, "many": false } });
        port.create_blueprint(&blueprint("review", &relations)).await.unwrap();
    });
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    for subject in ["file .github/port-iam.yaml", "blueprint aws_resource", "blueprint iam_permissions"] {
        assert!(left(&ran).contains(&subject.to_owned()), "{subject}: {}", ran.stdout);
    }
    let files: Vec<String> = harness.sandbox.github.files(REPOSITORY, "main").unwrap().into_keys().collect();
    assert_eq!(files, [".github/port-iam.yaml", "README.md"]);
    let resources = harness.sandbox.port.entities("aws_resource");
    assert_eq!(resources.len(), 1, "{resources:?}");
    assert_eq!(resources[0]["identifier"], "arn:aws:s3:::theirs");
    // Nothing of theirs was even asked to go.
    for exchange in writes(harness, since) {
        let sent = format!("{} {}", exchange.path, exchange.body);
        assert!(!sent.contains("theirs") && !sent.contains("review") && !sent.contains("port-iam.yaml"), "{sent}");
    }
    assert_nothing_to_do(harness);
    // By word the entity goes too, and with it the blueprint.
    let ran = harness.run(&["uninstall", "--yes", "--delete-entities", "--output", "json"]).exits(0);
    assert!(!left(&ran).contains(&"blueprint aws_resource".to_owned()), "{}", ran.stdout);
    assert!(left(&ran).contains(&"blueprint iam_permissions".to_owned()), "{}", ran.stdout);
}

#[test]
fn actions_of_another_repository_and_secrets_of_others_stay() {
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.with_port(async |port| {
        let mut action = port.action("revoke_permissions").await.unwrap().unwrap();
        for key in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
            action.as_object_mut().unwrap().shift_remove(key);
        }
        action["invocationMethod"]["repo"] = json!("elsewhere");
        port.replace_action("revoke_permissions", &action).await.unwrap();
    });
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    let left = left(&ran);
    assert!(left.contains(&"action revoke_permissions".to_owned()), "{left:?}");
    assert!(
        left.contains(&"blueprint provisioned_permissions".to_owned()),
        "an action that stays belongs to it: {left:?}"
    );
    assert_eq!(state(harness)["port"]["actions"], json!(["revoke_permissions"]));
}

#[test]
fn where_a_rule_forbids_the_push_one_pull_request_takes_the_files_away() {
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.sandbox.github.protect_branch(REPOSITORY, "main");
    for _ in 0..2 {
        let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(3);
        assert_eq!(ran.json()["waiting_for"]["pull_request"], 1, "{}", ran.stdout);
        // Everything else is gone.
        assert_eq!(harness.sandbox.aws.policy_arns("/"), [""; 0]);
        assert_eq!(state(harness)["port"]["actions"], json!([]));
    }
    let [(_, branch, _)] = harness.sandbox.github.open_pull_requests(REPOSITORY).try_into().unwrap();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-/".contains(character);
    assert!(branch.starts_with("port-iam/remove-") && branch.chars().all(is_plain), "{branch}");
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    let files: Vec<String> = harness.sandbox.github.files(REPOSITORY, "main").unwrap().into_keys().collect();
    assert_eq!(files, ["README.md"]);
    assert_nothing_to_do(harness);
    assert_legal(harness);
}

#[test]
fn a_role_of_another_installation_stays_though_an_entity_of_ours_names_it() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let name = "Permission-r_theirs01";
    let tag = |key: &str, value: &str| aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
    harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Condition": { "DateLessThan": { "aws:CurrentTime": "2036-01-01T00:00:00Z" } } }] });
        let request =
            iam.create_role().path("/port-iam/").role_name(name).assume_role_policy_document(trust.to_string());
        let request = request.tags(tag("managed-by", "port-iam")).tags(tag("port-iam:scope", "org_other/4711"));
        request.send().await.unwrap();
    });
    harness.upsert("provisioned_permissions", &json!({ "identifier": name, "properties": { "state": "live" } }));
    harness.run(&["uninstall", "--yes", "--revoke-all", "--delete-entities"]);
    assert_eq!(installed.roles(), [name]);
}
