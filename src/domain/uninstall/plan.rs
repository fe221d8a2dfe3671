//! The plan as data: printed and applied from the same value.

use std::fmt;

use serde_json::{Value, json};

use crate::domain::refusal::Refusal;
use crate::domain::setup::{SecretStore, System};

/// A removal, whole: nothing has to be looked up to carry it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Delete an action or automation.
    Action(String),
    /// Revoke a grant.
    Grant {
        /// Its name.
        grant: String,
        /// Whether Port lists it.
        is_listed: bool,
    },
    /// Delete entities of a blueprint.
    Entities {
        /// The blueprint.
        blueprint: String,
        /// Their identifiers.
        identifiers: Vec<String>,
    },
    /// Delete a blueprint.
    Blueprint(String),
    /// Delete the ruleset of this number.
    Ruleset(u64),
    /// Delete files of the default branch, all in one commit.
    Files(Vec<String>),
    /// Delete secrets.
    Secrets {
        /// Where.
        store: SecretStore,
        /// Their names.
        names: Vec<String>,
    },
    /// Delete an environment.
    Environment(String),
    /// Delete a release and its tag.
    Release {
        /// Its number.
        id: u64,
        /// The tag; none of a draft, which has none.
        tag: Option<String>,
    },
    /// Delete the repository.
    Repository,
    /// Delete a role.
    Role {
        /// Its name.
        name: String,
        /// ARNs of what is attached to it.
        attached: Vec<String>,
        /// Names of what is written into it.
        inline: Vec<String>,
    },
    /// Delete a managed policy.
    Policy(String),
    /// Delete the identity provider.
    Provider(String),
}

/// One thing that is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it is.
    pub system: System,
    /// What it is, for example `blueprint aws_resource`.
    pub subject: String,
    /// What should be known of it, a line each.
    pub lines: Vec<String>,
    /// How it is taken away.
    pub removal: Removal,
}

/// One thing that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it is.
    pub system: System,
    /// What it is.
    pub subject: String,
    /// Why it stays.
    pub reason: String,
    /// What the reader can do, where something is to be done.
    pub remedy: Option<String>,
}

/// All steps in the order in which they are carried out, and what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// What stays.
    pub left: Vec<Left>,
    /// Why nothing of it may be done, each a sentence.
    pub refused: Vec<String>,
}

impl Plan {
    /// Adds a step.
    pub(super) fn take(&mut self, system: System, subject: String, lines: Vec<String>, removal: Removal) {
        self.steps.push(Step { system, subject, lines, removal });
    }

    /// Adds what stays.
    pub(super) fn leave(&mut self, system: System, subject: String, reason: String, remedy: Option<String>) {
        self.left.push(Left { system, subject, reason, remedy });
    }

    /// Returns why nothing of it may be done: somebody still has access.
    pub fn refusal(&self) -> Option<Refusal> {
        (!self.refused.is_empty()).then(|| {
            let remedy = "wait until they have ended, revoke them, or pass --revoke-all to revoke each of them first";
            Refusal::new("grants-live", "grants", self.refused.join("; "), remedy)
        })
    }

    /// Returns the plan for machines.
    pub fn json(&self) -> Value {
        let step =
            |step: &Step| json!({ "system": step.system.word(), "subject": step.subject, "details": step.lines });
        let left = |left: &Left| json!({ "system": left.system.word(), "subject": left.subject, "reason": left.reason, "remedy": left.remedy });
        json!({
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
            "left": self.left.iter().map(left).collect::<Vec<_>>(),
            "refused": self.refused,
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { system, subject, lines, .. } = self;
        write!(formatter, "- {system:<6} {subject}")?;
        lines.iter().try_for_each(|line| write!(formatter, "\n      {line}"))
    }
}

impl fmt::Display for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { system, subject, reason, remedy } = self;
        write!(formatter, "= {system:<6} {subject}: {reason}")?;
        remedy.iter().try_for_each(|remedy| write!(formatter, "\n      {remedy}"))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(formatter, "{step}"))?;
        if !self.left.is_empty() {
            writeln!(formatter, "What stays:")?;
        }
        self.left.iter().try_for_each(|left| writeln!(formatter, "{left}"))
    }
}
