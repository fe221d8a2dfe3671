//! Permanent records that somebody deleted or edited: what Port's audit log tells of it.

use port_iam::sandbox::cast;
use serde_json::json;

use super::{grant, report};
use crate::installed::Installed;

#[test]
fn a_record_that_somebody_deleted_is_told_with_who_did_it() {
    let installed = Installed::new();
    let grant_name = installed.granted().grant();
    installed.harness.run(&["revoke", &grant_name, "--direct"]).exits(0);
    installed.harness.delete_entity("permission_records", &grant_name);
    let told = report(&installed, &[]).exits(1).json();
    let text = installed.harness.run(&["report"]).exits(1).stdout;
    assert!(text.contains(&format!("DELETED PERMANENT RECORDS:\n  {grant_name} by ")), "{text}");
    assert_eq!(
        (&told["deleted_records"][0]["grant"], &told["deleted_records"][0]["is_known"]),
        (&json!(grant_name), &json!(true))
    );
    assert_eq!(grant(&told, &grant_name)["requester"], cast::DANA.email);
    // Whoever may not read the audit log is told so, and that Port may hide more.
    let dana = [("PORT_CLIENT_ID", cast::DANA.port_client_id), ("PORT_CLIENT_SECRET", cast::DANA.port_client_secret)];
    let told = installed.harness.run_with(&["report", "--output", "json"], &dana).exits(0).json();
    let gaps = told["cannot_know"].to_string();
    assert!(gaps.contains("Whether a permanent record was deleted or edited cannot be known"), "{gaps}");
    assert!(gaps.contains("Port may keep other people's runs from them"), "{gaps}");
}

#[test]
fn without_port_or_without_aws_the_other_tells_and_what_is_missing_is_said() {
    let installed = Installed::new();
    let grant_name = installed.granted().grant();
    let no_aws = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let told = installed.harness.run_with(&["report", "--output", "json"], &no_aws).exits(0).json();
    assert_eq!(told["aws"]["looked_at"], false);
    assert_eq!(grant(&told, &grant_name)["usage"]["verdict"], "cannot-know");
    let no_port = [("PORT_CLIENT_ID", ""), ("PORT_CLIENT_SECRET", "")];
    let told = installed.harness.run_with(&["report", "--output", "json"], &no_port).exits(0).json();
    assert_eq!(grant(&told, &grant_name)["requester"], cast::DANA.email);
    assert!(
        told["cannot_know"].to_string().contains("What was refused or failed cannot be known: Port was not looked at")
    );
}

#[test]
fn a_record_that_an_administrator_edited_does_not_take_its_grant_out_of_the_report() {
    let installed = Installed::new();
    let name = installed.granted().grant();
    installed.pass(61);
    installed.revoke(&installed.expired(&name)).exits(0);
    let until = installed.record(&name)["properties"]["granted_until"].as_str().unwrap().to_owned();
    assert_eq!(report(&installed, &[]).exits(0).json()["edited_records"], json!([]));
    let years_ago = json!({ "granted_from": "2020-01-01T00:00:00Z", "granted_until": "2020-01-01T01:00:00Z",
        "revoked_at": "2020-01-01T01:00:00Z" });
    installed.edit_entity("permission_records", &name, &years_ago);
    let told = report(&installed, &[]).exits(1).json();
    let edited = &told["edited_records"][0];
    assert_eq!((&edited["grant"], &edited["by"]), (&json!(name), &json!(cast::ADA.port_user_id)), "{edited:#}");
    assert_eq!(edited["said_before"]["granted_until"], json!(until), "{edited:#}");
    let differences = grant(&told, &name)["differences"].to_string();
    assert!(differences.contains("its permanent record was edited by"), "{differences}");
    for form in ["html", "csv", "md"] {
        let ran = installed.harness.run(&["report", "--output", form]).exits(1);
        assert!(ran.stdout.contains(&until), "{form}: {}", ran.stdout);
        assert!(ran.stderr.contains(&format!("warning: the permanent record {name} was edited")), "{}", ran.stderr);
    }
}

#[test]
fn what_the_workflows_and_whoever_revokes_by_hand_write_is_no_edit() {
    let installed = Installed::new();
    // A repeated attempt, an expiry, a revocation by somebody at a terminal, and a grant that failed.
    let first = installed.granted();
    installed.pass(1);
    installed.grant(&first).exits(0);
    installed.pass(61);
    installed.revoke(&installed.expired(&first.grant())).exits(0);
    let second = installed.granted().grant();
    installed.harness.run(&["revoke", &second, "--direct"]).exits(0);
    installed.sweep(&[]).exits(0);
    let month = super::Month::new();
    for installed in [&installed, &month.installed] {
        let told = report(installed, &[]).exits(0).json();
        assert_eq!(told["edited_records"], json!([]));
    }
}
