//! What an earlier attempt left is adopted with the rights of the granter alone.

use port_iam::sandbox::fault::Fault;

use super::*;
use crate::installed::Dispatched;

/// A grant that is live while its run is still open.
fn half_told(installed: &Installed) -> Dispatched {
    let request = installed.request();
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(&format!("PATCH /v1/actions/runs/{}", request.run_id), 0, usize::MAX, Fault::DropBefore);
    step(installed, "grant", GRANTER, &request, &[]).exits(1);
    faults.clear();
    request
}

#[test]
fn the_granter_may_look_for_further_versions_of_a_policy_that_was_there() {
    let installed = installed();
    let request = half_told(&installed);
    let since = installed.harness.sandbox.log.len();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    let exchanges = installed.exchanges_since(since);
    assert!(exchanges.iter().any(|exchange| exchange.aws_action() == Some("ListPolicyVersions")));
    // Which is attached already.
    assert_eq!(installed.aws_writes_since(since), ["AttachRolePolicy"]);
    assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
}

#[test]
fn where_nobody_may_look_for_further_versions_nothing_is_adopted_and_the_way_to_the_right_is_told() {
    let installed = installed();
    let request = half_told(&installed);
    let forbidden = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=ListPolicyVersions&", 0, 99, forbidden);
    let ran = step(&installed, "grant", GRANTER, &request, &[]);
    assert_ne!(ran.exit_code, 0);
    assert!(ran.stdout.contains("`port-iam init --aws-setup` gives the workflows"), "{}", ran.stdout);
    assert!(installed.roles().contains(&request.grant()), "what was there before is left as it was");
}

#[test]
fn a_grant_that_finds_nothing_asks_for_no_versions() {
    let installed = installed();
    let request = installed.request();
    let since = installed.harness.sandbox.log.len();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    let exchanges = installed.exchanges_since(since);
    assert!(exchanges.iter().all(|exchange| exchange.aws_action() != Some("ListPolicyVersions")));
}
