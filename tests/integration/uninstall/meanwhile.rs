//! What appears while it is taken away is told and not touched.

use std::time::Duration;

use port_iam::sandbox::fault::Fault;

use super::*;
use crate::patience::until;

/// Long enough for an honest answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs it, and does something while a request whose method and path hold `pattern` waits for its answer.
fn uninstalled_while(installed: &Installed, pattern: &str, meddle: impl FnOnce() + Send) -> Ran {
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(pattern, 0, 1, Fault::HangBefore);
    let hits = faults.hits();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            until("the request that waits", || (faults.hits() > hits).then_some(()));
            meddle();
        });
        installed.harness.run_patiently(&["uninstall", "--yes", "--output", "json"], &[], PATIENCE)
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
