//! What somebody did with a role and covered, or let end, before a sweep came.

use super::attacked::{DENY_ALL, forge, in_hours, trust_until};
use super::*;
use crate::installed::{BUCKET, everything};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn granted_for(installed: &Installed, duration: &str) -> String {
    let form = json!({ "permissions": ["s3:PutObject"], "duration": duration });
    let asked = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    installed.grant(&asked).exits(0);
    asked.grant()
}

/// Lets the grant's own policy allow everything, as its only version.
fn widen(installed: &Installed, grant: &str) {
    installed.harness.with_aws(async |iam| {
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        let create = iam.create_policy_version().policy_arn(&arn).set_as_default(true);
        create.policy_document(everything().to_string()).send().await.unwrap();
        iam.delete_policy_version().policy_arn(&arn).version_id("v1").send().await.unwrap();
    });
}

/// Leaves a role as a revocation does that was cut off.
fn deny_and_empty(installed: &Installed, grant: &str) {
    installed.harness.with_aws(async |iam| {
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        iam.attach_role_policy().role_name(grant).policy_arn(DENY_ALL).send().await.unwrap();
        iam.detach_role_policy().role_name(grant).policy_arn(arn).send().await.unwrap();
    });
}

/// Also where its entity is gone, and while its record waits for a review anyway, as that of every grant without Port does.
#[test]
fn whoever_denies_what_he_has_widened_is_told() {
    type Cover = fn(&Installed, &str);
    let covers: [(Cover, &str); 3] = [
        (|_, _| (), "another default version"),
        (|installed, grant| installed.harness.delete_entity("provisioned_permissions", grant), "nobody asked for"),
        (
            |installed, grant| installed.edit_entity("permission_records", grant, &json!({ "review_due": true })),
            "another default version",
        ),
    ];
    for (number, (cover, words)) in covers.into_iter().enumerate() {
        let installed = Installed::new();
        let grant = granted_for(&installed, "4h");
        installed.pass(90);
        widen(&installed, &grant);
        deny_and_empty(&installed, &grant);
        cover(&installed, &grant);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{number}: {}", ran.stdout);
        assert!(ran.stdout.contains(words), "{number}: {}", ran.stdout);
        assert_eq!(installed.record(&grant)["properties"]["review_due"], true, "{number}");
    }
}

#[test]
fn whoever_denies_what_he_has_widened_is_told_at_its_end_too() {
    let installed = Installed::new();
    let grant = granted_for(&installed, "30m");
    widen(&installed, &grant);
    deny_and_empty(&installed, &grant);
    installed.pass(31);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(done(&ran), [format!("deny {grant}"), format!("revoke {grant}")], "{}", ran.stdout);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))]);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["review_due"]), (&json!("expired"), &json!(true)), "{record}");
}

#[test]
fn a_forged_role_that_ends_before_a_sweep_comes_has_no_clean_record() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-r_nobody";
    forge(&installed, role, &grant, &trust_until(&in_hours(&installed, 1)), 1);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(done(&ran), [format!("deny {role}"), format!("revoke {role}")], "{}", ran.stdout);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(role))]);
    assert_eq!(installed.record(role)["properties"]["review_due"], true);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn six_ended_grants_that_are_made_again_at_once_with_an_inline_policy_are_denied() {
    let installed = Installed::new();
    // Each so much longer than the one before that it is no second request of the same.
    let grants = ["2h", "3h", "4h", "5h30m", "7h30m", "10h"].map(|duration| granted_for(&installed, duration));
    let end = in_hours(&installed, 1);
    let mut tags = Vec::new();
    installed.harness.with_aws(async |iam| {
        for grant in &grants {
            tags.push(iam.list_role_tags().role_name(grant).send().await.unwrap().tags);
        }
    });
    for grant in &grants {
        installed.harness.run(&["revoke", grant, "--direct"]).exits(0);
    }
    installed.harness.with_aws(async |iam| {
        for (grant, tags) in grants.iter().zip(tags) {
            let create = iam.create_role().path("/port-iam/").role_name(grant).set_tags(Some(tags));
            create.assume_role_policy_document(trust_until(&end).to_string()).send().await.unwrap();
            let put = iam.put_role_policy().role_name(grant).policy_name("more");
            put.policy_document(everything().to_string()).send().await.unwrap();
        }
    });
    let ran = installed.sweep(&[]);
    assert!(grants.iter().all(|grant| installed.is_denied(grant) || !installed.roles().contains(grant)), "{ran:?}");
    let mut expected: Vec<String> = grants.iter().map(|grant| format!("tampered {}", role_arn(grant))).collect();
    expected.sort();
    let mut told = found(&ran);
    told.sort();
    assert_eq!(told, expected, "{}", ran.stdout);
}

#[test]
fn an_entity_that_comes_and_goes_hides_no_role_that_was_there_for_long() {
    let installed = Installed::new();
    let grant = granted_for(&installed, "4h");
    installed.pass(90);
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(&grant).policy_arn(ADMINISTRATOR).send().await.unwrap();
    });
    let entity = installed.entities()[0].clone();
    let again = json!({ "identifier": grant, "properties": entity["properties"], "relations": entity["relations"] });
    installed.harness.delete_entity("provisioned_permissions", &grant);
    installed.harness.sandbox.remember();
    installed.harness.upsert("provisioned_permissions", &again);
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("/provisioned_permissions/entities/search", 0, 1, Fault::StaleRead);
    let hits = faults.hits();
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(faults.hits() - hits, 1);
    assert_eq!(done(&ran), [format!("deny {grant}")], "{}", ran.stdout);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))]);
    assert_eq!(installed.attached(&grant), [DENY_ALL]);
}
