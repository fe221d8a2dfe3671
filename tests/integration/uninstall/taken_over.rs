//! What was there before `init` and was taken over by it, be it silently or with `--adopt`, outlives the installation: it
//! stays, without the power that `init` gave it, and is named.

use port_iam::sandbox::github::GitHub;

use super::*;
use crate::life::planted::asked;

const IN_OUR_REPOSITORY: &str = "+ github acme/port-iam-permissions ";

fn guide() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/guide.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Makes by hand what Port's guide has people make.
fn follow_the_guide(harness: &Harness) {
    let guide = guide();
    let body = |kind: &str, identifier: &str| {
        let mut body = guide[kind][identifier].clone();
        body["identifier"] = json!(identifier);
        body
    };
    harness.with_port(async |port| {
        for identifier in ["aws_resource", "iam_permissions", "provisioned_permissions"] {
            port.create_blueprint(&body("blueprints", identifier)).await.unwrap();
        }
        for identifier in ["request_permissions", "revoke_permissions", "revoke_expired_permissions"] {
            port.create_action(&body("actions", identifier)).await.unwrap();
        }
    });
}

#[test]
fn what_the_guide_had_people_make_stays_and_whatever_is_not_as_it_was_is_named() {
    let harness = oidc::harness();
    follow_the_guide(&harness);
    let before = harness.sandbox.inventory();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    let shown = harness.run(&["uninstall", "--dry-run"]).exits(3).stdout;
    assert!(shown.contains("action request_permissions, which is switched off"), "{shown}");
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    let mut changes = before.changes(&harness.sandbox.inventory());
    changes.retain(|change| !change.starts_with(IN_OUR_REPOSITORY) && change != "~ port audit log");
    let (actions, blueprints) = (
        ["request_permissions", "revoke_expired_permissions", "revoke_permissions"],
        ["aws_resource", "iam_permissions", "provisioned_permissions"],
    );
    let mut expected: Vec<String> = actions.map(|action| format!("~ port action {action}")).to_vec();
    expected.extend(blueprints.map(|blueprint| format!("~ port blueprint {blueprint}")));
    expected.push("~ port permissions of the action revoke_permissions".to_owned());
    expected.extend(blueprints.map(|blueprint| format!("~ port permissions of the blueprint {blueprint}")));
    assert_eq!(changes, expected);
    let left = left(&ran);
    for subject in [
        "action request_permissions",
        "action revoke_permissions",
        "automation revoke_expired_permissions",
        "blueprint aws_resource",
        "blueprint iam_permissions",
        "blueprint provisioned_permissions",
        "permissions of the blueprint aws_resource",
        "permissions of the blueprint iam_permissions",
        "permissions of the blueprint provisioned_permissions",
    ] {
        assert!(left.contains(&subject.to_owned()), "{subject}: {left:?}");
    }
    // Nobody can ask for what nobody would end.
    harness.with_port(async |port| {
        for action in port.actions().await.unwrap() {
            assert_eq!(action["publish"], false, "{action}");
        }
    });
    assert_nothing_to_do(&harness);
}

#[test]
fn an_action_a_ruleset_and_a_role_that_were_adopted_stay_and_are_named() {
    let harness = oidc::harness();
    let webhook = json!({ "identifier": "revoke_permissions", "title": "Theirs",
        "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {} } },
        "invocationMethod": { "type": "WEBHOOK", "url": "https://example.com/hook" }, "requiredApproval": true });
    harness.with_port(async |port| port.create_action(&webhook).await.unwrap());
    let repository = json!({ "name": "port-iam-permissions", "private": true, "auto_init": true });
    asked(&harness, "POST", "/orgs/acme/repos", &repository);
    let ruleset = json!({ "name": "port-iam", "target": "branch", "enforcement": "active",
        "conditions": { "ref_name": { "include": ["refs/heads/release/*"], "exclude": [] } },
        "bypass_actors": [], "rules": [{ "type": "required_linear_history" }] });
    asked(&harness, "POST", &format!("/repos/{REPOSITORY}/rulesets"), &ruleset);
    harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" } }] });
        let role = iam.create_role().role_name("port-iam-revoker").assume_role_policy_document(trust.to_string());
        role.send().await.unwrap();
    });
    harness.run(&["init", "--yes", "--aws-setup", "--adopt"]).exits(0);
    harness.run(&["plan", "--aws-setup"]).exits(0);

    // The ruleset stays, so the files go by a pull request.
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(3);
    for subject in ["action revoke_permissions", "ruleset port-iam", "role port-iam-revoker"] {
        assert!(left(&ran).contains(&subject.to_owned()), "{subject}: {}", ran.stdout);
    }
    let github: &GitHub = &harness.sandbox.github;
    assert!(github.merge_pull_request(REPOSITORY, ran.json()["waiting_for"]["pull_request"].as_u64().unwrap()));
    assert_eq!(github.rulesets(REPOSITORY), ["port-iam"]);
    assert_eq!(harness.sandbox.aws.role_names("/"), ["port-iam-revoker"]);
    assert_eq!(harness.sandbox.aws.attached_policies("port-iam-revoker"), Some(Vec::new()));
    assert_eq!(harness.sandbox.aws.policy_arns("/"), [""; 0]);
    harness.with_port(async |port| {
        let action = port.action("revoke_permissions").await.unwrap().unwrap();
        assert_eq!((&action["title"], &action["publish"]), (&json!("Theirs"), &json!(false)));
    });
    assert_nothing_to_do(&harness);
}

/// Nothing in either says whose it is, and `init` changes nothing of what is as it makes it: that they are older does.
#[test]
fn an_environment_and_a_ruleset_just_like_ours_that_were_there_before_stay_and_are_named() {
    let mut harness = oidc::harness();
    // AWS's clock is not what this is about.
    harness.clock_ahead = Some(jiff::SignedDuration::ZERO);
    let of =
        |method: &str, path: &str, body: &Value| asked(&harness, method, &format!("/repos/{REPOSITORY}{path}"), body);
    let repository = json!({ "name": "port-iam-permissions", "private": true, "auto_init": true });
    asked(&harness, "POST", "/orgs/acme/repos", &repository);
    let branches = json!({ "protected_branches": false, "custom_branch_policies": true });
    of("PUT", "/environments/port-iam", &json!({ "deployment_branch_policy": branches }));
    of("POST", "/environments/port-iam/deployment-branch-policies", &json!({ "name": "main" }));
    // Two of our three rules: `init` adds the third, and behind that it is as if `init` had made it.
    let ruleset = json!({ "name": "port-iam", "target": "branch", "enforcement": "active",
        "conditions": { "ref_name": { "include": ["~DEFAULT_BRANCH"], "exclude": [] } }, "bypass_actors": [],
        "rules": [{ "type": "deletion" }, { "type": "non_fast_forward" }] });
    let id = of("POST", "/rulesets", &ruleset)["id"].clone();
    harness.sandbox.clock.advance(jiff::SignedDuration::from_hours(30));
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    assert_eq!(of("GET", &format!("/rulesets/{id}"), &json!({}))["rules"].as_array().unwrap().len(), 3);

    // The ruleset stays, so the files go by a pull request.
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(3);
    for subject in ["ruleset port-iam", "environment port-iam"] {
        let told = ran.json()["left"].as_array().unwrap().iter().find(|it| it["subject"] == subject).cloned();
        let told = told.unwrap_or_else(|| panic!("{subject}: {}", ran.stdout));
        assert!(told["reason"].as_str().unwrap().contains("it may have been there before"), "{told}");
    }
    let number = ran.json()["waiting_for"]["pull_request"].as_u64().unwrap();
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, number));
    assert_eq!(of("GET", &format!("/rulesets/{id}"), &json!({}))["name"], "port-iam");
    assert_eq!(of("GET", "/environments/port-iam", &json!({}))["name"], "port-iam");
    assert_eq!(of("GET", "/environments/port-iam/secrets", &json!({}))["total_count"], 0);
    // Nothing of ours is left that would tell when it began, but the history.
    assert_nothing_to_do(&harness);
}

#[test]
fn the_permissions_of_a_blueprint_that_stays_are_named() {
    let harness = oidc::harness();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.upsert(
        "aws_resource",
        &json!({ "identifier": "arn:aws:s3:::theirs", "properties": { "resource_type": "S3" } }),
    );
    let ran = harness.run(&["uninstall", "--yes", "--output", "json"]).exits(0);
    let left = ran.json()["left"].as_array().unwrap().clone();
    let of = |subject: &str| left.iter().find(|left| left["subject"] == subject).unwrap_or_else(|| panic!("{left:#?}"));
    assert!(of("blueprint aws_resource")["reason"].as_str().unwrap().contains("it holds 1 entity"));
    let permissions = of("permissions of the blueprint aws_resource");
    assert!(permissions["reason"].as_str().unwrap().contains("Admin alone"), "{permissions}");
    assert!(permissions["remedy"].as_str().unwrap().contains("aws_resource-moderator"), "{permissions}");
}
