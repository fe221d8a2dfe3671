//! `doctor --probe`: what Port starts arrives, and nothing is left of it.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::github::Conclusion;
use port_iam::sandbox::request_log::Api;
use serde_json::json;

use crate::harness::Harness;
use crate::installed::{Installed, REPOSITORY};

fn actions(harness: &Harness) -> Vec<String> {
    let mut actions = Vec::new();
    harness.with_port(async |port| actions = port.actions().await.unwrap());
    actions.iter().map(|action| action["identifier"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_probe_arrives_and_nothing_is_left_of_it() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let (before, since) = (actions(harness), harness.sandbox.log.len());
    let probed = harness.run(&["doctor", "--probe", "--output", "json"]).exits(0).json()["probe"].clone();
    assert_eq!(actions(harness), before);
    assert_eq!((&probed["arrived"], &probed["left_over"]), (&json!(true), &json!([])));
    assert_eq!(probed["cancelled"], true);
    let run = harness.sandbox.github.run(REPOSITORY, probed["workflow_run"].as_u64().unwrap()).unwrap();
    assert_eq!((run.conclusion, run.event), (Some(Conclusion::Cancelled), "workflow_dispatch"));
    assert!(run.title.contains(probed["action"].as_str().unwrap()), "{}", run.title);
    let of_port = installed.run(probed["run"].as_str().unwrap());
    assert_eq!((&of_port["status"], &of_port["statusLabel"]), (&json!("SUCCESS"), &json!("probe arrived")));
    assert!(harness.writes(Api::Aws, since).is_empty());
    assert!(installed.entities().is_empty());
    let ran = harness.run(&["doctor", "--probe"]).exits(0);
    assert!(ran.stdout.contains("in acme/port-iam-permissions within "), "{}", ran.stdout);
}

#[test]
fn the_workflow_of_a_probe_grants_nothing_even_if_it_runs() {
    let installed = Installed::new();
    let probed = installed.harness.run(&["doctor", "--probe", "--output", "json"]).exits(0).json()["probe"].clone();
    let run = installed.harness.sandbox.github.run(REPOSITORY, probed["workflow_run"].as_u64().unwrap()).unwrap();
    let dispatched =
        crate::installed::Dispatched { run_id: probed["run"].as_str().unwrap().to_owned(), inputs: run.inputs.clone() };
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&dispatched);
    assert_eq!(ran.exit_code, 5, "{ran:?}");
    assert_eq!(installed.aws_writes_since(since), Vec::<String>::new());
}

#[test]
fn a_probe_that_port_cannot_send_says_why_and_leaves_nothing() {
    let installed = Installed::new();
    let harness = &installed.harness;
    assert!(harness.sandbox.github.disable_workflow(REPOSITORY, "create-iam-permissions.yaml"));
    let before = actions(harness);
    let ran = harness.run(&["doctor", "--probe"]).exits(1);
    assert!(ran.stderr.contains("Port could not start the workflow: ") && ran.stderr.contains("disabled"), "{ran:?}");
    assert_eq!(actions(harness), before);
}

#[test]
fn an_action_whose_making_was_never_answered_is_taken_away_too() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let before = actions(harness);
    harness.sandbox.faults.plan_first("POST /v1/actions", Fault::DropAfter);
    harness.run(&["doctor", "--probe"]).exits(1);
    assert_eq!(actions(harness), before);
}

#[test]
fn what_an_earlier_probe_has_left_is_taken_away_by_the_next_one() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let before = actions(harness);
    for _ in 0..2 {
        harness.with_port(async |port| {
            let mut left = port.action("request_permissions").await.unwrap().unwrap();
            for key in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
                left.as_object_mut().unwrap().shift_remove(key);
            }
            left["identifier"] = json!("port_iam_probe_0123456789abcdef");
            let _ = port.create_action(&left).await;
        });
        // Somebody else's probe may be at work: only what is old goes.
        let probed = harness.run(&["doctor", "--probe", "--output", "json"]).exits(0).json();
        let is_old = probed["probe"]["left_over"] == json!(["port_iam_probe_0123456789abcdef"]);
        assert_eq!(is_old, actions(harness) == before, "{probed}");
        installed.pass(11);
    }
    assert_eq!(actions(harness), before);
}

#[test]
fn a_probe_of_one_of_the_two_ends_is_none() {
    let installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    for only in ["aws", "port", "github,aws"] {
        let ran = installed.harness.run(&["doctor", "--probe", "--only", only]).exits(2);
        assert!(ran.stderr.contains("--only port,github"), "{}", ran.stderr);
    }
    assert_eq!(installed.exchanges_since(since).len(), 0);
    installed.harness.run(&["doctor", "--probe", "--only", "port,github"]).exits(0);
}
