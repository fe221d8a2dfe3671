//! A grant is called revoked when its role cannot be read any more, and not before.

use port_iam::sandbox::fault::Fault;

use crate::installed::Installed;

#[test]
fn a_role_that_can_still_be_read_after_its_deletion_is_not_called_revoked_until_it_is_gone() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let shows_it_for_long = |reads| installed.harness.sandbox.aws.delay_visibility(reads);
    shows_it_for_long(1_000);
    let ran = installed.harness.run(&["revoke", &grant, "--direct"]).exits(1);
    assert!(ran.stderr.contains(&format!("the role {grant} was deleted and can still be read")), "{}", ran.stderr);
    let record = installed.record(&grant)["properties"].clone();
    assert!(record["revoked_at"].is_null() && record["state"] != "revoked", "{record}");
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    shows_it_for_long(0);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    installed.assert_no_grant();
    let record = installed.record(&grant)["properties"].clone();
    assert!(record["revoked_at"].is_string() && record["state"] == "revoked", "{record}");
}

#[test]
fn a_run_of_a_revocation_whose_role_can_still_be_read_ends_as_failed() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.aws.delay_visibility(1_000);
    let ran = installed.revoke(&revocation).exits(1);
    assert!(ran.stdout.contains("can still be read"), "{}", ran.stdout);
    assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    assert!(installed.record(&grant)["properties"]["revoked_at"].is_null());
    installed.harness.sandbox.aws.delay_visibility(0);
    installed.revoke(&installed.give_back(&grant)).exits(0);
    installed.assert_no_grant();
}

/// IAM knows a role of a moment ago in one place and not yet in another: that it was not there to be deleted is no end.
#[test]
fn a_role_of_a_moment_ago_that_one_answer_showed_and_the_next_ones_do_not_is_looked_for_again() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    let grant = installed.granted().grant();
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    // The first look shows it; what is asked and done then meets those who do not know it, and so do two looks behind that.
    for action in
        ["AttachRolePolicy", "DeleteRole", "DeletePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "GetPolicy"]
    {
        faults.plan_matching(&format!("Action={action}&"), 0, 1, Fault::StaleRead);
    }
    faults.plan_matching("Action=GetRole&", 1, 2, Fault::StaleRead);
    let ran = installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert!(faults.hits() - hits >= 6, "{}", faults.hits() - hits);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]), "{}", ran.stdout);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}
