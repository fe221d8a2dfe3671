//! Revocations: a grant is called revoked only when no account holds it any more, whatever the catalog says.

use jiff::SignedDuration;
use port_iam::sandbox::aws::Copy;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::*;
use crate::break_glass::granted_without_port;

/// A role that cannot be assumed, so that its account cannot be asked.
const NOBODY: &str = "arn:aws:iam::210987654321:role/no-such-role";

fn is_over(installed: &Installed, grant: &str) -> bool {
    installed.record(grant)["properties"]["revoked_at"].is_string()
}

fn assert_gone(installed: &Installed, grant: &str) {
    assert_eq!((roles_in_second(installed), installed.roles()), (Vec::new(), Vec::new()));
    assert_eq!(installed.harness.sandbox.second_aws.policy_arns("/port-iam/"), Vec::<String>::new());
    assert!(installed.entities().is_empty() && is_over(installed, grant));
}

/// Makes a role of the name of a grant of the second account in the first one too.
fn copy_home(installed: &Installed, asked: &Dispatched) {
    let at_home = installed.request();
    grant(installed, &at_home).exits(0);
    let tag = ("port-iam:run".to_owned(), asked.run_id.clone());
    installed.harness.sandbox.aws.copy_grant(&at_home.grant(), &[Copy { name: asked.grant(), trust: None, tag }]);
}

#[test]
fn a_grant_of_the_second_account_is_taken_away_there() {
    let installed = installed();
    let asked = granted(&installed);
    revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
    assert_gone(&installed, &asked.grant());
    let role = &installed.record(&asked.grant())["properties"]["receipt"]["role"];
    assert!(role.as_str().unwrap().starts_with("arn:aws:iam::210987654321:role/"), "{role}");
}

#[test]
fn a_grant_of_the_second_account_is_returned_by_whoever_asked_for_it() {
    let installed = installed();
    let asked = granted(&installed);
    let form = json!({});
    let dispatched = installed.execute(cast::DANA, "return_permissions", &asked.grant(), &form);
    revoke(&installed, &dispatched).exits(0);
    assert_gone(&installed, &asked.grant());
}

#[test]
fn a_timer_ends_a_grant_of_the_second_account_by_the_end_of_its_role_there() {
    let installed = installed();
    let asked = granted(&installed);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    revoke(&installed, &installed.expired(&asked.grant())).exits(0);
    assert_gone(&installed, &asked.grant());
}

/// The entity and the record of a live grant say that it is in another account than it is.
#[test]
fn a_forged_account_hides_no_role() {
    for (blueprint, account) in [
        ("provisioned_permissions", json!(cast::AWS_ACCOUNT_ID)),
        ("provisioned_permissions", json!("999999999999")),
        ("provisioned_permissions", Value::Null),
        ("permission_records", json!(cast::AWS_ACCOUNT_ID)),
    ] {
        let installed = installed();
        let asked = granted(&installed);
        installed.edit_entity(blueprint, &asked.grant(), &json!({ "account": account }));
        revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
        assert_gone(&installed, &asked.grant());
    }
}

/// Whoever may edit the record can keep a grant from being called revoked, and not from being taken away.
#[test]
fn what_a_record_says_of_an_unknown_account_keeps_the_grant_from_being_called_revoked() {
    let installed = installed();
    let asked = granted(&installed);
    installed.edit_entity("permission_records", &asked.grant(), &json!({ "account": "999999999999" }));
    let ran = revoke(&installed, &installed.give_back(&asked.grant())).exits(1);
    let told = ran.stdout.contains("was made in the account") && ran.stdout.contains("999999999999");
    assert!(told, "{}", ran.stdout);
    assert!(roles_in_second(&installed).is_empty() && !is_over(&installed, &asked.grant()));
}

/// A role of the same name in the account of whoever looks, and no credentials of the one that the grant is in.
#[test]
fn a_decoy_where_one_looks_hides_no_grant() {
    let installed = installed();
    let asked = granted(&installed);
    copy_home(&installed, &asked);
    let ran = installed.harness.run(&["revoke", &asked.grant(), "--direct"]).exits(1);
    assert!(ran.stderr.contains("was made in the account") && ran.stderr.contains(SECOND), "{}", ran.stderr);
    assert_eq!(roles_in_second(&installed), [asked.grant()]);
    assert!(!installed.roles().contains(&asked.grant()) && !is_over(&installed, &asked.grant()));
    assert!(installed.entities().iter().any(|entity| entity["identifier"] == asked.grant().as_str()));
}

/// One account from which the role cannot be taken holds up no other.
#[test]
fn what_cannot_be_taken_apart_in_one_account_is_taken_in_the_other() {
    let installed = installed();
    let asked = granted(&installed);
    copy_home(&installed, &asked);
    installed.harness.with_aws(async |iam| {
        iam.create_instance_profile().instance_profile_name("elsewhere").path("/other/").send().await.unwrap();
        let adding = iam.add_role_to_instance_profile().instance_profile_name("elsewhere").role_name(asked.grant());
        adding.send().await.unwrap();
    });
    let ran = revoke(&installed, &installed.give_back(&asked.grant())).exits(1);
    let command = "aws iam remove-role-from-instance-profile --instance-profile-name elsewhere --role-name";
    assert!(ran.stdout.contains(&format!("{command} {}", asked.grant())), "{}", ran.stdout);
    assert!(roles_in_second(&installed).is_empty() && installed.roles().contains(&asked.grant()));
    assert!(installed.attached(&asked.grant()).iter().all(|arn| arn.ends_with("AWSDenyAll")));
    assert!(!is_over(&installed, &asked.grant()));
}

#[test]
fn a_grant_is_not_called_revoked_while_an_account_that_may_hold_it_cannot_be_asked() {
    let installed = installed();
    let asked = granted(&installed);
    installed.edit_entity("provisioned_permissions", &asked.grant(), &json!({ "account": cast::AWS_ACCOUNT_ID }));
    let dispatched = installed.give_back(&asked.grant());
    let ran = step(&installed, "revoke", [REVOKERS[0], NOBODY], &dispatched).exits(1);
    assert!(ran.stdout.contains("may be live in an account that could not be asked"), "{}", ran.stdout);
    assert!(ran.stdout.contains(NOBODY), "{}", ran.stdout);
    assert_eq!(roles_in_second(&installed), [asked.grant()]);
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    assert!(!is_over(&installed, &asked.grant()));
    // The next try finishes.
    revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
    assert_gone(&installed, &asked.grant());
}

/// The grant is not called revoked, and nobody finds again what was on its role.
#[test]
fn what_was_found_on_a_role_is_told_though_another_account_may_hold_the_grant_too() {
    let installed = installed();
    let asked = installed.request();
    grant(&installed, &asked).exits(0);
    installed.put_inline_policy(&asked.grant());
    installed.edit_entity("permission_records", &asked.grant(), &json!({ "account": SECOND }));
    let dispatched = installed.give_back(&asked.grant());
    let ran = step(&installed, "revoke", [REVOKERS[0], NOBODY], &dispatched).exits(1);
    let told =
        ["may be live in an account that could not be asked", "not as it was made: it had an inline policy `more`"];
    assert!(told.iter().all(|told| ran.stdout.contains(told)), "{}", ran.stdout);
    assert!(installed.roles().is_empty() && !is_over(&installed, &asked.grant()));
}

/// What another account held of it is noted, and told, as what the grant's own held.
#[test]
fn what_was_found_in_each_account_is_told_though_the_record_cannot_be_completed() {
    let installed = installed();
    let asked = granted(&installed);
    copy_home(&installed, &asked);
    installed.put_inline_policy(&asked.grant());
    let dispatched = installed.give_back(&asked.grant());
    let refused = Fault::Status { status: 500, retry_after: None };
    let entity = format!("DELETE /v1/blueprints/provisioned_permissions/entities/{}", asked.grant());
    installed.harness.sandbox.faults.plan_matching(&entity, 0, 999, refused);
    let ran = revoke(&installed, &dispatched).exits(1);
    installed.harness.sandbox.faults.clear();
    let home = format!("arn:aws:iam::{}:role/port-iam/{} bore its name too", cast::AWS_ACCOUNT_ID, asked.grant());
    for told in [home.as_str(), "it had an inline policy `more`"] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert_eq!(installed.record(&asked.grant())["properties"]["review_due"], true);
}

/// A workflow that was set up for one account, with a grant of another on record.
#[test]
fn a_workflow_that_reaches_one_account_does_not_call_a_grant_of_another_gone() {
    let installed = installed();
    let asked = granted(&installed);
    let dispatched = installed.give_back(&asked.grant());
    let ran = oidc::step(&installed, "revoke", REVOKERS[0], &dispatched, &[]).exits(1);
    assert!(ran.stdout.contains("was made in the account"), "{}", ran.stdout);
    assert!(!is_over(&installed, &asked.grant()) && !installed.entities().is_empty());
    let ran = installed.harness.run(&["revoke", &asked.grant(), "--direct"]).exits(1);
    assert!(ran.stderr.contains("PORT_IAM_AWS_PROFILES"), "{}", ran.stderr);
    let ran = installed.harness.run(&["revoke", &asked.grant(), "--direct", "--aws-only"]).exits(0);
    assert!(ran.stdout.contains("It was looked for in 123456789012 alone"), "{}", ran.stdout);
    assert_eq!(roles_in_second(&installed), [asked.grant()]);
}

#[test]
fn what_was_found_where_its_record_says_is_gone_though_another_account_is_not_to_be_asked() {
    let installed = installed();
    let asked = installed.request();
    grant(&installed, &asked).exits(0);
    let dispatched = installed.give_back(&asked.grant());
    let ran = step(&installed, "revoke", [REVOKERS[0], NOBODY], &dispatched).exits(0);
    assert!(ran.stdout.contains("The account 210987654321 could not be asked"), "{}", ran.stdout);
    assert_gone(&installed, &asked.grant());
}

/// Somebody makes a role of the same name in the other account, and lets the catalog point there.
#[test]
fn a_decoy_of_the_same_name_does_not_save_a_grant() {
    let installed = installed();
    let asked = granted(&installed);
    let other = installed.request();
    grant(&installed, &other).exits(0);
    let decoy = Copy { name: asked.grant(), trust: None, tag: ("x".to_owned(), "y".to_owned()) };
    installed.harness.sandbox.aws.copy_grant(&other.grant(), &[decoy]);
    revoke(&installed, &installed.give_back(&other.grant())).exits(0);
    assert_eq!((roles_in_second(&installed), installed.roles()), (vec![asked.grant()], vec![asked.grant()]));
    for blueprint in ["provisioned_permissions", "permission_records"] {
        installed.edit_entity(blueprint, &asked.grant(), &json!({ "account": cast::AWS_ACCOUNT_ID }));
    }
    revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
    assert_gone(&installed, &asked.grant());
    // The receipt names what went in each account.
    let receipt = installed.record(&asked.grant())["properties"]["receipt"].clone();
    let arn = |kind: &str, account: &str| format!("arn:aws:iam::{account}:{kind}/port-iam/{}", asked.grant());
    assert_eq!(receipt["role"], arn("role", SECOND), "{receipt}");
    assert_eq!(receipt["other_roles"], json!([arn("role", cast::AWS_ACCOUNT_ID)]), "{receipt}");
    let policies = receipt["policies"].as_array().unwrap();
    assert!(policies.contains(&json!(arn("policy", SECOND))), "{receipt}");
    let log = installed.harness.sandbox.port.runs().last().unwrap()["logs"].to_string();
    for account in [SECOND, cast::AWS_ACCOUNT_ID] {
        assert!(log.contains(&format!("Deleted role: {}", arn("role", account))), "{log}");
    }
}

/// The roles' ends decide, in every account that holds one.
#[test]
fn a_decoy_that_has_ended_lets_no_timer_end_the_grant() {
    let installed = installed();
    let other = installed.request();
    grant(&installed, &other).exits(0);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(50));
    let asked = granted(&installed);
    let decoy = Copy { name: asked.grant(), trust: None, tag: ("x".to_owned(), "y".to_owned()) };
    installed.harness.sandbox.aws.copy_grant(&other.grant(), &[decoy]);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(20));
    installed.edit_entity("provisioned_permissions", &asked.grant(), &json!({ "expiry_time": "2026-01-01T00:00:00Z" }));
    revoke(&installed, &installed.expired(&asked.grant())).exits(5);
    assert!(roles_in_second(&installed).contains(&asked.grant()));
}

/// Nothing but its role tells of it, and IAM may answer once with a moment from before that was made.
#[test]
fn no_old_answer_hides_a_grant_without_port_of_the_second_account() {
    const NAME: &str = "Permission-bg-20261128T011500Z-0a1b2c3d";
    let mut hits = 0;
    for number in 0..5 {
        let installed = installed();
        let asked = granted(&installed);
        installed.harness.sandbox.remember();
        let tag = ("port-iam:requester".to_owned(), "max@acme.example".to_owned());
        let copy = Copy { name: NAME.to_owned(), trust: None, tag };
        installed.harness.sandbox.second_aws.copy_grant(&asked.grant(), &[copy]);
        installed.harness.sandbox.faults.plan_matching("Action=GetRole&", number, 1, Fault::StaleRead);
        let arguments = ["revoke", NAME, "--direct", "--account-profile", "210987654321=second"];
        listed::with_profiles(&installed, &arguments).exits(0);
        hits += installed.harness.sandbox.faults.hits();
        assert_eq!(roles_in_second(&installed), [asked.grant()], "{number}");
        let record = installed.record(NAME)["properties"].clone();
        assert_eq!(
            (&record["account"], &record["requester"]),
            (&json!(SECOND), &json!("max@acme.example")),
            "{number}"
        );
    }
    assert!(hits > 0);
}

/// The record of a grant without Port is of the first role of its name that was found.
#[test]
fn a_grant_without_port_is_not_called_revoked_while_an_account_cannot_be_asked() {
    let installed = installed();
    grant(&installed, &installed.request()).exits(0);
    let without_port = granted_without_port(&installed);
    swept::sweep(&installed, REVOKERS, &[]).exits(0);
    assert_eq!(installed.record(&without_port)["properties"]["account"], cast::AWS_ACCOUNT_ID);
    let dispatched = installed.give_back(&without_port);
    let ran = step(&installed, "revoke", [REVOKERS[0], NOBODY], &dispatched).exits(1);
    assert!(ran.stdout.contains("may be live in an account that could not be asked"), "{}", ran.stdout);
    assert!(!installed.roles().contains(&without_port) && !is_over(&installed, &without_port));
    swept::sweep(&installed, [REVOKERS[0], NOBODY], &[]).exits(1);
    assert!(!is_over(&installed, &without_port));
    revoke(&installed, &installed.give_back(&without_port)).exits(0);
    assert!(is_over(&installed, &without_port));
}
