//! Two attempts at one run that meet: whichever is first, one grant comes of it, and none is refused for the other's sake.

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;

use crate::installed::{Dispatched, Installed};
use crate::split::{arns, long_request};

/// Lets an attempt come so far that nothing is attached yet, and has the sandbox remember that.
fn remember_before_attaching(installed: &Installed, request: &Dispatched) {
    let faults = &installed.harness.sandbox.faults;
    for dead in ["Action=AttachRolePolicy&", "Action=DeletePolicy&", "Action=DeleteRole&", "/v1/actions/runs/"] {
        faults.plan_matching(dead, usize::from(dead.starts_with('/')), 999, Fault::DropBefore);
    }
    installed.grant(request).exits(1);
    faults.clear();
    assert!(installed.attached(&request.grant()).is_empty());
    installed.harness.sandbox.remember();
}

#[test]
fn an_attempt_goes_on_with_a_role_that_one_behind_it_in_time_has_made() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.faults.plan_matching(
        "Action=CreateRole&",
        0,
        1,
        Fault::Status { status: 500, retry_after: None },
    );
    let pause = installed.harness.held_pause.hold_next();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| installed.grant(&request));
        // The first has decided, and waits to see whether the role is there. The second decides later, with a later end.
        let mut second = None;
        pause.meanwhile(|| {
            installed.harness.sandbox.clock.advance(SignedDuration::from_secs(3));
            second = Some(installed.grant(&request));
        });
        for ran in [first.join().unwrap(), second.unwrap()] {
            ran.exits(0);
        }
    });
    assert_eq!(installed.attached(&request.grant()).len(), 1);
    assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    installed.harness.run(&["sweep"]).exits(0);
    assert_eq!(installed.roles(), [request.grant()]);
}

#[test]
fn an_attempt_whose_run_ended_well_while_it_was_looking_is_told_of_the_grant() {
    let installed = Installed::new();
    let request = installed.request();
    installed.harness.sandbox.remember();
    told_of_the_grant_despite(&installed, &installed.granted_to(cast::MAX), "Action=GetRole&");
    remember_before_attaching(&installed, &request);
    installed.grant(&request).exits(0);
    told_of_the_grant_despite(&installed, &request, "Action=ListAttachedRolePolicies&");
}

/// Repeats a grant that is live, and one answer about it is of the time before.
#[track_caller]
fn told_of_the_grant_despite(installed: &Installed, request: &Dispatched, action: &str) {
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    faults.plan_matching(action, 0, 1, Fault::StaleRead);
    let ran = installed.grant(request).exits(0);
    assert_eq!(faults.hits() - hits, 1, "{action}");
    assert!(ran.stdout.contains("It was granted before; nothing was changed."), "{}", ran.stdout);
}

#[test]
fn policies_that_are_attached_one_by_one_while_they_are_looked_at_hang_on_nothing_else() {
    let (installed, request, _) = long_request(21);
    remember_before_attaching(&installed, &request);
    let policies = arns(&request.grant(), 4);
    installed.harness.with_aws(async |iam| {
        for policy in &policies {
            iam.attach_role_policy().role_name(request.grant()).policy_arn(policy).send().await.unwrap();
        }
    });
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    // The policies tell already that they are attached to something, and the role shows it at the fifth look.
    faults.plan_matching("Action=ListAttachedRolePolicies&", 0, 4, Fault::StaleRead);
    installed.grant(&request).exits(0);
    assert_eq!(faults.hits() - hits, 4);
    assert_eq!(installed.attached(&request.grant()), policies);
}
