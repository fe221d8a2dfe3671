//! Grants: in which account one is made, and who says so.

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::*;
use crate::installed::{BUCKET, INSTANCE};

#[test]
fn a_grant_is_made_in_the_account_that_the_arn_names() {
    let installed = installed();
    let asked = request(&installed, SECOND_INSTANCE, "ec2:StopInstances");
    let ran = grant(&installed, &asked).exits(0);
    assert!(ran.stdout.contains("The resource lies in the account 210987654321"), "{}", ran.stdout);
    assert_eq!((roles_in_second(&installed), installed.roles()), (vec![asked.grant()], Vec::new()));
    assert_eq!(installed.record(&asked.grant())["properties"]["account"], SECOND);
}

#[test]
fn a_bucket_lies_where_its_entity_says_and_the_grant_is_bound_to_that_account() {
    let installed = installed();
    let asked = granted(&installed);
    assert_eq!((roles_in_second(&installed), installed.roles()), (vec![asked.grant()], Vec::new()));
    let role = installed.harness.sandbox.second_aws.roles("/port-iam/").remove(0);
    assert!(role.policies[0].contains("\"s3:ResourceAccount\":\"210987654321\""), "{role:?}");
    assert!(role.trust.contains("arn:aws:iam::210987654321:root"), "{role:?}");
    assert!(role.boundary.is_some());
    let entity = &installed.entities()[0]["properties"];
    assert_eq!(entity["account"], SECOND);
    assert!(entity["sign_in_url"].as_str().unwrap().contains("account=210987654321"), "{entity}");
    // Asked again, it is there already.
    assert!(grant(&installed, &asked).exits(0).stdout.contains("It was granted before"));
}

#[test]
fn what_lies_in_the_workflow_s_own_account_costs_no_request_more() {
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    let asked = installed.request();
    oidc::step(&installed, "grant", GRANTERS[0], &asked, &[]).exits(0);
    let alone = installed.exchanges_since(since).len();
    revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
    let since = installed.harness.sandbox.log.len();
    grant(&installed, &installed.request()).exits(0);
    assert_eq!(installed.exchanges_since(since).len(), alone);
}

#[test]
fn an_account_that_the_workflow_has_no_role_in_is_refused_with_what_adds_it() {
    let installed = installed();
    for (arn, permission) in [(SECOND_BUCKET, "s3:PutObject"), (SECOND_INSTANCE, "ec2:StopInstances")] {
        let asked = request(&installed, arn, permission);
        let ran = oidc::step(&installed, "grant", GRANTERS[0], &asked, &[]).exits(5);
        assert!(ran.stdout.contains("in which the workflow has no role"), "{}", ran.stdout);
        assert!(ran.stdout.contains("port-iam init --add-account 210987654321"), "{}", ran.stdout);
    }
    assert_eq!((roles_in_second(&installed), installed.roles()), (Vec::new(), Vec::new()));
}

#[test]
fn an_account_that_the_rules_do_not_name_is_refused_whatever_the_workflow_reaches() {
    let installed = installed();
    installed.set_rules(|rules| rules.replace(ENTRY, ""));
    for (arn, permission) in [(SECOND_BUCKET, "s3:PutObject"), (SECOND_INSTANCE, "ec2:StopInstances")] {
        let ran = grant(&installed, &request(&installed, arn, permission)).exits(5);
        assert!(ran.stdout.contains("the rules file does not name"), "{}", ran.stdout);
    }
    assert_eq!((roles_in_second(&installed), installed.roles()), (Vec::new(), Vec::new()));
}

#[test]
fn an_entity_that_contradicts_its_arn_or_names_no_account_is_refused() {
    let installed = installed();
    for (arn, permission, account, word) in [
        (INSTANCE, "ec2:StopInstances", json!(SECOND), "lies in 123456789012, and its entity says"),
        (SECOND_INSTANCE, "ec2:StopInstances", json!(cast::AWS_ACCOUNT_ID), "lies in 210987654321"),
        (BUCKET, "s3:PutObject", json!("all"), "is not an AWS account id"),
        (BUCKET, "s3:PutObject", json!("999999999999"), "which the rules file does not name"),
    ] {
        installed.edit_entity("aws_resource", arn, &json!({ "account": account }));
        let ran = grant(&installed, &request(&installed, arn, permission)).exits(5);
        assert!(ran.stdout.contains(word), "{arn} {account}: {}", ran.stdout);
    }
    assert_eq!((roles_in_second(&installed), installed.roles()), (Vec::new(), Vec::new()));
}

/// A bucket's ARN names no account: whoever edits the catalog chooses among those of the rule alone.
#[test]
fn a_rule_for_one_account_grants_in_no_other_one_whatever_the_catalog_says() {
    let installed = installed();
    installed.set_rules(|rules| {
        rules.replace("    resource-types:", &format!("    accounts: [\"{SECOND}\"]\n    resource-types:"))
    });
    let asked = granted(&installed);
    assert_eq!((roles_in_second(&installed), installed.roles()), (vec![asked.grant()], Vec::new()));
    installed.edit_entity("aws_resource", SECOND_BUCKET, &json!({ "account": cast::AWS_ACCOUNT_ID }));
    let ran = grant(&installed, &request(&installed, SECOND_BUCKET, "s3:PutObject")).exits(5);
    assert!(ran.stdout.contains("in the account 123456789012"), "{}", ran.stdout);
    assert!(installed.roles().is_empty());
}

#[test]
fn one_grant_lies_in_one_account() {
    let installed = installed();
    for (first, further) in [(BUCKET, SECOND_BUCKET), (SECOND_BUCKET, BUCKET)] {
        let form = json!({ "permissions": ["s3:PutObject"], "additional_resources": [further], "duration": "1h" });
        let asked = installed.execute(cast::DANA, "request_permissions", first, &form);
        let ran = grant(&installed, &asked).exits(5);
        assert!(ran.stdout.contains("ask for the resources of one account at a time"), "{}", ran.stdout);
    }
    assert_eq!((roles_in_second(&installed), installed.roles()), (Vec::new(), Vec::new()));
}

/// The name of a role keeps a run from two grants in one account; across accounts its record does.
#[test]
fn a_run_has_one_grant_whatever_the_catalog_says_later() {
    let installed = installed();
    let asked = installed.request();
    installed.harness.sandbox.faults.plan_matching(
        "PATCH /v1/actions/runs",
        0,
        usize::MAX,
        port_iam::sandbox::fault::Fault::DropBefore,
    );
    grant(&installed, &asked).exits(1);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.roles(), [asked.grant()]);
    installed.edit_entity("aws_resource", BUCKET, &json!({ "account": SECOND }));
    let ran = grant(&installed, &asked).exits(5);
    assert!(ran.stdout.contains("this run has had its grant in the account"), "{}", ran.stdout);
    assert_eq!((roles_in_second(&installed), installed.roles()), (Vec::new(), vec![asked.grant()]));
}

#[test]
fn an_extension_goes_on_in_the_account_of_the_first_grant() {
    let installed = installed();
    let first = granted(&installed);
    let extension = installed.extend(&first.grant(), "2h");
    grant(&installed, &extension).exits(0);
    let mut both = vec![first.grant(), extension.grant()];
    both.sort();
    assert_eq!((roles_in_second(&installed), installed.roles()), (both, Vec::new()));
    // What the catalog says of the resource by then moves nothing.
    installed.edit_entity("aws_resource", SECOND_BUCKET, &json!({ "account": Value::Null }));
    grant(&installed, &installed.extend(&extension.grant(), "3h")).exits(5);
    assert_eq!(installed.roles(), Vec::<String>::new());
}

#[test]
fn a_role_that_cannot_be_assumed_there_is_told_and_nothing_is_granted() {
    let installed = installed();
    let asked = request(&installed, SECOND_BUCKET, "s3:PutObject");
    let ran = step(&installed, "grant", [GRANTERS[0], "arn:aws:iam::210987654321:role/no-such-role"], &asked).exits(4);
    assert!(ran.stdout.contains("arn:aws:iam::210987654321:role/no-such-role"), "{}", ran.stdout);
    assert_eq!((roles_in_second(&installed), installed.entities().len()), (Vec::new(), 0));
}
