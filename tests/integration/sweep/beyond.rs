//! Roles that are as their records say and go further than their requests, where the request could not be granted at all.

use port_iam::sandbox::cast::{self, DANA, MAX};
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::attacked::{DENY_ALL, forge, in_hours, record, trust_until};
use crate::harness::decoded;
use crate::installed::{BUCKET, Dispatched, Installed};
use crate::sweep::{done, found, role_arn};

/// Makes the role of a run as somebody could who writes IAM and Port's catalog, sees what a sweep makes of it, and returns
/// what it told.
fn sweep_of_forged(installed: &Installed, run: &Dispatched, like: &str) -> String {
    let (role, trust) = (run.grant(), trust_until(&in_hours(installed, 2)));
    forge(installed, &role, like, &trust, 1);
    record(installed, &role, &trust);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(
        (done(&ran), found(&ran)),
        (vec![format!("deny {role}")], vec![format!("tampered {}", role_arn(&role))])
    );
    assert_eq!(installed.attached(&role), [DENY_ALL], "{}", ran.stdout);
    assert!(!installed.is_denied(like), "{}", ran.stdout);
    ran.stdout
}

#[test]
fn a_failed_run_vouches_for_no_more_than_it_has_asked_for() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let failed = installed.execute(DANA, "request_permissions", BUCKET, &json!({ "permissions": ["s3:PutObject"] }));
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=CreateRole&", 0, 99, fault);
    installed.grant(&failed).exits(1);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.run(&failed.run_id)["status"], "FAILURE");
    let told = sweep_of_forged(&installed, &failed, &grant);
    assert!(told.contains("its trust policy is not that of its requester"), "{told}");
}

#[test]
fn what_a_failed_run_has_left_of_what_it_asked_for_is_taken_away_and_is_no_finding() {
    let installed = Installed::new();
    let request = installed.granted();
    let fault = Fault::Forged { pointer: "/run/status".to_owned(), value: json!("FAILURE") };
    installed.harness.sandbox.faults.plan_exactly(&format!("GET /v1/actions/runs/{}", request.run_id), fault);
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!((done(&ran), found(&ran)), (vec![format!("revoke {}", request.grant())], vec![]));
}

#[test]
fn a_form_that_is_too_long_vouches_for_nothing() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let form = json!({ "permissions": ["s3:PutObject"], "duration": "4h", "reason": "x".repeat(2_001) });
    let run = installed.execute(DANA, "request_permissions", BUCKET, &form);
    let told = sweep_of_forged(&installed, &run, &grant);
    assert!(told.contains("what was asked for cannot be granted"), "{told}");
}

#[test]
fn an_extension_of_what_port_does_not_know_vouches_for_nothing() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let extension = installed.extend(&grant, "2h");
    let_it_go_on_from(&installed, &extension, "Permission-r_unknown");
    let told = sweep_of_forged(&installed, &extension, &grant);
    assert!(told.contains("what its run goes on from is no request that can be read"), "{told}");
}

/// Has Port answer that this run went on from that grant.
fn let_it_go_on_from(installed: &Installed, run: &Dispatched, grant: &str) {
    let fault = Fault::Forged { pointer: "/run/entity/identifier".to_owned(), value: json!(grant) };
    installed.harness.sandbox.faults.plan_exactly(&format!("GET /v1/actions/runs/{}", run.run_id), fault);
}

#[test]
fn only_a_run_that_port_may_have_lost_is_told_as_one() {
    for (before, told) in [
        ("Permission-r_unknown", "Port does not know the run that its own goes on from, which it may have lost"),
        ("Permission-bg-1", "what its run goes on from is no request that can be read"),
    ] {
        let installed = Installed::new();
        let extension = installed.extend(&installed.granted().grant(), "2h");
        installed.grant(&extension).exits(0);
        let_it_go_on_from(&installed, &extension, before);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&extension.grant()))], "{before}: {}", ran.stdout);
        assert!(ran.stdout.contains(told), "{before}: {}", ran.stdout);
    }
}

/// Until when a role is, and to whom, its own run tells.
#[test]
fn a_run_that_port_may_have_lost_lets_nobody_else_in() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let extension = installed.extend(&grant, "2h");
    installed.grant(&extension).exits(0);
    installed.harness.run(&["revoke", &extension.grant(), "--direct"]).exits(0);
    installed.harness.delete_entity("permission_records", &extension.grant());
    let_it_go_on_from(&installed, &extension, "Permission-r_unknown");
    let told = sweep_of_forged(&installed, &extension, &grant);
    assert!(told.contains("its trust policy is not that of its requester"), "{told}");
}

#[test]
fn many_grants_of_which_port_has_lost_the_first_run_wait_for_a_person_who_is_told_so() {
    let installed = Installed::new();
    for person in &cast::CROWD[..6] {
        let grant = installed.granted_to(*person).grant();
        let extension = installed.execute(*person, "extend_permissions", &grant, &json!({ "duration": "2h" }));
        installed.grant(&extension).exits(0);
        let_it_go_on_from(&installed, &extension, "Permission-r_unknown");
    }
    let ran = installed.sweep(&[]).exits(5);
    assert_eq!(found(&ran).len(), 6, "{}", ran.stdout);
    assert!(ran.stderr.contains("or has Port lost runs?"), "{}", ran.stderr);
}

/// What the rest of a role tells is told, whatever cannot be read of its policy.
#[test]
fn a_policy_that_is_not_shown_hides_nothing_else() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=GetPolicyVersion&", 0, 99, fault);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![], vec![format!("doubtful {}", role_arn(&grant))]));
    installed.put_inline_policy(&grant);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{}", ran.stdout);
    assert!(installed.is_denied(&grant), "{}", ran.stdout);
}

/// Records the entity of a forged break-glass role as if a sweep had found it in order and somebody had reviewed it.
fn forge_break_glass(installed: &Installed, like: &str, tags: &[(&str, &str)]) -> String {
    let role = "Permission-bg-forged";
    let trust = trust_until(&in_hours(installed, 1));
    forge(installed, role, like, &trust, 1);
    installed.harness.with_aws(async |iam| {
        for (key, value) in tags {
            let tag = aws_sdk_iam::types::Tag::builder().key(*key).value(*value).build().unwrap();
            iam.tag_role().role_name(role).tags(tag).send().await.unwrap();
        }
    });
    record(installed, role, &trust);
    installed.edit_entity("permission_records", role, &json!({ "review_due": false }));
    role.to_owned()
}

const TAGS: [(&str, &str); 6] = [
    ("port-iam:requester", "dana@acme.example"),
    ("port-iam:person", "arn:aws:iam::123456789012:user/ada"),
    ("port-iam:reason", "Port is down"),
    ("port-iam:resource", BUCKET),
    ("port-iam:actions", "s3:PutObject"),
    ("port-iam:duration", "1h"),
];

#[test]
fn a_forged_grant_without_port_that_is_on_record_is_denied_whatever_its_tags_say() {
    for (key, value, is_switched_on, told) in [
        ("port-iam:requester", "nobody@acme.example", false, "the rules file has no `break-glass`"),
        ("port-iam:requester", "nobody@acme.example", true, "its trust policy is not that of its requester"),
        ("port-iam:duration", "forever", true, "what was asked for cannot be granted"),
        ("port-iam:actions", "everything", true, "what was asked for cannot be granted"),
        ("port-iam:resource", "my-s3-bucket", true, "what was asked for cannot be granted"),
    ] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        if is_switched_on {
            crate::break_glass::switch_on(&installed, "");
        }
        let tags = TAGS.map(|(name, own)| (name, if name == key { value } else { own }));
        let role = forge_break_glass(&installed, &grant, &tags);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&role))], "{key} {value}: {}", ran.stdout);
        assert!(installed.is_denied(&role) && ran.stdout.contains(told), "{key} {value}: {}", ran.stdout);
        assert_eq!(installed.record(&role)["properties"]["review_due"], Value::Bool(true), "{key} {value}");
    }
}

/// The permanent record is of Port's catalog, which others write too.
#[test]
fn a_record_that_says_that_the_grant_has_ended_hides_nobody_who_did_not_ask_for_it() {
    let installed = Installed::new();
    let [of_dana, of_max] = [DANA, MAX].map(|person| installed.granted_to(person).grant());
    let mut trust = Value::Null;
    installed.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(&of_max).send().await.unwrap().role.unwrap();
        trust = decoded(role.assume_role_policy_document().unwrap());
        let update = iam.update_assume_role_policy().role_name(&of_dana).policy_document(trust.to_string());
        update.send().await.unwrap();
        let tag = aws_sdk_iam::types::Tag::builder().key("port-iam:requester").value(MAX.email).build().unwrap();
        iam.tag_role().role_name(&of_dana).tags(tag).send().await.unwrap();
    });
    let digest = port_iam::domain::digest::digest(&trust);
    let says_ended = json!({ "trust_digest": digest, "revoked_at": in_hours(&installed, 0) });
    installed.edit_entity("permission_records", &of_dana, &says_ended);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&of_dana))], "{}", ran.stdout);
    assert!(installed.is_denied(&of_dana) && !installed.is_denied(&of_max), "{}", ran.stdout);
}
