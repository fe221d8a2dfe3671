//! Revocations: a grant is called revoked only when no account holds it any more, whatever the catalog says.

use jiff::SignedDuration;
use port_iam::sandbox::aws::Copy;
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::*;

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
        ("permission_records", json!("999999999999")),
    ] {
        let installed = installed();
        let asked = granted(&installed);
        edit(&installed, blueprint, &asked.grant(), &json!({ "account": account }));
        revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
        assert_gone(&installed, &asked.grant());
    }
}

#[test]
fn a_grant_is_not_called_revoked_while_an_account_that_may_hold_it_cannot_be_asked() {
    let installed = installed();
    let asked = granted(&installed);
    edit(&installed, "provisioned_permissions", &asked.grant(), &json!({ "account": cast::AWS_ACCOUNT_ID }));
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
        edit(&installed, blueprint, &asked.grant(), &json!({ "account": cast::AWS_ACCOUNT_ID }));
    }
    revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
    assert_gone(&installed, &asked.grant());
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
    edit(&installed, "provisioned_permissions", &asked.grant(), &json!({ "expiry_time": "2026-01-01T00:00:00Z" }));
    revoke(&installed, &installed.expired(&asked.grant())).exits(5);
    assert!(roles_in_second(&installed).contains(&asked.grant()));
}
