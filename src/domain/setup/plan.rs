//! The plan as data: printed and applied from the same value.

mod file_change;
mod outcome;
mod write;

use std::fmt;

use serde_json::{Value, json};

pub use self::file_change::{FileChange, OTHER_RELEASE};
pub use self::outcome::Outcome;
pub use self::write::Write;
use super::finding::Finding;
use super::subject::{Subject, Thing};
use crate::domain::own_command::Invocation;

/// One of the three systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// AWS.
    Aws,
    /// Port.
    Port,
    /// GitHub.
    GitHub,
}

impl System {
    /// Returns the word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Port => "port",
            Self::GitHub => "github",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Aws => "AWS",
            Self::Port => "Port",
            Self::GitHub => "GitHub",
        })
    }
}

/// One thing of the set-up and what is to become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where it is.
    pub system: System,
    /// What it is.
    pub subject: Subject,
    /// What differs, a line each.
    pub lines: Vec<String>,
    /// The files that are committed at once, where it is those.
    pub files: Vec<FileChange>,
    /// What is to become of it.
    pub outcome: Outcome,
}

/// All steps in the order in which they are carried out, and what else should be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// What should be known.
    pub findings: Vec<Finding>,
}

impl Step {
    /// Returns the write of this step, if it has one.
    pub fn write(&self) -> Option<&Write> {
        match &self.outcome {
            Outcome::Create(write) | Outcome::Change(write) => Some(write),
            Outcome::Keep
            | Outcome::Refused { .. }
            | Outcome::Pending { .. }
            | Outcome::Hidden { .. }
            | Outcome::Left { .. } => None,
        }
    }

    /// Returns the step of a release as it was carried out, with the tag that it got.
    #[must_use]
    pub fn published_as(&self, tag: &str) -> Self {
        let thing = match &self.subject.thing {
            Thing::Release(_) => Thing::Release(tag.to_owned()),
            other => other.clone(),
        };
        Self { subject: Subject { thing, ..self.subject.clone() }, ..self.clone() }
    }

    /// Returns the word for machines; what may not be seen waits as well.
    pub fn word(&self) -> &'static str {
        match &self.outcome {
            Outcome::Keep => "keep",
            Outcome::Create(_) => "create",
            Outcome::Change(_) => "change",
            Outcome::Refused { .. } => "refused",
            Outcome::Pending { .. } | Outcome::Hidden { .. } => "pending",
            Outcome::Left { .. } => "left",
        }
    }

    /// Returns what differs as it is shown, a line each: below a file what changes in it.
    pub fn told(&self) -> Vec<String> {
        let Self { lines, files, .. } = self;
        lines.iter().cloned().chain(files.iter().flat_map(FileChange::told)).collect()
    }

    fn mark(&self) -> char {
        match &self.outcome {
            Outcome::Keep => '=',
            Outcome::Create(_) => '+',
            Outcome::Change(_) => '~',
            Outcome::Refused { .. } | Outcome::Pending { .. } | Outcome::Hidden { .. } | Outcome::Left { .. } => '!',
        }
    }

    /// Returns the step for machines.
    pub fn json(&self) -> Value {
        let Self { system, subject, lines: _, files: _, outcome } = self;
        let mut json = json!({ "system": system.word(), "subject": subject.to_string(), "change": self.word(), "differences": self.told() });
        if let Outcome::Refused { reason, remedy } | Outcome::Left { reason, remedy } = outcome {
            json["reason"] = json!(reason);
            json["remedy"] = json!(remedy);
        }
        if let Some((reason, commands)) = outcome.waits() {
            json["reason"] = json!(reason);
            json["commands"] = json!(commands);
        }
        json
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { system, subject, lines: _, files: _, outcome } = self;
        write!(formatter, "{} {system:<6} {subject}", self.mark())?;
        if let Outcome::Refused { reason, remedy } | Outcome::Left { reason, remedy } = outcome {
            write!(formatter, ": {reason}\n      {remedy}")?;
        }
        if let Some((reason, _)) = outcome.waits() {
            write!(formatter, ": {reason}")?;
        }
        for line in self.told() {
            write!(formatter, "\n      {line}")?;
        }
        if let Some((_, commands)) = outcome.waits() {
            commands.iter().try_for_each(|command| write!(formatter, "\n      $ {command}"))?;
        }
        Ok(())
    }
}

impl Plan {
    /// Returns the steps that write.
    pub fn writes(&self) -> impl Iterator<Item = (&Step, &Write)> {
        self.steps.iter().filter_map(|step| Some((step, step.write()?)))
    }

    /// Returns whether there is nothing to write.
    pub fn is_done(&self) -> bool {
        self.writes().next().is_none()
    }

    /// Returns the steps that wait for a person with more rights.
    pub fn pending(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.outcome.waits().is_some())
    }

    /// Returns the steps that differ and are left to a person.
    pub fn left(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.outcome, Outcome::Left { .. }))
    }

    /// Returns the steps that forbid the whole plan.
    pub fn refused(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.outcome, Outcome::Refused { .. }))
    }

    /// Returns the same plan, whose commands name the installation.
    #[must_use]
    pub(super) fn completed(self, invocation: &Invocation) -> Self {
        let Self { steps, findings } = self;
        let step = |step: Step| Step { outcome: step.outcome.completed(invocation), ..step };
        let findings = findings.into_iter().map(|finding| finding.completed(invocation));
        Self { steps: steps.into_iter().map(step).collect(), findings: findings.collect() }
    }

    /// Returns the plan for machines.
    pub fn json(&self) -> Value {
        let Self { steps, findings } = self;
        json!({
            "steps": steps.iter().map(Step::json).collect::<Vec<_>>(),
            "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, findings } = self;
        for step in steps {
            writeln!(formatter, "{step}")?;
        }
        for finding in findings {
            writeln!(formatter, "{finding}")?;
        }
        Ok(())
    }
}
