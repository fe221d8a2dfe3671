//! What every form of a report tells, whoever reads it alone.

use super::*;
use crate::domain::record_history::RecordChange;

/// Everything that a report can miss, at once.
fn blind() -> ReportSeen {
    let elsewhere = record("x", "2026-11-28T09:00:00Z", "2026-11-28T15:00:00Z", json!({ "account": "210987654321" }));
    let mut seen = seen(vec![live("l"), elsewhere], vec![role("l", Some("2026-11-28T15:00:00Z"))]);
    seen.not_looked_at = vec!["account 333333333333 not looked at: no credentials".to_owned()];
    seen.unreached = vec!["333333333333".to_owned()];
    seen.runs = Ok(RunsSeen { gaps: vec!["older ones are missing".to_owned()], ..RunsSeen::default() });
    let deleted = vec![DeletedRecord { grant: "lost".to_owned(), at: Some(at(NOW)), by: None, record: None }];
    seen.history = Ok(RecordHistory { deleted, unreadable: 3, is_cut: true, ..RecordHistory::default() });
    seen
}

fn forms(report: &AccessReport) -> [(&'static str, String); 4] {
    [("text", text(report)), ("json", json(report).to_string()), ("md", markdown(report)), ("csv", csv(report))]
}

/// A report with one of everything.
fn whole() -> AccessReport {
    let ended = |by: &str| {
        json!({ "revoked_at": "2026-11-21T09:00:00Z", "revoked_by": by, "state": "revoked",
            "approver": "lead@acme.example", "reason": "OPS-7: the quarterly report" })
    };
    let early = record("r", "2026-11-21T08:00:00Z", "2026-11-21T12:00:00Z", ended("dana@acme.example"));
    let extension = record("x", "2026-11-28T11:30:00Z", "2026-11-28T15:30:00Z", json!({ "extends": "l" }));
    let without_port = record(
        "b",
        "2026-11-24T08:00:00Z",
        "2026-11-24T09:00:00Z",
        json!({ "requester": "max@acme.example", "actions": ["ec2:StopInstances"],
            "revoked_at": "2026-11-24T09:00:02Z", "revoked_by": "expiry", "state": "expired",
            "break_glass_by": "arn:aws:iam::123456789012:user/ada" }),
    );
    let roles = vec![role("l", Some("2026-11-28T15:00:00Z")), role("x", Some("2026-11-28T15:30:00Z"))];
    let mut seen = seen(vec![expired("e"), early, without_port, live("l"), extension], roles);
    seen.not_looked_at = vec!["account 333333333333 not looked at: no credentials".to_owned()];
    let refused = "What: Not granted\nWhy: refused: duration: 300d is too long\nWhat to do: ask for at most 4h";
    let waiting = json!({ "status": "WAITING_FOR_APPROVAL", "endedAt": null });
    let runs = vec![seen_run(run("r_1", json!({ "statusLabel": "refused" })), Some(&[refused]))];
    let open = vec![seen_run(run("r_2", waiting), None)];
    seen.runs = Ok(RunsSeen { runs, open, ..RunsSeen::default() });
    let at = Some(at("2026-11-25T00:00:00Z"));
    let deleted = vec![DeletedRecord { grant: "lost".to_owned(), at, by: Some("auth0|ada".to_owned()), record: None }];
    seen.history = Ok(RecordHistory { deleted, ..RecordHistory::default() });
    report(&seen)
}

/// After a wanted change: `PORT_IAM_WRITE_GOLDEN=1 cargo test --lib golden`, and read the difference.
#[test]
fn a_report_is_told_in_a_terminal_and_in_markdown_as_the_golden_files_say() {
    let report = whole();
    for (name, told) in [("report.txt", text(&report)), ("report.md", markdown(&report))] {
        let path = format!("{}/tests/golden/report/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("PORT_IAM_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
            std::fs::write(&path, format!("{told}\n")).unwrap();
        }
        assert_eq!(format!("{told}\n"), std::fs::read_to_string(&path).unwrap(), "{path}");
    }
}

#[test]
fn every_form_tells_what_each_grant_was_about_and_each_run_that_came_to_nothing() {
    let report = whole();
    // What makes Markdown of a text sets signs before some letters.
    let plain = |text: &str| text.replace(['\\', '`'], "").replace("&#8203;", "");
    for (form, told) in forms(&report) {
        let told = plain(&told);
        for part in ["r_1", "r_2", "max@acme.example", "ec2:StopInstances", "dana@acme.example", "user/ada"] {
            assert!(told.contains(part), "{form} does not tell {part}: {told}");
        }
        // A terminal has no room for the words of people.
        for part in ["lead@acme.example", "OPS-7: the quarterly report"] {
            assert!(told.contains(part) || form == "text", "{form} does not tell {part}: {told}");
        }
    }
}

#[test]
fn every_form_tells_every_gap_and_every_lost_record() {
    let report = report(&blind());
    assert_eq!(report.gaps.len(), 5, "{:?}", report.gaps);
    // What makes Markdown of a text sets signs before some letters.
    let plain = |text: &str| text.replace(['\\', '`'], "").replace("&#8203;", "");
    for (form, told) in forms(&report) {
        for gap in &report.gaps {
            assert!(plain(&told).contains(&plain(gap)), "{form} does not tell {gap}: {told}");
        }
        assert!(told.contains("lost"), "{form}: {told}");
    }
    let csv = csv(&report);
    let rows = |kind: &str| csv.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!((rows("grant,"), rows("deleted,lost,"), rows("cannot-know,")), (2, 1, 5), "{csv}");
    assert!(csv.contains("its permanent record was deleted by somebody at 2026-11-28T12:00:00Z; what it said is lost"));
    // Whoever pipes a document on is told on standard error.
    let warnings = report.warnings();
    assert_eq!((warnings.len(), warnings[0].as_str()), (6, "the permanent record lost was deleted"));
    assert_eq!(warnings[1..], report.gaps);
}

#[test]
fn a_row_of_the_csv_has_as_many_cells_as_its_head() {
    let report = report(&blind());
    // No cell of these has a comma.
    for line in csv(&report).lines().filter(|line| !line.contains('"')) {
        assert_eq!(line.split(',').count(), 21, "{line}");
    }
}

#[test]
fn that_nothing_is_live_past_its_end_is_not_said_of_accounts_that_nobody_looked_at() {
    let report = report(&blind());
    assert!(!report.every_account_was_looked_at());
    let told = "that was looked at. Not looked at: 210987654321, 333333333333.";
    assert!(nothing_overdue(&report).ends_with(told), "{}", nothing_overdue(&report));
    assert!(super::report(&seen(vec![live("l")], Vec::new())).every_account_was_looked_at());
}

#[test]
fn a_record_that_somebody_edited_is_told_and_its_grant_stays_in_the_report() {
    let before = expired("e");
    let mut after = before.clone();
    for field in ["granted_from", "granted_until", "revoked_at"] {
        after.properties[field] = json!("2020-01-01T00:00:00Z");
    }
    let mut seen = seen(vec![after.clone()], Vec::new());
    let (by, made_by) = (Some("auth0|ada".to_owned()), Some("workflow".to_owned()));
    let change = RecordChange { at: Some(at("2026-11-25T00:00:00Z")), by, made_by, before, after };
    seen.history = Ok(RecordHistory { changes: vec![change], ..RecordHistory::default() });
    let report = report(&seen);
    assert_eq!((report.grants.len(), report.exit_code()), (1, 1));
    let told = "granted_from (it said 2026-11-20T08:00:00Z), granted_until (it said 2026-11-20T12:00:00Z), revoked_at (it said 2026-11-20T12:00:40Z)";
    let difference = format!("its permanent record was edited by auth0|ada at 2026-11-25T00:00:00Z: {told}");
    assert!(report.grants[0].differences.contains(&difference), "{:?}", report.grants[0].differences);
    assert!(text(&report).contains("EDITED PERMANENT RECORDS:\n  e by auth0|ada at 2026-11-25T00:00:00Z: "));
    for (form, told) in forms(&report) {
        assert!(told.contains("2026-11-20T12:00:40Z"), "{form}: {told}");
    }
    assert_eq!(json(&report)["edited_records"][0]["said_before"]["granted_until"], "2026-11-20T12:00:00Z");
    assert!(csv(&report).contains("\r\nedited,e,"), "{}", csv(&report));
}
