//! What a thief of one identity can do so that a sweep leaves a role that nobody granted.

use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::harness::decoded;
use crate::installed::{Installed, REPOSITORY, everything};
use crate::sweep::{done, found, policy_arn, role_arn};

const ENDLESS: &str = "2036-01-01T00:00:00Z";

pub(crate) fn in_hours(installed: &Installed, hours: i64) -> String {
    let end = installed.harness.sandbox.clock.now() + jiff::SignedDuration::from_hours(hours);
    jiff::Timestamp::from_second(end.as_second()).unwrap().to_string()
}

/// The trust of a role that somebody outside assumes.
pub(super) fn trust_until(end: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole",
        "Condition": { "DateLessThan": { "aws:CurrentTime": end } } }] })
}

/// Makes a role as whoever has the granter's keys can: bounded, with the tags of `like`, and with so many policies.
pub(super) fn forge(installed: &Installed, role: &str, like: &str, trust: &Value, policies: usize) {
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

pub(super) const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

#[test]
fn a_role_that_holds_as_many_policies_as_it_can_is_denied_and_holds_nothing_else() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-r_full";
    forge(&installed, role, &grant, &trust_until(ENDLESS), 10);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![format!("deny {role}")], vec![format!("tampered {}", role_arn(role))]));
    assert_eq!(installed.attached(role), [DENY_ALL]);
    assert!(!installed.is_denied(&grant));
}

#[test]
fn whoever_takes_a_denial_off_again_gains_nothing() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let put = iam.put_role_policy().role_name(&grant).policy_name("more");
        put.policy_document(everything().to_string()).send().await.unwrap();
    });
    installed.sweep(&[]).exits(1);
    assert_eq!(installed.attached(&grant), [DENY_ALL]);
    installed.harness.with_aws(async |iam| {
        let inline = iam.list_role_policies().role_name(&grant).send().await.unwrap();
        assert!(inline.policy_names.is_empty());
    });
    // It can do nothing any more: the next sweep clears it away.
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(
        (done(&ran), found(&ran)),
        (vec![format!("revoke {grant}")], vec![format!("tampered {}", role_arn(&grant))])
    );
    assert!(ran.stdout.contains("a sweep had found it tampered with, and denied it"), "{}", ran.stdout);
}

#[test]
fn roles_that_cannot_be_denied_keep_nothing_else_from_being_done() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    for number in 0..11 {
        forge(&installed, &format!("Permission-r_forged{number}"), &grant, &trust_until(ENDLESS), 1);
    }
    installed.pass(61);
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching(
        "Action=DetachRolePolicy&Version=2010-05-08&RoleName=Permission-r_forged",
        0,
        99,
        fault,
    );
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(ran.json()["sweep"]["failed"].as_array().unwrap().len(), 11, "{}", ran.stdout);
    assert_eq!(done(&ran), [format!("revoke {grant}")]);
}

/// Ten failures of one kind end the trying of that kind, which may take long, and of no other.
#[test]
fn so_many_roles_that_cannot_be_taken_away_keep_no_other_kind_of_step_from_being_tried() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let over = trust_until(&in_hours(&installed, 1));
    for number in 0..40 {
        forge(&installed, &format!("Permission-r_over{number}"), &grant, &over, 1);
    }
    let left_over = "Permission-r_gone";
    installed.harness.with_aws(async |iam| {
        let tags = iam.list_role_tags().role_name(&grant).send().await.unwrap().tags;
        let create = iam.create_policy().path("/port-iam/").policy_name(left_over).set_tags(Some(tags));
        create.policy_document(everything().to_string()).send().await.unwrap();
    });
    installed.pass(62);
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 9_999, fault);
    let ran = installed.sweep(&["--force"]).exits(1);
    let failed = ran.json()["sweep"]["failed"].as_array().unwrap().clone();
    let not_tried = failed.iter().filter(|it| it["message"] == "not tried: too much failed before").count();
    // 32 of a kind are begun before their failures are counted.
    assert_eq!((failed.len(), not_tried), (41, 9), "{}", ran.stdout);
    assert!(failed.iter().all(|it| it["action"] == "revoke"), "{}", ran.stdout);
    assert!(done(&ran).iter().any(|it| it.ends_with(left_over)), "{}", ran.stdout);
}

#[test]
fn a_role_named_after_any_other_run_of_port_is_denied_and_everything_else_is_swept() {
    let installed = Installed::new();
    let expired = installed.granted().grant();
    let revocation = installed.give_back(&expired);
    let role = format!("Permission-{}", revocation.run_id);
    forge(&installed, &role, &expired, &trust_until(&in_hours(&installed, 3)), 1);
    // Its form is of whatever shape.
    let fault = Fault::Forged { pointer: "/run/properties".to_owned(), value: json!({ "permissions": 7 }) };
    installed.harness.sandbox.faults.plan_exactly(&format!("GET /v1/actions/runs/{}", revocation.run_id), fault);
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(done(&ran), [format!("deny {role}"), format!("revoke {expired}")]);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&role))]);
}

#[test]
fn a_run_that_cannot_be_read_is_told_and_keeps_nothing_else_from_being_done() {
    let installed = Installed::new();
    let expired = installed.granted().grant();
    let form = json!({ "permissions": ["s3:PutObject"], "duration": "4h" });
    let longer =
        installed.execute(port_iam::sandbox::cast::DANA, "request_permissions", crate::installed::BUCKET, &form);
    installed.grant(&longer).exits(0);
    let role = longer.grant();
    installed.harness.delete_entity("provisioned_permissions", &role);
    installed.pass(61);
    for (pointer, value) in [("/run/action", json!(7)), ("/run/properties", json!({ "permissions": 7 }))] {
        let fault = Fault::Forged { pointer: pointer.to_owned(), value };
        installed.harness.sandbox.faults.plan_exactly(&format!("GET /v1/actions/runs/{}", longer.run_id), fault);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("doubtful {}", role_arn(&role))], "{pointer}");
        assert!(!installed.roles().contains(&expired) && !installed.is_denied(&role), "{pointer}");
        installed.harness.sandbox.faults.clear();
    }
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("record-again {role}")]);
}

/// Puts a role that may do everything on record as the engine would, digests and all.
pub(super) fn record(installed: &Installed, role: &str, trust: &Value) {
    record_as_made(installed, role, trust, everything());
}

/// Puts a role with this policy on record as the engine would.
pub(super) fn record_as_made(installed: &Installed, role: &str, trust: &Value, policy: Value) {
    let digests = json!({ "trust_digest": port_iam::domain::digest::digest(trust),
        "policy_digest": port_iam::domain::digest::policies_digest(&[policy]) });
    let body = |properties: Value| json!({ "identifier": role, "title": role, "properties": properties });
    let entity = json!({ "requester": port_iam::sandbox::cast::DANA.email, "state": "live" });
    let mut record = json!({ "grant": role, "state": "live" });
    record.as_object_mut().unwrap().extend(digests.as_object().unwrap().clone());
    installed.harness.with_port(async |port| {
        for (blueprint, body) in [("provisioned_permissions", body(entity)), ("permission_records", body(record))] {
            assert!(port.upsert_entities(blueprint, &[body]).await.unwrap().iter().all(Result::is_ok));
        }
    });
}

#[test]
fn a_forged_entity_and_a_forged_record_vouch_for_nothing() {
    for (is_endless, told) in
        [(true, "its trust policy ends later than any rule can allow"), (false, "Port knows no run")]
    {
        let installed = Installed::new();
        let end = if is_endless { ENDLESS.to_owned() } else { in_hours(&installed, 2) };
        let grant = installed.granted().grant();
        let role = "Permission-r_nobody";
        forge(&installed, role, &grant, &trust_until(&end), 1);
        record(&installed, role, &trust_until(&end));
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(role))]);
        assert!(ran.stdout.contains(told), "{}", ran.stdout);
        assert_eq!(installed.attached(role), [DENY_ALL]);
        assert!(!installed.is_denied(&grant));
    }
}

#[test]
fn a_grant_that_the_rules_of_today_would_not_make_is_told_and_left() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.delete_entity("iam_permissions", "s3:PutObject");
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!(found(&ran), [format!("other-rules {}", role_arn(&grant))]);
    assert!(!installed.is_denied(&grant));
}

/// The frame of the policy template.
fn frame() -> Value {
    json!({ "Effect": "Allow", "Action": [], "Resource": "" })
}

fn never_delete() -> Value {
    json!({ "Sid": "NeverDelete", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*" })
}

/// Puts another policy template on the default branch, as a reviewed commit does.
fn set_policy_template(installed: &Installed, statements: &Value) {
    let template = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let (github, path) = (&installed.harness.sandbox.github, ".github/templates/iamPolicyDocument.json");
    github.commit_file(REPOSITORY, "main", path, Some(template.as_bytes())).unwrap();
}

/// Returns the document that a policy was made with, but for the denial.
async fn without_the_denial(iam: &aws_sdk_iam::Client, policy: &str) -> Value {
    let version = iam.get_policy_version().policy_arn(policy).version_id("v1").send().await.unwrap();
    let mut document = decoded(&version.policy_version.unwrap().document.unwrap());
    document["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != "NeverDelete");
    document
}

/// Lets the permanent record tell of this document.
fn record_document(installed: &Installed, grant: &str, document: Value) {
    let digest = port_iam::domain::digest::policies_digest(&[document]);
    installed.edit_entity("permission_records", grant, &json!({ "policy_digest": digest }));
}

/// A denial of the template is no part of what was asked for: a role without it goes no further than its request.
#[test]
fn a_denial_that_somebody_took_out_of_a_policy_is_found_though_the_record_tells_the_same() {
    let installed = Installed::new();
    set_policy_template(&installed, &json!([frame(), never_delete()]));
    // That the policy was made long after its role has it looked at, and decides nothing.
    for (is_record_edited, minutes) in [(true, 0), (true, 5), (false, 0), (false, 5)] {
        let grant = installed.granted().grant();
        assert_eq!(found(&installed.sweep(&[]).exits(0)), [""; 0]);
        installed.pass(minutes);
        let (policy, mut document) = (policy_arn(&grant), Value::Null);
        installed.harness.with_aws(async |iam| {
            document = without_the_denial(iam, &policy).await;
            let tags = iam.get_policy().policy_arn(&policy).send().await.unwrap().policy.unwrap().tags;
            iam.detach_role_policy().role_name(&grant).policy_arn(&policy).send().await.unwrap();
            iam.delete_policy().policy_arn(&policy).send().await.unwrap();
            let create = iam.create_policy().path("/port-iam/").policy_name(&grant).set_tags(tags);
            create.policy_document(document.to_string()).send().await.unwrap();
            iam.attach_role_policy().role_name(&grant).policy_arn(&policy).send().await.unwrap();
        });
        if is_record_edited {
            record_document(&installed, &grant, document);
        }
        let ran = installed.sweep(&[]).exits(1);
        let what = format!("edited: {is_record_edited}, {minutes} minutes: {}", ran.stdout);
        let (kind, why) = match is_record_edited {
            true => ("doubtful", "it is as its record says, and its run does not vouch for it"),
            false => ("tampered", "its documents are not those of its record, and its run does not vouch for it"),
        };
        assert_eq!(found(&ran), [format!("{kind} {}", role_arn(&grant))], "{what}");
        assert!(ran.stdout.contains(why), "{what}");
        assert!(ran.stdout.contains("a policy of it lacks the denial `NeverDelete` of today's template"), "{what}");
        assert_eq!(installed.is_denied(&grant), !is_record_edited, "{what}");
        installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        crate::sweep::acknowledge(&installed, &grant);
    }
}

/// No policy of ours has a second version, so that no record and no template explains one.
#[test]
fn a_version_without_a_denial_that_somebody_gave_a_policy_is_denied_though_the_record_tells_the_same() {
    let installed = Installed::new();
    set_policy_template(&installed, &json!([frame(), never_delete()]));
    for is_record_edited in [true, false] {
        let grant = installed.granted().grant();
        assert_eq!(found(&installed.sweep(&[]).exits(0)), [""; 0]);
        let (policy, mut document) = (policy_arn(&grant), Value::Null);
        installed.harness.with_aws(async |iam| {
            document = without_the_denial(iam, &policy).await;
            let create = iam.create_policy_version().policy_arn(&policy).policy_document(document.to_string());
            create.set_as_default(true).send().await.unwrap();
        });
        if is_record_edited {
            record_document(&installed, &grant, document);
        }
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))]);
        assert!(installed.is_denied(&grant) && ran.stdout.contains("another default version"), "{}", ran.stdout);
        installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        crate::sweep::acknowledge(&installed, &grant);
    }
}

/// By the role alone nobody can tell it from one whose denial somebody took out.
#[test]
fn a_live_grant_is_doubtful_until_its_end_once_a_reviewed_template_was_tightened() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let before = installed.attached(&grant);
    let mut narrowed = frame();
    narrowed["Condition"] = json!({ "StringEquals": { "aws:SourceVpc": "vpc-1" } });
    for (statements, lacking) in [
        (json!([frame(), never_delete()]), "a policy of it lacks the denial `NeverDelete` of today's template"),
        (json!([narrowed]), "a policy of it lacks the conditions"),
    ] {
        set_policy_template(&installed, &statements);
        let ran = installed.sweep(&[]).exits(1);
        let doubtful = vec![format!("doubtful {}", role_arn(&grant))];
        assert_eq!((done(&ran), found(&ran)), (vec![], doubtful), "{}", ran.stdout);
        assert!(ran.stdout.contains(lacking), "{}", ran.stdout);
        assert_eq!(installed.attached(&grant), before, "{lacking}");
    }
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!((done(&ran), found(&ran)), (vec![format!("revoke {grant}")], vec![]));
}

#[test]
fn entities_of_nothing_keep_no_sweep_from_denying_and_ending_what_is_over() {
    let installed = Installed::new();
    let (expired, grant) = (installed.granted().grant(), {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "4h" });
        let longer =
            installed.execute(port_iam::sandbox::cast::DANA, "request_permissions", crate::installed::BUCKET, &form);
        installed.grant(&longer).exits(0);
        longer.grant()
    });
    installed.pass(61);
    for with_records in [false, true] {
        let phantom = |number: usize| format!("Permission-ghost{number}{with_records}");
        installed.harness.with_port(async |port| {
            let bodies: Vec<Value> = (0..6)
                .map(|number| json!({ "identifier": phantom(number), "title": "x", "properties": { "state": "live" } }))
                .collect();
            assert!(port.upsert_entities("provisioned_permissions", &bodies).await.unwrap().iter().all(Result::is_ok));
            let bodies: Vec<Value> = (0..6)
                .map(|number| {
                    let grant = phantom(number);
                    json!({ "identifier": grant, "title": "x", "properties": { "grant": grant, "state": "live" } })
                })
                .filter(|_| with_records)
                .collect();
            if with_records {
                assert!(port.upsert_entities("permission_records", &bodies).await.unwrap().iter().all(Result::is_ok));
            }
        });
        let role = format!("Permission-r_forged{with_records}");
        forge(&installed, &role, &grant, &trust_until(ENDLESS), 1);
        let ran = installed.sweep(&[]).exits(if with_records { 5 } else { 1 });
        assert!(done(&ran).contains(&format!("deny {role}")), "{}", ran.stdout);
        assert_eq!(installed.attached(&role), [DENY_ALL]);
        assert!(!installed.roles().contains(&expired) && !installed.is_denied(&grant));
        assert_eq!(ran.stderr.contains("6 of 7 live grants would be taken"), with_records, "{}", ran.stderr);
    }
}

#[test]
fn what_an_entity_says_of_a_revocation_ends_nobody_s_grant() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let before = installed.attached(&grant);
    let body = json!({ "identifier": grant, "properties": { "state": "revoke-failed" } });
    installed.harness.upsert("provisioned_permissions", &body);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![], vec![format!("doubtful {}", role_arn(&grant))]));
    assert_eq!(installed.attached(&grant), before);
}
