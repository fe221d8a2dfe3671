//! A report as data, from values that were seen.

mod figures;
mod forms;
mod open;
mod past_the_end;
mod usage;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::{Entity, Run};
use crate::domain::iam::{ServicesSeen, TrailEvents};
use crate::domain::identifier::AccountId;
use crate::domain::overview::{AwsSeen, OverviewSeen, PortSeen, RoleSeen};
use crate::domain::record_history::RecordHistory;

const NOW: &str = "2026-11-28T12:00:00Z";
const SINCE: &str = "2026-10-29T12:00:00Z";
/// What a spreadsheet, Markdown, a browser or a terminal could take for its own.
const HOSTILE: &str = "=1+1|`x`<script>alert(1)</script>\n# h\u{1b}[2J";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn record(grant: &str, from: &str, until: &str, more: Value) -> Entity {
    let mut properties = json!({
        "grant": grant, "requester": "dana@acme.example", "resource": "arn:aws:s3:::b", "additional_resources": [],
        "actions": ["s3:PutObject"], "account": "123456789012", "granted_from": from, "granted_until": until,
        "state": "live",
    });
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Entity { identifier: grant.to_owned(), title: None, properties, relations: json!({}) }
}

fn role(grant: &str, end: Option<&str>) -> (String, RoleSeen) {
    let arn = format!("arn:aws:iam::123456789012:role/port-iam/{grant}");
    let seen = RoleSeen { arn, end: end.map(at), is_denied: false, holds_policies: true, told: None };
    (grant.to_owned(), seen)
}

fn aws(roles: Vec<(String, RoleSeen)>) -> AwsSeen {
    let account = AwsAccount { id: AccountId::parse("x", "123456789012").unwrap(), partition: "aws".to_owned() };
    AwsSeen { account, now: at(NOW), roles: roles.into_iter().collect() }
}

fn seen(records: Vec<Entity>, roles: Vec<(String, RoleSeen)>) -> ReportSeen {
    let keyed = |entities: &[Entity]| entities.iter().map(|it| (it.identifier.clone(), it.clone())).collect();
    let live: Vec<Entity> = records.iter().filter(|it| it.text("revoked_at").is_none()).cloned().collect();
    let entities = live.into_iter().map(|mut it| {
        it.properties["expiry_time"] = it.properties["granted_until"].clone();
        it
    });
    let port =
        PortSeen { records: keyed(&records), entities: keyed(&entities.collect::<Vec<_>>()), ..PortSeen::default() };
    ReportSeen {
        overview: OverviewSeen { aws: Some(aws(roles)), further: Vec::new(), port: Some(port) },
        runs: Ok(RunsSeen::default()),
        history: Ok(RecordHistory::default()),
        usage: BTreeMap::new(),
        not_looked_at: Vec::new(),
        unreached: Vec::new(),
    }
}

fn report(seen: &ReportSeen) -> AccessReport {
    compose(seen, Period { since: at(SINCE), now: at(NOW) })
}

fn ended(at: &str, by: &str, state: &str) -> Value {
    json!({ "revoked_at": at, "revoked_by": by, "state": state })
}

fn expired(grant: &str) -> Entity {
    record(grant, "2026-11-20T08:00:00Z", "2026-11-20T12:00:00Z", ended("2026-11-20T12:00:40Z", "expiry", "expired"))
}

fn returned(grant: &str) -> Entity {
    let more = ended("2026-11-21T09:00:00Z", "dana@acme.example", "revoked");
    record(grant, "2026-11-21T08:00:00Z", "2026-11-21T12:00:00Z", more)
}

fn live(grant: &str) -> Entity {
    record(grant, "2026-11-28T11:00:00Z", "2026-11-28T15:00:00Z", json!({}))
}

fn run(id: &str, more: Value) -> Run {
    let mut value = json!({ "id": id, "action": { "identifier": "request_permissions" }, "status": "FAILURE",
        "createdBy": "auth0|dana", "createdAt": "2026-11-22T08:00:00Z", "endedAt": "2026-11-22T08:00:09Z",
        "entity": { "identifier": "arn:aws:s3:::b" },
        "properties": { "permissions": ["s3:PutObject"], "duration": "300d" } });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    crate::clients::port::decoding::run(&value).unwrap()
}

fn seen_run(run: Run, log: Option<&[&str]>) -> RunSeen {
    let log = log.map(|log| log.iter().map(|&line| line.to_owned()).collect());
    RunSeen { run, asked_by: Some("dana@acme.example".to_owned()), log, declined: Ok(Vec::new()) }
}

#[test]
fn each_grant_is_told_with_what_was_asked_and_what_somebody_had_of_it() {
    let failed = record(
        "f",
        "2026-11-22T08:00:00Z",
        "2026-11-22T12:00:00Z",
        json!({ "state": "grant-failed", "revoked_at": "2026-11-22T08:00:09Z" }),
    );
    let records = vec![expired("e"), returned("r"), live("l"), failed];
    let report = report(&seen(records, vec![role("l", Some("2026-11-28T15:00:00Z"))]));
    let told: Vec<_> = report
        .grants
        .iter()
        .map(|grant| (grant.grant.as_str(), grant.course, grant.asked().unwrap(), grant.held(at(NOW)).unwrap()))
        .collect();
    let hour = 3_600;
    assert_eq!(
        told,
        [
            ("l", Course::Live, 4 * hour, hour),
            ("f", Course::Failed, 4 * hour, 0),
            ("r", Course::EndedEarly, 4 * hour, hour),
            // AWS lets nobody in behind the end, however late it is taken away.
            ("e", Course::Expired, 4 * hour, 4 * hour),
        ]
    );
    let totals = &report.totals;
    assert_eq!((totals.grants, totals.live, totals.ended_early, totals.overdue), (4, 1, 1, 0));
    assert_eq!((totals.asked, totals.held), (16 * hour, 6 * hour));
    assert_eq!(report.exit_code(), 0);
}

#[test]
fn what_had_ended_before_the_period_is_left_out_and_what_reaches_into_it_is_not() {
    let before =
        record("a", "2026-10-01T00:00:00Z", "2026-10-01T04:00:00Z", ended("2026-10-01T04:00:00Z", "expiry", "expired"));
    let into =
        record("b", "2026-10-25T00:00:00Z", "2026-10-30T00:00:00Z", ended("2026-10-30T00:00:00Z", "expiry", "expired"));
    let report = report(&seen(vec![before, into], Vec::new()));
    assert_eq!(report.grants.iter().map(|grant| grant.grant.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn what_was_refused_failed_and_declined_is_told_with_its_reason() {
    let refused =
        "What: Not granted\nWhy: refused: duration: `300d` is too long\nWhat to do: ask for 4h\nWhat to do: or less";
    let runs = vec![
        seen_run(run("r_1", json!({ "statusLabel": "refused" })), Some(&["Started", refused])),
        // As earlier versions wrote it.
        seen_run(run("r_2", json!({})), Some(&["error: AWS did not answer\nWhat to do: try again"])),
        seen_run(run("r_3", json!({ "status": "DECLINED" })), Some(&[])),
        seen_run(run("r_4", json!({})), None),
        seen_run(run("r_5", json!({})), Some(&["Workflow completed: failure"])),
    ];
    let mut seen = seen(Vec::new(), Vec::new());
    seen.runs = Ok(RunsSeen { runs, ..RunsSeen::default() });
    let report = report(&seen);
    let told: Vec<_> = report
        .not_granted
        .iter()
        .map(|it| (it.asked.run.as_str(), it.outcome, it.why.as_str(), it.remedies.len()))
        .collect();
    assert_eq!(
        told,
        [
            ("r_1", Outcome::Refused, "duration: `300d` is too long", 2),
            ("r_2", Outcome::Failed, "AWS did not answer", 1),
            ("r_3", Outcome::Declined, "it was not approved; Port does not tell who declined it", 0),
            ("r_4", Outcome::Failed, "its log was not read", 0),
            ("r_5", Outcome::Failed, "Workflow completed: failure", 0),
        ]
    );
    let first = &report.not_granted[0];
    assert_eq!(
        (first.asked.requester.as_deref(), first.asked.on.as_deref()),
        (Some("dana@acme.example"), Some("arn:aws:s3:::b"))
    );
    assert_eq!(
        (first.asked.duration.as_deref(), &first.asked.actions[..]),
        (Some("300d"), &["s3:PutObject".to_owned()][..])
    );
    assert_eq!(report.totals.not_granted, [1, 1, 3]);
    assert_eq!(report.breakdowns[0].shares[0].not_granted, 5);
    let markdown = markdown(&report);
    assert!(markdown.contains("| Why | What to do |") && markdown.contains("| ask for 4h; or less |"), "{markdown}");
}

#[test]
fn a_record_that_was_deleted_is_told_by_what_the_audit_log_keeps_of_it() {
    let mut seen = seen(vec![expired("e")], Vec::new());
    let at = Some(at("2026-11-25T00:00:00Z"));
    let by = Some("auth0|mallory".to_owned());
    let records = vec![
        DeletedRecord { grant: "d".to_owned(), at, by: by.clone(), record: Some(returned("d")) },
        DeletedRecord { grant: "lost".to_owned(), at, by, record: None },
    ];
    seen.history = Ok(RecordHistory { deleted: records, unreadable: 2, is_cut: true, ..RecordHistory::default() });
    let report = report(&seen);
    let grant = report.grants.iter().find(|grant| grant.grant == "d").unwrap();
    assert_eq!(grant.requester.as_deref(), Some("dana@acme.example"));
    let told =
        "its permanent record was deleted by auth0|mallory at 2026-11-25T00:00:00Z; the audit log still tells it";
    assert!(grant.differences.contains(&told.to_owned()), "{:?}", grant.differences);
    assert_eq!(report.deleted.len(), 2);
    assert!(markdown(&report).contains("## Deleted permanent records"));
    let text = text(&report);
    let line = "DELETED PERMANENT RECORDS:\n  d by auth0|mallory at 2026-11-25T00:00:00Z\n  lost by auth0|mallory at";
    assert!(text.contains(line) && text.contains("Not as it should be:\n  d: its permanent record"), "{text}");
    assert_eq!(report.exit_code(), 1);
    for gap in
        ["2 events of a record in Port's audit log cannot be read; `port-iam audit verify`", "than it gives at once"]
    {
        assert!(report.gaps.iter().any(|told| told.contains(gap)), "{:?}", report.gaps);
    }
}

#[test]
fn what_cannot_be_read_is_a_gap_and_never_nothing() {
    let mut seen = seen(Vec::new(), Vec::new());
    seen.runs = Err("no right".to_owned());
    seen.history = Err("administrators alone".to_owned());
    seen.not_looked_at = vec!["account 210987654321 not looked at".to_owned()];
    let gaps = report(&seen).gaps;
    for gap in [
        "What was refused or failed cannot be known: no right",
        "Whether a permanent record was deleted or edited cannot be known: administrators alone; `port-iam audit verify` tells it by an earlier export",
        "account 210987654321 not looked at",
    ] {
        assert!(gaps.contains(&gap.to_owned()), "{gaps:?}");
    }
}

#[test]
fn hostile_text_is_neither_a_formula_nor_markup_nor_a_line() {
    let more =
        json!({ "requester": HOSTILE, "reason": HOSTILE, "actions": [HOSTILE], "resource": HOSTILE, "approver": "+1" });
    let grant = record("h", "2026-11-20T08:00:00Z", "2026-11-20T12:00:00Z", more);
    let mut seen = seen(vec![grant], Vec::new());
    let runs = vec![seen_run(run("r_1", json!({})), Some(&[&format!("refused: {HOSTILE}")]))];
    seen.runs = Ok(RunsSeen { runs, gaps: vec![HOSTILE.to_owned()], ..RunsSeen::default() });
    let report = report(&seen);
    let csv = csv(&report);
    assert!(csv.contains(",'=1+1|") && csv.contains(",'+1,") && !csv.contains('\u{1b}'), "{csv}");
    // What is escaped is none.
    let markdown = markdown(&report).replace("\\<", "");
    assert!(!markdown.lines().any(|line| line.starts_with("# h")) && !markdown.contains("<script"), "{markdown}");
    assert!(!markdown.contains('\u{1b}'));
    // The text of a report is made printable where it is printed.
    assert!(!text(&report).lines().any(|line| line.starts_with("# h")), "{}", text(&report));
}
