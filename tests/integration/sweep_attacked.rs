//! What a thief of one identity can do so that a sweep leaves a role that nobody granted.

use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::installed::Installed;
use crate::sweep::{done, found, is_denied, pass, role_arn, sweep};

const ENDLESS: &str = "2036-01-01T00:00:00Z";

/// The trust of a role that somebody outside assumes.
fn trust_until(end: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole",
        "Condition": { "DateLessThan": { "aws:CurrentTime": end } } }] })
}

fn everything() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

/// Makes a role as whoever has the granter's keys can: bounded, with the tags of `like`, and with so many policies.
fn forge(installed: &Installed, role: &str, like: &str, trust: &Value, policies: usize) {
    installed.harness.with_aws(async |iam| {
        let tags = iam.list_role_tags().role_name(like).send().await.unwrap().tags;
        let create =
            iam.create_role().path("/port-iam/").role_name(role).assume_role_policy_document(trust.to_string());
        let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
        create.set_tags(Some(tags.clone())).send().await.unwrap();
        for number in 1..=policies {
            let name = if number == 1 { role.to_owned() } else { format!("{role}.{number}") };
            let create = iam.create_policy().path("/port-iam/").policy_name(name).set_tags(Some(tags.clone()));
            let created = create.policy_document(everything().to_string()).send().await.unwrap();
            let arn = created.policy.unwrap().arn.unwrap();
            iam.attach_role_policy().role_name(role).policy_arn(arn).send().await.unwrap();
        }
    });
}

fn attached(installed: &Installed, role: &str) -> Vec<String> {
    installed.harness.sandbox.aws.attached_policies(role).unwrap()
}

const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

#[test]
fn a_role_that_holds_as_many_policies_as_it_can_is_denied_and_holds_nothing_else() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-r_full";
    forge(&installed, role, &grant, &trust_until(ENDLESS), 10);
    let ran = sweep(&installed).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![format!("deny {role}")], vec![format!("tampered {}", role_arn(role))]));
    assert_eq!(attached(&installed, role), [DENY_ALL]);
    assert!(!is_denied(&installed, &grant));
}

#[test]
fn whoever_takes_a_denial_off_again_gains_nothing() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let put = iam.put_role_policy().role_name(&grant).policy_name("more");
        put.policy_document(everything().to_string()).send().await.unwrap();
    });
    sweep(&installed).exits(1);
    assert_eq!(attached(&installed, &grant), [DENY_ALL]);
    installed.harness.with_aws(async |iam| {
        let inline = iam.list_role_policies().role_name(&grant).send().await.unwrap();
        assert!(inline.policy_names.is_empty());
    });
    // It can do nothing any more: the next sweep clears it away.
    assert_eq!(done(&sweep(&installed).exits(0)), [format!("revoke {grant}")]);
}

#[test]
fn roles_that_cannot_be_denied_keep_nothing_else_from_being_done() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    for number in 0..11 {
        forge(&installed, &format!("Permission-r_forged{number}"), &grant, &trust_until(ENDLESS), 1);
    }
    pass(&installed, 61);
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching(
        "PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fport-iam%2FPermission-r_forged",
        0,
        99,
        fault,
    );
    let ran = sweep(&installed).exits(1);
    assert_eq!(ran.json()["sweep"]["failed"].as_array().unwrap().len(), 11, "{}", ran.stdout);
    assert_eq!(done(&ran), [format!("revoke {grant}")]);
}
