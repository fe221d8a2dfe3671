//! Requests that are not over, and those that somebody declined.

use port_iam::sandbox::cast;
use serde_json::json;

use super::report;
use crate::grant::{ask_port, waiting};
use crate::installed::Installed;

#[test]
fn a_request_that_waits_for_days_is_told_and_so_is_one_that_no_workflow_took() {
    let installed = Installed::new();
    let hanging = installed.request_by(cast::MAX).run_id;
    let run = waiting(&installed);
    installed.pass(40 * 24 * 60);
    let told = report(&installed, &[]).exits(0).json();
    let open: Vec<_> =
        told["open"].as_array().unwrap().iter().map(|it| (&it["run"], &it["state"], &it["hangs"])).collect();
    assert_eq!(
        open,
        [
            (&json!(run), &json!("waiting-for-approval"), &json!(false)),
            (&json!(hanging), &json!("in-progress"), &json!(true))
        ]
    );
    assert_eq!((&told["open"][0]["requester"], &told["totals"]["open"]), (&json!(cast::DANA.email), &json!(2)));
    assert_eq!(told["not_granted"], json!([]));
    for form in ["text", "html", "csv", "md"] {
        let document = installed.harness.run(&["report", "--output", form]).exits(0).stdout.replace('\\', "");
        assert!(document.contains(&run) && document.contains(&hanging), "{form}: {document}");
    }
}

#[test]
fn a_request_that_somebody_declined_is_told_with_who_did_and_why() {
    let installed = Installed::new();
    let run = waiting(&installed);
    let path = format!("/actions/runs/{run}/approval?version=v2");
    let body = json!({ "status": "DECLINE", "description": "not on a Friday" });
    ask_port(&installed, cast::ADA, reqwest::Method::PATCH, &path, &body);
    let told = report(&installed, &[]).exits(0).json();
    let it = &told["not_granted"][0];
    assert_eq!((&it["run"], &it["outcome"]), (&json!(run), &json!("declined")));
    assert_eq!(it["why"], json!(format!("{} declined it: not on a Friday", cast::ADA.email)));
    assert_eq!(told["open"], json!([]));
}
