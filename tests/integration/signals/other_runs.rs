//! The other runs that workflows serve, and the grant without any: a return, the timer, an extension, break-glass.

use port_iam::sandbox::cast;
use serde_json::json;

use super::*;
use crate::break_glass::{checkout, switch_on};
use crate::installed::BUCKET;

fn finished(installed: &Installed, grant: &str, ending: &Dispatched, state: &str) {
    installed.harness.sandbox.faults.set_latency(Duration::from_millis(200));
    let child = start(installed, "revoke", ending);
    assert_eq!(stopped(installed, child, "TERM", || installed.is_denied(grant)), 143);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    assert_eq!(installed.record(grant)["properties"]["state"], state);
}

#[test]
fn a_return_that_has_begun_is_finished_and_its_run_is_told() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let ending = installed.execute(cast::DANA, "return_permissions", &grant, &json!({}));
    finished(&installed, &grant, &ending, "revoked");
    assert_eq!(installed.run(&ending.run_id)["status"], "SUCCESS");
}

#[test]
fn what_the_timer_has_begun_is_finished() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(61);
    finished(&installed, &grant, &installed.expired(&grant), "expired");
}

#[test]
fn an_extension_that_is_half_made_is_undone_and_what_it_extends_stays() {
    let installed = Installed::new();
    let old = installed.granted().grant();
    let extension = installed.extend(&old, "2h");
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("Action=AttachRolePolicy&", 0, 1, Fault::HangBefore);
    let hits = faults.hits();
    let child = start(&installed, "grant", &extension);
    assert_eq!(stopped(&installed, child, "INT", || faults.hits() > hits && installed.roles().len() == 2), 130);
    assert_eq!(installed.roles(), [old.as_str()]);
    assert!(installed.is_live(&old));
    assert_eq!(installed.entities().len(), 1);
    assert_eq!(installed.run(&extension.run_id)["status"], "FAILURE");
}

#[test]
fn a_grant_without_port_that_is_half_made_is_undone() {
    let installed = Installed::new();
    let other = installed.granted().grant();
    switch_on(&installed, "");
    let (repository, reason) = (checkout(&installed), "Port is down: OPS-7");
    let arguments = [
        &["grant", "--break-glass", reason, "--repository", repository.as_str()][..],
        &["--requester", "dana@acme.example", "--resource", BUCKET, "--permission", "s3:PutObject"],
        &["--yes"],
    ];
    installed.harness.sandbox.faults.plan_matching("Action=CreateRole&", 0, 1, Fault::Hang);
    let child = spawn(&installed.harness, &arguments.concat(), &[]);
    let ran = told_when_stopped(&installed.harness, child, "TERM", || installed.roles().len() == 2).exits(143);
    assert_eq!(installed.roles(), [other.as_str()], "{}", ran.stderr);
    assert_eq!(installed.policies().len(), 1);
}
