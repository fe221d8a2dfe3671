//! A report for a terminal: what must not be, the numbers, and what somebody may want to look at.

use super::{AccessReport, Breakdown, ReportGrant, Usage, length, markdown};
use crate::domain::counting::count;
use crate::domain::printable::{cut, one_line};
use crate::domain::time::utc;

/// How many of a kind are told; the other forms have all.
const MOST: usize = 10;
/// The longest line.
const LONGEST: usize = 300;

/// Returns a report as text.
pub fn text(report: &AccessReport) -> String {
    let mut lines = vec![format!("From {} to {}", utc(report.period.since), utc(report.period.now))];
    if report.overdue.is_empty() {
        lines.push(nothing_overdue(report));
    }
    for it in &report.overdue {
        let requester = it.requester.as_deref().unwrap_or("somebody");
        lines.push(format!("LIVE PAST ITS END: {} of {}: {}", it.grant, one_line(requester), it.why));
    }
    for it in &report.left_over {
        let requester = it.requester.as_deref().unwrap_or("somebody");
        lines.push(format!("Left over: {} of {}: {}", it.grant, one_line(requester), it.why));
    }
    let figures = markdown::figures(report);
    let width = figures.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.extend(figures.iter().map(|(name, value)| format!("{name:width$}  {value}")));
    let deleted = report.deleted.iter().map(|it| {
        let by = it.by.as_deref().unwrap_or("somebody");
        let at = it.at.map(|at| format!(" at {}", utc(at))).unwrap_or_default();
        let lost = if it.record.is_none() { "; what it said is lost" } else { "" };
        format!("{} by {by}{at}{lost}", it.grant)
    });
    list(&mut lines, "DELETED PERMANENT RECORDS", deleted.collect());
    let edited = report.edited.iter().map(|it| {
        let by = it.by.as_deref().unwrap_or("somebody");
        let at = it.at.map(|at| format!(" at {}", utc(at))).unwrap_or_default();
        format!("{} by {by}{at}: {}", it.grant, it.told())
    });
    list(&mut lines, "EDITED PERMANENT RECORDS", edited.collect());
    let differences = report
        .grants
        .iter()
        .flat_map(|grant| grant.differences.iter().map(move |difference| format!("{}: {difference}", grant.grant)));
    list(&mut lines, "Not as it should be", differences.collect());
    let grants = report.grants.iter().map(|grant| of_grant(grant, report));
    list(&mut lines, "Grants", grants.collect());
    let open = report.open.iter().map(|it| {
        let requester = it.asked.requester.as_deref().unwrap_or("somebody");
        let since = it.asked.at.map(|at| format!(", since {}", utc(at))).unwrap_or_default();
        let on = it.asked.on.as_deref().map(|on| format!(" on {on}")).unwrap_or_default();
        format!("{} of {requester}{on}: {}{since}", it.asked.run, it.told())
    });
    list(&mut lines, "Not over", open.collect());
    let not_granted = report.not_granted.iter().map(|it| {
        let requester = it.asked.requester.as_deref().unwrap_or("somebody");
        format!("{} {requester} ({}): {}", it.outcome.word(), it.asked.run, it.why)
    });
    list(&mut lines, "Not granted", not_granted.collect());
    let of_usage = |is_meant: fn(&Usage) -> bool| {
        let meant = report.grants.iter().filter(|grant| is_meant(&grant.usage)).map(|grant| {
            let requester = grant.requester.as_deref().unwrap_or("somebody");
            let asked = grant.asked().map(length).unwrap_or_default();
            let told = grant.usage.told();
            format!("{} of {requester} on {}, asked for {asked}: {told}", grant.grant, grant.resources.join(", "))
        });
        meant.collect::<Vec<_>>()
    };
    list(&mut lines, "Not used", of_usage(|usage| matches!(usage, Usage::Unused { .. })));
    list(&mut lines, "Not seen to be used", of_usage(|usage| matches!(usage, Usage::NotSeen { .. })));
    for breakdown in &report.breakdowns {
        list(&mut lines, &format!("By {}", breakdown.by), shares(breakdown));
    }
    list(&mut lines, "This report cannot know", report.gaps.clone());
    lines.join("\n")
}

/// Returns the line of a grant; approver and reason are in the other forms.
fn of_grant(grant: &ReportGrant, report: &AccessReport) -> String {
    let requester = grant.requester.as_deref().unwrap_or("somebody");
    let from = grant.from.map(|from| format!(" from {}", utc(from))).unwrap_or_default();
    let asked = grant.asked().map(|asked| format!(" for {}", length(asked))).unwrap_or_default();
    let held = grant.held(report.period.now).map(|held| format!(", had {}", length(held))).unwrap_or_default();
    let (actions, resources) = (grant.actions.join(", "), grant.resources.join(", "));
    format!("{}: {requester}, {actions} on {resources}{from}{asked}{held}: {}", grant.told_name(), grant.told_course())
}

/// Returns a line for each share, of numbers that are none only the first three.
fn shares(breakdown: &Breakdown) -> Vec<String> {
    let line = |share: &super::Share| {
        let rest = [(share.unused, "unused"), (share.not_seen, "not seen used"), (share.not_granted, "not granted")];
        let rest =
            rest.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!(", {number} {what}"));
        let grants = count(share.grants, "grant", "grants");
        let (asked, held) = (length(share.asked), length(share.held));
        format!("{}: {grants}, asked {asked}, had {held}{}", share.name, rest.collect::<String>())
    };
    breakdown.shares.iter().map(line).collect()
}

/// Says that nothing is live past its end, where that is known.
pub fn nothing_overdue(report: &AccessReport) -> String {
    if report.aws_was_looked_at {
        let accounts = report.accounts.join(", ");
        let plural = if report.accounts.len() == 1 { "account" } else { "accounts" };
        let was = if report.accounts.len() == 1 { "was" } else { "were" };
        let others = match report.accounts_not_looked_at.as_slice() {
            [] => String::new(),
            others => format!(" Not looked at: {}.", others.join(", ")),
        };
        format!("No grant is live past its end in the {plural} {accounts} that {was} looked at.{others}")
    } else {
        "Whether a grant is live past its end cannot be known: AWS was not looked at.".to_owned()
    }
}

fn list(lines: &mut Vec<String>, title: &str, all: Vec<String>) {
    if all.is_empty() {
        return;
    }
    lines.push(format!("\n{title}:"));
    lines.extend(all.iter().take(MOST).map(|line| format!("  {}", cut(line, LONGEST))));
    if all.len() > MOST {
        lines.push(format!("  and {} more; --output html has all", all.len() - MOST));
    }
}
