//! A report for spreadsheets: one row for each grant, and behind them one for each request that came to nothing.

use jiff::Timestamp;

use super::{NotGranted, Report, ReportGrant};
use crate::domain::time::utc;

const COLUMNS: [&str; 21] = [
    "kind",
    "id",
    "requester",
    "approver",
    "resource",
    "additional_resources",
    "actions",
    "account",
    "from",
    "until",
    "ended_at",
    "ended_by",
    "asked_seconds",
    "held_seconds",
    "outcome",
    "usage",
    "usage_evidence",
    "extends",
    "break_glass_by",
    "reason",
    "remarks",
];

/// Returns a report as CSV with a head.
pub fn csv(report: &Report) -> String {
    let grants = report.grants.iter().map(|grant| of_grant(grant, report.period.now));
    crate::domain::csv::csv(&COLUMNS, grants.chain(report.not_granted.iter().map(of_not_granted)))
}

fn of_grant(grant: &ReportGrant, now: Timestamp) -> Vec<String> {
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let moment = |moment: Option<Timestamp>| moment.map(utc).unwrap_or_default();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    vec![
        "grant".to_owned(),
        grant.grant.clone(),
        text(grant.requester.as_ref()),
        text(grant.approver.as_ref()),
        text(grant.resources.first()),
        grant.resources.get(1..).unwrap_or_default().join(" "),
        grant.actions.join(" "),
        text(grant.account.as_ref()),
        moment(grant.from),
        moment(grant.until),
        moment(grant.ended),
        text(grant.ended_by.as_ref()),
        number(grant.asked()),
        number(grant.held(now)),
        grant.course.word().to_owned(),
        grant.usage.word().to_owned(),
        grant.usage.told().to_owned(),
        text(grant.extends.as_ref()),
        text(grant.break_glass_by.as_ref()),
        text(grant.reason.as_ref()),
        grant.differences.join("; "),
    ]
}

fn of_not_granted(it: &NotGranted) -> Vec<String> {
    let mut row = vec![String::new(); COLUMNS.len()];
    let resource = it.on.clone().unwrap_or_default();
    for (column, value) in [
        ("kind", "request".to_owned()),
        ("id", it.run.clone()),
        ("requester", it.requester.clone().unwrap_or_default()),
        ("resource", resource),
        ("actions", it.actions.join(" ")),
        ("from", it.at.map(utc).unwrap_or_default()),
        ("outcome", it.outcome.word().to_owned()),
        ("reason", it.why.clone()),
        ("remarks", it.remedies.join("; ")),
    ] {
        if let Some(at) = COLUMNS.iter().position(|name| *name == column) {
            row[at] = value;
        }
    }
    row
}
