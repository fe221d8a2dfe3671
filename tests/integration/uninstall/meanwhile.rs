//! What appears while it is taken away is told and not touched.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use port_iam::sandbox::fault::Fault;
use port_iam::world::Terminal;
use secrecy::SecretString;

use super::*;
use crate::init::edited;
use crate::patience::until;

/// Long enough for an honest answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs it, and does something while a request whose method and path hold `pattern` waits for its answer.
fn uninstalled_while(installed: &Installed, pattern: &str, meddle: impl FnOnce() + Send) -> Ran {
    run_while(installed, &["uninstall", "--yes", "--output", "json"], (pattern, 0), meddle)
}

/// Runs it, and does something while such a request waits for its answer, behind so many of them.
fn run_while(installed: &Installed, arguments: &[&str], held: (&str, usize), meddle: impl FnOnce() + Send) -> Ran {
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(held.0, held.1, 1, Fault::HangBefore);
    let hits = faults.hits();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            until("the request that waits", || (faults.hits() > hits).then_some(()));
            meddle();
        });
        installed.harness.run_patiently(arguments, &[], PATIENCE)
    })
}

fn subjects(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|step| step["subject"].as_str().unwrap()).collect()
}

#[test]
fn a_file_that_is_edited_after_it_was_shown_is_not_deleted() {
    let installed = Installed::new();
    // It was looked at: the first deletion is under way.
    let ran = uninstalled_while(&installed, "DELETE /v1/actions/request_permissions", || {
        installed.set_rules(|rules| format!("# mine\n{rules}"));
    });
    assert_eq!(ran.exit_code, 0, "{}", ran.stderr);
    assert!(left(&ran).contains(&"file .github/port-iam.yaml".to_owned()), "{}", ran.stdout);
    let github = &installed.harness.sandbox.github;
    let files: Vec<String> = github.files(REPOSITORY, "main").unwrap().into_keys().collect();
    assert_eq!(files, [".github/port-iam.yaml", "README.md"]);
    assert_nothing_to_do(&installed.harness);
}

/// It was looked at twice, and is read once more before it goes.
#[test]
fn what_somebody_puts_on_the_dashboard_before_it_goes_is_told_and_stays() {
    const PAGE: &str = "iam_permissions_dashboard";
    let installed = Installed::new();
    let page = || {
        let mut found = None;
        installed.harness.with_port(async |port| found = port.page(PAGE).await.unwrap());
        found.unwrap()
    };
    let put = |id: &str| {
        let theirs = json!({ "id": id, "type": "dashboard-widget", "widgets": [], "layout": [] });
        let body = edited(page(), |page| page["widgets"].as_array_mut().unwrap().push(theirs));
        installed.harness.with_port(async |port| port.replace_page(PAGE, &body).await.unwrap());
    };
    let uninstall = ["uninstall", "--yes", "--output", "json"];
    let held = (format!("GET /v1/pages/{PAGE}"), 2);
    let ran = run_while(&installed, &uninstall, (&held.0, held.1), || put("one")).exits(3);
    let appeared = &ran.json()["appeared"];
    assert!(subjects(appeared).contains(&format!("our widgets of the page {PAGE}").as_str()), "{}", ran.stdout);
    // Now it is somebody else's page, with our widgets on it.
    run_while(&installed, &uninstall, (&held.0, held.1), || put("two")).exits(0);
    let left: Vec<Value> = page()["widgets"].as_array().unwrap().iter().map(|widget| widget["id"].clone()).collect();
    assert_eq!(left, ["one", "two"]);
}

#[test]
fn what_appears_meanwhile_is_told_and_stays_until_it_is_asked_for() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let ran = uninstalled_while(&installed, "DELETE /v1/actions/request_permissions", || {
        let new = json!({ "identifier": "arn:aws:s3:::new", "properties": { "resource_type": "S3", "seeded": true } });
        harness.upsert("aws_resource", &new);
    });
    assert_eq!(ran.exit_code, 3, "{}", ran.stderr);
    assert_eq!(
        subjects(&ran.json()["appeared"]),
        ["1 entity of aws_resource", "blueprint aws_resource"],
        "{}",
        ran.stdout
    );
    let entities = harness.sandbox.port.entities("aws_resource");
    assert_eq!(entities.len(), 1, "{entities:?}");
    harness.run(&["uninstall", "--yes"]).exits(0);
    assert_nothing_to_do(harness);
}

/// Somebody at the terminal who thinks about the question until they are let go on, and then says yes.
#[derive(Debug)]
struct Thoughtful {
    asked: Mutex<Sender<()>>,
    may_answer: Mutex<Receiver<()>>,
}

impl Terminal for Thoughtful {
    fn is_interactive(&self) -> bool {
        true
    }

    fn text(&self, question: &str) -> std::io::Result<String> {
        panic!("{question}")
    }

    fn secret(&self, question: &str) -> std::io::Result<SecretString> {
        panic!("{question}")
    }

    fn choose(&self, question: &str, _: &[&str]) -> std::io::Result<usize> {
        panic!("{question}")
    }

    fn say(&self, _: &str) {}

    fn confirm(&self, _: &str) -> std::io::Result<bool> {
        self.asked.lock().unwrap().send(()).unwrap();
        self.may_answer.lock().unwrap().recv().unwrap();
        Ok(true)
    }
}

#[test]
fn a_grant_that_is_made_while_the_question_stands_keeps_everything() {
    for flags in [&[][..], &["--revoke-all"]] {
        let mut installed = Installed::new();
        let (asked, is_asked) = channel();
        let (answer, may_answer) = channel();
        let thoughtful = Thoughtful { asked: Mutex::new(asked), may_answer: Mutex::new(may_answer) };
        installed.harness.terminal = Some(Arc::new(thoughtful));
        let harness = &installed.harness;
        let (ran, grant, before, since) = std::thread::scope(|scope| {
            let running = scope.spawn(|| harness.run(&[&["uninstall", "--output", "json"], flags].concat()));
            is_asked.recv().unwrap();
            let grant = installed.granted().grant();
            let (before, since) = (state(harness), harness.sandbox.log.len());
            answer.send(()).unwrap();
            (running.join().unwrap(), grant, before, since)
        });
        assert_eq!(ran.exit_code, 5, "{flags:?}: {}", ran.stderr);
        let error = ran.json()["error"].clone();
        assert_eq!(error["code"], "grants-live", "{flags:?}");
        assert!(error["message"].as_str().unwrap().contains(&grant), "{flags:?}: {error}");
        assert_eq!(writes(harness, since).len(), 0, "{flags:?}");
        assert_eq!(state(harness), before, "{flags:?}");
    }
}

#[test]
fn a_grant_that_is_made_before_the_actions_are_gone_keeps_whatever_ends_it() {
    for flags in [&[][..], &["--revoke-all"]] {
        let installed = oidc::installed();
        let harness = &installed.harness;
        let (roles, policies) = (harness.sandbox.aws.role_names("/"), harness.sandbox.aws.policy_arns("/"));
        let arguments = [&["uninstall", "--yes", "--output", "json"], flags].concat();
        let ran = run_while(&installed, &arguments, ("DELETE /v1/actions/request_permissions", 0), || {
            installed.granted();
        });
        assert_eq!(ran.exit_code, 5, "{flags:?}: {}", ran.stderr);
        assert_eq!(ran.json()["error"]["code"], "grants-live", "{flags:?}");
        assert_eq!(installed.roles().len(), 1, "{flags:?}");
        // The actions alone are gone; granter, revoker, boundary, secrets and sweep are there.
        for (before, after) in
            [(roles, harness.sandbox.aws.role_names("/")), (policies, harness.sandbox.aws.policy_arns("/"))]
        {
            assert!(before.iter().all(|name| after.contains(name)), "{flags:?}: {after:?}");
        }
        let after = state(harness);
        assert_eq!(after["port"]["actions"], json!([]), "{flags:?}");
        let secrets = get(harness, &format!("/repos/{REPOSITORY}/environments/port-iam/secrets"))["secrets"].clone();
        assert!(secrets.as_array().is_some_and(|secrets| !secrets.is_empty()), "{flags:?}: {secrets}");
        let sweep = ".github/workflows/sweep-iam-permissions.yaml";
        assert!(harness.sandbox.github.file(REPOSITORY, "main", sweep).is_some(), "{flags:?}");
    }
}
