//! The page of a report in a real browser: at two widths, in light and dark, and on paper.
//!
//! `tests/counterparts/report.mjs` looks at it; the screenshots are in `target/screenshots`.

use std::path::Path;
use std::process::Command;

use port_iam::sandbox::cast;
use serde_json::json;

use super::Month;
use crate::counterparts::{named, search_path};
use crate::installed::Installed;

#[test]
fn the_page_is_read_at_two_widths_in_light_and_dark_and_on_paper() {
    let part = "the page of a report in a real browser";
    let (Some(chromium), Some(packages)) = (named("PORT_IAM_CHROMIUM", part), named("PORT_IAM_NPMT", part)) else {
        return;
    };
    let month = Month::new();
    let harness = &month.installed.harness;
    let page = |name: &str, exit_code: u8| {
        let html = harness.run(&["report", "--output", "html"]).exits(exit_code).stdout;
        harness.file(name, &html)
    };
    // Several people, for the timeline.
    for person in &cast::CROWD[1..4] {
        month.installed.granted_to(*person);
        month.installed.pass(7);
    }
    let good = page("report.html", 0);
    super::lengthen(&month.installed, &month.live);
    month.installed.pass(100);
    let bad = page("report-overdue.html", 1);
    assert!(!std::fs::read_to_string(&good).unwrap().contains("id=\"gaps\""));
    // Everything that a page can have beside its tables: what was deleted and edited, what waits, and what nobody knows.
    harness.delete_entity("permission_records", &month.returned);
    let edit = json!({ "granted_until": "2020-01-01T00:00:00Z" });
    month.installed.edit_entity("permission_records", &month.expired, &edit);
    crate::grant::waiting(&month.installed);
    let no_aws = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let html = harness.run_with(&["report", "--output", "html"], &no_aws).exits(1).stdout;
    for id in ["deleted", "edited", "open", "gaps"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let blind = harness.file("report-blind.html", &html);
    let nothing = Installed::new();
    let html = nothing.harness.run(&["report", "--output", "html"]).exits(0).stdout;
    assert!(html.contains("Nothing was granted in this time."));
    let empty = harness.file("report-empty.html", &html);
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("node")
        .arg("tests/counterparts/report.mjs")
        .arg(screenshots)
        .args([good, bad, blind, empty])
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", home.path())
        .env("NPMT", packages)
        .env("CHROMIUM", chromium)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
