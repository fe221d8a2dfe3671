//! `port-iam rotate`: another access key for the workflows.

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;

use crate::harness::{Harness, Ran};
use crate::installed::{Installed, REPOSITORY};

const ENVIRONMENT: Option<&str> = Some("port-iam");

fn rotate(harness: &Harness) -> Ran {
    harness.run(&["rotate", "--yes", "--repository", REPOSITORY, "--output", "json"])
}

/// Returns the ids of the keys of the workflows' user, with whether they are active.
fn keys(harness: &Harness) -> Vec<(String, bool)> {
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
        // Where the new key is set and the old one is not gone, a person has to say which one goes.
        let again = rotate(harness);
        if again.exit_code == 5 {
            assert!(first.stderr.contains("disable and delete AKIASANDBOXMANAGER01"), "{}", first.stderr);
            harness.with_aws(async |iam| {
                let request = iam.delete_access_key().user_name(cast::MANAGER_IAM_USER);
                request.access_key_id(cast::MANAGER_ACCESS_KEY_ID).send().await.unwrap();
            });
            rotate(harness).exits(0);
        } else {
            assert_eq!(again.exit_code, 0, "{request} {fault:?} {}", again.stderr);
        }
        assert_rotated(harness);
    }
}

#[test]
fn a_key_that_a_former_attempt_made_and_nobody_used_goes_first() {
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.with_aws(async |iam| {
        iam.create_access_key().user_name(cast::MANAGER_IAM_USER).send().await.unwrap();
    });
    // It was never used: a former attempt left it.
    rotate(harness).exits(0);
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
