//! Port's newer integration with GitHub (`INTEGRATION_ACTION`): the whole way of a grant, there and back.

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use crate::installed::{BUCKET, Installed};
use crate::oidc::{self, GRANTER, REVOKER, step};

#[test]
fn a_grant_is_asked_for_given_and_given_back_over_the_newer_integration() {
    let harness = oidc::harness();
    let _ = harness.sandbox.port.clone().with_ocean();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    harness.with_port(async |port| {
        for identifier in ["request_permissions", "return_permissions"] {
            let action = port.action(identifier).await.unwrap().unwrap();
            assert_eq!(action["invocationMethod"]["type"], "INTEGRATION_ACTION");
        }
    });
    let installed = Installed { harness };

    let form = json!({ "permissions": ["s3:PutObject"], "duration": "1h" });
    let request = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    let grant = request.grant();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    assert!(installed.is_live(&grant));

    let returning = installed.execute(cast::DANA, "return_permissions", &grant, &json!({}));
    step(&installed, "revoke", REVOKER, &returning, &[]).exits(0);
    assert_eq!(installed.run(&returning.run_id)["status"], "SUCCESS");
    assert!(!installed.roles().contains(&grant));
    assert_eq!(installed.entities(), [Value::Null; 0]);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["revoked_by"]), (&json!("revoked"), &json!(cast::DANA.email)));
}
