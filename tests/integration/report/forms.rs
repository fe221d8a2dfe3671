//! The forms of a report: none of them is left by what people write into it.

use serde_json::json;

use super::Month;
use crate::installed::{BUCKET, Installed};
use port_iam::sandbox::cast;

/// What a spreadsheet, Markdown, a browser or a terminal could take for its own.
const HOSTILE: &str = "=1+1|`x`<img src=x onerror=alert(1)></table>\u{1b}[2J\u{202e} @octocat https://x";

#[test]
fn every_form_tells_the_same_grants() {
    let month = Month::new();
    let run = |form: &str| month.installed.harness.run(&["report", "--output", form]).exits(0).stdout;
    for form in ["html", "csv", "md"] {
        let document = run(form);
        for part in [&month.expired, &month.returned, &month.live] {
            assert!(document.replace('\\', "").contains(part), "{form}: {part}");
        }
        assert!(document.contains(&month.refused) || form == "md", "{form}");
    }
    let csv = run("csv");
    assert!(csv.starts_with("kind,id,requester,"), "{csv}");
    assert_eq!(csv.lines().filter(|line| line.starts_with("grant,")).count(), 4, "{csv}");
    let text = month.installed.harness.run(&["report"]).exits(0).stdout;
    for line in [
        "No grant is live past its end in the account 123456789012 that was looked at.",
        "Not granted:",
        "Not seen to be used:",
        "Refused, declined, failed  1, 0, 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn what_people_write_stays_text_in_every_form() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let properties = json!({ "reason": HOSTILE, "requester": HOSTILE });
    installed.edit_entity("permission_records", &grant, &properties);
    let page = installed.harness.run(&["report", "--output", "html"]).exits(0).stdout;
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img"), "{page}");
    let csv = installed.harness.run(&["report", "--output", "csv"]).exits(0).stdout;
    assert!(csv.contains("'=1+1|"), "{csv}");
    for document in [&page, &csv] {
        assert!(!document.contains(['\u{1b}', '\u{202e}']), "{document}");
    }
    let markdown = installed.harness.run(&["report", "--output", "md"]).exits(0).stdout;
    assert!(!markdown.replace("\\<", "").contains("<img") && !markdown.contains('\u{1b}'), "{markdown}");
    assert!(!markdown.contains("@octocat") && !markdown.contains("https://x"), "{markdown}");
    let text = installed.harness.run(&["report"]).exits(0).stdout;
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_page_needs_nothing_beside_itself() {
    let month = Month::new();
    let page = month.installed.harness.run(&["report", "--output", "html"]).exits(0).stdout;
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    for part in ["<script", "src=", "href=", "url(", "@import", "http://", "https://"] {
        assert!(!page.contains(part), "{part} is in the page");
    }
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("<svg class=\"timeline\"").count(), 1);
}

#[test]
fn a_report_of_nothing_is_one() {
    let installed = Installed::new();
    for form in ["text", "json", "html", "csv", "md"] {
        installed.harness.run(&["report", "--output", form, "--since", "1h"]).exits(0);
    }
    let page = installed.harness.run(&["report", "--output", "html"]).exits(0).stdout;
    assert!(page.contains("Nothing was granted in this time."), "{page}");
}

#[test]
fn an_extension_names_what_it_goes_on_from_and_a_grant_without_port_says_who_made_it() {
    let installed = Installed::new();
    let old = installed.granted();
    let extension = installed.extend(&old.grant(), "2h");
    installed.grant(&extension).exits(0);
    let report = super::report(&installed, &[]).exits(0).json();
    let told = super::grant(&report, &extension.grant());
    assert_eq!((&told["extends"], &told["requester"]), (&json!(old.grant()), &json!(cast::DANA.email)));
    assert_eq!(told["resource"], BUCKET);
}
