//! A version of a policy that waits to be chosen, where the rules of today would not make the grant.

use port_iam::sandbox::fault::Fault;

use crate::break_glass::granted_without_port;
use crate::installed::{Installed, everything};
use crate::sweep::{found, policy_arn, role_arn};

/// Gives the policy of a grant a second version, which gives nothing until somebody chooses it.
fn add_version(installed: &Installed, grant: &str) {
    installed.harness.with_aws(async |iam| {
        let create = iam.create_policy_version().policy_arn(policy_arn(grant)).set_as_default(false);
        create.policy_document(everything().to_string()).send().await.unwrap();
    });
}

#[track_caller]
fn assert_told(installed: &Installed, grant: &str) {
    let ran = installed.sweep(&[]).exits(1);
    assert!(found(&ran).contains(&format!("tampered {}", role_arn(grant))), "{}", ran.stdout);
    assert!(ran.stdout.contains("has further versions: v2") && installed.is_denied(grant), "{}", ran.stdout);
}

#[test]
fn a_further_version_is_found_though_the_rules_of_today_would_not_make_the_grant() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.delete_entity("iam_permissions", "s3:PutObject");
    assert_eq!(found(&installed.sweep(&[]).exits(0)), [format!("other-rules {}", role_arn(&grant))]);
    add_version(&installed, &grant);
    assert_told(&installed, &grant);
}

#[test]
fn a_further_version_is_found_though_no_rule_of_today_would_make_the_grant_without_port() {
    let installed = Installed::new();
    installed.granted();
    let grant = granted_without_port(&installed);
    installed.sweep(&[]);
    installed.set_rules(|rules| rules.replace("break-glass: { longest: 1h", "break-glass: { longest: 30m"));
    let ran = installed.sweep(&[]).exits(1);
    assert!(found(&ran).contains(&format!("doubtful {}", role_arn(&grant))), "{}", ran.stdout);
    add_version(&installed, &grant);
    assert_told(&installed, &grant);
}

/// What takes a role away waits for no answer about its versions.
#[test]
fn where_nobody_may_list_the_versions_a_role_that_goes_further_is_denied_all_the_same() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    super::reconfigured::demand_a_second_factor(&installed);
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=ListPolicyVersions&", 0, 99, fault);
    let ran = installed.sweep(&[]);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{}", ran.stdout);
    assert!(installed.is_denied(&grant), "{}", ran.stdout);
}
