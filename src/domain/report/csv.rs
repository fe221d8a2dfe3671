//! A report for spreadsheets: one row for each grant, and behind them one for each request, each deleted or edited record,
//! and each thing that the report cannot know. Whoever has nothing but this has the whole of it.

use jiff::Timestamp;

use super::{AccessReport, AskedRun, NotGranted, OpenRun, ReportGrant};
use crate::domain::record_history::{DeletedRecord, EditedRecord};
use crate::domain::time::utc;

/// A column: its name, and what stands in it.
type Column = (&'static str, fn(&Line) -> &str);

const COLUMNS: [Column; 21] = [
    ("kind", |line| line.kind),
    ("id", |line| &line.id),
    ("requester", |line| &line.requester),
    ("approver", |line| &line.approver),
    ("resource", |line| &line.resource),
    ("additional_resources", |line| &line.additional_resources),
    ("actions", |line| &line.actions),
    ("account", |line| &line.account),
    ("from", |line| &line.from),
    ("until", |line| &line.until),
    ("ended_at", |line| &line.ended_at),
    ("ended_by", |line| &line.ended_by),
    ("asked_seconds", |line| &line.asked_seconds),
    ("held_seconds", |line| &line.held_seconds),
    ("outcome", |line| line.outcome),
    ("usage", |line| line.usage),
    ("usage_evidence", |line| &line.usage_evidence),
    ("extends", |line| &line.extends),
    ("break_glass_by", |line| &line.break_glass_by),
    ("reason", |line| &line.reason),
    ("remarks", |line| &line.remarks),
];

/// One row.
#[derive(Default)]
struct Line {
    kind: &'static str,
    id: String,
    requester: String,
    approver: String,
    resource: String,
    additional_resources: String,
    actions: String,
    account: String,
    from: String,
    until: String,
    ended_at: String,
    ended_by: String,
    asked_seconds: String,
    held_seconds: String,
    outcome: &'static str,
    usage: &'static str,
    usage_evidence: String,
    extends: String,
    break_glass_by: String,
    reason: String,
    remarks: String,
}

/// Returns a report as CSV with a head.
pub fn csv(report: &AccessReport) -> String {
    let grants = report.grants.iter().map(|grant| of_grant(grant, report.period.now));
    let lines = grants
        .chain(report.not_granted.iter().map(of_not_granted))
        .chain(report.open.iter().map(of_open))
        .chain(report.deleted.iter().map(of_deleted))
        .chain(report.edited.iter().map(of_edited))
        .chain(report.gaps.iter().map(|gap| Line { kind: "cannot-know", remarks: gap.clone(), ..Line::default() }));
    let cells = |line: Line| COLUMNS.iter().map(|(_, of)| of(&line).to_owned()).collect();
    crate::domain::csv::csv(&COLUMNS.map(|(name, _)| name), lines.map(cells))
}

fn of_grant(grant: &ReportGrant, now: Timestamp) -> Line {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    Line {
        kind: "grant",
        id: grant.grant.clone(),
        requester: text(&grant.requester),
        approver: text(&grant.approver),
        resource: grant.resources.first().cloned().unwrap_or_default(),
        additional_resources: grant.resources.get(1..).unwrap_or_default().join(" "),
        actions: grant.actions.join(" "),
        account: text(&grant.account),
        from: moment(grant.from),
        until: moment(grant.until),
        ended_at: moment(grant.ended),
        ended_by: text(&grant.ended_by),
        asked_seconds: number(grant.asked()),
        held_seconds: number(grant.held(now)),
        outcome: grant.course.word(),
        usage: grant.usage.word(),
        usage_evidence: grant.usage.told().to_owned(),
        extends: text(&grant.extends),
        break_glass_by: text(&grant.break_glass_by),
        reason: text(&grant.reason),
        remarks: grant.differences.join("; "),
    }
}

fn of_not_granted(it: &NotGranted) -> Line {
    Line { outcome: it.outcome.word(), reason: it.why.clone(), remarks: it.remedies.join("; "), ..of_asked(&it.asked) }
}

fn of_open(it: &OpenRun) -> Line {
    Line { outcome: it.word(), remarks: it.told().to_owned(), ..of_asked(&it.asked) }
}

fn of_asked(asked: &AskedRun) -> Line {
    Line {
        kind: "request",
        id: asked.run.clone(),
        requester: text(&asked.requester),
        resource: text(&asked.on),
        actions: asked.actions.join(" "),
        from: moment(asked.at),
        ..Line::default()
    }
}

fn of_deleted(it: &DeletedRecord) -> Line {
    let kept = if it.record.is_some() { "the audit log still tells it" } else { "what it said is lost" };
    let who = who_and_when(&it.by, it.at);
    let remarks = format!("its permanent record was deleted by {who}; {kept}");
    Line { kind: "deleted", id: it.grant.clone(), remarks, ..Line::default() }
}

fn of_edited(it: &EditedRecord) -> Line {
    let who = who_and_when(&it.by, it.at);
    let remarks = format!("its permanent record was edited by {who}: {}", it.told());
    Line { kind: "edited", id: it.grant.clone(), remarks, ..Line::default() }
}

fn who_and_when(by: &Option<String>, at: Option<Timestamp>) -> String {
    let by = by.as_deref().unwrap_or("somebody");
    at.map_or_else(|| by.to_owned(), |at| format!("{by} at {}", utc(at)))
}

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

fn moment(moment: Option<Timestamp>) -> String {
    moment.map(utc).unwrap_or_default()
}
