//! `init` at a terminal: what it asks, what it takes for granted, and the command that says the same.

use std::process::Command;

use port_iam::sandbox::cast;

use super::*;
use crate::counterparts::{port_iam, search_path};

/// Takes away what would answer a question.
fn nothing_said(harness: &mut Harness) {
    ["PORT_IAM_GITHUB_ORG", "PORT_IAM_AWS_AUTH"].iter().for_each(|name| harness.set(name, None));
}

/// Returns the command that `init` says would do the same.
fn said_command(ran: &str) -> Vec<String> {
    let line = ran.lines().find_map(|line| line.split("The same without a question: port-iam ").nth(1)).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_questions_lead_to_what_the_command_that_is_told_does_too() {
    let mut asked = Harness::new();
    nothing_said(&mut asked);
    let script = asked.answers(&["acme", "", "S3,Lambda", "1", "lead", "ada@acme.example", "1", "n", "y"]);
    let ran = asked.run(&["init"]).exits(0);
    assert_eq!(script.asked().len(), 9, "{:#?}", script.asked());
    let command = said_command(&ran.stderr);
    assert_eq!(
        command.join(" "),
        "init --github-org acme --resource-types S3,Lambda --approval all --approvers ada@acme.example --aws-auth \
         access-key --yes"
    );
    let mut told = Harness::new();
    nothing_said(&mut told);
    told.run(&command.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    for path in [".github/port-iam.yaml", ".github/CODEOWNERS"] {
        let file = |harness: &Harness| harness.sandbox.github.file(REPOSITORY, "main", path).unwrap();
        assert_eq!(file(&asked), file(&told), "{path}");
    }
    let approval = |harness: &Harness| action(harness, "request_permissions")["requiredApproval"].clone();
    assert_eq!((approval(&asked), approval(&told)), (json!({ "type": "ALL" }), json!({ "type": "ALL" })));
}

#[test]
fn an_installation_that_is_there_is_not_asked_about_again() {
    let mut harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    nothing_said(&mut harness);
    let script = harness.answers(&["acme", ""]);
    let ran = harness.run(&["init"]).exits(0);
    assert_eq!(script.asked().len(), 2, "{:?}", script.asked());
    assert!(ran.stderr.contains("An installation is there already"), "{}", ran.stderr);
}

#[test]
fn what_flags_say_is_not_asked() {
    let mut harness = Harness::new();
    nothing_said(&mut harness);
    let script = harness.answers(&["y"]);
    let flags = ["--github-org", "acme", "--repository", "r", "--resource-types", "S3", "--approval", "none"];
    let rest = ["--aws-auth", "access-key"];
    harness.run(&[&["init"], &flags[..], &rest[..]].concat()).exits(0);
    assert_eq!(script.asked(), ["Do this?"]);
}

#[test]
fn at_a_real_terminal_the_enter_key_takes_every_default() {
    let mut harness = Harness::for_installation();
    nothing_said(&mut harness);
    let mut environment: serde_json::Map<String, Value> =
        harness.environment.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    environment.insert("PATH".to_owned(), json!(search_path()));
    environment.insert("TERM".to_owned(), json!("xterm"));
    let script = json!({
        "program": [port_iam(), "init"],
        "environment": environment,
        "answers": [
            ["GitHub organisation", "acme\r"],
            ["Name of that repository", "\r"],
            ["Types of AWS resources", "\r"],
            ["have to approve a request", "\r"],
            ["Who may approve", format!("{}\r", cast::ADA.email)],
            ["prove to AWS", "\r"],
            ["Make their identities in AWS now", "y"],
            ["Do this?", "y"],
        ],
    });
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counterparts/at_a_terminal.py");
    let python = std::env::var("PORT_IAM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let began = std::time::Instant::now();
    let output = Command::new(python).arg(driver).arg(script.to_string()).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    assert!(began.elapsed().as_secs() < 120, "under two minutes");
    assert!(shown.contains("--approval any --approvers ada@acme.example --aws-auth oidc --aws-setup --yes"), "{shown}");
    let rules = harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap();
    assert!(rules.contains("approvers: [\"ada@acme.example\"]"), "{rules}");
}
