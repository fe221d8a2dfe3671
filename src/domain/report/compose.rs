//! Puts together what was seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::standing::{self, Standing};
use super::{
    AccessReport, Breakdown, Course, NotGranted, OpenRun, Period, ReportGrant, ReportSeen, Timeline, Totals, Usage,
};
use crate::domain::catalog::Entity;
use crate::domain::counting::count;
use crate::domain::identifier::AccountId;
use crate::domain::overview::{self, OverviewSeen, Row, State};
use crate::domain::record_history::{DeletedRecord, EditedRecord, RecordHistory};
use crate::domain::time::utc;

/// Returns the report on a period.
pub fn compose(seen: &ReportSeen, period: Period) -> AccessReport {
    let now = period.now;
    let rows = overview::compose(&seen.overview);
    let standing = standing::of(&seen.overview, &rows, now);
    let empty = BTreeMap::new();
    let records = seen.overview.port.as_ref().map_or(&empty, |port| &port.records);
    let of_row = |row: &Row| grant(row, records.get(&row.grant), seen, standing.get(&row.grant), now);
    let mut grants: Vec<ReportGrant> = rows.iter().map(of_row).collect();
    let deleted = seen.history.as_ref().map(|history| history.deleted.as_slice()).unwrap_or_default();
    let edited = seen.history.as_ref().map(RecordHistory::edits).unwrap_or_default();
    grants.extend(deleted.iter().filter_map(|deleted| deleted_grant(deleted, &grants, seen, now)).collect::<Vec<_>>());
    for grant in &mut grants {
        let of_it = edited.iter().filter(|edit| edit.grant == grant.grant);
        grant.differences.extend(of_it.map(difference));
    }
    // Whoever edits a record must not make its grant disappear from here.
    let is_edited = |grant: &ReportGrant| edited.iter().any(|edit| edit.grant == grant.grant);
    grants.retain(|grant| grant.course == Course::Overdue || is_edited(grant) || was_live_after(grant, period.since));
    grants.sort_by(|one, other| other.from.cmp(&one.from).then_with(|| one.grant.cmp(&other.grant)));
    let runs = seen.runs.as_ref().map(|runs| runs.runs.as_slice()).unwrap_or_default();
    let is_of_period = |not_granted: &NotGranted| not_granted.asked.at.is_none_or(|at| at >= period.since);
    let not_granted: Vec<NotGranted> = runs.iter().map(NotGranted::of).filter(is_of_period).collect();
    let open = seen.runs.as_ref().map(|runs| runs.open.as_slice()).unwrap_or_default();
    let open: Vec<OpenRun> = open.iter().map(|run| OpenRun::of(run, now)).collect();
    let not_looked_at = accounts_not_looked_at(seen, &rows);
    let (overdue, left_over) = standing::told(&standing, &rows);
    AccessReport {
        totals: Totals::of(&grants, &not_granted, open.len(), overdue.len(), now),
        breakdowns: Breakdown::all(&grants, &not_granted, now),
        timeline: Timeline::of(&grants, period),
        aws_was_looked_at: seen.overview.aws.is_some(),
        accounts: accounts(&seen.overview),
        accounts_not_looked_at: not_looked_at.clone(),
        deleted: deleted.to_vec(),
        edited,
        gaps: gaps(seen, &not_looked_at),
        period,
        overdue,
        left_over,
        grants,
        not_granted,
        open,
    }
}

fn grant(
    row: &Row,
    record: Option<&Entity>,
    seen: &ReportSeen,
    standing: Option<&Standing>,
    now: Timestamp,
) -> ReportGrant {
    let text = |name: &str| record.and_then(|record| record.text(name)).map(str::to_owned);
    let revoked = text("revoked_at").and_then(|at| at.parse().ok());
    // A role that is left over does not make a record's end untrue; one that lets people in does.
    let ended = match standing {
        Some(Standing::Live) => None,
        Some(Standing::Overdue(overdue)) => overdue.let_in_until.filter(|end| *end <= now),
        Some(Standing::LeftOver(_)) | None => row.ended.or(revoked),
    };
    let course = match row.state {
        _ if matches!(standing, Some(Standing::Overdue(_))) => Course::Overdue,
        _ if matches!(standing, Some(Standing::Live)) => Course::Live,
        State::GrantFailed => Course::Failed,
        State::Live | State::Granting if ended.is_none() => Course::Live,
        State::Denied | State::Powerless if ended.is_none() => Course::Powerless,
        State::Expired => Course::Expired,
        _ if ended.is_some() => of_end(ended, row.until),
        State::Revoked | State::Revoking => Course::EndedEarly,
        _ => Course::Unclear,
    };
    let mut told = ReportGrant {
        grant: row.grant.clone(),
        requester: row.requesters.first().cloned(),
        approver: text("approver"),
        resources: row.resources.clone(),
        actions: row.actions.clone(),
        account: row.account.clone(),
        reason: row.reason.clone(),
        from: row.from,
        // What somebody made of a role's end was not asked for.
        until: standing.and_then(Standing::on_record).or(row.until),
        ended,
        ended_by: text("revoked_by"),
        state: row.state,
        course,
        extends: row.extends.clone(),
        break_glass_by: text("break_glass_by"),
        usage: Usage::Unasked,
        differences: row.differences.clone(),
    };
    told.differences.extend(standing.and_then(Standing::difference));
    told.usage = Usage::of(&told, seen.usage.get(&row.grant), now);
    told
}

/// What ends a little after its time has expired, however it was taken away.
fn of_end(ended: Option<Timestamp>, until: Option<Timestamp>) -> Course {
    match (ended, until) {
        (Some(ended), Some(until)) if ended >= until => Course::Expired,
        _ => Course::EndedEarly,
    }
}

/// What the audit log keeps of a record that somebody deleted.
fn deleted_grant(
    deleted: &DeletedRecord,
    known: &[ReportGrant],
    seen: &ReportSeen,
    now: Timestamp,
) -> Option<ReportGrant> {
    if known.iter().any(|grant| grant.grant == deleted.grant) {
        return None;
    }
    let record = deleted.record.as_ref()?;
    let port = overview::PortSeen {
        records: [(deleted.grant.clone(), record.clone())].into_iter().collect(),
        ..overview::PortSeen::default()
    };
    let alone = OverviewSeen { port: Some(port), ..OverviewSeen::default() };
    let row = overview::compose(&alone).pop()?;
    let mut told = grant(&row, Some(record), seen, None, now);
    let by = deleted.by.as_deref().unwrap_or("somebody");
    let at = deleted.at.map(|at| format!(" at {}", utc(at))).unwrap_or_default();
    told.differences.push(format!("its permanent record was deleted by {by}{at}; the audit log still tells it"));
    Some(told)
}

fn difference(edit: &EditedRecord) -> String {
    let by = edit.by.as_deref().unwrap_or("somebody");
    let at = edit.at.map(|at| format!(" at {}", utc(at))).unwrap_or_default();
    format!("its permanent record was edited by {by}{at}: {}", edit.told())
}

/// What tells no end is taken to be live.
fn was_live_after(grant: &ReportGrant, since: Timestamp) -> bool {
    let end = match grant.course {
        Course::Live | Course::Powerless => None,
        _ => grant.ended.or(grant.until),
    };
    end.is_none_or(|end| end >= since)
}

fn accounts(seen: &OverviewSeen) -> Vec<String> {
    seen.aws.iter().chain(&seen.further).map(|aws| aws.account.id.as_str().to_owned()).collect()
}

/// What Port says of a grant names accounts; where nobody looked, a role may be there whatever Port says.
fn accounts_not_looked_at(seen: &ReportSeen, rows: &[Row]) -> Vec<String> {
    let port = seen.overview.port.as_ref();
    let of_port = port.into_iter().flat_map(|port| port.records.values().chain(port.entities.values()));
    let of_log = seen.history.iter().flat_map(|history| &history.deleted).filter_map(|deleted| deleted.record.as_ref());
    let named = of_port.chain(of_log).filter_map(|entity| entity.text("account"));
    let of_rows = rows.iter().filter_map(|row| row.account.as_deref());
    let all = named.chain(of_rows).chain(seen.unreached.iter().map(String::as_str));
    let looked_at = accounts(&seen.overview);
    let is_meant =
        |account: &&str| AccountId::parse("account", account).is_ok() && !looked_at.iter().any(|it| it == account);
    all.filter(is_meant).collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

fn gaps(seen: &ReportSeen, not_looked_at: &[String]) -> Vec<String> {
    let mut gaps = seen.not_looked_at.clone();
    if seen.overview.aws.is_some() && !not_looked_at.is_empty() {
        let accounts = not_looked_at.join(", ");
        gaps.push(format!(
            "Whether a grant is live past its end in the accounts {accounts} cannot be known: they were not looked at (--account-profile ACCOUNT=PROFILE looks at one)"
        ));
    }
    if seen.overview.aws.is_none() {
        gaps.push("Whether a grant is live past its end cannot be known: AWS was not looked at.".to_owned());
    }
    match &seen.runs {
        Ok(runs) => gaps.extend(runs.gaps.iter().cloned()),
        Err(why) => gaps.push(format!("What was refused or failed cannot be known: {why}")),
    }
    match &seen.history {
        Err(why) => gaps.push(format!(
            "Whether a permanent record was deleted or edited cannot be known: {why}; `port-iam audit verify` tells it by an earlier export"
        )),
        Ok(history) => gaps.extend(gaps_of_history(history)),
    }
    gaps
}

fn gaps_of_history(history: &RecordHistory) -> Vec<String> {
    let what = "Which permanent records were deleted or edited cannot be known in full";
    let instead = "`port-iam audit verify` tells it by an earlier export";
    let mut gaps = Vec::new();
    if history.unreadable > 0 {
        let events = count(history.unreadable, "event", "events");
        gaps.push(format!("{what}: {events} of a record in Port's audit log cannot be read; {instead}"));
    }
    if history.is_cut {
        gaps.push(format!(
            "{what}: Port's audit log has more events of records in this time than it gives at once; {instead}"
        ));
    }
    gaps
}
