//! Two attempts at one run that meet: whichever is first, one grant comes of it, and none is refused for the other's sake.

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;

use crate::installed::{Dispatched, Installed};
use crate::split::{arns, long_request};

/// Lets an attempt come so far that nothing is attached yet, and has the sandbox remember that.
fn remember_before_attaching(installed: &Installed, request: &Dispatched) {
    killed_before_attaching(installed, request);
    installed.harness.sandbox.remember();
}

/// Lets an attempt come so far that nothing is attached yet.
pub(crate) fn killed_before_attaching(installed: &Installed, request: &Dispatched) {
    killed_from(installed, request, "AttachRolePolicy");
    assert!(installed.attached(&request.grant()).is_empty());
}

/// Lets an attempt come so far that no request of this kind arrives any more, and none that undoes anything.
fn killed_from(installed: &Installed, request: &Dispatched, action: &str) {
    let faults = &installed.harness.sandbox.faults;
    for dead in [action, "AttachRolePolicy", "DeletePolicy", "DeleteRole"] {
        faults.plan_matching(&format!("Action={dead}&"), 0, 999, Fault::DropBefore);
    }
    faults.plan_matching("/v1/actions/runs/", 1, 999, Fault::DropBefore);
    installed.grant(request).exits(1);
    faults.clear();
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

/// Repeats a grant that is live, and the first answers about it are of the time before.
#[track_caller]
fn told_of_the_grant_despite(installed: &Installed, request: &Dispatched, action: &str) {
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    faults.plan_matching(action, 0, 5, Fault::StaleRead);
    let ran = installed.grant(request).exits(0);
    assert_eq!(faults.hits() - hits, 5, "{action}");
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
    // The policies tell already that they are attached to something, and the role shows it later.
    faults.plan_matching("Action=ListAttachedRolePolicies&", 0, 8, Fault::StaleRead);
    installed.grant(&request).exits(0);
    assert_eq!(faults.hits() - hits, 8);
    assert_eq!(installed.attached(&request.grant()), policies);
}

#[test]
fn a_role_that_cannot_be_made_because_it_is_there_is_waited_for_until_it_shows() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    let request = installed.request();
    killed_before_attaching(&installed, &request);
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    faults.plan_matching("Action=GetRole&", 0, 8, Fault::StaleRead);
    installed.grant(&request).exits(0);
    assert_eq!(faults.hits() - hits, 8);
    assert_eq!(installed.attached(&request.grant()).len(), 1);
    installed.harness.run(&["sweep"]).exits(0);
}

#[test]
fn an_attempt_that_never_sees_the_role_that_another_has_made_leaves_it_as_it_is() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    let request = installed.request();
    killed_from(&installed, &request, "CreatePolicy");
    installed.harness.sandbox.faults.plan_matching("Action=GetRole&", 0, 999, Fault::StaleRead);
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&request).exits(1);
    assert!(ran.stdout.contains("another attempt at the same run is at work"), "{}", ran.stdout);
    let exchanges = installed.exchanges_since(since);
    let asked = |action| exchanges.iter().filter(|exchange| exchange.aws_action() == Some(action)).count();
    // Four plans, a look behind each, and ten that wait for what is said to be there.
    assert_eq!((asked("CreateRole"), asked("GetRole")), (4, 15));
    assert_eq!(installed.roles(), [request.grant()]);
    assert!(installed.attached(&request.grant()).is_empty());
}

#[test]
fn an_extension_that_another_attempt_has_completed_is_not_undone_because_its_base_cannot_be_looked_at() {
    let installed = Installed::new();
    let base = installed.granted().grant();
    installed.harness.sandbox.remember();
    let extension = installed.extend(&base, "4h");
    let faults = &installed.harness.sandbox.faults;
    // IAM does not know the role everywhere yet when it is given its policy.
    faults.plan_matching("Action=AttachRolePolicy&", 0, 1, Fault::StaleRead);
    let pause = installed.harness.held_pause.hold_next();
    let mut hits = 0;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| installed.grant(&extension));
        pause.meanwhile(|| {
            installed.grant(&extension).exits(0);
            let status = Fault::Status { status: 503, retry_after: None };
            faults.plan_matching(&format!("/v1/blueprints/permission_records/entities/{base}"), 0, 999, status);
            hits = faults.hits();
        });
        first.join().unwrap().exits(0);
    });
    assert!(faults.hits() > hits, "nobody looked at the base");
    assert_eq!(installed.run(&extension.run_id)["status"], "SUCCESS");
    assert!(installed.is_live(&extension.grant()));
}
