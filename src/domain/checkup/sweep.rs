//! Whether the sweep is alive.

use jiff::SignedDuration;

use super::{Check, Outcome, Seen, Severity, SweepSeen, bad, check, fine, unknown, unseen};
use crate::domain::time::{relative, utc};

/// A workflow that runs every hour may be late by so much: GitHub drops schedules when it is busy (GitHub Docs, "Events
/// that trigger workflows", schedule).
const LATE: SignedDuration = SignedDuration::from_hours(3);
/// Nobody drops schedules for so long.
const DEAD: SignedDuration = SignedDuration::from_hours(24);

pub(super) static CHECKS: [Check; 4] = [
    check("sweep-workflow", |seen| match &seen.sweep {
        Ok(sweep) => sweep_workflow(seen, sweep),
        Err(why) => {
            let remedy = format!("gh workflow view {} --repo {}", seen.names.sweep_workflow, seen.repository);
            unseen("the sweep workflow", why, remedy)
        }
    }),
    check("sweep-last-run", |seen| of_sweep(seen, sweep_last_run)),
    check("sweep-outcome", |seen| of_sweep(seen, sweep_outcome)),
    check("sweep-schedule", |seen| of_sweep(seen, sweep_schedule)),
];

/// A look that failed is told once, by the check of the workflow.
fn of_sweep(seen: &Seen, judge: fn(&Seen, &SweepSeen) -> Outcome) -> Outcome {
    match &seen.sweep {
        Ok(sweep) => judge(seen, sweep),
        Err(why) => unseen("the sweep workflow", &why.clone().aside(), ""),
    }
}

fn sweep_workflow(seen: &Seen, sweep: &SweepSeen) -> Outcome {
    let (repository, file) = (&seen.repository, &seen.names.sweep_workflow);
    match &sweep.workflow {
        // What is missing in the repository is told once, by the check of all workflows.
        None if seen.planned.is_ok() => unknown(format!("{file} is not on the default branch: see `workflows`")),
        None => bad(Severity::Error, format!("{file} is not on the default branch of {repository}"), "port-iam init"),
        Some(workflow) if workflow.state == "active" => fine(format!("{file} of {repository} is active")),
        Some(workflow) => bad(
            Severity::Error,
            format!("{file} of {repository} does not run: GitHub calls it {}", workflow.state),
            format!("gh workflow enable {file} --repo {repository}"),
        ),
    }
}

fn sweep_last_run(seen: &Seen, sweep: &SweepSeen) -> Outcome {
    let remedy = format!("gh workflow run {} --repo {}", seen.names.sweep_workflow, seen.repository);
    if sweep.workflow.is_none() {
        return unknown("there is no workflow");
    }
    let Some(run) = &sweep.ended else {
        return if is_new(seen, sweep) {
            fine("it has not run yet; it is there for less than 3 hours")
        } else {
            bad(Severity::Error, "it has never run to its end", remedy)
        };
    };
    let told = format!("it last ran at {} ({})", utc(run.created), relative(run.created, seen.now));
    match seen.now.duration_since(run.created) {
        age if age > DEAD => bad(Severity::Error, told, remedy),
        age if age > LATE => bad(Severity::Warning, told, remedy),
        _ => fine(told),
    }
}

fn sweep_outcome(seen: &Seen, sweep: &SweepSeen) -> Outcome {
    match &sweep.ended {
        None => fine("there is no run that has ended"),
        Some(run) if run.conclusion.as_deref() == Some("success") => fine(format!("run {} ended well", run.id)),
        Some(run) => bad(
            Severity::Error,
            format!("run {} ended as {}", run.id, run.conclusion.as_deref().unwrap_or("unknown")),
            format!("gh run view {} --repo {} --log-failed", run.id, seen.repository),
        ),
    }
}

/// GitHub runs a schedule in the name of whoever committed its line last, and stops it when that account goes (GitHub
/// Docs, "Events that trigger workflows", schedule).
fn sweep_schedule(seen: &Seen, sweep: &SweepSeen) -> Outcome {
    let anew = format!(
        "git commit .github/workflows/{} with a change of the line `cron`, then: port-iam init --force; both as somebody who stays",
        seen.names.sweep_workflow
    );
    if sweep.workflow.is_none() {
        return unknown("there is no workflow");
    }
    let Some(run) = &sweep.scheduled else {
        return if is_new(seen, sweep) {
            fine("GitHub has not started it by the clock yet")
        } else {
            bad(Severity::Warning, "GitHub has never started it by the clock", anew)
        };
    };
    let login = &run.actor;
    match sweep.has_access {
        Some(true) => fine(format!("its schedule hangs on the account {login}")),
        Some(false) => bad(
            Severity::Error,
            format!("its schedule hangs on the account {login}, which has no access to {} any more", seen.repository),
            anew,
        ),
        None => bad(
            Severity::Warning,
            format!("its schedule hangs on the account {login}, and whether that has access cannot be told"),
            format!("gh api repos/{}/collaborators/{login} --silent", seen.repository),
        ),
    }
}

fn is_new(seen: &Seen, sweep: &SweepSeen) -> bool {
    sweep.workflow.as_ref().is_some_and(|workflow| seen.now.duration_since(workflow.created) <= LATE)
}
