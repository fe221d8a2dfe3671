//! What `init` does not do, and what it says then.

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::json;

use super::*;

#[track_caller]
fn assert_nothing_written(harness: &Harness) {
    assert_eq!(method_and_path(&writes(harness, 0)), Vec::<String>::new());
}

#[test]
fn a_stranger_s_action_is_left_untouched_until_it_is_adopted() {
    let harness = Harness::with_blueprints();
    let theirs = json!({ "identifier": "revoke_permissions", "title": "Theirs",
        "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {} } },
        "invocationMethod": { "type": "WEBHOOK", "url": "https://example.com/hook" }, "requiredApproval": true });
    harness.with_port(async |port| port.create_action(&theirs).await.unwrap());
    let (before, since) = (action(&harness, "revoke_permissions"), harness.sandbox.log.len());
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("--adopt") && ran.stderr.contains("its backend is WEBHOOK"), "{}", ran.stderr);
    assert!(ran.stderr.contains("~ trigger.operation: \"CREATE\" -> \"DELETE\""), "{}", ran.stderr);
    assert!(writes(&harness, since).is_empty());
    assert_eq!(action(&harness, "revoke_permissions"), before);
    harness.run(&["init", "--dry-run"]).exits(5);

    harness.run(&["init", "--yes", "--adopt"]).exits(0);
    let adopted = action(&harness, "revoke_permissions");
    assert_eq!(adopted["invocationMethod"]["workflow"], "delete-iam-permissions.yaml");
    assert_eq!((&adopted["title"], &adopted["requiredApproval"]), (&json!("Theirs"), &json!(true)));
    assert_done(&harness);
}

#[test]
fn a_stranger_s_blueprint_stops_everything_before_the_first_write() {
    let harness = Harness::new();
    let theirs = json!({ "identifier": "provisioned_permissions", "title": "Theirs",
        "schema": { "properties": { "expiry_time": { "type": "number" } } } });
    harness.with_port(async |port| port.create_blueprint(&theirs).await.unwrap());
    let since = harness.sandbox.log.len();
    for arguments in [&["init", "--yes"][..], &["init", "--yes", "--adopt"]] {
        let ran = harness.run(arguments).exits(5);
        assert!(ran.stderr.contains("property expiry_time: its type is \"number\", not \"string\""), "{}", ran.stderr);
    }
    assert!(writes(&harness, since).is_empty());
}

#[test]
fn a_public_repository_is_refused() {
    let harness = Harness::new();
    make_repository(&harness, false, true);
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("gh repo edit acme/port-iam-permissions --visibility private"), "{}", ran.stderr);
    assert!(writes(&harness, since).is_empty());
}

#[test]
fn an_environment_that_every_branch_can_use_gets_no_secret() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    github(&harness, "PUT", &format!("/repos/{REPOSITORY}/environments/port-iam"), &json!({}));
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("can be used by every branch, not by main alone"), "{}", ran.stderr);
    assert!(writes(&harness, since).is_empty());
}

#[test]
fn a_key_that_the_workflows_must_not_have_is_refused() {
    let ada = cast::ADA;
    for (id, secret, said) in [
        ("ASIAIOSFODNN7EXAMPLE", "secret", "temporary key"),
        (ada.aws_access_key_id, ada.aws_secret_access_key, "your own identity"),
    ] {
        let mut harness = Harness::new();
        harness.set("PORT_IAM_MANAGER_ACCESS_KEY_ID", Some(id));
        harness.set("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", Some(secret));
        let ran = harness.run(&["init", "--yes"]).exits(5);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert_nothing_written(&harness);
    }
}

#[test]
fn a_key_that_aws_does_not_know_is_a_missing_login() {
    let mut harness = Harness::new();
    harness.set("PORT_IAM_MANAGER_ACCESS_KEY_ID", Some("AKIANOBODY0000000001"));
    let ran = harness.run(&["init", "--yes"]).exits(4);
    assert!(ran.stderr.contains("PORT_IAM_MANAGER_SECRET_ACCESS_KEY"), "{}", ran.stderr);
    assert_nothing_written(&harness);
}

#[test]
fn a_missing_key_names_its_variable_and_the_caller_s_own_is_not_taken() {
    for name in ["PORT_IAM_MANAGER_ACCESS_KEY_ID", "PORT_IAM_MANAGER_SECRET_ACCESS_KEY"] {
        let mut harness = Harness::new();
        harness.set(name, None);
        let ran = harness.run(&["init", "--yes"]).exits(4);
        assert!(ran.stderr.contains(&format!("{name} is not set")), "{}", ran.stderr);
        assert_nothing_written(&harness);
    }
}

#[test]
fn port_credentials_for_the_workflows_must_work_and_be_whole() {
    let mut harness = Harness::new();
    harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET", Some("wrong"));
    harness.run(&["init", "--yes"]).exits(4);
    harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET", None);
    harness.run(&["init", "--yes"]).exits(4);
    assert_nothing_written(&harness);
}

#[test]
fn a_placeholder_of_the_guide_is_never_sent() {
    let harness = Harness::new();
    for arguments in [["--github-org", "<YOUR_GITHUB_ORG>"], ["--repository", "<YOUR_GITHUB_REPOSITORY>"]] {
        let ran = harness.run(&["init", "--yes", arguments[0], arguments[1]]).exits(5);
        assert!(ran.stderr.contains("placeholder"), "{}", ran.stderr);
    }
    assert!(harness.sandbox.log.is_empty());
}

#[test]
fn a_sandbox_and_the_real_systems_are_not_mixed() {
    for (variable, value) in
        [("GITHUB_API_URL", None), ("AWS_ENDPOINT_URL", None), ("PORT_API_URL", Some("https://api.port.io"))]
    {
        let mut harness = Harness::new();
        harness.set(variable, value);
        let ran = harness.run(&["init", "--yes"]).exits(2);
        assert!(ran.stderr.contains("on this machine"), "{}", ran.stderr);
        assert!(harness.sandbox.log.is_empty());
    }
}

#[test]
fn without_a_terminal_everything_has_to_be_given() {
    let mut harness = Harness::new();
    let ran = harness.run(&["init"]).exits(2);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    harness.set("PORT_IAM_GITHUB_ORG", None);
    let ran = harness.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("--github-org"), "{}", ran.stderr);
    assert!(harness.sandbox.log.is_empty());
}

#[test]
fn a_token_that_may_not_write_workflows_is_found_out_before_the_first_write() {
    let harness = Harness::new();
    harness.sandbox.github.set_token_scopes(cast::ADA.github_token, cast::ADA.github_login, "repo");
    let ran = harness.run(&["init", "--yes"]).exits(4);
    assert!(ran.stderr.contains("gh auth refresh -s workflow"), "{}", ran.stderr);
    assert_nothing_written(&harness);
}

#[test]
fn the_credentials_of_another_account_than_the_expected_one_are_refused() {
    let mut harness = Harness::new();
    harness.set("AWS_ACCOUNT_ID", Some(cast::UNRELATED_AWS_ACCOUNT_ID));
    harness.run(&["init", "--yes"]).exits(5);
    assert_nothing_written(&harness);
}

#[test]
fn who_may_not_create_the_boundary_finishes_the_rest_and_waits_for_it() {
    let harness = Harness::new();
    harness.sandbox.faults.plan_matching("CreatePolicy", 0, 1, Fault::Status { status: 403, retry_after: None });
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("Waiting for the policy port-iam-boundary") && ran.stdout.contains("\"Statement\""));
    assert_eq!(action(&harness, "request_permissions")["identifier"], "request_permissions");
    let since = harness.sandbox.log.len();
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(writes(&harness, since).len(), 1, "only the boundary was left");
}

#[test]
fn who_may_not_see_the_boundary_is_told_so() {
    let mut harness = Harness::new();
    harness.set("AWS_ACCESS_KEY_ID", Some(cast::DANA.aws_access_key_id));
    harness.set("AWS_SECRET_ACCESS_KEY", Some(cast::DANA.aws_secret_access_key));
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stderr.contains("these AWS credentials may not read it"), "{}", ran.stderr);
    assert!(harness.writes(Api::Aws, 0).is_empty());
}

#[test]
fn a_rule_that_forbids_the_push_is_said_and_the_actions_are_not_made() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    assert!(harness.sandbox.github.protect_branch(REPOSITORY, "main"));
    let ran = harness.run(&["init", "--yes"]).exits(1);
    assert!(ran.stderr.contains("a rule of the branch main forbids the push"), "{}", ran.stderr);
    assert_eq!(action(&harness, "request_permissions"), Value::Null);
}
