//! An account that has no room is told so before anything is made.

use crate::break_glass;
use crate::installed::Installed;

/// Lets the account have as many roles as it has, and returns what is told of it.
fn without_room(installed: &Installed) -> String {
    let present = installed.harness.sandbox.aws.role_names("/").len();
    installed.harness.sandbox.aws.set_roles_quota(present);
    format!("the account has {present} of {present} roles, and the grant needs 1 more")
}

#[test]
fn a_grant_for_which_the_account_has_no_room_is_refused_and_nothing_is_made() {
    let installed = Installed::new();
    installed.granted();
    let told = without_room(&installed);
    let request = installed.request();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains(&told), "{}", ran.stdout);
    assert!(installed.log_of(&request.run_id).contains(&told), "{}", installed.log_of(&request.run_id));
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
}

#[test]
fn a_grant_without_port_for_which_the_account_has_no_room_is_refused_and_nothing_is_made() {
    let installed = Installed::new();
    installed.granted();
    break_glass::switch_on(&installed, "");
    let folder = break_glass::checkout(&installed);
    let told = without_room(&installed);
    let since = installed.harness.sandbox.log.len();
    let ran = break_glass::break_glass(&installed, &folder, &["--yes"]).exits(5);
    assert!(ran.stdout.contains(&told) || ran.stderr.contains(&told), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn what_an_earlier_attempt_made_needs_no_room_again() {
    let installed = Installed::new();
    let request = installed.granted();
    without_room(&installed);
    installed.grant(&request).exits(0);
}
