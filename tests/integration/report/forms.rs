//! The forms of a report: none of them is left by what people write into it.

use serde_json::{Value, json};

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
        assert!(document.replace('\\', "").contains(&month.refused), "{form}");
    }
    let csv = run("csv");
    assert!(csv.starts_with("kind,id,requester,"), "{csv}");
    assert_eq!(csv.lines().filter(|line| line.starts_with("grant,")).count(), 4, "{csv}");
    let text = month.installed.harness.run(&["report"]).exits(0).stdout;
    let text =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n");
    for line in [
        "No grant is live past its end in the account 123456789012 that was looked at.",
        "Not granted:",
        "Not seen to be used:",
        "Refused, declined, failed 1, 0, 1",
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
    let page = installed.harness.run(&["report", "--output", "html"]).exits(1).stdout;
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img"), "{page}");
    let csv = installed.harness.run(&["report", "--output", "csv"]).exits(1).stdout;
    assert!(csv.contains("'=1+1|"), "{csv}");
    for document in [&page, &csv] {
        assert!(!document.contains(['\u{1b}', '\u{202e}']), "{document}");
    }
    let markdown = installed.harness.run(&["report", "--output", "md"]).exits(1).stdout;
    assert!(!markdown.replace("\\<", "").contains("<img") && !markdown.contains('\u{1b}'), "{markdown}");
    assert!(!markdown.contains("@octocat") && !markdown.contains("https://x"), "{markdown}");
    let text = installed.harness.run(&["report"]).exits(1).stdout;
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
    assert_eq!((&told["resource"], &told["break_glass_by"]), (&json!(BUCKET), &Value::Null));

    let without_port = crate::break_glass::granted_without_port(&installed);
    installed.sweep(&[]).exits(0);
    let report = super::report(&installed, &[]).exits(0).json();
    let told = super::grant(&report, &without_port);
    let ada = "arn:aws:iam::123456789012:user/ada";
    assert_eq!((&told["break_glass_by"], &told["requester"]), (&json!(ada), &json!(cast::DANA.email)));
    assert_eq!((&told["resource"], &told["extends"]), (&json!(BUCKET), &Value::Null));
    let form = |name: &str| installed.harness.run(&["report", "--output", name]).exits(0).stdout;
    assert!(form("html").contains(&format!("without Port, by {ada}")));
    let csv = form("csv");
    let line = csv.lines().find(|line| line.contains(&without_port)).unwrap();
    assert!(line.contains(ada), "{line}");
    let of_port = csv.lines().find(|line| line.contains(&extension.grant())).unwrap();
    assert!(!of_port.contains(ada), "{of_port}");
}

#[test]
fn whoever_has_the_document_alone_is_told_what_nobody_could_know() {
    let month = Month::new();
    let no_aws = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let run = |form: &str| month.installed.harness.run_with(&["report", "--output", form], &no_aws).exits(0);
    let gaps = run("json").json()["cannot_know"].clone();
    let gaps: Vec<&str> = gaps.as_array().unwrap().iter().map(|gap| gap.as_str().unwrap()).collect();
    assert!(gaps.len() >= 2, "{gaps:?}");
    for form in ["html", "csv", "md"] {
        let ran = run(form);
        for gap in &gaps {
            assert!(ran.stderr.contains(&format!("warning: {gap}")), "{form}: {gap}: {}", ran.stderr);
        }
    }
    let csv = run("csv").stdout;
    assert_eq!(csv.lines().filter(|line| line.starts_with("cannot-know,")).count(), gaps.len(), "{csv}");
    // Inside a workflow a warning is a command for the runner, and the document stays one.
    let in_actions = [no_aws[0], no_aws[1], ("GITHUB_ACTIONS", "true")];
    let ran = month.installed.harness.run_with(&["report", "--output", "csv"], &in_actions).exits(0);
    assert!(ran.stdout.starts_with("kind,id,") && !ran.stdout.contains("::warning::"), "{}", ran.stdout);
    assert_eq!(ran.stderr.matches("::warning::").count(), gaps.len(), "{}", ran.stderr);
}

#[test]
fn an_account_that_nobody_looked_at_is_in_every_form_and_the_page_is_not_green() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let page = |name: &str| installed.harness.run(&["report", "--output", name]).exits(0);
    assert!(page("html").stdout.contains("class=\"box good\""));
    let elsewhere = json!({ "grant": "Permission-r_elsewhere", "requester": cast::DANA.email, "state": "live",
        "account": cast::SECOND_AWS_ACCOUNT_ID, "resource": BUCKET, "actions": ["s3:PutObject"] });
    installed.edit_entity("permission_records", "Permission-r_elsewhere", &elsewhere);
    let html = page("html");
    assert!(html.stdout.contains(&grant) && !html.stdout.contains("class=\"box good\""), "{}", html.stdout);
    for form in ["html", "csv", "md"] {
        let ran = page(form);
        let told = format!("in the accounts {} cannot be known", cast::SECOND_AWS_ACCOUNT_ID);
        assert!(ran.stdout.contains(&told) && ran.stderr.contains(&told), "{form}: {} {}", ran.stdout, ran.stderr);
    }
}
