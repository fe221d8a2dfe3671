//! `port-iam rotate`: another access key for the workflows.

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::harness::{Harness, Ran};
use crate::installed::{Installed, REPOSITORY};

const ENVIRONMENT: Option<&str> = Some("port-iam");

fn rotate(harness: &Harness) -> Ran {
    harness.run(&["rotate", "--yes", "--repository", REPOSITORY, "--output", "json"])
}

/// Returns the ids of the keys of the workflows' user, with whether they are active.
pub(crate) fn keys(harness: &Harness) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    harness.with_aws(async |iam| {
        let answer = iam.list_access_keys().user_name(cast::MANAGER_IAM_USER).send().await.unwrap();
        found = answer
            .access_key_metadata()
            .iter()
            .map(|key| (key.access_key_id().unwrap().to_owned(), key.status().unwrap().as_str() == "Active"))
            .collect();
    });
    found
}

fn secret(harness: &Harness, name: &str) -> String {
    harness.sandbox.github.secret(REPOSITORY, ENVIRONMENT, name).unwrap()
}

/// The one key that is left is the one that the workflows have, and it is another one.
#[track_caller]
fn assert_rotated(harness: &Harness) {
    let id = secret(harness, "AWS_ACCESS_KEY_ID");
    assert_eq!(keys(harness), [(id.clone(), true)]);
    assert_ne!(id, cast::MANAGER_ACCESS_KEY_ID);
    assert_ne!(secret(harness, "AWS_SECRET_ACCESS_KEY"), cast::MANAGER_SECRET_ACCESS_KEY);
}

#[test]
fn the_new_key_is_set_before_the_old_one_goes_and_its_secret_is_shown_nowhere() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let since = harness.sandbox.log.len();
    let ran = rotate(harness).exits(0);
    assert_rotated(harness);
    assert_eq!(ran.json()["old"], cast::MANAGER_ACCESS_KEY_ID);
    let new = secret(harness, "AWS_SECRET_ACCESS_KEY");
    assert!(!ran.stdout.contains(&new) && !ran.stderr.contains(&new));
    let exchanges = harness.sandbox.log.exchanges();
    let place = |what: &str| {
        let found = exchanges.iter().skip(since).position(|exchange| {
            exchange.aws_action() == Some(what) || format!("{} {}", exchange.method, exchange.path).contains(what)
        });
        found.unwrap_or_else(|| panic!("{what}"))
    };
    let order = ["CreateAccessKey", "PUT /repos/acme", "UpdateAccessKey", "DeleteAccessKey"].map(place);
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn whatever_is_lost_on_the_way_a_further_run_brings_it_to_its_end() {
    let faults = [
        ("CreateAccessKey", Fault::DropBefore),
        ("CreateAccessKey", Fault::DropAfter),
        ("PUT /repos/acme", Fault::Status { status: 403, retry_after: None }),
        ("UpdateAccessKey", Fault::Status { status: 403, retry_after: None }),
        ("DeleteAccessKey", Fault::Status { status: 403, retry_after: None }),
    ];
    for (request, fault) in faults {
        let installed = Installed::new();
        let harness = &installed.harness;
        harness.sandbox.faults.plan_matching(request, 0, 1, fault.clone());
        let first = rotate(harness);
        harness.sandbox.faults.clear();
        assert!(!keys(harness).is_empty(), "{request} {fault:?}");
        if first.exit_code == 0 {
            assert_rotated(harness);
            continue;
        }
        // Where it cannot be told which of two keys the workflows have, neither goes, and a person says which one does.
        let (set, there) = (secret(harness, "AWS_ACCESS_KEY_ID"), keys(harness));
        let again = rotate(harness);
        if again.exit_code == 5 {
            assert_eq!(keys(harness), there, "{request} {fault:?}: {}", again.stdout);
            let (other, _) = there.iter().find(|(id, _)| *id != set).unwrap();
            switch_off(harness, other);
            rotate(harness).exits(0);
        } else {
            assert_eq!(again.exit_code, 0, "{request} {fault:?} {}", again.stderr);
        }
        assert_rotated(harness);
    }
}

/// Switches a key off by hand, as the refusal says.
fn switch_off(harness: &Harness, id: &str) {
    harness.with_aws(async |iam| {
        let request = iam.update_access_key().user_name(cast::MANAGER_IAM_USER).access_key_id(id);
        request.status(aws_sdk_iam::types::StatusType::Inactive).send().await.unwrap();
    });
}

/// Makes a key by hand.
fn another_key(harness: &Harness) -> String {
    let mut id = String::new();
    harness.with_aws(async |iam| {
        let answer = iam.create_access_key().user_name(cast::MANAGER_IAM_USER).send().await.unwrap();
        id = answer.access_key.unwrap().access_key_id;
    });
    id
}

#[test]
fn a_key_that_a_former_attempt_made_and_nobody_used_goes_once_aws_would_know_of_a_use() {
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.sandbox.clock.advance(SignedDuration::from_hours(1));
    let left = another_key(harness);
    let ran = rotate(harness).exits(5);
    let error = ran.json()["error"].clone();
    assert_eq!(error["code"], "two-keys");
    let command = format!("--user-name {} --access-key-id {left} --status Inactive", cast::MANAGER_IAM_USER);
    assert!(error["hints"][0].as_str().unwrap().contains(&command), "{error}");
    harness.sandbox.clock.advance(SignedDuration::from_hours(4));
    rotate(harness).exits(0);
    assert_rotated(harness);
}

#[test]
fn a_key_that_the_workflows_may_have_is_not_deleted_though_aws_tells_no_use_of_it() {
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.sandbox.clock.advance(SignedDuration::from_hours(1));
    // The new one was set, and the old one could not be switched off; AWS tells no use of either yet.
    harness.sandbox.faults.plan_matching("UpdateAccessKey", 0, 1, Fault::Status { status: 403, retry_after: None });
    rotate(harness).exits(1);
    harness.sandbox.clock.advance(SignedDuration::from_hours(48));
    let (set, there) = (secret(harness, "AWS_ACCESS_KEY_ID"), keys(harness));
    let ran = rotate(harness).exits(5);
    assert!(
        ran.json()["error"]["message"].as_str().unwrap().contains(&format!("most likely have {set}")),
        "{}",
        ran.stdout
    );
    assert_eq!(keys(harness), there);
}

#[test]
fn a_key_that_the_secrets_cannot_hold_stays_and_is_named() {
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.sandbox.clock.advance(SignedDuration::from_hours(1));
    let others = another_key(harness);
    harness.with_aws(async |iam| {
        let request = iam.delete_access_key().user_name(cast::MANAGER_IAM_USER);
        request.access_key_id(cast::MANAGER_ACCESS_KEY_ID).send().await.unwrap();
    });
    let told = rotate(harness).exits(3).json();
    assert_eq!((&told["old"], &told["left"]), (&Value::Null, &json!(others)), "{told}");
    let new = secret(harness, "AWS_ACCESS_KEY_ID");
    let mut there = keys(harness);
    there.sort();
    let mut expected = [(new, true), (others, true)];
    expected.sort();
    assert_eq!(there, expected);
}

#[test]
fn a_user_who_may_do_more_than_a_workflow_needs_is_not_the_workflows_user() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let more = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }] });
    assert!(harness.sandbox.aws.give_user_policy(cast::MANAGER_IAM_USER, "More", &more));
    let ran = rotate(harness).exits(5);
    assert_eq!(ran.json()["error"]["code"], "not-the-manager", "{}", ran.stdout);
    let ran = harness.run(&["rotate", "--yes", "--repository", REPOSITORY, "--user", cast::ADA.iam_user]).exits(5);
    assert!(ran.stderr.contains("is not the workflows' own user"), "{}", ran.stderr);
    harness.run(&["rotate", "--yes", "--repository", REPOSITORY, "--user", "nobody"]).exits(2);
    assert_eq!(keys(harness), [(cast::MANAGER_ACCESS_KEY_ID.to_owned(), true)]);
}

#[test]
fn credentials_of_another_account_than_the_workflows_are_refused() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let arguments = ["rotate", "--yes", "--repository", REPOSITORY, "--output", "json"];
    let expecting = harness.run_with(&arguments, &[("AWS_ACCOUNT_ID", "999999999999")]).exits(5);
    assert_eq!(expecting.json()["error"]["code"], "other-account");
    let path = ".github/workflows/create-iam-permissions.yaml";
    let github = &harness.sandbox.github;
    let text = github.file(REPOSITORY, "main", path).unwrap().replace(cast::AWS_ACCOUNT_ID, "999999999999");
    github.commit_file(REPOSITORY, "main", path, Some(text.as_bytes())).unwrap();
    let ran = harness.run(&arguments).exits(5);
    assert!(ran.json()["error"]["hints"][0].as_str().unwrap().contains("999999999999"), "{}", ran.stdout);
    assert_eq!(keys(harness), [(cast::MANAGER_ACCESS_KEY_ID.to_owned(), true)]);
}

#[test]
fn a_repository_s_name_alone_is_of_the_organisation_that_the_environment_names() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let (_, name) = REPOSITORY.split_once('/').unwrap();
    harness.run(&["rotate", "--yes", "--repository", name]).exits(0);
    assert_rotated(harness);
}

#[test]
fn without_a_key_among_the_secrets_there_is_nothing_to_rotate() {
    let harness = Harness::for_installation();
    harness.run(&["init", "--yes", "--aws-auth", "oidc", "--aws-setup"]).exits(0);
    let ran = rotate(&harness).exits(2);
    assert!(ran.stderr.contains("have no access key"), "{}", ran.stderr);
    let touches_keys = |action: &str| action.contains("AccessKey");
    assert!(!harness.sandbox.log.exchanges().iter().filter_map(|exchange| exchange.aws_action()).any(touches_keys));
}
