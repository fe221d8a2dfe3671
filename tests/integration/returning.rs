//! `port-iam revoke` for runs of `return_permissions`: who may give a grant back.

use port_iam::sandbox::cast::{self, Person};
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::json;

use crate::break_glass::granted_without_port;
use crate::harness::Ran;
use crate::installed::{BUCKET, Dispatched, Installed};

fn give_back(installed: &Installed, person: Person, grant: &str) -> Dispatched {
    installed.execute(person, "return_permissions", grant, &json!({}))
}

/// The workflow as GitHub runs it, which tells who started it.
fn revoke(installed: &Installed, returning: &Dispatched) -> Ran {
    installed.step("revoke", returning, &[("GITHUB_ACTOR", cast::PORT_APP_LOGIN)])
}

#[track_caller]
fn ended_by(installed: &Installed, person: Person, grant: &str) {
    let returning = give_back(installed, person, grant);
    revoke(installed, &returning).exits(0);
    assert!(!installed.roles().contains(&grant.to_owned()));
    assert_eq!(installed.run(&returning.run_id)["status"], "SUCCESS");
    let record = installed.record(grant)["properties"].clone();
    assert_eq!((&record["state"], &record["revoked_by"]), (&json!("revoked"), &json!(person.email)));
}

#[track_caller]
fn refused(installed: &Installed, person: Person, grant: &str) {
    let returning = give_back(installed, person, grant);
    let since = installed.harness.sandbox.log.len();
    let ran = revoke(installed, &returning).exits(5);
    assert!(ran.stdout.contains("refused::requester:"), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert!(installed.roles().contains(&grant.to_owned()));
    assert_eq!(installed.run(&returning.run_id)["status"], "FAILURE");
}

#[test]
fn whoever_asked_gives_back() {
    let installed = Installed::new();
    ended_by(&installed, cast::DANA, &installed.granted().grant());
}

#[test]
fn whoever_asked_gives_an_extension_back_and_keeps_the_first_grant() {
    let installed = Installed::new();
    let old = installed.granted();
    let new = installed.extend(&old.grant(), "2h");
    installed.grant(&new).exits(0);
    ended_by(&installed, cast::DANA, &new.grant());
    assert_eq!(installed.roles(), [old.grant()]);
}

#[test]
fn an_administrator_gives_back() {
    let installed = Installed::new();
    ended_by(&installed, cast::ADA, &installed.granted().grant());
}

/// Has requests approved before they begin, by anybody.
pub(crate) fn let_everybody_approve(installed: &Installed) {
    installed.harness.with_port(async |port| {
        let mut action = port.action("request_permissions").await.unwrap().unwrap();
        for read_only in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
            action.as_object_mut().unwrap().remove(read_only);
        }
        action["requiredApproval"] = json!({ "type": "ANY" });
        port.replace_action("request_permissions", &action).await.unwrap();
    });
    let everybody = json!({ "approve": { "roles": ["Admin", "Member"] } });
    let path = "/actions/request_permissions/permissions";
    crate::grant::ask_port(installed, cast::ADA, reqwest::Method::PATCH, path, &everybody);
}

/// A grant of Dana's that somebody has approved.
pub(crate) fn approved_by(installed: &Installed, person: Person) -> Dispatched {
    let before = installed.runs().len();
    let mut run_id = String::new();
    installed.harness.with_port_as(cast::DANA.port_client_id, cast::DANA.port_client_secret, async |port| {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "2h" });
        run_id = port.execute("request_permissions", BUCKET, &form).await.unwrap().id;
    });
    crate::grant::approve(installed, person, &run_id);
    let request = Dispatched { run_id, inputs: installed.next_dispatch(before).inputs };
    installed.grant(&request).exits(0);
    request
}

#[test]
fn whoever_approved_gives_back_and_a_stranger_does_not() {
    let installed = Installed::new();
    installed.let_everybody_execute("return_permissions");
    let free = installed.granted().grant();
    refused(&installed, cast::MAX, &free);
    let_everybody_approve(&installed);
    let request = approved_by(&installed, cast::MAX);
    ended_by(&installed, cast::MAX, &request.grant());
    refused(&installed, cast::MAX, &free);
}

#[test]
fn whoever_had_a_grant_without_port_gives_it_back_once_it_is_on_record_and_a_stranger_does_not() {
    let installed = Installed::new();
    installed.let_everybody_execute("return_permissions");
    installed.granted();
    let grant = granted_without_port(&installed);
    installed.sweep(&[]).exits(0);
    refused(&installed, cast::MAX, &grant);
    let in_capitals = json!({ "identifier": grant, "properties": { "requester": cast::DANA.email.to_uppercase() } });
    installed.harness.upsert("permission_records", &in_capitals);
    ended_by(&installed, cast::DANA, &grant);
}

#[test]
fn whom_the_rules_let_approve_such_a_grant_gives_it_back() {
    let installed = Installed::new();
    installed.let_everybody_execute("return_permissions");
    let grant = installed.granted().grant();
    // Who may approve something else has no say in this.
    installed.set_rules(|rules| {
        let other = "  - name: others\n    requesters: [\"*\"]\n    resource-types: [S3]\n    resources: [\"arn:aws:s3:::other-*\"]\n    actions: [\"*\"]\n    longest-duration: 1h\n    approval: required\n    approvers: [max@acme.example]\n";
        rules.replacen("\nrules:\n", &format!("\nrules:\n{other}"), 1)
    });
    refused(&installed, cast::MAX, &grant);
    installed.set_rules(|rules| {
        rules.replace("approval: none", "approval: required\n    approvers: [\"MAX@acme.example\"]")
    });
    ended_by(&installed, cast::MAX, &grant);
}

#[test]
fn who_may_approve_is_not_guessed_while_the_rules_cannot_be_read() {
    let installed = Installed::new();
    installed.let_everybody_execute("return_permissions");
    let grant = installed.granted().grant();
    let returning = give_back(&installed, cast::MAX, &grant);
    installed.harness.sandbox.faults.plan(Some(Api::Github), 0, usize::MAX, Fault::DropBefore);
    let since = installed.harness.sandbox.log.len();
    let ran = revoke(&installed, &returning).exits(1);
    installed.harness.sandbox.faults.clear();
    assert!(ran.stdout.contains("cannot be told"), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    // Whoever asked needs no rules for it.
    let own = give_back(&installed, cast::DANA, &grant);
    installed.harness.sandbox.faults.plan(Some(Api::Github), 0, usize::MAX, Fault::DropBefore);
    revoke(&installed, &own).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn a_stranger_may_still_revoke_where_port_lets_everybody() {
    let installed = Installed::new();
    installed.let_everybody_execute("return_permissions");
    installed.let_everybody_execute("revoke_permissions");
    let grant = installed.granted().grant();
    refused(&installed, cast::MAX, &grant);
    revoke(&installed, &installed.execute(cast::MAX, "revoke_permissions", &grant, &json!({}))).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn what_is_gone_is_given_back_already() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let returning = give_back(&installed, cast::DANA, &grant);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    let ran = revoke(&installed, &returning).exits(0);
    assert!(ran.stdout.contains("was gone already"), "{}", ran.stdout);
    // Its workflow once more, and the command without an entity to run the action on.
    revoke(&installed, &returning).exits(0);
    let dana = [("PORT_CLIENT_ID", cast::DANA.port_client_id), ("PORT_CLIENT_SECRET", cast::DANA.port_client_secret)];
    let ran = installed.harness.run_with(&["return", &grant], &dana).exits(0);
    assert!(ran.stdout.contains("was gone already"), "{}", ran.stdout);
}
