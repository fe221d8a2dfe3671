//! What `doctor` looks at: a table of checks over what was seen. Another check is another line of the table.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::reference::Edition;
use super::time::{relative, utc};

/// A workflow that runs every hour may be late by so much: GitHub drops schedules when it is busy (GitHub Docs, "Events
/// that trigger workflows", schedule).
const LATE: SignedDuration = SignedDuration::from_hours(3);
/// Nobody drops schedules for so long.
const DEAD: SignedDuration = SignedDuration::from_hours(24);

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Fine,
    /// It works, and somebody should look.
    Warning,
    /// It does not work.
    Error,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// How it came out.
    pub severity: Severity,
    /// A sentence.
    pub what: String,
    /// What to do, a command where one does it; none when all is well.
    pub remedy: Option<String>,
}

/// Everything that was seen. What could not be looked at says why.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The target repository, `owner/name`.
    pub repository: String,
    /// File name of the sweep workflow.
    pub sweep_workflow: String,
    /// The time.
    pub now: Timestamp,
    /// The installation, as the tag of its roles names it.
    pub scope: Result<String, String>,
    /// The sweep workflow.
    pub sweep: Result<SweepSeen, String>,
    /// The data of AWS's actions in this program.
    pub edition: Option<Edition>,
}

/// What GitHub tells of the sweep workflow.
#[derive(Clone, Debug, Default)]
pub struct SweepSeen {
    /// The workflow; none when it is not on the default branch.
    pub workflow: Option<WorkflowSeen>,
    /// Its newest run that has ended.
    pub ended: Option<RunSeen>,
    /// Its newest run by the clock.
    pub scheduled: Option<RunSeen>,
    /// Whether the account that the schedule hangs on has access to the repository; none when nobody can tell.
    pub has_access: Option<bool>,
}

/// The sweep workflow.
#[derive(Clone, Debug)]
pub struct WorkflowSeen {
    /// `active`, or why it is not.
    pub state: String,
    /// When GitHub first saw it.
    pub created: Timestamp,
}

/// A run of the sweep workflow.
#[derive(Clone, Debug)]
pub struct RunSeen {
    /// Its number.
    pub id: u64,
    /// How it ended, when it has.
    pub conclusion: Option<String>,
    /// When it was started.
    pub created: Timestamp,
    /// Login in whose name it runs.
    pub actor: String,
}

/// One line of the table.
struct Check {
    name: &'static str,
    judge: fn(&Seen) -> Outcome,
}

/// How a check comes out, what it says, and what to do.
type Outcome = (Severity, String, Option<String>);

const CHECKS: [Check; 6] = [
    Check { name: "installation", judge: installation },
    Check { name: "sweep-workflow", judge: |seen| of_sweep(seen, sweep_workflow) },
    Check { name: "sweep-last-run", judge: |seen| of_sweep(seen, sweep_last_run) },
    Check { name: "sweep-outcome", judge: |seen| of_sweep(seen, sweep_outcome) },
    Check { name: "sweep-schedule", judge: |seen| of_sweep(seen, sweep_schedule) },
    Check { name: "reference-age", judge: reference_age },
];

/// Runs all checks.
pub fn examine(seen: &Seen) -> Vec<Finding> {
    let finding = |check: &Check| {
        let (severity, what, remedy) = (check.judge)(seen);
        Finding { check: check.name, severity, what, remedy }
    };
    CHECKS.iter().map(finding).collect()
}

fn fine(what: impl Into<String>) -> Outcome {
    (Severity::Fine, what.into(), None)
}

fn bad(severity: Severity, what: impl Into<String>, remedy: impl Into<String>) -> Outcome {
    (severity, what.into(), Some(remedy.into()))
}

fn installation(seen: &Seen) -> Outcome {
    match &seen.scope {
        Ok(scope) => fine(format!("this is {scope}; `grant --break-glass --scope` may need it while Port is down")),
        Err(why) => bad(
            Severity::Warning,
            format!("which installation this is cannot be told: {why}"),
            "port-iam doctor --verbose",
        ),
    }
}

fn of_sweep(seen: &Seen, judge: fn(&Seen, &SweepSeen) -> Outcome) -> Outcome {
    match &seen.sweep {
        Ok(sweep) => judge(seen, sweep),
        Err(why) => {
            let remedy = format!("gh workflow view {} --repo {}", seen.sweep_workflow, seen.repository);
            bad(Severity::Error, format!("the sweep workflow cannot be looked at: {why}"), remedy)
        }
    }
}

fn sweep_workflow(seen: &Seen, sweep: &SweepSeen) -> Outcome {
    let Seen { repository, sweep_workflow: file, .. } = seen;
    match &sweep.workflow {
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
    let remedy = format!("gh workflow run {} --repo {}", seen.sweep_workflow, seen.repository);
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
        Some(run) if run.conclusion.as_deref() == Some("success") => fine(format!("run {} found nothing", run.id)),
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
        "as somebody who stays, commit a change of the line `cron` in .github/workflows/{}",
        seen.sweep_workflow
    );
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

fn reference_age(seen: &Seen) -> Outcome {
    match &seen.edition {
        Some(edition) if edition.is_stale(seen.now) => bad(
            Severity::Warning,
            format!("the data of AWS's actions are more than 180 days old: {}", edition.describe()),
            "cargo install --path . (of a newer port-iam), then port-iam init",
        ),
        Some(edition) => fine(format!("the data of AWS's actions are fresh: {}", edition.describe())),
        None => bad(Severity::Error, "the data of AWS's actions are damaged", "cargo install --path ."),
    }
}

impl Severity {
    /// Returns its name, for machines and people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Finding {
    /// Returns the finding for machines.
    pub fn json(&self) -> Value {
        json!({ "check": self.check, "severity": self.severity.name(), "what": self.what, "remedy": self.remedy })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<8} {}: {}", self.severity.name(), self.check, self.what)?;
        self.remedy.iter().try_for_each(|remedy| write!(formatter, "\n         What to do: {remedy}"))
    }
}

#[cfg(test)]
mod tests;
