//! Approval, and who may do what in Port, judged by what people can do there.

use port_iam::clients::error::ApiErrorKind;
use port_iam::sandbox::cast::{self, Person};
use serde_json::json;

use super::*;
use crate::grant::{approve, ask_port};
use crate::installed::{BUCKET, Dispatched, Installed};

/// Sets an installation up with these flags.
fn installed(flags: &[&str]) -> Installed {
    let harness = Harness::for_installation();
    harness.sandbox.port.set_teams(&cast::MAX, &["Platform"]);
    harness.run(&[&["init", "--yes"], flags].concat()).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    Installed { harness }
}

/// Asks for a grant as Dana. Returns the run and its state.
fn asked(installed: &Installed) -> (String, String) {
    let mut found = (String::new(), String::new());
    installed.harness.with_port_as(cast::DANA.port_client_id, cast::DANA.port_client_secret, async |port| {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "1h" });
        let run = port.execute("request_permissions", BUCKET, &form).await.unwrap();
        found = (run.id, run.status);
    });
    found
}

/// Returns what Port answers to somebody who executes an action on a grant.
fn executes(installed: &Installed, person: Person, action: &str, grant: &str) -> Result<(), ApiErrorKind> {
    let mut answered = Ok(());
    installed.harness.with_port_as(person.port_client_id, person.port_client_secret, async |port| {
        answered = port.execute(action, grant, &json!({})).await.map(|_| ()).map_err(|error| error.kind);
    });
    answered
}

/// Returns whether Port lets somebody approve a run.
fn may_approve(installed: &Installed, person: Person, run_id: &str) -> bool {
    let attempt = std::panic::AssertUnwindSafe(|| approve(installed, person, run_id));
    std::panic::catch_unwind(attempt).is_ok()
}

#[test]
fn what_init_says_of_approval_is_asked_by_port_and_demanded_by_the_file() {
    let installed = installed(&["--approval", "any", "--approvers", "ada@acme.example,team:Platform"]);
    let rules = installed.harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap();
    assert!(rules.contains("    approval: required\n    approvers: [\"ada@acme.example\", \"max@acme.example\"]\n"));
    let action = action(&installed.harness, "request_permissions");
    assert_eq!(action["requiredApproval"], json!({ "type": "ANY" }));
    let (run_id, state) = asked(&installed);
    assert_eq!(state, "WAITING_FOR_APPROVAL");
    assert!(installed.runs().is_empty(), "nothing starts before somebody has approved");
    approve(&installed, cast::MAX, &run_id);
    let request = Dispatched { run_id, inputs: installed.next_dispatch(0).inputs };
    installed.grant(&request).exits(0);
    assert_eq!(installed.record(&request.grant())["properties"]["approver"], "max@acme.example");
    assert_done(&installed.harness);
}

#[test]
fn where_all_have_to_approve_the_file_demands_each_and_port_waits_for_them() {
    let installed =
        installed(&["--approval", "all", "--approvers", "ada@acme.example,dana@acme.example,max@acme.example"]);
    let rules = installed.harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap();
    assert!(rules.contains("    approval: all\n    approvers: ["), "{rules}");
    assert_eq!(action(&installed.harness, "request_permissions")["requiredApproval"], json!({ "type": "ALL" }));
    let (run_id, _) = asked(&installed);
    approve(&installed, cast::MAX, &run_id);
    assert!(installed.runs().is_empty(), "one of two starts nothing");
    approve(&installed, cast::ADA, &run_id);
    let request = Dispatched { run_id, inputs: installed.next_dispatch(0).inputs };
    installed.grant(&request).exits(0);
    let record = installed.record(&request.grant());
    assert_eq!(record["properties"]["approver"], "ada@acme.example, max@acme.example");
    installed.harness.run(&["sweep"]).exits(0);
    assert!(installed.is_live(&request.grant()));
    assert_done(&installed.harness);
}

/// How many Port waits for stands in Port, where more people may change it than the reviewed file.
#[test]
fn one_approval_is_too_few_for_a_rule_that_wants_all_whatever_port_waits_for() {
    let installed = installed(&["--approval", "any", "--approvers", "ada@acme.example,max@acme.example"]);
    installed.set_rules(|rules| rules.replace("approval: required", "approval: all"));
    let (run_id, _) = asked(&installed);
    approve(&installed, cast::MAX, &run_id);
    let request = Dispatched { run_id, inputs: installed.next_dispatch(0).inputs };
    let ran = installed.grant(&request).exits(5);
    assert!(
        ran.stdout.contains("wants the approval of each, but the requester, of: ada@acme.example"),
        "{}",
        ran.stdout
    );
    assert!(installed.roles().is_empty());
    // From then on Port waits for them all.
    installed.harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(action(&installed.harness, "request_permissions")["requiredApproval"], json!({ "type": "ALL" }));
}

#[test]
fn port_tells_a_webhook_that_somebody_waits_where_init_says_so() {
    let harness = Harness::new();
    let url = "https://hooks.acme.example/approvals";
    let flags = ["--approval", "any", "--approvers", "ada@acme.example", "--approval-webhook", url];
    harness.run(&[&["init", "--yes"], &flags[..]].concat()).exits(0);
    for name in ["request_permissions", "extend_permissions"] {
        let told = action(&harness, name)["approvalNotification"].clone();
        assert_eq!(told, json!({ "type": "webhook", "url": url }), "{name}");
    }
    harness.run(&[&["plan"], &flags[..]].concat()).exits(0);
    // Whoever says nothing of it leaves it as it is.
    assert_done(&harness);
}

/// It is as good as a secret, and these commands are copied into tickets.
#[test]
fn the_address_of_a_webhook_that_came_in_a_variable_is_in_nothing_that_is_told() {
    let harness = Harness::new();
    let url = "https://hooks.acme.example/approvals";
    let variables = [("PORT_IAM_APPROVAL_WEBHOOK", url)];
    let flags = ["--approval", "any", "--approvers", "ada@acme.example"];
    for (command, exit_code) in [(&["plan"][..], 3), (&["init", "--only", "port", "--yes"], 3), (&["init", "--yes"], 0)]
    {
        let ran = harness.run_with(&[command, &flags[..]].concat(), &variables).exits(exit_code);
        assert!(!ran.stdout.contains(url) && !ran.stderr.contains(url), "{command:?}: {}{}", ran.stdout, ran.stderr);
    }
    let told = action(&harness, "request_permissions")["approvalNotification"].clone();
    assert_eq!(told, json!({ "type": "webhook", "url": url }));
}

#[test]
fn nobody_approves_their_own_request_not_even_one_of_the_list() {
    let installed = installed(&["--approval", "any", "--approvers", "dana@acme.example,max@acme.example"]);
    let (run_id, _) = asked(&installed);
    assert!(!may_approve(&installed, cast::DANA, &run_id));
    assert!(!may_approve(&installed, cast::ADA, &run_id), "an administrator who is not on the list");
    assert!(may_approve(&installed, cast::MAX, &run_id));
}

#[test]
fn a_grant_is_ended_by_whoever_has_it_its_approvers_and_administrators() {
    let installed = installed(&["--approval", "any", "--approvers", "max@acme.example"]);
    let (run_id, _) = asked(&installed);
    approve(&installed, cast::MAX, &run_id);
    let request = Dispatched { run_id, inputs: installed.next_dispatch(0).inputs };
    installed.grant(&request).exits(0);
    for action in ["revoke_permissions", "return_permissions"] {
        let stranger = cast::CROWD[0];
        assert_eq!(executes(&installed, stranger, action, &request.grant()), Err(ApiErrorKind::Forbidden), "{action}");
        for person in [cast::DANA, cast::MAX, cast::ADA] {
            assert_eq!(executes(&installed, person, action, &request.grant()), Ok(()), "{action} {}", person.name);
        }
    }
}

#[test]
fn the_catalog_and_the_grants_are_edited_by_administrators_alone() {
    let installed = installed(&["--administrators", "dana@acme.example"]);
    let edits = |person: Person| {
        let body = json!({ "identifier": BUCKET, "properties": { "tags": [] } });
        let path = "/blueprints/aws_resource/entities?upsert=true&merge=true&create_missing_related_entities=false&validation_only=false";
        let attempt = std::panic::AssertUnwindSafe(|| ask_port(&installed, person, reqwest::Method::POST, path, &body));
        std::panic::catch_unwind(attempt).is_ok()
    };
    assert!(edits(cast::ADA) && edits(cast::DANA));
    assert!(!edits(cast::MAX));
    // Whom the first run named stays without being named again.
    assert_done(&installed.harness);
    installed.harness.run(&["init", "--yes", "--administrators", ""]).exits(0);
    assert!(!edits(cast::DANA));
}

#[test]
fn what_does_not_fit_together_is_a_usage_error_and_nothing_is_sent() {
    let harness = Harness::new();
    for (flags, said) in [
        (["--approval", "any", "--approvers", ""], "nobody is named who could approve"),
        (["--approval", "none", "--approvers", "a@acme.example"], "leave one of them out"),
        (["--approval", "any", "--approvers", "lead"], "\"lead\" is neither an e-mail address nor `team:NAME`"),
        (["--approval", "none", "--administrators", "*"], "--administrators: \"*\" is neither"),
    ] {
        let ran = harness.run(&[&["init", "--yes"], &flags[..]].concat()).exits(2);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert!(harness.sandbox.log.is_empty());
    let ran = harness.run(&["plan", "--approval", "any", "--approvers", "team:Nobody"]).exits(2);
    assert!(ran.stderr.contains("no active member of the team \"Nobody\""), "{}", ran.stderr);
}

#[test]
fn rules_that_are_there_are_not_written_over_and_approval_follows_them() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let ran = harness.run(&["init", "--yes", "--approval", "any", "--approvers", "ada@acme.example"]).exits(0);
    assert!(ran.stderr.contains("no rule in .github/port-iam.yaml, which is there already"), "{}", ran.stderr);
    assert_eq!(action(&harness, "request_permissions")["requiredApproval"], json!(false));
    let (rules, github) = (".github/port-iam.yaml", &harness.sandbox.github);
    let text = github.file(REPOSITORY, "main", rules).unwrap();
    let text = text.replace("approval: none", "approval: required\n    approvers: [\"ada@acme.example\"]");
    github.commit_file(REPOSITORY, "main", rules, Some(text.as_bytes())).unwrap();
    harness.run(&["plan"]).exits(3);
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(action(&harness, "request_permissions")["requiredApproval"], json!({ "type": "ANY" }));
    assert_done(&harness);
}
