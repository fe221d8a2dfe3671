//! Cut off anywhere, `init` goes on where it stopped. Each write meets one of two faults; with `PORT_IAM_MATRIX=all` both.

use port_iam::sandbox::fault::Fault;

use super::*;
use crate::matrix::size;

/// Lets the request number `index` of a first run meet `fault`, and returns how the harness was left.
fn after_fault(index: usize, fault: Fault) -> Harness {
    let harness = Harness::new();
    harness.sandbox.faults.plan(None, index, 1, fault);
    harness.run(&["init", "--yes"]);
    harness.sandbox.faults.clear();
    harness
}

/// Returns which requests are writes: every second one, beginning with the first or the second.
fn positions_of_writes(first: usize) -> Vec<usize> {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let exchanges = harness.sandbox.log.exchanges();
    let writes = exchanges.iter().enumerate().filter(|(_, exchange)| exchange.is_write()).map(|(index, _)| index);
    let positions: Vec<usize> =
        writes.enumerate().filter(|(place, _)| size() == "all" || place % 2 == first).map(|(_, index)| index).collect();
    assert!(positions.len() > 12, "{positions:?}");
    positions
}

#[test]
fn a_lost_answer_to_any_write_is_mended_by_running_it_again() {
    for index in positions_of_writes(0) {
        let harness = after_fault(index, Fault::DropAfter);
        let ran = harness.run(&["init", "--yes"]);
        assert_eq!(ran.exit_code, 0, "request {index}: {}", ran.stderr);
        assert_done(&harness);
        for name in SECRETS {
            assert!(harness.sandbox.github.secret(REPOSITORY, ENVIRONMENT, name).is_some(), "request {index}: {name}");
            assert_eq!(harness.sandbox.github.secret(REPOSITORY, None, name), None, "request {index}: {name}");
        }
    }
}

#[test]
fn a_failing_service_at_any_write_is_mended_by_running_it_again() {
    for index in positions_of_writes(1) {
        let harness = after_fault(index, Fault::Status { status: 500, retry_after: None });
        harness.run(&["init", "--yes"]).exits(0);
        assert_done(&harness);
    }
}

#[test]
fn what_a_service_accepts_and_does_not_keep_is_named_as_not_converged() {
    let workflow = "sweep-iam-permissions.yaml";
    let workflows = format!("GET /repos/{REPOSITORY}/actions/workflows");
    for (read, left) in [
        ("GET /v1/actions", "Port action return_permissions"),
        (workflows.as_str(), "GitHub workflow sweep-iam-permissions.yaml"),
    ] {
        let harness = Harness::new();
        harness.run(&["init", "--yes"]).exits(0);
        // Both differ, so that both are written; one is read as it was for good.
        harness.with_port(async |port| {
            let older = edited(port.action("return_permissions").await.unwrap().unwrap(), |body| {
                body["invocationMethod"]["reportWorkflowStatus"] = json!(false);
            });
            port.replace_action("return_permissions", &older).await.unwrap();
        });
        assert!(harness.sandbox.github.disable_workflow(REPOSITORY, workflow));
        harness.sandbox.remember();
        harness.sandbox.faults.plan_exactly(read, Fault::StaleRead);
        let since = harness.sandbox.log.len();
        let ran = harness.run(&["init", "--yes"]).exits(1);
        assert!(writes(&harness, since).len() >= 2, "{:?}", method_and_path(&writes(&harness, since)));
        let named = format!("everything was done, and this is still not as it shall be: {left}");
        let hint = "run the same command again";
        assert!(ran.stderr.lines().any(|line| line.ends_with(&named)), "{left}: {}", ran.stderr);
        assert!(ran.stderr.contains(hint) && !ran.stdout.contains("is set up"), "{}{}", ran.stderr, ran.stdout);
        harness.sandbox.faults.clear();
        assert_done(&harness);
    }
}
