//! What a sweep would do, and then does.

use port_iam::sandbox::request_log::Api;

use super::*;
use crate::installed::{BUCKET, everything};

/// Each kind of step is due once: of one kind, a few are done at the same time.
#[test]
fn a_dry_run_tells_what_the_sweep_behind_it_does_step_by_step() {
    let installed = Installed::new();
    let granted = |person: cast::Person, duration: &str| {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": duration });
        let asked = installed.execute(person, "request_permissions", BUCKET, &form);
        installed.grant(&asked).exits(0);
        asked.grant()
    };
    let expired = granted(cast::DANA, "1h");
    let [first, second, third, fourth, ..] = cast::CROWD;
    let [tampered, departed, lost, missing, begun] =
        [cast::MAX, first, second, third, fourth].map(|person| granted(person, "4h"));
    installed.pass(61);
    installed.harness.with_aws(async |iam| {
        let create = iam.create_policy_version().policy_arn(policy_arn(&tampered)).set_as_default(true);
        create.policy_document(everything().to_string()).send().await.unwrap();
    });
    take_apart_by_hand(&installed, [&begun, &missing]);
    installed.edit_entity("provisioned_permissions", &departed, &json!({ "requester": cast::GONE.email }));
    for grant in [&lost, &begun] {
        installed.harness.delete_entity("provisioned_permissions", grant);
    }
    let since = installed.harness.sandbox.log.len();
    let would = installed.sweep(&["--dry-run"]).exits(3);
    for api in [Api::Aws, Api::Port] {
        let writes = installed.harness.writes(api, since);
        assert!(writes.is_empty(), "{writes:?}");
    }
    let expected = [
        format!("deny {tampered}"),
        format!("revoke {expired}"),
        format!("revoke {departed}"),
        format!("record-again {lost}"),
        format!("mark-missing {missing}"),
        format!("remove-policy {}", policy_arn(&begun)),
    ];
    let planned = would.json()["sweep"]["steps"].clone();
    assert_eq!(named(&planned, "action"), expected);
    assert_eq!((done(&would), found(&would)), (vec![], vec![format!("tampered {}", role_arn(&tampered))]));
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(ran.json()["sweep"]["steps"], planned);
    assert_eq!(done(&ran), expected);
    assert_eq!((found(&ran), &ran.json()["sweep"]["failed"]), (found(&would), &json!([])));
}
