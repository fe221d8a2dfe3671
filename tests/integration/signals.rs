//! SIGINT and SIGTERM at the spawned program: what is half done is finished or undone within 7 seconds, and told.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use port_iam::sandbox::fault::Fault;

use crate::installed::{Dispatched, Installed};
use crate::patience::until;

/// Starts the program as the step of a workflow.
fn start(installed: &Installed, command: &str, dispatched: &Dispatched) -> Child {
    Command::new(env!("CARGO_BIN_EXE_port-iam"))
        .arg(command)
        .env_clear()
        .envs(installed.harness.environment.iter().cloned())
        .envs(installed.variables_of_step(dispatched))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Sends the signal once `is_time`, and returns the exit code. It must end within 7 seconds.
#[track_caller]
fn stopped(installed: &Installed, child: Child, name: &str, is_time: impl Fn() -> bool) -> u8 {
    until("the moment for the signal", || is_time().then_some(()));
    signal(&child, name);
    let since = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(since.elapsed() < Duration::from_secs(7), "it took {:?}", since.elapsed());
    let ran = installed.harness.heard("the stopped program", &output);
    assert!(!ran.stdout.is_empty(), "it tells what it does: {ran:?}");
    ran.exit_code
}

#[track_caller]
fn assert_undone(installed: &Installed, request: &Dispatched) {
    assert_eq!(installed.roles(), Vec::<String>::new());
    assert_eq!(installed.policies(), Vec::<String>::new());
    assert!(installed.entities().is_empty());
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    let log = installed.log_of(&request.run_id);
    assert!(log.contains("stopped by SIG"), "{log}");
}

#[test]
fn a_signal_before_anything_is_made_leaves_nothing() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.faults.set_latency(Duration::from_millis(300));
    let log = &installed.harness.sandbox.log;
    // Nobody but the grant asks AWS who it is; what Port sends by itself may still be on its way.
    let asked = || log.exchanges().iter().filter(|one| one.aws_action() == Some("GetCallerIdentity")).count();
    let before = asked();
    let child = start(&installed, "grant", &request);
    assert_eq!(stopped(&installed, child, "TERM", || asked() > before), 143);
    assert_undone(&installed, &request);
}

#[test]
fn a_grant_that_is_half_made_is_undone() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.faults.set_latency(Duration::from_millis(300));
    let child = start(&installed, "grant", &request);
    assert_eq!(stopped(&installed, child, "INT", || !installed.roles().is_empty()), 130);
    assert_undone(&installed, &request);
}

#[test]
fn what_was_made_and_never_answered_is_undone_too() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.faults.plan_matching("Action=CreateRole&", 0, 1, Fault::Hang);
    let child = start(&installed, "grant", &request);
    assert_eq!(stopped(&installed, child, "TERM", || !installed.roles().is_empty()), 143);
    assert_undone(&installed, &request);
}

#[test]
fn an_attachment_that_was_never_answered_is_undone_with_its_record() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.faults.plan_matching("Action=AttachRolePolicy&", 0, 1, Fault::Hang);
    let child = start(&installed, "grant", &request);
    assert_eq!(stopped(&installed, child, "TERM", || !installed.attached(&request.grant()).is_empty()), 143);
    assert_undone(&installed, &request);
    assert_eq!(installed.record(&request.grant())["properties"]["state"], "grant-failed");
}

#[test]
fn a_grant_that_is_live_and_on_record_is_told_and_stays() {
    let installed = Installed::new();
    let request = installed.request();
    // What comes behind the attachment takes long: the reading back.
    installed.harness.sandbox.faults.plan_matching("Action=ListAttachedRolePolicies&", 0, 1, Fault::Hang);
    let child = start(&installed, "grant", &request);
    let is_logged = || installed.log_of(&request.run_id).contains("Created permission");
    assert_eq!(stopped(&installed, child, "TERM", is_logged), 143);
    assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    assert_eq!(installed.attached(&request.grant()).len(), 1);
    assert_eq!(installed.entities()[0]["properties"]["state"], "live");
}

#[test]
fn a_revocation_that_has_begun_is_finished() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.faults.set_latency(Duration::from_millis(200));
    let child = start(&installed, "revoke", &revocation);
    let is_denied = || installed.is_denied(&grant);
    assert_eq!(stopped(&installed, child, "TERM", is_denied), 143);
    assert_eq!(installed.roles(), Vec::<String>::new());
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
    assert_eq!(installed.run(&revocation.run_id)["status"], "SUCCESS");
}

#[test]
fn a_revocation_that_cannot_be_finished_says_so_and_is_finished_by_the_next() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.faults.plan_matching("Action=DeletePolicy&", 0, 1, Fault::Hang);
    let child = start(&installed, "revoke", &revocation);
    assert_eq!(stopped(&installed, child, "TERM", || installed.roles().is_empty()), 143);
    assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    assert!(installed.log_of(&revocation.run_id).contains("is not finished"));
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert_eq!(installed.policies(), Vec::<String>::new());
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.faults.plan_matching("Action=CreateRole&", 0, 1, Fault::Hang);
    let child = start(&installed, "grant", &request);
    until("the role", || (!installed.roles().is_empty()).then_some(()));
    installed.harness.sandbox.faults.set_latency(Duration::from_secs(30));
    signal(&child, "INT");
    // The first one is seen when the undoing has begun.
    let since = Instant::now();
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(installed.harness.heard("the stopped program", &output).exit_code, 130);
    assert!(since.elapsed() < Duration::from_secs(2), "it took {:?}", since.elapsed());
}
