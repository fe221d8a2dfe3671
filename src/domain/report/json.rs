//! A report for machines. `docs/reference/json.md` describes the shape, which is of version 1.

use serde_json::{Value, json};

use super::{AccessReport, AskedRun, Breakdown, NotGranted, OpenRun, Overdue, ReportGrant, Usage};
use crate::domain::record_history::EditedRecord;
use crate::domain::time::utc;

/// Returns a report for machines.
pub fn json(report: &AccessReport) -> Value {
    let AccessReport {
        period,
        totals,
        grants,
        overdue,
        left_over,
        accounts,
        accounts_not_looked_at,
        not_granted,
        open,
        breakdowns,
        deleted,
        edited,
        gaps,
        ..
    } = report;
    let [refused, declined, failed] = totals.not_granted;
    let by = |breakdown: &Breakdown| {
        let share = |share: &super::Share| {
            json!({ "name": share.name, "grants": share.grants, "asked_seconds": share.asked, "held_seconds": share.held,
                "unused": share.unused, "not_seen": share.not_seen, "not_granted": share.not_granted })
        };
        breakdown.shares.iter().map(share).collect::<Vec<_>>()
    };
    let [requesters, resources, actions] = breakdowns;
    json!({
        "since": utc(period.since),
        "now": utc(period.now),
        "overdue": overdue.iter().map(of_overdue).collect::<Vec<_>>(),
        "left_over": left_over.iter().map(of_overdue).collect::<Vec<_>>(),
        "accounts_looked_at": accounts,
        "accounts_not_looked_at": accounts_not_looked_at,
        "totals": {
            "grants": totals.grants, "requesters": totals.requesters, "resources": totals.resources,
            "asked_seconds": totals.asked, "held_seconds": totals.held, "live": totals.live,
            "ended_early": totals.ended_early, "overdue": totals.overdue, "refused": refused, "declined": declined,
            "failed": failed, "open": totals.open, "used": totals.used, "unused": totals.unused, "not_seen": totals.not_seen, "cannot_know": totals.unknown,
        },
        "grants": grants.iter().map(|grant| of_grant(grant, report)).collect::<Vec<_>>(),
        "not_granted": not_granted.iter().map(of_not_granted).collect::<Vec<_>>(),
        "open": open.iter().map(of_open).collect::<Vec<_>>(),
        "by": { "requester": by(requesters), "resource": by(resources), "action": by(actions) },
        "deleted_records": deleted.iter().map(|it| {
            json!({ "grant": it.grant, "at": it.at.map(utc), "by": it.by, "is_known": it.record.is_some() })
        }).collect::<Vec<_>>(),
        "edited_records": edited.iter().map(of_edited).collect::<Vec<_>>(),
        "cannot_know": gaps,
    })
}

fn of_edited(it: &EditedRecord) -> Value {
    json!({ "grant": it.grant, "at": it.at.map(utc), "by": it.by, "said_before": it.fields })
}

fn of_open(it: &OpenRun) -> Value {
    of_asked(&it.asked, json!({ "state": it.word(), "hangs": it.hangs }))
}

/// Puts what came of a run behind what it asked for.
fn of_asked(asked: &AskedRun, further: Value) -> Value {
    let mut told = json!({ "run": asked.run, "action": asked.action, "at": asked.at.map(utc), "requester": asked.requester,
        "on": asked.on, "actions": asked.actions, "duration": asked.duration });
    if let (Some(told), Value::Object(further)) = (told.as_object_mut(), further) {
        told.extend(further);
    }
    told
}

fn of_overdue(overdue: &Overdue) -> Value {
    json!({ "grant": overdue.grant, "requester": overdue.requester, "resources": overdue.resources,
        "until": overdue.until.map(utc), "why": overdue.why })
}

fn of_grant(grant: &ReportGrant, report: &AccessReport) -> Value {
    let last = match &grant.usage {
        Usage::Used { last, .. } => last.map(utc),
        _ => None,
    };
    json!({
        "grant": grant.grant,
        "requester": grant.requester,
        "approver": grant.approver,
        "resource": grant.resources.first(),
        "additional_resources": grant.resources.get(1..).unwrap_or_default(),
        "actions": grant.actions,
        "account": grant.account,
        "reason": grant.reason,
        "from": grant.from.map(utc),
        "until": grant.until.map(utc),
        "ended_at": grant.ended.map(utc),
        "ended_by": grant.ended_by,
        "asked_seconds": grant.asked(),
        "held_seconds": grant.held(report.period.now),
        "course": grant.course.word(),
        "state": grant.state.word(),
        "extends": grant.extends,
        "break_glass_by": grant.break_glass_by,
        "usage": { "verdict": grant.usage.word(), "evidence": grant.usage.told(), "last_used": last },
        "differences": grant.differences,
    })
}

fn of_not_granted(it: &NotGranted) -> Value {
    of_asked(&it.asked, json!({ "outcome": it.outcome.word(), "why": it.why, "what_to_do": it.remedies }))
}
