//! What was tampered with is told by every sweep until somebody has looked, whatever has become of it.

use super::attacked::{DENY_ALL, forge, in_hours, trust_until};
use super::*;
use crate::installed::everything;

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn attach(installed: &Installed, role: &str, policy: &str) {
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(role).policy_arn(policy).send().await.unwrap();
    });
}

fn change_its_policy(installed: &Installed, grant: &str) {
    installed.harness.with_aws(async |iam| {
        let create = iam.create_policy_version().policy_arn(policy_arn(grant)).set_as_default(true);
        create.policy_document(everything().to_string()).send().await.unwrap();
    });
}

/// Makes the policy of a grant again, with another document or the one that it had.
fn make_its_policy_again(installed: &Installed, grant: &str, document: Option<Value>) {
    installed.harness.with_aws(async |iam| {
        let (role, arn) = (grant, policy_arn(grant));
        let version = iam.get_policy_version().policy_arn(&arn).version_id("v1").send().await.unwrap();
        let was = decoded(version.policy_version().unwrap().document().unwrap());
        iam.detach_role_policy().role_name(role).policy_arn(&arn).send().await.unwrap();
        iam.delete_policy().policy_arn(&arn).send().await.unwrap();
        let create = iam.create_policy().path("/port-iam/").policy_name(grant);
        create.policy_document(document.unwrap_or(was).to_string()).send().await.unwrap();
        iam.attach_role_policy().role_name(role).policy_arn(&arn).send().await.unwrap();
    });
}

/// Every sweep tells it, until somebody says that it has been seen to.
#[track_caller]
fn is_told_until_somebody_has_looked(installed: &Installed, grant: &str) {
    for _ in 0..2 {
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!((done(&ran), found(&ran)), (vec![], vec![format!("tampered {grant}")]), "{}", ran.stdout);
    }
    acknowledge(installed, grant);
    assert_quiet(installed);
}

#[test]
fn what_a_sweep_has_denied_is_told_until_somebody_has_looked_and_stays_on_record() {
    type Change = fn(&Installed, &str);
    let changes: [(&str, Change); 3] = [
        ("AdministratorAccess", |installed, grant| attach(installed, grant, ADMINISTRATOR)),
        ("inline policy `more`", Installed::put_inline_policy),
        ("documents", change_its_policy),
    ];
    for (word, change) in changes {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        change(&installed, &grant);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(done(&ran), [format!("deny {grant}")], "{word}");
        let ran = installed.sweep(&[]).exits(1);
        let told = (done(&ran), found(&ran));
        assert_eq!(told, (vec![format!("revoke {grant}")], vec![format!("tampered {}", role_arn(&grant))]), "{word}");
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
        let record = installed.record(&grant)["properties"].clone();
        assert!(record["receipt"]["tampering"][0]["what"].as_str().unwrap().contains(word), "{word}: {record}");
        assert_eq!(record["receipt"]["why"], "a sweep had found it tampered with, and denied it", "{word}");
        let export = installed.harness.run(&["audit", "export"]).exits(0).stdout;
        assert!(export.contains(word), "{word}: {export}");
        is_told_until_somebody_has_looked(&installed, &grant);
    }
}

#[test]
fn a_forged_role_that_was_on_no_record_is_told_until_somebody_has_looked() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-r_nobody";
    forge(&installed, role, &grant, &trust_until(&in_hours(&installed, 2)), 1);
    let told = vec![format!("tampered {}", role_arn(role))];
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![format!("deny {role}")], told.clone()));
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    installed.pass(90);
    let ran = installed.sweep(&[]).exits(1);
    // What was made for it goes with it; it stays to be looked at.
    assert_eq!((done(&ran), found(&ran)), (vec![], told.clone()), "{}", ran.stdout);
    installed.pass(31);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![format!("revoke {role}")], told));
    assert_eq!(installed.record(role)["properties"]["state"], "expired");
    is_told_until_somebody_has_looked(&installed, role);
}

#[test]
fn while_port_takes_no_note_a_role_is_denied_all_the_same_and_the_next_sweep_notes_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-r_nobody";
    forge(&installed, role, &grant, &trust_until(&in_hours(&installed, 2)), 1);
    let writing = "POST /v1/blueprints/permission_records/entities";
    installed.harness.sandbox.faults.plan_exactly(writing, Fault::Status { status: 403, retry_after: None });
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(installed.attached(role), [DENY_ALL]);
    let failed = ran.json()["sweep"]["failed"].clone();
    assert_eq!((failed[0]["subject"].as_str(), done(&ran)), (Some(role), vec![]), "{}", ran.stdout);
    installed.harness.sandbox.faults.clear();
    assert_eq!(done(&installed.sweep(&[]).exits(1)), [format!("deny {role}")]);
    assert_eq!(installed.record(role)["properties"]["review_due"], true);
    assert_eq!(done(&installed.sweep(&[]).exits(1)), [""; 0]);
}

#[test]
fn what_was_widened_and_ends_before_a_sweep_looks_is_told_until_somebody_has_looked() {
    for (word, change) in [
        (
            "AdministratorAccess was attached to it",
            (|it, grant| attach(it, grant, ADMINISTRATOR)) as fn(&Installed, &str),
        ),
        ("an inline policy `more`", Installed::put_inline_policy),
        ("was changed since it was made", change_its_policy),
        ("was changed since it was made", |it, grant| {
            change_its_policy(it, grant);
            it.harness.with_aws(async |iam| {
                let delete = iam.delete_policy_version().policy_arn(policy_arn(grant)).version_id("v1");
                delete.send().await.unwrap();
            });
        }),
        ("its policies were not those of its record", |it, grant| {
            it.pass(2);
            make_its_policy_again(it, grant, Some(everything()));
        }),
        ("its permissions boundary was not ours", |it, grant| {
            it.harness.with_aws(async |iam| {
                iam.delete_role_permissions_boundary().role_name(grant).send().await.unwrap();
            });
        }),
        ("its trust policy was not that of its record", |it, grant| {
            let trust = trust_until(&in_hours(it, 1)).to_string();
            it.harness.with_aws(async |iam| {
                iam.update_assume_role_policy().role_name(grant).policy_document(trust).send().await.unwrap();
            });
        }),
    ] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        change(&installed, &grant);
        let ending = installed.give_back(&grant);
        let ran = installed.revoke(&ending).exits(0);
        let log = installed.log_of(&ending.run_id);
        assert!(ran.stdout.contains(word) && log.contains(word), "{word}: {} {log}", ran.stdout);
        let record = installed.record(&grant)["properties"].clone();
        assert!(record["receipt"]["tampering"][0]["what"].as_str().unwrap().contains(word), "{word}: {record}");
        is_told_until_somebody_has_looked(&installed, &grant);
    }
}

/// A run that was repeated may have made them.
#[test]
fn policies_that_were_made_later_and_are_those_of_the_record_are_as_we_make_them() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(2);
    make_its_policy_again(&installed, &grant, None);
    installed.revoke(&installed.give_back(&grant)).exits(0);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["review_due"], &record["receipt"]["tampering"]), (&Value::Null, &Value::Null), "{record}");
    assert_quiet(&installed);
}

#[test]
fn what_was_taken_off_before_a_revocation_failed_is_told_until_somebody_has_looked() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach(&installed, &grant, ADMINISTRATOR);
    let refused = Fault::Status { status: 503, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 99, refused);
    let ending = installed.give_back(&grant);
    installed.revoke(&ending).exits(1);
    let log = installed.log_of(&ending.run_id);
    assert!(log.contains("AdministratorAccess was attached to it"), "{log}");
    assert_eq!(installed.attached(&grant), [DENY_ALL]);
    installed.harness.sandbox.faults.clear();
    let record = installed.record(&grant)["properties"].clone();
    let told = |what: &str| {
        let what = format!("{what} was attached to it");
        assert_eq!(record["receipt"]["tampering"][0]["what"], what, "{record}");
    };
    told(ADMINISTRATOR);
    assert_eq!((&record["review_due"], &record["state"]), (&json!(true), &json!("live")), "{record}");
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!(record["receipt"]["tampering"].as_array().unwrap().len(), 1, "{record}");
    is_told_until_somebody_has_looked(&installed, &grant);
}

#[test]
fn what_was_taken_off_in_a_round_that_had_to_be_repeated_is_told() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach(&installed, &grant, ADMINISTRATOR);
    let own = format!("RoleName={grant}&PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012");
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    faults.plan_matching(&own, 0, 1, Fault::Status { status: 403, retry_after: None });
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(faults.hits(), hits + 1);
    let receipt = installed.record(&grant)["properties"]["receipt"].clone();
    assert_eq!(receipt["tampering"][0]["what"], format!("{ADMINISTRATOR} was attached to it"), "{receipt}");
    is_told_until_somebody_has_looked(&installed, &grant);
}

#[test]
fn a_role_that_is_made_again_at_once_hides_nothing_of_what_was_found() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach(&installed, &grant, ADMINISTRATOR);
    let mut trust = String::new();
    installed.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(&grant).send().await.unwrap().role.unwrap();
        trust = decoded(role.assume_role_policy_document().unwrap()).to_string();
    });
    installed.revoke(&installed.give_back(&grant)).exits(0);
    let first = installed.record(&grant)["properties"]["receipt"].clone();
    installed.harness.with_aws(async |iam| {
        let create = iam.create_role().path("/port-iam/").role_name(&grant).assume_role_policy_document(trust);
        create.send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(installed.roles(), [""; 0], "{}", ran.stdout);
    let receipt = installed.record(&grant)["properties"]["receipt"].clone();
    assert_eq!(receipt["tampering"][0], first["tampering"][0], "{receipt}");
    let again = receipt["tampering"].as_array().unwrap().last().unwrap().clone();
    assert!(again["what"].as_str().unwrap().contains("though its record told of its end"), "{receipt}");
    assert_eq!(receipt["earlier"][0]["aws_request_ids"], first["aws_request_ids"], "{receipt}");
    is_told_until_somebody_has_looked(&installed, &grant);
}

#[test]
fn what_was_widened_and_has_expired_is_told_by_the_sweep_that_ends_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach(&installed, &grant, ADMINISTRATOR);
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(
        (done(&ran), found(&ran)),
        (vec![format!("revoke {grant}")], vec![format!("tampered {}", role_arn(&grant))])
    );
    assert!(ran.stdout.contains("AdministratorAccess was attached to it"), "{}", ran.stdout);
    is_told_until_somebody_has_looked(&installed, &grant);
}

#[test]
fn the_receipt_of_an_end_is_not_written_over_by_whoever_makes_the_role_again() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach(&installed, &grant, ADMINISTRATOR);
    installed.revoke(&installed.give_back(&grant)).exits(0);
    let first = installed.record(&grant)["properties"].clone();
    acknowledge(&installed, &grant);
    installed.pass(6);
    let trust = trust_until(&in_hours(&installed, 0)).to_string();
    installed.harness.with_aws(async |iam| {
        let create = iam.create_role().path("/port-iam/").role_name(&grant).assume_role_policy_document(trust);
        create.send().await.unwrap();
    });
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
    let record = installed.record(&grant)["properties"].clone();
    for property in ["revoked_at", "revoked_by", "state"] {
        assert_eq!(record[property], first[property], "{property}");
    }
    assert_eq!(record["receipt"]["detached"], first["receipt"]["detached"]);
    assert_eq!(record["receipt"]["later"][0]["asked_by"], "sweep");
    is_told_until_somebody_has_looked(&installed, &grant);
}

/// The catalog is written by others too.
#[test]
fn whoever_sets_or_clears_the_mark_in_port_ends_and_spares_nothing() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let mark = |is_due: Value| installed.edit_entity("permission_records", &grant, &json!({ "review_due": is_due }));
    mark(json!(true));
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), found(&ran)), (vec![], vec![format!("tampered {}", role_arn(&grant))]));
    assert!(installed.is_live(&grant));
    mark(json!(false));
    assert_quiet(&installed);
    // What was said to be seen to before it happened is told, and marked anew.
    attach(&installed, &grant, ADMINISTRATOR);
    assert_eq!(done(&installed.sweep(&[]).exits(1)), [format!("deny {grant}")]);
    assert_eq!(installed.attached(&grant), [DENY_ALL]);
    assert_eq!(installed.record(&grant)["properties"]["review_due"], true);
    // Without its mark it goes as it always did.
    mark(Value::Null);
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("revoke {grant}")]);
}

/// The role is gone, and what is left of it is its record.
#[test]
fn whatever_account_somebody_writes_into_a_marked_record_every_sweep_tells_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    attach(&installed, &grant, ADMINISTRATOR);
    installed.sweep(&[]).exits(1);
    installed.sweep(&[]).exits(1);
    assert_eq!(installed.roles(), [""; 0]);
    for account in [json!("999999999999"), json!("nobody's"), json!(""), Value::Null, json!("123456789012")] {
        installed.edit_entity("permission_records", &grant, &json!({ "account": account }));
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!((done(&ran), found(&ran)), (vec![], vec![format!("tampered {grant}")]), "{account}: {}", ran.stdout);
    }
    installed.edit_entity("permission_records", &grant, &json!({ "account": "999999999999" }));
    is_told_until_somebody_has_looked(&installed, &grant);
}

/// Whoever widens a role can edit its record first.
#[test]
fn an_account_of_nobody_that_is_written_into_a_record_hides_nothing_that_is_found_later() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.edit_entity("permission_records", &grant, &json!({ "account": "999999999999" }));
    attach(&installed, &grant, ADMINISTRATOR);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(
        (done(&ran), found(&ran)),
        (vec![format!("deny {grant}")], vec![format!("tampered {}", role_arn(&grant))])
    );
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!(record["review_due"], true, "{record}");
    assert_eq!(record["receipt"]["tampering"][0]["attached"][1], ADMINISTRATOR, "{record}");
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!((done(&ran), installed.roles()), (vec![format!("revoke {grant}")], vec![]), "{}", ran.stdout);
    assert!(found(&installed.sweep(&[]).exits(1)).contains(&format!("tampered {grant}")));
}

#[test]
fn a_grant_that_is_put_on_record_again_keeps_its_mark() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.edit_entity("permission_records", &grant, &json!({ "review_due": true }));
    installed.harness.delete_entity("provisioned_permissions", &grant);
    assert_eq!(done(&installed.sweep(&[]).exits(1)), [format!("record-again {grant}")]);
    assert_eq!(installed.record(&grant)["properties"]["review_due"], true);
}

/// What a revocation has found that then failed, and somebody has mended and seen to, is part of the record all the same.
#[test]
fn what_was_noted_of_a_grant_stays_on_record_as_it_ends_whatever_became_of_the_mark() {
    for mark in [json!(false), Value::Null] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        let noted = json!([{ "at": in_hours(&installed, 0), "what": "its permissions boundary was not ours", "attached": [], "inline": [] }]);
        installed.edit_entity(
            "permission_records",
            &grant,
            &json!({ "receipt": { "tampering": noted }, "review_due": true }),
        );
        installed.edit_entity("permission_records", &grant, &json!({ "review_due": mark }));
        installed.pass(61);
        assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("revoke {grant}")]);
        let record = installed.record(&grant)["properties"].clone();
        assert_eq!((&record["receipt"]["tampering"], &record["state"]), (&noted, &json!("expired")), "{record}");
    }
}
