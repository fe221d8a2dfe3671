//! SIGINT and SIGTERM at the spawned program: what is half done is finished or undone within 7 seconds, and told.
#![cfg(unix)]

mod by_hand;
mod other_runs;
mod served;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::{Harness, Ran, runtime};
use crate::installed::{Dispatched, Installed};
use crate::patience::until;
use crate::sweep;

/// Starts the program with these variables beside the engineer's.
pub(crate) fn spawn<'a>(
    harness: &Harness,
    arguments: &[&str],
    variables: impl IntoIterator<Item = &'a (&'static str, String)>,
) -> Child {
    Command::new(env!("CARGO_BIN_EXE_port-iam"))
        .args(arguments)
        .env_clear()
        .envs(harness.environment.iter().cloned())
        .envs(variables.into_iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts the program as the step of a workflow.
fn start(installed: &Installed, command: &str, dispatched: &Dispatched) -> Child {
    spawn(&installed.harness, &[command], &installed.variables_of_step(dispatched))
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Sends the signal once `is_time`, and returns what the program came to. It must end within 7 seconds.
#[track_caller]
fn told_when_stopped(harness: &Harness, child: Child, name: &str, is_time: impl Fn() -> bool) -> Ran {
    until("the moment for the signal", || is_time().then_some(()));
    signal(&child, name);
    let since = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(since.elapsed() < Duration::from_secs(7), "it took {:?}", since.elapsed());
    harness.heard("the stopped program", &output)
}

/// The same, and returns the exit code alone.
#[track_caller]
fn stopped(installed: &Installed, child: Child, name: &str, is_time: impl Fn() -> bool) -> u8 {
    let ran = told_when_stopped(&installed.harness, child, name, is_time);
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
    // What is made waits for everything that is looked at.
    installed.harness.sandbox.faults.plan_matching("Action=GetAccountSummary&", 0, usize::MAX, Fault::Hang);
    let log = &installed.harness.sandbox.log;
    // Nobody but the grant reads the run.
    let path = format!("/v1/actions/runs/{}", request.run_id);
    let asked = || log.exchanges().iter().filter(|one| one.path == path).count();
    let before = asked();
    let child = start(&installed, "grant", &request);
    assert_eq!(stopped(&installed, child, "TERM", || asked() > before), 143);
    assert_undone(&installed, &request);
    let log = installed.log_of(&request.run_id);
    assert!(log.contains("What to do: nothing was granted; ask again in Port"), "{log}");
}

/// Whoever may stop a workflow may have started it with the run of somebody else.
#[test]
fn a_signal_before_it_is_known_who_started_the_workflow_ends_no_run() {
    let installed = Installed::new();
    let request = installed.request();
    // GitHub has the list of those who may start it.
    installed.harness.sandbox.faults.plan_first("POST /graphql", Fault::Hang);
    let log = &installed.harness.sandbox.log;
    // Nobody but the grant asks AWS who it is; what Port sends by itself may still be on its way.
    let asked = || log.exchanges().iter().filter(|one| one.aws_action() == Some("GetCallerIdentity")).count();
    let before = asked();
    let child = start(&installed, "grant", &request);
    assert_eq!(stopped(&installed, child, "TERM", || asked() > before), 143);
    assert_eq!(installed.run(&request.run_id)["status"], "IN_PROGRESS");
    assert!(installed.log_of(&request.run_id).contains("stopped by SIG"));
    assert!(installed.roles().is_empty());
    installed.harness.sandbox.faults.clear();
    installed.grant(&request).exits(0);
}

#[test]
fn a_grant_that_is_half_made_is_undone() {
    let installed = Installed::new();
    let request = installed.request();
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("Action=AttachRolePolicy&", 0, 1, Fault::HangBefore);
    let hits = faults.hits();
    let child = start(&installed, "grant", &request);
    assert_eq!(stopped(&installed, child, "INT", || faults.hits() > hits), 130);
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

/// The attempt that made the role has no word on it any more, and the run ends with the next one.
#[test]
fn what_a_killed_attempt_left_and_the_next_one_attached_is_not_live_when_that_one_fails() {
    let installed = Installed::new();
    let request = installed.request();
    let grant = request.grant();
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("Action=AttachRolePolicy&", 0, 1, Fault::HangBefore);
    let hits = faults.hits();
    let mut child = start(&installed, "grant", &request);
    until("the attachment", || (faults.hits() > hits).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    faults.clear();
    assert!(installed.roles() == [grant.as_str()] && installed.attached(&grant).is_empty());
    let of_the_grant = format!(
        "Action=AttachRolePolicy&Version=2010-05-08&RoleName={grant}&PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3A"
    );
    faults.plan_matching(&of_the_grant, 0, usize::MAX, Fault::DropAfter);
    let ran = installed.grant(&request).exits(1);
    faults.clear();
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]), "{}", ran.stdout);
    assert!(installed.entities().is_empty());
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    assert_eq!(installed.record(&grant)["properties"]["state"], "grant-failed");
}

/// Whether another attempt has completed it Port would have to tell, and does not.
#[test]
fn an_attachment_that_was_never_answered_is_undone_though_port_does_not_answer_behind_the_signal() {
    let installed = Installed::new();
    let request = installed.request();
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("Action=AttachRolePolicy&", 0, 1, Fault::Hang);
    let child = start(&installed, "grant", &request);
    until("the attachment", || (!installed.attached(&request.grant()).is_empty()).then_some(()));
    faults.plan_exactly(&format!("GET /v1/actions/runs/{}", request.run_id), Fault::HangBefore);
    assert_eq!(stopped(&installed, child, "TERM", || true), 143);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    assert!(installed.entities().is_empty());
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
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(&grant).policy_arn(administrator).send().await.unwrap();
    });
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.faults.plan_matching("Action=DeletePolicy&", 0, 1, Fault::Hang);
    let child = start(&installed, "revoke", &revocation);
    assert_eq!(stopped(&installed, child, "TERM", || installed.roles().is_empty()), 143);
    assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    assert!(installed.log_of(&revocation.run_id).contains("is not finished"));
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    // What it had taken off nobody finds again.
    let found = installed.record(&grant)["properties"]["receipt"]["tampering"].clone();
    assert_eq!(found[0]["what"], format!("{administrator} was attached to it"), "{found}");
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert_eq!(installed.policies(), Vec::<String>::new());
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["receipt"]["tampering"]), (&json!("revoked"), &found));
}

/// Nobody finds again what a revocation has taken off: where Port takes no note of it, whoever revokes is told.
#[test]
fn what_a_revocation_has_taken_off_is_told_though_port_does_not_answer_behind_a_signal() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(&grant).policy_arn(administrator).send().await.unwrap();
    });
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("/v1/blueprints/permission_records/entities/", 0, usize::MAX, Fault::HangBefore);
    let child = spawn(&installed.harness, &["revoke", &grant, "--direct"], &[]);
    let ran = told_when_stopped(&installed.harness, child, "TERM", || installed.roles().is_empty()).exits(143);
    assert!(ran.stderr.contains(&format!("{administrator} was attached to it")), "{}", ran.stderr);
    faults.clear();
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.faults.plan_matching("Action=CreateRole&", 0, 1, Fault::Hang);
    let child = start(&installed, "grant", &request);
    until("the role", || (!installed.roles().is_empty()).then_some(()));
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    faults.plan_matching("Action=", 0, usize::MAX, Fault::HangBefore);
    signal(&child, "INT");
    until("the undoing", || (faults.hits() > hits).then_some(()));
    let since = Instant::now();
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(installed.harness.heard("the stopped program", &output).exit_code, 130);
    assert!(since.elapsed() < Duration::from_secs(2), "it took {:?}", since.elapsed());
}

/// Grants whose time is over, more than a sweep works on at once.
fn six_that_are_over(installed: &Installed) -> Vec<String> {
    let grant = |_| {
        let grant = installed.granted().grant();
        // While it is live, the same is not granted again.
        installed.pass(61);
        grant
    };
    let mut grants: Vec<String> = (0..6).map(grant).collect();
    grants.sort();
    grants
}

fn start_sweep(installed: &Installed, flags: &[&str]) -> Child {
    let arguments: Vec<&str> = ["sweep"].into_iter().chain(flags.iter().copied()).collect();
    let summary = ("GITHUB_STEP_SUMMARY", installed.harness.folder.path().join("summary.md").display().to_string());
    let own = Installed::credentials_of_workflow().map(|(name, value)| (name, value.to_owned()));
    spawn(&installed.harness, &arguments, own.iter().chain([&summary]))
}

fn summary(installed: &Installed) -> String {
    std::fs::read_to_string(installed.harness.folder.path().join("summary.md")).unwrap()
}

fn subjects(list: &Value) -> Vec<String> {
    let mut subjects: Vec<String> =
        list.as_array().unwrap().iter().map(|step| step["subject"].as_str().unwrap().to_owned()).collect();
    subjects.sort();
    subjects
}

#[test]
fn a_sweep_finishes_what_it_has_begun_and_leaves_the_rest_to_the_next() {
    let installed = Installed::new();
    let grants = six_that_are_over(&installed);
    installed.harness.sandbox.faults.set_latency(Duration::from_millis(250));
    let child = start_sweep(&installed, &["--output", "json"]);
    let ran = told_when_stopped(&installed.harness, child, "TERM", || installed.roles().len() < 6).exits(143);
    installed.harness.sandbox.faults.set_latency(Duration::ZERO);
    let told = ran.json()["sweep"].clone();
    // Ids are of either case, and IAM's lists are in the order of lower-case names.
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let (done, left) = (sorted(subjects(&told["done"])), sorted(subjects(&told["not_tried"])));
    assert!(!done.is_empty() && !left.is_empty(), "{told:#}");
    assert_eq!(told["failed"], json!([]));
    assert_eq!(told["stopped_by"], "SIGTERM");
    let mut both = [done.clone(), left.clone()].concat();
    both.sort();
    assert_eq!(both, sorted(grants));
    // What was begun is done in both systems, and what was not is as it was.
    assert_eq!(sorted(installed.roles()), left);
    let policy = |grant: &String| format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    assert_eq!(sorted(installed.policies()), left.iter().map(policy).collect::<Vec<_>>());
    assert_eq!(installed.entities().len(), left.len());
    for grant in &left {
        assert_eq!(installed.attached(grant), [policy(grant)]);
        assert_eq!(installed.record(grant)["properties"]["state"], "live");
    }
    for grant in &done {
        assert_eq!(installed.record(grant)["properties"]["state"], "expired");
        assert_eq!(installed.record(grant)["properties"]["receipt"]["role"], sweep::role_arn(grant));
    }
    let not_tried = format!("{} not tried; the next sweep does", steps(left.len()));
    assert!(ran.stderr.contains(&format!("warning: stopped by SIGTERM: {not_tried}")), "{}", ran.stderr);
    assert!(summary(&installed).contains(&not_tried), "{}", summary(&installed));
    let next = installed.sweep(&[]).exits(0);
    // Which of them is done first is left to how fast AWS answers.
    let mut done = sweep::done(&next);
    done.sort();
    assert_eq!(done, left.iter().map(|grant| format!("revoke {grant}")).collect::<Vec<_>>());
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    sweep::assert_quiet(&installed);
}

fn steps(count: usize) -> String {
    if count == 1 { "1 step was".to_owned() } else { format!("{count} steps were") }
}

#[test]
fn a_sweep_that_cannot_finish_what_it_has_begun_says_so_and_the_next_one_does() {
    let installed = Installed::new();
    six_that_are_over(&installed);
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("Action=DeleteRole&", 0, 6, Fault::Hang);
    let hits = faults.hits();
    let child = start_sweep(&installed, &[]);
    let ran = told_when_stopped(&installed.harness, child, "INT", || faults.hits() == hits + 4).exits(130);
    faults.clear();
    assert!(
        ran.stdout.contains("stopped by SIGINT: 2 steps were not tried; the next sweep does them\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr.matches("not done: revoke ").count(), 4, "{}", ran.stderr);
    assert_eq!(installed.roles().len(), 2);
    installed.sweep(&[]).exits(0);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    sweep::assert_quiet(&installed);
}

#[test]
fn a_sweep_that_is_still_looking_stops_at_once_and_has_done_nothing() {
    let installed = Installed::new();
    let (grants, live) = (six_that_are_over(&installed), installed.granted().grant());
    let faults = &installed.harness.sandbox.faults;
    // The lists are read, and then each thing on them that is odd: neither is waited for.
    for looking in ["Action=ListRoles&", "Action=ListAttachedRolePolicies&"] {
        faults.plan_matching(looking, 0, usize::MAX, Fault::Hang);
        let (hits, since) = (faults.hits(), installed.harness.sandbox.log.len());
        let child = start_sweep(&installed, &[]);
        until("the request", || (faults.hits() > hits).then_some(()));
        let asked = Instant::now();
        let ran = told_when_stopped(&installed.harness, child, "TERM", || true).exits(143);
        assert!(asked.elapsed() < Duration::from_secs(3), "{looking} took {:?}", asked.elapsed());
        faults.clear();
        assert!(ran.stderr.contains("error: stopped by SIGTERM\nhint: run the same command again"), "{}", ran.stderr);
        assert_eq!(installed.aws_writes_since(since), [""; 0]);
        assert!(grants.iter().chain([&live]).all(|grant| installed.roles().contains(grant)));
        assert!(summary(&installed).contains("Not swept"));
    }
}

/// Starts `init` with a small program for the workflows.
fn start_init(harness: &Harness, flags: &[&str]) -> Child {
    let program = harness.folder.path().join("runtime");
    std::fs::write(&program, runtime()).unwrap();
    let own = ["init", "--yes", "--runtime-binary", program.to_str().unwrap()];
    spawn(harness, &own.into_iter().chain(flags.iter().copied()).collect::<Vec<_>>(), &[])
}

#[test]
fn init_begins_no_write_after_a_signal_and_says_what_is_done_and_what_is_left() {
    let harness = Harness::new();
    let (faults, hits) = (&harness.sandbox.faults, harness.sandbox.faults.hits());
    faults.plan_matching("POST /v1/blueprints", 1, 1, Fault::Hang);
    let child = start_init(&harness, &["--output", "json"]);
    let ran = told_when_stopped(&harness, child, "INT", || faults.hits() > hits).exits(130);
    assert_eq!(harness.writes(Api::Port, 0).iter().filter(|write| write.path == "/v1/blueprints").count(), 2);
    assert_eq!(harness.writes(Api::Github, 0).len(), 0);
    let error = ran.json()["error"].clone();
    assert_eq!((&error["message"], &error["exit_code"]), (&json!("stopped by SIGINT"), &json!(130)));
    let hints: Vec<&str> = error["hints"].as_array().unwrap().iter().map(|hint| hint.as_str().unwrap()).collect();
    let [done, begun, left, again] = hints[..] else { panic!("{hints:?}") };
    assert_eq!(done, "done: AWS policy port-iam-boundary, Port blueprint aws_resource");
    assert_eq!(begun, "begun, and its end was not waited for: Port blueprint iam_permissions");
    assert!(left.starts_with("left: Port blueprint ") && left.contains("GitHub repository acme/"), "{left}");
    assert_eq!(again, "run the same command again: it goes on where it stopped");
    assert!(ran.stderr.contains(&format!("hint: {done}\n")), "{}", ran.stderr);
    harness.run(&["init", "--yes"]).exits(0);
    let again = harness.run(&["init", "--yes"]).exits(0);
    assert!(again.stdout.starts_with("Everything is set up already; nothing was changed."), "{}", again.stdout);
}

#[test]
fn a_write_of_init_that_has_begun_ends_and_a_second_run_finishes_the_identities() {
    let harness = Harness::new();
    harness.sandbox.faults.set_latency(Duration::from_millis(200));
    let flags = ["--aws-setup", "--aws-auth", "oidc"];
    let child = start_init(&harness, &flags);
    let is_made = || harness.sandbox.aws.policy_arns("/").iter().any(|arn| arn.ends_with("/port-iam-granter"));
    let ran = told_when_stopped(&harness, child, "TERM", is_made).exits(143);
    harness.sandbox.faults.set_latency(Duration::ZERO);
    let line = |start: &str| ran.stderr.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    let (done, left) = (line("hint: done: "), line("hint: left: "));
    for arn in harness.sandbox.aws.policy_arns("/") {
        let name = arn.rsplit('/').next().unwrap();
        assert!(done.contains(&format!("AWS policy {name}")), "{name}: {}", ran.stderr);
    }
    assert!(left.contains("GitHub repository acme/") && !ran.stderr.contains("begun, and"), "{}", ran.stderr);
    assert_eq!(harness.writes(Api::Github, 0).len(), 0);
    let all = ["init", "--yes"].into_iter().chain(flags).collect::<Vec<_>>();
    harness.run(&all).exits(0);
    assert!(harness.run(&all).exits(0).stdout.starts_with("Everything is set up already; nothing was changed."));
}

#[test]
fn init_that_is_still_looking_stops_at_once() {
    let harness = Harness::new();
    let (faults, hits) = (&harness.sandbox.faults, harness.sandbox.faults.hits());
    faults.plan_matching("GET /v1/blueprints", 0, usize::MAX, Fault::Hang);
    let child = start_init(&harness, &[]);
    let ran = told_when_stopped(&harness, child, "TERM", || faults.hits() > hits).exits(143);
    assert!(ran.stderr.ends_with("hint: run the same command again: it goes on where it stopped\n"), "{}", ran.stderr);
}

#[test]
fn seed_begins_no_write_after_a_signal_and_says_how_much_is_left() {
    const ALL: usize = 800;
    let harness = Harness::with_blueprints();
    let buckets: String = (0..ALL).map(|number| format!("  - identifier: arn:aws:s3:::bucket-{number:03}\n")).collect();
    let file = harness.file("many.yaml", &format!("resources:\n{buckets}"));
    let (faults, hits) = (&harness.sandbox.faults, harness.sandbox.faults.hits());
    faults.plan_matching("/entities/bulk", 1, usize::MAX, Fault::Hang);
    let child = spawn(&harness, &["seed", "--yes", "--file", &file, "--output", "json"], &[]);
    let ran = told_when_stopped(&harness, child, "TERM", || faults.hits() > hits).exits(143);
    faults.clear();
    let told = ran.json();
    let [created, failed, pending] = ["created", "failed", "pending"].map(|list| told[list].as_array().unwrap().len());
    // One bulk was answered; those that were on their way are not known to be written, and no other was begun.
    assert!(created == 20 && failed >= 20 && failed.is_multiple_of(20) && pending > 0, "{told:#}");
    assert_eq!(created + failed + pending, ALL);
    assert_eq!(told["failed"][0]["message"], "stopped by SIGTERM before Port had answered");
    let there = harness.sandbox.port.entities("aws_resource").len();
    assert_eq!(there, created + failed, "the others were not begun");
    let error =
        "error: stopped by SIGTERM: 20 of 800 entities are known to be written\nhint: run the same command again";
    assert!(ran.stderr.contains(error), "{}", ran.stderr);
    let again = harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    let rest = format!("{pending} created, 0 changed, {there} unchanged, 0 failed.");
    assert!(again.stdout.contains(&rest), "{}", again.stdout);
}

#[test]
fn seed_tells_a_person_how_many_it_has_not_tried_and_stops_looking_at_once() {
    let harness = Harness::with_blueprints();
    let buckets: String = (0..60).map(|number| format!("  - identifier: arn:aws:s3:::bucket-{number:02}\n")).collect();
    let file = harness.file("many.yaml", &format!("resources:\n{buckets}"));
    let faults = &harness.sandbox.faults;
    for (request, exit_code) in [("GET /v1/blueprints", 130), ("/entities/search", 130), ("/entities/bulk", 130)] {
        let hits = faults.hits();
        faults.plan_matching(request, 0, usize::MAX, Fault::HangBefore);
        let child = spawn(&harness, &["seed", "--yes", "--file", &file], &[]);
        let ran = told_when_stopped(&harness, child, "INT", || faults.hits() > hits).exits(exit_code);
        faults.clear();
        assert!(ran.stderr.contains("error: stopped by SIGINT"), "{request}: {}", ran.stderr);
        let is_told = ran.stdout.contains("0 created, 0 changed, 0 unchanged, 20 failed, 40 not tried.");
        assert_eq!(is_told, request == "/entities/bulk", "{request}: {}", ran.stdout);
    }
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
}

#[test]
fn a_probe_that_is_stopped_takes_its_action_away() {
    let installed = Installed::new();
    let harness = &installed.harness;
    // The workflow never arrives.
    harness.sandbox.faults.plan_matching("/dispatches", 0, usize::MAX, Fault::HangBefore);
    let child = spawn(harness, &["doctor", "--probe"], &[]);
    let log = &harness.sandbox.log;
    let looks = || log.exchanges().iter().filter(|one| one.path.ends_with("/runs") && one.api == Api::Github).count();
    let ran = told_when_stopped(harness, child, "INT", || looks() > 0);
    assert_eq!(ran.exit_code, 130, "{ran:?}");
    let mut actions = Vec::new();
    harness.with_port(async |port| actions = port.actions().await.unwrap());
    assert!(actions.iter().all(|action| !action["identifier"].as_str().unwrap().contains("probe")), "{actions:#?}");
    let runs = harness.sandbox.port.runs();
    assert_eq!(runs.last().unwrap()["status"], "FAILURE");
}
