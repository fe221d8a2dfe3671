//! The identities' policies allow what is written, no more and no less, by our evaluator and by another one.

mod guide;
mod simulated;
mod twins;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::assets;
use crate::domain::account::AwsAccount;
use crate::domain::evaluation::{Context, PolicyDocument, Request, evaluate};
use crate::domain::names::Names;

const ACCOUNT: &str = "123456789012";
const MANAGER: &str = "arn:aws:iam::123456789012:user/port-iam-management-user";
const ROLES: [&str; 2] =
    ["arn:aws:iam::123456789012:role/port-iam-granter", "arn:aws:iam::123456789012:role/port-iam-revoker"];

fn account() -> AwsAccount {
    AwsAccount::parse("account", ACCOUNT, "aws").unwrap()
}

fn battery() -> Battery {
    let identities: Vec<String> = ROLES.iter().chain([&MANAGER]).map(|&arn| arn.to_owned()).collect();
    Battery::new(&account(), &Names::default(), &identities)
}

fn documents(job: Job) -> Vec<Value> {
    let policies = assets::manager_policies(&Names::default(), &account()).unwrap();
    match job {
        Job::Granter => vec![policies.granter],
        Job::Revoker => vec![policies.revoker],
        Job::Both => vec![policies.granter, policies.revoker],
    }
}

fn found(battery: &Battery, documents: &[Value]) -> Allowed {
    let identity: Vec<_> = documents.iter().map(|document| PolicyDocument::parse(document).unwrap()).collect();
    battery.allowed(|question| {
        let keys = battery.condition_keys(question.circumstance);
        let context = keys.into_iter().fold(Context::new(), |context, (key, value)| context.with_all(key, value));
        let request = Request::new(question.action, &question.target.arn).with_context(context);
        evaluate(&identity, None, &request).is_allowed()
    })
}

fn told(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("{difference}\n")).collect()
}

#[test]
fn the_identities_may_do_what_is_written_and_nothing_else() {
    let battery = battery();
    for job in [Job::Granter, Job::Revoker, Job::Both] {
        let differences = differences(&found(&battery, &documents(job)), &expected(job, &battery).unwrap());
        assert!(differences.is_empty(), "{job:?}:\n{}", told(&differences));
    }
}

#[test]
fn every_action_of_iam_and_sts_is_asked() {
    let battery = battery();
    let asked: BTreeSet<&str> = battery.questions().map(|question| question.action).collect();
    let known: usize =
        ["iam", "sts"].iter().map(|prefix| crate::domain::reference::service(prefix).unwrap().actions.len()).sum();
    // Everybody may ask who he is.
    assert_eq!(asked.len(), known - 1);
    assert!(battery.len() > 10_000, "{}", battery.len());
}

#[test]
fn nothing_is_written_about_the_identities_themselves_or_for_the_boundary_but_reading_it() {
    let battery = battery();
    let both = expected(Job::Both, &battery).unwrap();
    for (action, target) in both.pairs() {
        let reads = action.starts_with("iam:Get") || action.starts_with("iam:List");
        assert_ne!(target, "itself", "{action}");
        assert!(reads || target.contains("under our path"), "{action} on {target}");
    }
    for action in
        ["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:PassRole"]
    {
        assert!(both.pairs().all(|(known, _)| known != action), "{action}");
    }
}

#[test]
fn any_power_that_is_added_shows_as_a_difference() {
    let battery = battery();
    let written = expected(Job::Revoker, &battery).unwrap();
    let mut statements = documents(Job::Revoker).remove(0);
    for (action, resource, target) in [
        ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/port-iam/*", "role under our path"),
        ("iam:UpdateAssumeRolePolicy", "*", "role elsewhere"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/port-iam*", "the boundary"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/port-iam-revoker", "policy of the revoker"),
        ("iam:AddClientIDToOpenIDConnectProvider", "*", "provider of GitHub's tokens"),
        ("iam:CreateAccessKey", MANAGER, "itself"),
        ("sts:AssumeRole", "*", "role under our path"),
        ("sts:AssumeRole", "arn:aws:iam::999999999999:role/*", "role of another account"),
        ("sts:GetFederationToken", "*", "federated-user elsewhere"),
        ("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/port-iam/*", "role under our path"),
        ("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/port-iam*", "role of a path that begins alike"),
        ("iam:CreateAccountAlias", "*", "no resource"),
    ] {
        let added = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        statements["Statement"].as_array_mut().unwrap().push(added);
        let differences = differences(&found(&battery, std::slice::from_ref(&statements)), &written);
        let hit = differences.iter().any(|one| one.is_allowed && one.action == action && one.target == target);
        assert!(hit, "{action}: {}", told(&differences));
        statements["Statement"].as_array_mut().unwrap().pop();
    }
}

#[test]
fn power_that_is_missing_shows_as_a_difference() {
    let battery = battery();
    let mut granter = documents(Job::Granter).remove(0);
    granter["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != "ReadBoundary");
    let differences = differences(&found(&battery, &[granter]), &expected(Job::Granter, &battery).unwrap());
    assert!(differences.iter().all(|one| !one.is_allowed && one.target == "the boundary"), "{}", told(&differences));
    assert_eq!(differences.len(), 2);
}
