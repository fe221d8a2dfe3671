//! What a step of a workflow that came to nothing leaves in its summary: what, why, and what to do.

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::json;

use crate::installed::{BUCKET, Dispatched, Installed};

/// Runs a step that ends with this code, and returns its summary without what keeps text from being markup.
#[track_caller]
fn summary_of(installed: &Installed, command: &str, dispatched: &Dispatched, code: u8) -> String {
    let path = installed.harness.folder.path().join("summary.md");
    let _ = std::fs::remove_file(&path);
    installed.step(command, dispatched, &[("GITHUB_STEP_SUMMARY", path.to_str().unwrap())]).exits(code);
    let summary = std::fs::read_to_string(path).unwrap();
    summary.replace('\\', "").replace("&#8203;", "")
}

/// Asserts that these parts stand in the summary, in this order, with at least one thing to do.
#[track_caller]
fn tells(summary: &str, title: &str, what: &str, why: &str) {
    let parts = [format!("### {title}\n"), format!("**What:** {what}\n"), "**Why:** ".to_owned(), why.to_owned()];
    let mut rest = summary;
    for part in parts.iter().map(String::as_str).chain(["\n**What to do:**\n\n- "]) {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is not where it should be:\n{summary}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_refused_grant_says_in_the_summary_what_why_and_what_to_do() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 30m"));
    let request = installed.request();
    let summary = summary_of(&installed, "grant", &request, 5);
    let what = format!("`s3:PutObject` on `{BUCKET}` for `1h`, as the run `{}` in Port asked", request.run_id);
    tells(&summary, "⛔ Not granted: refused", &what, "1h is longer than the 30m that the rules allow for this");
    assert!(summary.contains("- ask for at most 30m\n"), "{summary}");
    assert_eq!(summary.matches("###").count(), 1, "{summary}");
}

#[test]
fn a_grant_that_fails_says_so_in_the_summary_and_not_that_it_is_refused() {
    let installed = Installed::new();
    let request = installed.request();
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan(Some(Api::Aws), 0, usize::MAX, fault);
    let summary = summary_of(&installed, "grant", &request, 1);
    let what = format!("`s3:PutObject` on `{BUCKET}` for `1h`, as the run `{}` in Port asked", request.run_id);
    tells(&summary, "❌ Not granted", &what, "(HTTP 403");
}

#[test]
fn a_refused_return_says_in_the_summary_what_why_and_what_to_do() {
    let installed = Installed::new();
    installed.let_everybody_execute("return_permissions");
    let grant = installed.granted().grant();
    let returning = installed.execute(cast::MAX, "return_permissions", &grant, &json!({}));
    let summary = summary_of(&installed, "revoke", &returning, 5);
    let what = format!("on `{grant}`, as the run `{}` in Port asked", returning.run_id);
    tells(&summary, "⛔ Not revoked: refused", &what, "is given back by whoever asked for it");
    assert!(installed.is_live(&grant));
}

#[test]
fn a_revocation_that_fails_says_so_in_the_summary() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan(Some(Api::Aws), 0, usize::MAX, fault);
    let summary = summary_of(&installed, "revoke", &revocation, 1);
    let what = format!("on `{grant}`, as the run `{}` in Port asked", revocation.run_id);
    tells(&summary, "❌ Not revoked", &what, "(HTTP 403");
}

/// A dispatch of which Port knows nothing is told no more of than it says itself.
#[test]
fn a_run_that_port_does_not_know_is_named_in_the_summary_and_nothing_is_told_of_it() {
    let installed = Installed::new();
    let request = installed.request().forged(|context| context["runId"] = json!("r_nobodyKnowsThis"));
    let summary = summary_of(&installed, "grant", &request, 5);
    let what = "what the run `r_nobodyKnowsThis` in Port asked for";
    tells(&summary, "⛔ Not granted: refused", what, "Port knows no run");
    assert!(!summary.contains(BUCKET), "{summary}");
}
