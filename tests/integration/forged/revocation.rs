//! What Port answers about the run of a revocation.

use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::installed::Installed;

/// What is forged of a revocation, at which place of the run, what stands there, and what comes of it.
type ForgedRevocation = (&'static str, &'static str, Value, u8, &'static str);

#[test]
fn every_forged_field_of_a_revocation_is_refused() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let forgeries: [ForgedRevocation; 12] = [
        ("another entity", "/run/entity", json!({ "identifier": "Permission-r_other" }), 5, "refused::entity:"),
        ("no entity", "/run/entity", json!(null), 5, "refused::entity:"),
        ("another action", "/run/action", json!({ "identifier": "request_permissions" }), 5, "refused::runId:"),
        (
            "the timer's action",
            "/run/action",
            json!({ "identifier": "revoke_expired_permissions" }),
            5,
            "refused::entity:",
        ),
        ("in another's name", "/run/impersonatedBy", json!("auth0|ada"), 5, "refused::requester:"),
        ("in another's name, otherwise", "/run/impersonatedBy", json!({ "id": "auth0|ada" }), 5, "refused::requester:"),
        ("waiting", "/run/status", json!("WAITING_FOR_APPROVAL"), 5, "refused::runId:"),
        ("declined", "/run/status", json!("DECLINED"), 5, "refused::runId:"),
        ("withdrawn", "/run/status", json!("FAILURE"), 5, "refused::runId:"),
        ("done", "/run/status", json!("SUCCESS"), 5, "refused::runId:"),
        ("with an end", "/run/endedAt", json!("2026-11-23T20:00:00.000Z"), 5, "refused::runId:"),
        ("of no status", "/run/status", json!(null), 1, "read the run"),
    ];
    for (what, pointer, value, exit_code, words) in forgeries {
        let revocation = installed.give_back(&grant);
        let faults = &installed.harness.sandbox.faults;
        let fault = Fault::Forged { pointer: pointer.to_owned(), value };
        faults.plan_exactly(&format!("GET /v1/actions/runs/{}", revocation.run_id), fault);
        let since = installed.harness.sandbox.log.len();
        let ran = installed.revoke(&revocation);
        faults.clear();
        assert_eq!(ran.exit_code, exit_code, "{what}: {}", ran.stdout);
        assert!(ran.stdout.contains(words), "{what}: {}", ran.stdout);
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{what}");
    }
    for account in ["210987654321", "12345"] {
        let revocation = installed.give_back(&grant);
        let ran = installed.step("revoke", &revocation, &[("AWS_ACCOUNT_ID", account)]).exits(5);
        assert!(ran.stdout.contains("refused::AWS_ACCOUNT_ID:"), "{}", ran.stdout);
        assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    }
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}
