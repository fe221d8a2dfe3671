//! What is left over of a grant: it is removed once its grace period is over.

use super::*;
use crate::installed::BUCKET;

#[test]
fn an_entity_without_a_role_is_marked_and_removed_after_an_hour() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        iam.detach_role_policy().role_name(&grant).policy_arn(&policy).send().await.unwrap();
        iam.delete_role().role_name(&grant).send().await.unwrap();
        iam.delete_policy().policy_arn(&policy).send().await.unwrap();
    });
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("mark-missing {grant}")]);
    let entity = installed.entities()[0]["properties"].clone();
    assert!(entity["state"] == "missing" && entity["missing_since"].is_string(), "{entity}");
    assert_quiet(&installed);
    installed.pass(61);
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("remove-entity {grant}")]);
    assert_eq!(installed.entities(), [Value::Null; 0]);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
    assert_quiet(&installed);
}

#[test]
fn an_entity_that_was_deleted_meanwhile_is_not_made_again() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        iam.detach_role_policy().role_name(&grant).policy_arn(&policy).send().await.unwrap();
        iam.delete_role().role_name(&grant).send().await.unwrap();
    });
    installed.harness.sandbox.remember();
    installed.harness.delete_entity("provisioned_permissions", &grant);
    // The list of entities lags behind.
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("/provisioned_permissions/entities/search", 0, 1, Fault::StaleRead);
    let hits = faults.hits();
    installed.sweep(&[]).exits(0);
    assert_eq!((faults.hits() - hits, installed.entities()), (1, vec![]));
}

#[test]
fn what_was_left_over_is_removed_after_an_hour_and_not_before() {
    let installed = Installed::new();
    // Longer than the grace period, so that it is no expiry which takes it.
    let form = json!({ "permissions": ["s3:PutObject"], "duration": "4h" });
    let request = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    // A grant that is killed behind the creation of role and policies: Port never hears of it.
    let writing = "POST /v1/blueprints/provisioned_permissions/entities";
    installed.harness.sandbox.faults.plan_exactly(writing, Fault::DropBefore);
    installed.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 999, Fault::DropBefore);
    installed.harness.sandbox.faults.plan_matching("Action=DeletePolicy&", 0, 999, Fault::DropBefore);
    assert_ne!(installed.grant(&request).exit_code, 0);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.entities(), [Value::Null; 0]);
    let part = "Permission-r_gone.2";
    installed.harness.with_aws(async |iam| {
        let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }] });
        let tags = iam.list_role_tags().role_name(request.grant()).send().await.map(|answer| answer.tags).unwrap_or_default();
        let create = iam.create_policy().path("/port-iam/").policy_name(part).policy_document(document.to_string());
        create.set_tags(Some(tags)).send().await.unwrap();
    });
    assert_eq!(installed.roles(), [request.grant()]);
    assert_quiet(&installed);
    let would = installed.harness.run_with(&["sweep", "--dry-run"], &Installed::credentials_of_workflow()).exits(0);
    let waits = format!("waits arn:aws:iam::123456789012:policy/port-iam/{part}: its grant has no role");
    assert!(would.stdout.contains(&waits) && would.stdout.contains("; left alone until 20"), "{}", would.stdout);
    installed.pass(58);
    assert_quiet(&installed);
    installed.pass(6);
    let ran = installed.sweep(&[]).exits(0);
    let expected = [
        format!("revoke {}", request.grant()),
        format!("remove-policy arn:aws:iam::123456789012:policy/port-iam/{part}"),
    ];
    assert_eq!(done(&ran), expected, "{}", ran.stdout);
    // Its record was written beside the entity that was not.
    let why = "Port has a record of it and no entity, and it can do nothing";
    assert_eq!(ran.json()["sweep"]["steps"][0]["reason"], why);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    assert_quiet(&installed);
}

#[test]
fn a_mark_that_is_taken_back_makes_no_entity_anew_that_was_deleted_meanwhile() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let missing = json!({ "identifier": grant, "properties": { "state": "missing" } });
    installed.harness.upsert("provisioned_permissions", &missing);
    installed.harness.sandbox.remember();
    installed.harness.delete_entity("provisioned_permissions", &grant);
    // The list of entities lags behind.
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("/provisioned_permissions/entities/search", 0, 1, Fault::StaleRead);
    let hits = faults.hits();
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!((faults.hits() - hits, installed.entities(), done(&ran)), (1, vec![], vec![]));
    // Another sweep, which sees that it is not there, asks the run.
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("record-again {grant}")]);
}
