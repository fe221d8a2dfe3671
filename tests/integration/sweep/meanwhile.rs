//! What becomes of a grant while a sweep looks: its answers are of different moments.

use super::*;
use crate::attempts_at_once::killed_before_attaching;
use crate::installed::{BUCKET, Dispatched};

/// A request whose attempt was killed before it gave its role anything: role and policy, entity and record are there.
fn half_made(installed: &Installed) -> Dispatched {
    let form = json!({ "permissions": ["s3:PutObject"], "duration": "4h" });
    let request = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    killed_before_attaching(installed, &request);
    request
}

/// Answers these calls of AWS from when the sandbox remembered, from the one behind the first `after` on.
fn answer_from_before(installed: &Installed, action: &str, after: usize, times: usize) {
    let pattern = format!("Action={action}&");
    installed.harness.sandbox.faults.plan_matching(&pattern, after, times, Fault::StaleRead);
}

#[test]
fn a_grant_that_ends_between_two_looks_of_a_sweep_is_no_riddle() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    installed.granted();
    // It is there at the first look, and at no later one.
    for action in ["GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "GetPolicy"] {
        answer_from_before(&installed, action, usize::from(action != "GetPolicy"), 999);
    }
    let hits = installed.harness.sandbox.faults.hits();
    let ran = installed.sweep(&[]).exits(0);
    assert!(installed.harness.sandbox.faults.hits() > hits, "nobody asked twice");
    assert_eq!((found(&ran), done(&ran)), (vec![], vec![]));
}

/// Sweeps, and holds the sweep to have planned this step, with as many old answers, and not to have done it.
#[track_caller]
fn planned_and_left(installed: &Installed, step: &str, old_answers: usize) {
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    let ran = installed.sweep(&[]);
    let (sweep, steps) = (&ran.json()["sweep"], named(&ran.json()["sweep"]["steps"], "action"));
    assert!(steps.contains(&step.to_owned()), "{step}: {}", ran.stdout);
    assert!(!done(&ran).contains(&step.to_owned()) && sweep["failed"].as_array().is_none_or(Vec::is_empty), "{sweep}");
    assert_eq!(faults.hits() - hits, old_answers);
    faults.clear();
}

/// A grant of which a sweep sees an empty role: it was given its policies since.
fn completed_since(installed: &Installed) -> Dispatched {
    let request = half_made(installed);
    installed.pass(61);
    installed.harness.sandbox.remember();
    installed.grant(&request).exits(0);
    answer_from_before(installed, "ListAttachedRolePolicies", 0, 1);
    request
}

#[test]
fn a_role_that_was_empty_and_is_given_its_policies_meanwhile_is_not_taken() {
    let installed = Installed::new();
    let grant = completed_since(&installed).grant();
    planned_and_left(&installed, &format!("revoke {grant}"), 1);
    assert!(installed.is_live(&grant));
    assert_eq!(installed.record(&grant)["properties"]["state"], "live");
    installed.sweep(&[]).exits(0);
}

#[test]
fn a_role_that_was_empty_and_is_given_something_else_meanwhile_is_taken() {
    let installed = Installed::new();
    let grant = completed_since(&installed).grant();
    installed.harness.with_aws(async |iam| {
        let other = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        iam.attach_role_policy().role_name(&grant).policy_arn(other).send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    assert!(ran.stdout.contains("ReadOnlyAccess was attached to it"), "{}", ran.stdout);
    installed.assert_no_grant();
}

#[test]
fn a_role_whose_revocation_was_cut_off_is_taken_also_where_it_is_given_its_policies_again_meanwhile() {
    let installed = Installed::new();
    let grant = completed_since(&installed).grant();
    let cut_off = json!({ "identifier": grant, "properties": { "state": "revoke-failed" } });
    installed.harness.upsert("provisioned_permissions", &cut_off);
    let ran = installed.sweep(&[]);
    assert_eq!(done(&ran), [format!("revoke {grant}")]);
    installed.assert_no_grant();
}

#[test]
fn a_policy_whose_role_was_made_meanwhile_is_not_removed() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    let request = half_made(&installed);
    installed.pass(61);
    answer_from_before(&installed, "ListRoles", 0, 1);
    planned_and_left(&installed, &format!("remove-policy {}", policy_arn(&request.grant())), 1);
    assert_eq!(installed.policies(), [policy_arn(&request.grant())]);
}

#[test]
fn a_policy_that_its_own_role_holds_is_no_finding_when_the_lists_are_of_different_moments() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    let request = half_made(&installed);
    let grant = request.grant();
    installed.grant(&request).exits(0);
    // The role was made behind the list of roles.
    answer_from_before(&installed, "ListRoles", 0, 1);
    let hits = installed.harness.sandbox.faults.hits();
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!(installed.harness.sandbox.faults.hits() - hits, 1);
    assert!(found(&ran).is_empty(), "{}", ran.stdout);
    installed.sweep(&[]).exits(0);
    // One that somebody else holds besides is one.
    installed.harness.with_aws(async |iam| {
        let eve =
            json!({ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" });
        let trust = json!({ "Version": "2012-10-17", "Statement": [eve] }).to_string();
        iam.create_role().role_name("eve").assume_role_policy_document(trust).send().await.unwrap();
        iam.attach_role_policy().role_name("eve").policy_arn(policy_arn(&grant)).send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    assert!(ran.stdout.contains("it is attached to more than the role of its grant"), "{}", ran.stdout);
}

#[test]
fn a_policy_that_is_attached_and_not_shown_yet_does_not_make_its_grant_a_forged_one() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    let grant = installed.granted().grant();
    // Its entity is written behind the list of entities, and its record before that of records.
    installed.harness.delete_entity("provisioned_permissions", &grant);
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    let policy = policy_arn(&grant);
    let call = [("Action", "GetPolicy"), ("Version", "2010-05-08"), ("PolicyArn", policy.as_str())];
    faults.plan_call(&call, 0, 7, Fault::StaleRead);
    installed.sweep(&[]).exits(0);
    assert_eq!(faults.hits() - hits, 7);
    assert!(installed.is_live(&grant));
    assert_eq!(installed.entities().len(), 1);
}
