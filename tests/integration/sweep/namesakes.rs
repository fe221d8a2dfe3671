//! Whoever has a role of a grant's name where no role of ours lies: the grant ends all the same, and the role is told.

use super::*;
use crate::installed::Dispatched;
use crate::oidc;

/// Everywhere but where the role of the grant lies.
const ELSEWHERE: [&str; 3] = ["/", "/other/", "/port-iam/further/"];

/// Somebody makes a role of the name of a grant under another path.
pub(crate) fn take_the_name(installed: &Installed, grant: &str, path: &str) {
    installed.harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
        let create = iam.create_role().path(path).role_name(grant).assume_role_policy_document(trust.to_string());
        create.send().await.unwrap();
    });
}

/// Takes role and policy of a grant away by hand, and its name at once.
fn take_apart_and_take_the_name(installed: &Installed, grant: &str, path: &str) {
    installed.harness.with_aws(async |iam| {
        iam.detach_role_policy().role_name(grant).policy_arn(policy_arn(grant)).send().await.unwrap();
        iam.delete_role().role_name(grant).send().await.unwrap();
        iam.delete_policy().policy_arn(policy_arn(grant)).send().await.unwrap();
    });
    take_the_name(installed, grant, path);
}

fn arn_under(path: &str, grant: &str) -> String {
    format!("arn:aws:iam::123456789012:role{path}{grant}")
}

#[track_caller]
fn is_over_and_the_other_role_stands(installed: &Installed, grant: &str) {
    assert!(installed.entities().is_empty(), "{:?}", installed.entities());
    assert!(installed.record(grant)["properties"]["revoked_at"].is_string(), "{}", installed.record(grant));
    assert!(installed.harness.sandbox.aws.role_names("/").contains(&grant.to_owned()));
    assert_eq!(installed.harness.sandbox.aws.attached_policies(grant).unwrap(), [""; 0]);
}

#[test]
fn a_role_of_its_name_under_another_path_keeps_no_sweep_from_completing_the_record() {
    for path in ELSEWHERE {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        take_apart_and_take_the_name(&installed, &grant, path);
        let foreign = vec![format!("foreign {}", arn_under(path, &grant))];
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!((done(&ran), found(&ran)), (vec![format!("mark-missing {grant}")], foreign.clone()), "{path}");
        installed.pass(61);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!((done(&ran), found(&ran)), (vec![format!("remove-entity {grant}")], foreign), "{path}");
        is_over_and_the_other_role_stands(&installed, &grant);
    }
}

/// The workflow of the revoker, which may read roles under our path and those without a path alone.
fn revoked_by_the_workflow(installed: &Installed, dispatched: &Dispatched) -> Ran {
    oidc::step(installed, "revoke", oidc::REVOKER, dispatched, &[])
}

#[test]
fn a_role_of_its_name_under_another_path_keeps_no_timer_from_ending_a_grant() {
    for path in ELSEWHERE {
        let installed = oidc::installed();
        let asked = installed.request();
        oidc::step(&installed, "grant", oidc::GRANTER, &asked, &[]).exits(0);
        take_apart_and_take_the_name(&installed, &asked.grant(), path);
        installed.pass(61);
        let ran = revoked_by_the_workflow(&installed, &installed.expired(&asked.grant())).exits(0);
        let told = format!("{} bears its name, is none of ours and was not touched", arn_under(path, &asked.grant()));
        assert!(ran.stdout.contains(&told), "{told}: {}", ran.stdout);
        is_over_and_the_other_role_stands(&installed, &asked.grant());
    }
}

#[test]
fn a_role_of_its_name_under_another_path_is_told_by_whoever_revokes_and_on_the_record() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    take_apart_and_take_the_name(&installed, &grant, "/");
    let ran = installed.harness.run(&["revoke", &grant, "--direct", "--output", "json"]).exits(0);
    let namesakes = json!([arn_under("/", &grant)]);
    assert_eq!(ran.json()["revoked"]["namesakes"], namesakes, "{}", ran.stdout);
    assert_eq!(installed.record(&grant)["properties"]["receipt"]["namesakes"], namesakes);
    is_over_and_the_other_role_stands(&installed, &grant);
}

/// IAM tells holders by their names: the grant's own role is not the one that holds its policy.
#[test]
fn a_role_of_its_name_under_another_path_that_holds_its_policy_is_told_as_somebody_else_s() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        iam.detach_role_policy().role_name(&grant).policy_arn(policy_arn(&grant)).send().await.unwrap();
        iam.delete_role().role_name(&grant).send().await.unwrap();
    });
    take_the_name(&installed, &grant, "/other/");
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(&grant).policy_arn(policy_arn(&grant)).send().await.unwrap();
    });
    let ran = installed.harness.run(&["revoke", &grant, "--direct"]).exits(1);
    let is_none_of_ours = format!("{} bears its name, is none of ours", arn_under("/other/", &grant));
    let held = format!("{grant} was not as it was made: {} was attached to", policy_arn(&grant));
    assert!(ran.stderr.contains(&is_none_of_ours) && ran.stderr.contains(&held), "{}", ran.stderr);
    installed.harness.with_aws(async |iam| {
        iam.detach_role_policy().role_name(&grant).policy_arn(policy_arn(&grant)).send().await.unwrap();
    });
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    is_over_and_the_other_role_stands(&installed, &grant);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!(record["review_due"], true, "{record}");
}

/// IAM may answer with the role that had the name before the grant's own was made: where it is, and as it is taken apart.
#[test]
fn an_old_answer_of_a_role_under_another_path_calls_no_grant_gone() {
    let installed = Installed::new();
    let request = installed.request();
    let grant = request.grant();
    take_the_name(&installed, &grant, "/");
    installed.harness.sandbox.remember();
    installed.harness.with_aws(async |iam| _ = iam.delete_role().role_name(&grant).send().await.unwrap());
    installed.grant(&request).exits(0);
    // What is young is looked for again in any case.
    installed.pass(5);
    installed.harness.sandbox.faults.plan_matching("Action=GetRole&", 0, 2, Fault::StaleRead);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert_eq!(installed.harness.sandbox.faults.hits(), 2);
    assert!(!installed.harness.sandbox.aws.role_names("/").contains(&grant));
    assert!(installed.record(&grant)["properties"]["revoked_at"].is_string(), "{}", installed.record(&grant));
}
