//! Cut off anywhere, `uninstall` goes on where it stopped. Every second write meets one of two faults; with
//! `PORT_IAM_MATRIX=all` each of them meets both.

use port_iam::sandbox::fault::Fault;

use super::*;
use crate::matrix::size;

fn with_a_grant() -> Installed {
    let installed = oidc_installed();
    installed.granted_by_hand();
    installed
}

fn oidc_installed() -> Installed {
    oidc::installed()
}

impl Installed {
    /// A grant that is live, whoever made it: the jobs of this installation have no key.
    fn granted_by_hand(&self) {
        let request = self.request();
        let keys = [
            ("AWS_ACCESS_KEY_ID", cast::ADA.aws_access_key_id),
            ("AWS_SECRET_ACCESS_KEY", cast::ADA.aws_secret_access_key),
        ];
        self.step("grant", &request, &keys).exits(0);
    }
}

const UNINSTALL: [&str; 4] = ["uninstall", "--yes", "--revoke-all", "--delete-repository"];

fn positions_of_writes() -> Vec<usize> {
    let installed = with_a_grant();
    allow_deletion_of_repositories(&installed.harness);
    let since = installed.harness.sandbox.log.len();
    installed.harness.run(&UNINSTALL).exits(0);
    let exchanges = installed.exchanges_since(since);
    exchanges.iter().enumerate().filter(|(_, exchange)| exchange.is_write()).map(|(index, _)| index).collect()
}

#[test]
fn a_fault_at_any_write_is_mended_by_running_it_again() {
    let positions = positions_of_writes();
    assert!(positions.len() > 25, "{positions:?}");
    for (fault, portion) in [(Fault::DropAfter, 0), (Fault::Status { status: 500, retry_after: None }, 2)] {
        let its_own = positions.iter().enumerate().filter(|(place, _)| size() == "all" || place % 4 == portion);
        for index in its_own.map(|(_, index)| *index) {
            let installed = with_a_grant();
            let harness = &installed.harness;
            allow_deletion_of_repositories(harness);
            harness.sandbox.faults.plan(None, index, 1, fault.clone());
            harness.run(&UNINSTALL);
            harness.sandbox.faults.clear();
            let ran = harness.run(&UNINSTALL);
            assert_eq!(ran.exit_code, 0, "request {index}, {fault:?}: {}", ran.stderr);
            assert_eq!(harness.sandbox.aws.role_names("/port-iam"), [""; 0], "request {index}");
            assert_eq!(harness.sandbox.aws.policy_arns("/"), [""; 0], "request {index}");
            assert_eq!(harness.sandbox.github.repository_names(), [""; 0], "request {index}");
            let names = state(harness)["port"]["blueprints"].as_array().unwrap().clone();
            assert_eq!(names.len(), 1, "the permanent records: request {index}: {names:?}");
            let record = &harness.sandbox.port.entities("permission_records")[0];
            assert!(record["properties"]["revoked_at"].is_string(), "request {index}: {record}");
            assert_nothing_to_do(harness);
        }
    }
}
