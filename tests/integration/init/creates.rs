//! What `init` makes, in whatever it finds.

use std::io::Read as _;
use std::sync::Arc;

use port_iam::sandbox::cast;
use port_iam::sandbox::github::GitHub;
use port_iam::world::Terminal;
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::harness::runtime;

#[test]
fn the_first_run_creates_everything_and_the_second_writes_nothing_anywhere() {
    let harness = Harness::new();
    let ran = harness.run(&["init", "--yes"]).exits(0);
    let sandbox = &harness.sandbox;
    for identifier in ["aws_resource", "iam_permissions", "provisioned_permissions", "permission_records"] {
        assert_eq!(blueprint(&harness, identifier)["identifier"], identifier);
    }
    for identifier in ACTIONS {
        assert_eq!(action(&harness, identifier)["invocationMethod"]["org"], "acme");
        assert_eq!(action(&harness, identifier)["invocationMethod"]["repo"], "port-iam-permissions");
    }
    let files: Vec<String> = sandbox.github.files(REPOSITORY, "main").unwrap().into_keys().collect();
    for path in [
        ".github/port-iam.yaml",
        ".github/templates/iamPolicyDocument.json",
        ".github/templates/iamTrustPolicy.json",
        ".github/workflows/create-iam-permissions.yaml",
        ".github/workflows/delete-iam-permissions.yaml",
        ".github/workflows/sweep-iam-permissions.yaml",
    ] {
        assert!(files.contains(&path.to_owned()), "{files:?}");
    }
    assert_eq!(sandbox.github.commits(REPOSITORY, "main").len(), 2, "the first one and ours");
    assert_eq!(environment_branches(&harness), ["main"]);
    let boundary = format!("arn:aws:iam::{}:policy/port-iam-boundary", cast::AWS_ACCOUNT_ID);
    assert_eq!(sandbox.aws.policy_arns("/"), [boundary]);
    assert!(ran.stdout.contains("- name: anybody-for-half-a-day"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("Next: port-iam seed\n"), "{}", ran.stdout);
    assert_done(&harness);
}

#[test]
fn the_secrets_that_github_opens_are_the_given_ones() {
    let harness = Harness::new();
    let ran = harness.run(&["init", "--yes"]).exits(0);
    let values = [
        cast::WORKFLOW_PORT_CLIENT_ID,
        cast::WORKFLOW_PORT_CLIENT_SECRET,
        cast::MANAGER_ACCESS_KEY_ID,
        cast::MANAGER_SECRET_ACCESS_KEY,
    ];
    for (name, value) in SECRETS.into_iter().zip(values) {
        assert_eq!(harness.sandbox.github.secret(REPOSITORY, ENVIRONMENT, name).as_deref(), Some(value));
        assert_eq!(harness.sandbox.github.secret(REPOSITORY, None, name), None);
    }
    for secret in [cast::WORKFLOW_PORT_CLIENT_SECRET, cast::MANAGER_SECRET_ACCESS_KEY] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    }
}

#[test]
fn the_workflow_pins_the_bytes_that_were_published_before_it() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let github = &harness.sandbox.github;
    let [tag] = github.releases(REPOSITORY).try_into().unwrap();
    let asset = github.asset(REPOSITORY, &tag, "port-iam-x86_64-linux.gz").unwrap();
    let digest: String = Sha256::digest(&asset).iter().map(|byte| format!("{byte:02x}")).collect();
    for workflow in ["create", "delete"] {
        let path = format!(".github/workflows/{workflow}-iam-permissions.yaml");
        let text = github.file(REPOSITORY, "main", &path).unwrap();
        assert!(text.contains(&digest) && text.contains(&tag), "{text}");
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(asset.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, runtime());
    let writes = method_and_path(&harness.writes(Api::Github, 0));
    let position = |part: &str| writes.iter().position(|write| write.contains(part)).unwrap();
    assert!(position("PATCH /repos/acme/port-iam-permissions/releases") < position("POST /graphql"), "{writes:?}");
}

#[test]
fn nobody_can_execute_an_action_before_its_workflow_is_there() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let exchanges = harness.sandbox.log.exchanges();
    let position = |wanted: &dyn Fn(&Exchange) -> bool| exchanges.iter().position(wanted).unwrap();
    let commit = position(&|exchange| exchange.path == "/graphql" && exchange.is_write());
    let first_action = position(&|exchange| exchange.path == "/v1/actions" && exchange.method == "POST");
    assert!(commit < first_action);
}

#[test]
fn a_plan_without_environments_gets_secrets_of_the_repository_and_is_told_what_that_means() {
    let harness = Harness::new();
    harness.sandbox.github.set_plan(false);
    let ran = harness.run(&["init", "--yes", "--writers-are-admins", "--output", "json"]).exits(0);
    assert!(ran.stderr.contains("everybody who can push a branch can read them"), "{}", ran.stderr);
    let codes: Vec<Value> =
        ran.json()["findings"].as_array().unwrap().iter().map(|finding| finding["code"].clone()).collect();
    assert!(codes.contains(&json!("secrets-in-repository")), "{codes:?}");
    for name in SECRETS {
        assert!(harness.sandbox.github.secret(REPOSITORY, None, name).is_some(), "{name}");
    }
    let path = ".github/workflows/create-iam-permissions.yaml";
    let workflow = harness.sandbox.github.file(REPOSITORY, "main", path).unwrap();
    assert!(!workflow.contains("environment:"), "{workflow}");
    assert_done(&harness);
}

#[test]
fn an_empty_repository_gets_its_first_commit() {
    let harness = Harness::new();
    make_repository(&harness, true, false);
    harness.run(&["init", "--yes"]).exits(0);
    assert!(harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").is_some());
    assert_done(&harness);
}

#[test]
fn a_default_branch_of_another_name_is_used_everywhere() {
    for exists in [false, true] {
        let harness = Harness::new();
        harness.sandbox.github.set_default_branch("trunk");
        if exists {
            make_repository(&harness, true, true);
        }
        harness.run(&["init", "--yes"]).exits(0);
        assert!(harness.sandbox.github.file(REPOSITORY, "trunk", ".github/port-iam.yaml").is_some());
        assert_eq!(environment_branches(&harness), ["trunk"]);
        for identifier in ACTIONS {
            assert_eq!(action(&harness, identifier)["invocationMethod"]["workflowInputs"]["ref"], "trunk");
        }
        assert_done(&harness);
    }
}

/// Says yes, and pushes to the branch before anybody hears it.
struct Pusher(GitHub);

impl Terminal for Pusher {
    fn is_interactive(&self) -> bool {
        true
    }

    fn text(&self, _: &str) -> std::io::Result<String> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn text_or(&self, _: &str, default: &str) -> std::io::Result<String> {
        Ok(default.to_owned())
    }

    fn choose(&self, _: &str, choices: &[&str]) -> std::io::Result<usize> {
        // Nobody has to approve.
        Ok(choices.len() - 1)
    }

    fn say(&self, _: &str) {}

    fn secret(&self, _: &str) -> std::io::Result<SecretString> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn confirm(&self, _: &str) -> std::io::Result<bool> {
        self.0.commit_file(REPOSITORY, "main", "theirs.txt", Some(b"theirs")).unwrap();
        Ok(true)
    }
}

#[test]
fn a_branch_that_moves_on_meanwhile_keeps_what_was_pushed() {
    let mut harness = Harness::new();
    make_repository(&harness, true, true);
    harness.terminal = Some(Arc::new(Pusher(harness.sandbox.github.clone())));
    let ran = harness.run(&["init"]).exits(0);
    assert!(ran.stderr.contains("The branch has moved on meanwhile"), "{}", ran.stderr);
    let files = harness.sandbox.github.files(REPOSITORY, "main").unwrap();
    assert_eq!(files["theirs.txt"], b"theirs");
    assert!(files.contains_key(".github/port-iam.yaml"));
}

#[test]
fn an_organisation_with_ocean_alone_gets_its_form_of_the_actions() {
    let harness = Harness::new();
    let _ = harness.sandbox.port.clone().with_ocean();
    harness.run(&["init", "--yes"]).exits(0);
    for identifier in ACTIONS {
        assert_eq!(action(&harness, identifier)["invocationMethod"]["type"], "INTEGRATION_ACTION");
    }
    assert_done(&harness);
}

#[test]
fn somebody_at_a_terminal_is_asked_only_for_what_is_missing() {
    let mut harness = Harness::new();
    harness.set("PORT_IAM_GITHUB_ORG", None);
    harness.set("PORT_IAM_MANAGER_ACCESS_KEY_ID", None);
    harness.set("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", None);
    let key = [cast::MANAGER_ACCESS_KEY_ID, cast::MANAGER_SECRET_ACCESS_KEY];
    let script = harness.answers(&[&["acme", "", "", "2", "", "y"], &key[..]].concat());
    let ran = harness.run(&["init"]).exits(0);
    assert_eq!(script.asked().len(), 8, "{:?}", script.asked());
    let secret = harness.sandbox.github.secret(REPOSITORY, ENVIRONMENT, "AWS_SECRET_ACCESS_KEY");
    assert_eq!(secret.as_deref(), Some(cast::MANAGER_SECRET_ACCESS_KEY));
    assert!(!ran.stderr.contains(cast::MANAGER_SECRET_ACCESS_KEY));
    let script = harness.answers(&["acme", ""]);
    harness.run(&["init"]).exits(0);
    assert_eq!(script.asked().len(), 2, "nothing has to be confirmed when there is nothing to do");
}

#[test]
fn a_no_changes_nothing() {
    let mut harness = Harness::new();
    harness.answers(&["", "", "2", "", "n"]);
    harness.run(&["init"]).exits(3);
    assert!(writes(&harness, 0).is_empty());
}

#[test]
fn a_dry_run_shows_what_is_pending_and_writes_nothing() {
    let harness = Harness::new();
    let ran = harness.run(&["init", "--dry-run", "--output", "json"]).exits(3);
    assert!(writes(&harness, 0).is_empty());
    let steps = ran.json()["steps"].as_array().unwrap().clone();
    assert!(steps.iter().all(|step| step["change"] == "create"), "{steps:?}");
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["init", "--dry-run"]).exits(0);
}

#[test]
fn a_repository_can_belong_to_the_token_s_own_user() {
    let harness = Harness::new();
    harness.run(&["init", "--yes", "--github-org", "ada", "--repository", "mine"]).exits(0);
    assert!(harness.sandbox.github.file("ada/mine", "main", ".github/port-iam.yaml").is_some());
    assert_eq!(action(&harness, "request_permissions")["invocationMethod"]["org"], "ada");
}
