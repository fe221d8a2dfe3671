//! A report as Markdown, for an issue or a page of a wiki.

use super::{AccessReport, Breakdown, ReportGrant, length};
use crate::domain::counting::count;
use crate::domain::markdown::{folded, table, text};
use crate::domain::time::utc;

/// Returns a report as Markdown.
pub fn markdown(report: &AccessReport) -> String {
    let mut parts = vec![
        format!("# IAM permissions from {} to {}", utc(report.period.since), utc(report.period.now)),
        overdue(report),
    ];
    parts.extend(left_over(report));
    parts.push(table(&["", ""], figures(report).into_iter().map(|(name, value)| vec![name.to_owned(), value])));
    parts.extend(section("Grants", &GRANTS, report.grants.iter().map(|grant| of_grant(grant, report)).collect()));
    let open = report.open.iter().map(|it| {
        vec![
            it.asked.at.map(utc).unwrap_or_default(),
            it.told().to_owned(),
            it.asked.requester.clone().unwrap_or_default(),
            it.asked.on.clone().unwrap_or_default(),
            it.asked.actions.join(", "),
            it.asked.run.clone(),
        ]
    });
    let head = ["At", "How it stands", "Requester", "On", "Actions", "Run"];
    parts.extend(section("Not over", &head, open.collect()));
    let not_granted = report.not_granted.iter().map(|it| {
        vec![
            it.asked.at.map(utc).unwrap_or_default(),
            it.outcome.word().to_owned(),
            it.asked.requester.clone().unwrap_or_default(),
            it.asked.on.clone().unwrap_or_default(),
            it.asked.actions.join(", "),
            it.asked.duration.clone().unwrap_or_default(),
            it.why.clone(),
            it.remedies.join("; "),
            it.asked.run.clone(),
        ]
    });
    let head = ["At", "What", "Requester", "On", "Actions", "Asked", "Why", "What to do", "Run"];
    parts.extend(section("Refused, declined and failed", &head, not_granted.collect()));
    parts.extend(report.breakdowns.iter().filter_map(of_breakdown));
    let deleted = report.deleted.iter().map(|it| {
        let kept = if it.record.is_some() { "in the audit log" } else { "lost" };
        let at = it.at.map(utc).unwrap_or_default();
        vec![it.grant.clone(), at, it.by.clone().unwrap_or_default(), kept.to_owned()]
    });
    parts.extend(section("Deleted permanent records", &["Grant", "At", "By", "What it said"], deleted.collect()));
    let edited = report.edited.iter().map(|it| {
        vec![it.grant.clone(), it.at.map(utc).unwrap_or_default(), it.by.clone().unwrap_or_default(), it.told()]
    });
    parts.extend(section("Edited permanent records", &["Grant", "At", "By", "What"], edited.collect()));
    if !report.gaps.is_empty() {
        let lines: Vec<String> = report.gaps.iter().map(|gap| format!("- {}", text(gap))).collect();
        parts.push(format!("## What this report cannot know\n\n{}", lines.join("\n")));
    }
    parts.join("\n\n")
}

const GRANTS: [&str; 12] = [
    "Grant",
    "Requester",
    "Approver",
    "Resources",
    "Actions",
    "Reason",
    "From",
    "Until",
    "Asked",
    "Had",
    "How it went",
    "Used",
];

fn of_grant(grant: &ReportGrant, report: &AccessReport) -> Vec<String> {
    vec![
        grant.told_name(),
        grant.requester.clone().unwrap_or_default(),
        grant.approver.clone().unwrap_or_default(),
        grant.resources.join(", "),
        grant.actions.join(", "),
        grant.reason.clone().unwrap_or_default(),
        grant.from.map(utc).unwrap_or_default(),
        grant.ended.or(grant.until).map(utc).unwrap_or_default(),
        grant.asked().map(length).unwrap_or_default(),
        grant.held(report.period.now).map(length).unwrap_or_default(),
        [&[grant.told_course()], &grant.differences[..]].concat().join("; "),
        format!("{}: {}", grant.usage.word().replace('-', " "), grant.usage.told()),
    ]
}

fn of_breakdown(breakdown: &Breakdown) -> Option<String> {
    let head = [breakdown.by, "grants", "asked", "had", "unused", "not seen", "not granted"];
    let rows: Vec<Vec<String>> = breakdown
        .shares
        .iter()
        .map(|share| {
            let numbers = [share.unused, share.not_seen, share.not_granted].map(|number| number.to_string());
            let [unused, not_seen, not_granted] = numbers;
            vec![
                share.name.clone(),
                share.grants.to_string(),
                length(share.asked),
                length(share.held),
                unused,
                not_seen,
                not_granted,
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| folded(&format!("By {}", breakdown.by), &table(&head, rows)))
}

fn section(title: &str, head: &[&str], rows: Vec<Vec<String>>) -> Option<String> {
    (!rows.is_empty()).then(|| format!("## {title}\n\n{}", table(head, rows)))
}

fn overdue(report: &AccessReport) -> String {
    if report.overdue.is_empty() {
        return format!("**{}**", super::text::nothing_overdue(report));
    }
    let lines = report.overdue.iter().map(|it| {
        let requester = it.requester.as_deref().unwrap_or("unknown");
        let what = it.resources.join(", ");
        format!("> - **{}** of {} on {}: {}", text(&it.grant), text(requester), text(&what), text(&it.why))
    });
    format!(
        "> [!CAUTION]\n> **Live past their end: {}**\n>\n{}",
        report.overdue.len(),
        lines.collect::<Vec<_>>().join("\n")
    )
}

fn left_over(report: &AccessReport) -> Option<String> {
    let lines = report.left_over.iter().map(|it| {
        let requester = it.requester.as_deref().unwrap_or("unknown");
        format!("- **{}** of {}: {}", text(&it.grant), text(requester), text(&it.why))
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| format!("Roles that are left over, and that nobody can use:\n\n{}", lines.join("\n")))
}

/// The whole in numbers, as names and values.
pub(super) fn figures(report: &AccessReport) -> Vec<(&'static str, String)> {
    let totals = &report.totals;
    let [refused, declined, failed] = totals.not_granted;
    vec![
        (
            "Grants",
            format!(
                "{} of {} on {}",
                totals.grants,
                count(totals.requesters, "person", "people"),
                count(totals.resources, "resource", "resources")
            ),
        ),
        ("Asked for", length(totals.asked)),
        ("Had", length(totals.held)),
        ("Live now", totals.live.to_string()),
        ("Ended early", totals.ended_early.to_string()),
        ("Refused, declined, failed", format!("{refused}, {declined}, {failed}")),
        ("Not over", totals.open.to_string()),
        (
            "Used, unused, not seen, cannot know",
            format!("{}, {}, {}, {}", totals.used, totals.unused, totals.not_seen, totals.unknown),
        ),
    ]
}
