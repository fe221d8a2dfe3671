//! What a run that failed has left behind, and what somebody else makes in its name.

use aws_sdk_iam::types::Tag;
use port_iam::sandbox::cast::{DANA, MAX, Person};
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::attacked::record_as_made;
use crate::harness::decoded;
use crate::installed::{BUCKET, Dispatched, Installed};
use crate::sweep::{done, found, policy_arn, role_arn};

/// Asks for what AWS then refuses to make.
fn failed(installed: &Installed, person: Person) -> Dispatched {
    let request = installed.execute(person, "request_permissions", BUCKET, &json!({ "permissions": ["s3:PutObject"] }));
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=CreateRole&", 0, 99, fault);
    installed.grant(&request).exits(1);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    request
}

/// Extends what cannot be extended.
fn failed_extension(installed: &Installed, person: Person, grant: &str) -> Dispatched {
    let extension = installed.execute(person, "extend_permissions", grant, &json!({ "duration": "2h" }));
    installed.grant(&extension).exits(5);
    assert_eq!(installed.run(&extension.run_id)["status"], "FAILURE");
    extension
}

/// Makes the role of a run, as somebody could who writes IAM and Port's catalog: for whom its tag names, the same in every
/// other part as that of `like`, and on record.
fn make(installed: &Installed, run: &Dispatched, like: &str, requester: Person) -> String {
    let (role, mut trust, mut policy) = (run.grant(), Value::Null, Value::Null);
    installed.harness.with_aws(async |iam| {
        let good = iam.get_role().role_name(like).send().await.unwrap().role.unwrap();
        trust = decoded(good.assume_role_policy_document().unwrap());
        let version = iam.get_policy_version().policy_arn(policy_arn(like)).version_id("v1").send().await.unwrap();
        policy = decoded(version.policy_version().unwrap().document().unwrap());
        let create = iam.create_role().path("/port-iam/").role_name(&role).set_tags(Some(good.tags().to_vec()));
        let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
        create.assume_role_policy_document(trust.to_string()).send().await.unwrap();
        let tag = Tag::builder().key("port-iam:requester").value(requester.email).build().unwrap();
        iam.tag_role().role_name(&role).tags(tag).send().await.unwrap();
        let create = iam.create_policy().path("/port-iam/").policy_name(&role).set_tags(Some(good.tags().to_vec()));
        let arn = create.policy_document(policy.to_string()).send().await.unwrap().policy.unwrap().arn.unwrap();
        iam.attach_role_policy().role_name(&role).policy_arn(arn).send().await.unwrap();
    });
    record_as_made(installed, &role, &trust, policy);
    role
}

#[test]
fn what_was_made_after_a_run_had_failed_is_nothing_that_its_attempt_left_behind() {
    for (minutes, is_left_behind) in [(0, true), (6, false)] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        let run = failed(&installed, DANA);
        installed.pass(minutes);
        let role = make(&installed, &run, &grant, DANA);
        let ran = installed.sweep(&[]).exits(u8::from(!is_left_behind));
        let told = (done(&ran), found(&ran));
        if is_left_behind {
            assert_eq!(told, (vec![format!("revoke {role}")], vec![]));
            continue;
        }
        assert_eq!(told, (vec![format!("deny {role}")], vec![format!("tampered {}", role_arn(&role))]));
        assert!(ran.stdout.contains("the run had ended at"), "{}", ran.stdout);
        assert!(installed.is_denied(&role) && !installed.is_denied(&grant));
        assert_eq!(installed.record(&role)["properties"]["review_due"], true);
    }
}

#[test]
fn a_run_that_was_too_old_when_it_failed_has_left_nothing_behind() {
    let installed = Installed::new();
    let old = installed.request();
    installed.pass(25 * 60);
    let grant = installed.granted().grant();
    installed.grant(&old).exits(5);
    assert_eq!(installed.run(&old.run_id)["status"], "FAILURE");
    let role = make(&installed, &old, &grant, DANA);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&role))]);
    assert!(ran.stdout.contains("the request is older than 24 hours"), "{}", ran.stdout);
}

#[test]
fn a_failed_run_vouches_for_nobody_but_whoever_started_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let run = failed(&installed, MAX);
    let role = make(&installed, &run, &grant, DANA);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&role))]);
    assert!(ran.stdout.contains("did not start this run") && installed.is_denied(&role), "{}", ran.stdout);
}

#[test]
fn a_failed_extension_of_somebody_else_s_grant_gives_nothing_that_the_other_one_asked_for() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let run = failed_extension(&installed, MAX, &grant);
    let role = make(&installed, &run, &grant, MAX);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&role))]);
    assert!(ran.stdout.contains("was not asked for by") && installed.is_denied(&role), "{}", ran.stdout);
    assert!(!installed.is_denied(&grant));
}

/// No run of Port has such a name, so that Port cannot have lost it.
#[test]
fn six_roles_of_failed_extensions_of_a_grant_without_port_are_denied_and_not_held_back() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let without_port = "Permission-bg-1";
    let properties = json!({ "requester": DANA.email, "state": "live" });
    let entity = json!({ "identifier": without_port, "title": without_port, "properties": properties });
    installed.harness.upsert("provisioned_permissions", &entity);
    let roles: Vec<String> =
        (0..6).map(|_| make(&installed, &failed_extension(&installed, DANA, without_port), &grant, DANA)).collect();
    installed.harness.delete_entity("provisioned_permissions", without_port);
    let ran = installed.sweep(&[]).exits(1);
    let mut denied = done(&ran);
    denied.sort();
    let mut expected: Vec<String> = roles.iter().map(|role| format!("deny {role}")).collect();
    expected.sort();
    assert_eq!(denied, expected, "{}", ran.stderr);
    assert!(roles.iter().all(|role| installed.is_denied(role)) && !installed.is_denied(&grant));
    assert!(ran.stdout.contains("no attempt at its run can have made anything"), "{}", ran.stdout);
}
