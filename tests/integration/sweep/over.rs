//! What is over and still there: it is revoked.

use super::*;

#[test]
fn what_has_expired_and_is_still_there_is_revoked_with_the_sweep_in_the_receipt() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(61);
    let would = installed.sweep(&["--dry-run"]).exits(3);
    assert_eq!(named(&would.json()["sweep"]["steps"], "action"), [format!("revoke {grant}")]);
    assert_eq!(installed.roles(), std::slice::from_ref(&grant));
    let ran = installed.sweep(&[]).exits(0);
    assert_eq!(done(&ran), [format!("revoke {grant}")]);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    assert_eq!(installed.entities(), [Value::Null; 0]);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["revoked_by"]), (&json!("expired"), &json!("sweep")));
    assert_eq!(record["receipt"]["role"], role_arn(&grant));
    assert_quiet(&installed);
}

#[test]
fn an_expired_role_that_port_has_forgotten_is_revoked_by_its_tag() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.delete_entity("provisioned_permissions", &grant);
    installed.harness.delete_entity("permission_records", &grant);
    installed.pass(61);
    installed.sweep(&[]).exits(0);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
}

#[test]
fn the_grants_of_somebody_who_has_left_are_revoked() {
    let installed = Installed::new();
    let (grant, kept) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    let body = json!({ "identifier": grant, "properties": { "requester": cast::GONE.email } });
    installed.harness.upsert("provisioned_permissions", &body);
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("revoke {grant}")]);
    assert_eq!(installed.roles(), [kept]);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
    let why = installed.record(&grant)["properties"]["receipt"]["why"].clone();
    assert_eq!(why, "its requester is no longer active in Port");
}

/// What Port says of a person, and we cannot read, says nothing of whether the person is still there.
#[test]
fn the_grants_of_somebody_of_whom_port_says_what_nobody_can_read_stay_and_are_told() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let body = json!({ "identifier": grant, "properties": { "requester": cast::GONE.email } });
    installed.harness.upsert("provisioned_permissions", &body);
    let faults = &installed.harness.sandbox.faults;
    let fault = Fault::Forged { pointer: "/user/type".to_owned(), value: json!({ "name": "STANDARD" }) };
    faults.plan_exactly("GET /v1/users/greta%40acme.example", fault);
    let ran = installed.sweep(&[]).exits(1);
    let failed = ran.json()["sweep"]["failed"].clone();
    assert_eq!((&failed[0]["action"], &failed[0]["subject"]), (&json!("revoke"), &json!(grant)), "{failed}");
    let message = failed[0]["message"].as_str().unwrap();
    assert!(message.starts_with("could not read the user"), "{message}");
    assert!(installed.is_live(&grant));
    assert_eq!(installed.record(&grant)["properties"]["revoked_at"], json!(null));
    faults.clear();
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("revoke {grant}")]);
}

/// What an administrator has to do about a step stands where the step is told, for people and for programs.
#[test]
fn what_to_do_about_a_step_that_failed_is_told_with_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(61);
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 99, fault);
    let ran = installed.sweep(&[]).exits(1);
    let failed = ran.json()["sweep"]["failed"][0].clone();
    let hint = failed["hints"][0].as_str().unwrap_or_else(|| panic!("{failed}"));
    assert!(hint.contains("`port-iam aws`"), "{failed}");
    assert!(ran.stderr.contains(&format!("not done: revoke {grant}")) && ran.stderr.contains(hint), "{}", ran.stderr);
    let summary = std::fs::read_to_string(installed.harness.folder.path().join("step-summary.md")).unwrap();
    assert!(summary.contains("prints what the identities need"), "{summary}");
}

#[test]
fn an_unfinished_revocation_is_finished() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 99, Fault::DropBefore);
    installed.revoke(&installed.give_back(&grant)).exits(1);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.roles(), std::slice::from_ref(&grant));
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("revoke {grant}")]);
    assert_eq!((installed.roles(), installed.entities()), (vec![], vec![]));
}

#[test]
fn an_expired_grant_whose_policy_has_more_versions_goes_with_all_of_them() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let document =
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        let create = iam.create_policy_version().policy_arn(arn).set_as_default(true);
        create.policy_document(document.to_string()).send().await.unwrap();
    });
    installed.pass(61);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(done(&ran), [format!("deny {grant}"), format!("revoke {grant}")]);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))]);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    let receipt = installed.record(&grant)["properties"]["receipt"].clone();
    assert_eq!(receipt["policies"].as_array().map(Vec::len), Some(1), "{receipt}");
    acknowledge(&installed, &grant);
    assert_quiet(&installed);
}

#[test]
fn an_expired_grant_costs_no_more_requests_than_its_removal_needs() {
    let installed = Installed::new();
    let requests = |granted: usize| {
        (0..granted).for_each(|person| _ = installed.granted_to(cast::CROWD[person]));
        installed.pass(61);
        let since = installed.harness.sandbox.log.len();
        assert_eq!(done(&installed.sweep(&[]).exits(0)).len(), granted);
        installed.exchanges_since(since).len()
    };
    let (one, five) = (requests(1), requests(5));
    assert_eq!(five - one, 4 * 11);
}
