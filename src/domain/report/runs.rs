//! What was asked for and came to nothing, and why; and what is not over: it waits for somebody, or a workflow is at it.

use jiff::{SignedDuration, Timestamp};

use super::{Declined, RunSeen};
use crate::domain::step_summary::ToldNotDone;

/// A workflow is done within minutes; what is longer under way hangs.
const HANGS: SignedDuration = SignedDuration::from_hours(1);

/// What came of a run that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was understood and refused.
    Refused,
    /// Whoever could have approved it said no.
    Declined,
    /// Something did not work.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Refused, Self::Declined, Self::Failed];

    /// Returns the word for people and machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }
}

/// What a run asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedRun {
    /// Port's run.
    pub run: String,
    /// The action that was run.
    pub action: String,
    /// When it was asked for.
    pub at: Option<Timestamp>,
    /// Who asked: the e-mail where Port tells it, else Port's id.
    pub requester: Option<String>,
    /// What it was asked on: a resource, or a grant.
    pub on: Option<String>,
    /// The actions that were asked for.
    pub actions: Vec<String>,
    /// For how long.
    pub duration: Option<String>,
}

impl AskedRun {
    fn of(seen: &RunSeen) -> Self {
        let run = &seen.run;
        Self {
            run: run.id.clone(),
            action: run.action.clone(),
            at: run.created_at,
            requester: seen.asked_by.clone().or_else(|| run.created_by.clone()),
            on: run.entity.clone(),
            actions: run.permissions(),
            duration: run.form()["duration"].as_str().map(str::to_owned),
        }
    }
}

/// A request that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotGranted {
    /// What was asked for.
    pub asked: AskedRun,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, a sentence.
    pub why: String,
    /// What the requester was told to do, each a sentence.
    pub remedies: Vec<String>,
}

impl NotGranted {
    /// Reads a run that did not end well.
    pub(super) fn of(seen: &RunSeen) -> Self {
        let RunSeen { run, log, declined, .. } = seen;
        let told = log.iter().flatten().filter_map(|message| ToldNotDone::parse(message)).next_back();
        let outcome = match (run.is_declined(), run.status_label.as_deref(), &told) {
            (true, ..) => Outcome::Declined,
            (_, Some("refused"), _) | (_, _, Some(ToldNotDone { is_refused: true, .. })) => Outcome::Refused,
            _ => Outcome::Failed,
        };
        // Where nothing says that it was refused or failed, the last line of the log stands.
        let last = || log.as_ref()?.last()?.lines().next().map(str::to_owned);
        let (why, remedies) = match (outcome, told) {
            (Outcome::Declined, _) => (why_declined(declined), Vec::new()),
            (_, Some(told)) => (told.why, told.remedies),
            (_, None) if log.is_none() => ("its log was not read".to_owned(), Vec::new()),
            (_, None) => (last().unwrap_or_else(|| "its log tells no reason".to_owned()), Vec::new()),
        };
        Self { asked: AskedRun::of(seen), outcome, why, remedies }
    }
}

fn why_declined(declined: &Result<Vec<Declined>, String>) -> String {
    let one = |declined: &Declined| match &declined.why {
        Some(why) => format!("{} declined it: {why}", declined.by),
        None => format!("{} declined it, without a reason", declined.by),
    };
    match declined {
        Ok(all) if all.is_empty() => "it was not approved; Port does not tell who declined it".to_owned(),
        Ok(all) => all.iter().map(one).collect::<Vec<_>>().join("; "),
        Err(why) => format!("it was not approved; who declined it cannot be known: {why}"),
    }
}

/// A request that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRun {
    /// What was asked for.
    pub asked: AskedRun,
    /// Whether somebody has to approve it; else it is in progress.
    pub is_waiting: bool,
    /// Whether it is in progress for longer than a workflow takes.
    pub hangs: bool,
}

impl OpenRun {
    pub(super) fn of(seen: &RunSeen, now: Timestamp) -> Self {
        let run = &seen.run;
        let is_waiting = run.is_waiting();
        // Since when it is in progress: an approval is its last change.
        let since = run.updated_at.or(run.created_at);
        Self {
            asked: AskedRun::of(seen),
            is_waiting,
            hangs: !is_waiting && since.is_none_or(|since| now.duration_since(since) > HANGS),
        }
    }

    /// Returns the word for people and machines.
    pub fn word(&self) -> &'static str {
        if self.is_waiting { "waiting-for-approval" } else { "in-progress" }
    }

    /// Returns it in words.
    pub fn told(&self) -> &'static str {
        match self {
            Self { is_waiting: true, .. } => "waits for an approval",
            Self { hangs: true, .. } => "in progress for more than an hour: its workflow may never have run",
            _ => "in progress",
        }
    }
}
