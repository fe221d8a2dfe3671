//! The plan as data: printed and applied from the same value.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use super::obstacle::{Obstacle, refusal};
use crate::domain::counting::count;
use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::setup::{SecretStore, System};

/// A removal, whole: nothing has to be looked up to carry it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Delete an action or automation.
    Action(String),
    /// Switch an action or automation off that was there before.
    SwitchOff {
        /// Its identifier.
        identifier: String,
        /// The whole body.
        body: Value,
    },
    /// Delete the dashboard.
    Page(String),
    /// Take our widgets off a dashboard of somebody else.
    Widgets {
        /// Its identifier.
        identifier: String,
        /// The whole body, without them.
        body: Value,
    },
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
        /// The account that it is in.
        account: AccountId,
        /// Its name.
        name: String,
        /// ARNs of what is attached to it.
        attached: Vec<String>,
        /// Names of what is written into it.
        inline: Vec<String>,
    },
    /// Take our policies from a role that was there before.
    Power {
        /// The account that it is in.
        account: AccountId,
        /// Its name.
        name: String,
        /// ARNs of our policies.
        attached: Vec<String>,
    },
    /// Delete a managed policy.
    Policy {
        /// The account that it is in.
        account: AccountId,
        /// Its ARN.
        arn: String,
    },
    /// Delete the identity provider.
    Provider {
        /// The account that it is in.
        account: AccountId,
        /// Its ARN.
        arn: String,
    },
}

impl Removal {
    /// Returns what of it one of the steps takes away, and what none does.
    fn split(&self, shown: &[Step]) -> (Option<Self>, Option<Self>) {
        if self.names().is_empty() {
            let is_shown = shown.iter().any(|step| step.removal.is_of_the_same(self));
            return if is_shown { (Some(self.clone()), None) } else { (None, Some(self.clone())) };
        }
        let same = shown.iter().filter(|step| step.removal.is_of_the_same(self));
        let agreed: BTreeSet<&String> = same.flat_map(|step| step.removal.names()).collect();
        let (within, beyond): (Vec<String>, Vec<String>) =
            self.names().iter().cloned().partition(|name| agreed.contains(name));
        let part = |names: Vec<String>| (!names.is_empty()).then(|| self.with(names));
        (part(within), part(beyond))
    }

    /// Returns the same for other names of the several things that go one by one.
    fn with(&self, names: Vec<String>) -> Self {
        match self {
            Self::Entities { blueprint, .. } => Self::Entities { blueprint: blueprint.clone(), identifiers: names },
            Self::Secrets { store, .. } => Self::Secrets { store: store.clone(), names },
            Self::Files(_) => Self::Files(names),
            whole => whole.clone(),
        }
    }

    /// Returns the names of the several things that go one by one.
    fn names(&self) -> &[String] {
        match self {
            Self::Entities { identifiers: names, .. } | Self::Secrets { names, .. } | Self::Files(names) => names,
            _ => &[],
        }
    }

    /// Returns whether both take the same thing away, whatever hangs on it.
    fn is_of_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Grant { grant, .. }, Self::Grant { grant: other, .. }) => grant == other,
            (Self::SwitchOff { identifier, .. }, Self::SwitchOff { identifier: other, .. })
            | (Self::Widgets { identifier, .. }, Self::Widgets { identifier: other, .. }) => identifier == other,
            (Self::Role { account, name, .. }, Self::Role { account: other_account, name: other, .. })
            | (Self::Power { account, name, .. }, Self::Power { account: other_account, name: other, .. }) => {
                account == other_account && name == other
            }
            (Self::Release { id, .. }, Self::Release { id: other, .. }) => id == other,
            (Self::Entities { blueprint, .. }, Self::Entities { blueprint: other, .. }) => blueprint == other,
            (Self::Secrets { store, .. }, Self::Secrets { store: other, .. }) => store == other,
            (Self::Files(_), Self::Files(_)) => true,
            _ => self == other,
        }
    }
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
    /// Why nothing of it may be done.
    pub obstacles: Vec<Obstacle>,
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

    /// Takes out what is beyond the plan that was `shown` earlier, and returns it: nobody has agreed to that.
    pub fn hold_to(&mut self, shown: &Self) -> Vec<Step> {
        let mut beyond = Vec::new();
        let mut within = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            match step.removal.split(&shown.steps) {
                (Some(_), None) => within.push(step),
                (None, _) => beyond.push(step),
                (Some(agreed), Some(appeared)) => {
                    within.push(step.part(agreed));
                    beyond.push(step.part(appeared));
                }
            }
        }
        let is_filled = |step: &Step| {
            let of = |other: &Step| matches!((&step.removal, &other.removal), (Removal::Blueprint(name), Removal::Entities { blueprint, .. }) if name == blueprint);
            beyond.iter().any(of)
        };
        // What has come into a blueprint keeps it.
        let (filled, within) = within.into_iter().partition(is_filled);
        self.steps = within;
        beyond.extend::<Vec<Step>>(filled);
        beyond
    }

    /// Returns why nothing of it may be done.
    pub fn refusal(&self) -> Option<Refusal> {
        refusal(&self.obstacles)
    }

    /// Returns the plan for machines.
    pub fn json(&self) -> Value {
        let step =
            |step: &Step| json!({ "system": step.system.word(), "subject": step.subject, "details": step.lines });
        let left = |left: &Left| json!({ "system": left.system.word(), "subject": left.subject, "reason": left.reason, "remedy": left.remedy });
        json!({
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
            "left": self.left.iter().map(left).collect::<Vec<_>>(),
            "refused": self.obstacles.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

/// Returns why nothing more may be done where a grant is among what has appeared since the plan was shown: what ends it
/// would go, and nobody has agreed to its end.
pub fn grants_made_meanwhile(appeared: &[Step]) -> Option<Refusal> {
    let is_grant = |step: &&Step| matches!(step.removal, Removal::Grant { .. });
    let told = |step: &Step| format!("{} ({})", step.subject, step.lines.join(", "));
    let made: Vec<String> = appeared.iter().filter(is_grant).map(told).collect();
    (!made.is_empty()).then(|| {
        let reason = format!("made after this was shown: {}", made.join("; "));
        Refusal::new(RefusalCode::GrantsLive, "grants", reason, "wait until they have ended or revoke them, and run this again; with --revoke-all it shows them, and revokes each first")
    })
}

impl Step {
    /// Returns the step that takes only so much of it away.
    fn part(&self, removal: Removal) -> Self {
        let lines = removal.names().to_vec();
        let subject = match &removal {
            Removal::Entities { blueprint, identifiers } => {
                format!("{} of {blueprint}", count(identifiers.len(), "entity", "entities"))
            }
            _ => self.subject.clone(),
        };
        Self { system: self.system, subject, lines, removal }
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
