//! The plan as data: printed and applied from the same value.

use std::fmt;

use serde_json::{Value, json};

use super::finding::Finding;
use super::subject::Subject;
use super::wanted::{SecretStore, WantedFile, WantedRelease};
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

/// A write, whole: nothing has to be looked up to carry it out, except the values of secrets and the runtime's bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Create the permissions boundary.
    Boundary {
        /// Name of the managed policy.
        name: String,
        /// Its document.
        document: Value,
    },
    /// Give the permissions boundary another document.
    BoundaryDocument {
        /// Name of the managed policy.
        name: String,
        /// Its document.
        document: Value,
    },
    /// Create the identity provider for GitHub's tokens.
    OidcProvider,
    /// Create a policy of the workflows' identities.
    IdentityPolicy {
        /// Name of the managed policy.
        name: String,
        /// Its document.
        document: Value,
    },
    /// Give a policy of the workflows' identities another document.
    IdentityPolicyDocument {
        /// ARN of the managed policy.
        arn: String,
        /// Its document.
        document: Value,
    },
    /// Create a role of the workflows, and attach its policy.
    NewRole {
        /// Its name.
        name: String,
        /// Whom it trusts; none while the repository is not there, whose number it names.
        trust: Option<Value>,
        /// The policy.
        policy_arn: String,
        /// Its tags.
        tags: Vec<(String, String)>,
    },
    /// Make a role of the workflows what it shall be.
    Role {
        /// Its name.
        name: String,
        /// Whom it trusts, when that differs.
        trust: Option<Value>,
        /// Policies that it lacks.
        attach: Vec<String>,
        /// Policies that it has beyond its own.
        detach: Vec<String>,
        /// Inline policies, of which it has none.
        delete_inline: Vec<String>,
        /// Its tags.
        tags: Vec<(String, String)>,
    },
    /// Create a blueprint.
    NewBlueprint(Value),
    /// Replace a blueprint by one that holds everything it held.
    Blueprint {
        /// Its identifier.
        identifier: String,
        /// The whole body.
        body: Value,
    },
    /// Create the target repository.
    Repository {
        /// Its owner.
        owner: String,
        /// Its name.
        name: String,
    },
    /// Make the first commit of an empty repository.
    FirstCommit,
    /// Create the environment and bind it to a branch.
    Environment {
        /// Its name.
        name: String,
        /// The branch.
        branch: String,
    },
    /// Set secrets.
    Secrets {
        /// Where.
        store: SecretStore,
        /// Their names.
        names: Vec<&'static str>,
    },
    /// Publish the release that carries the runtime.
    Release(WantedRelease),
    /// Commit files, all at once.
    Commit(Vec<WantedFile>),
    /// Let nobody change a release once it is published.
    ImmutableReleases,
    /// Create our ruleset, or make the one of our name what it shall be.
    Ruleset {
        /// The number of the one that is there.
        id: Option<u64>,
        /// The whole body.
        body: Value,
    },
    /// Let GitHub run a workflow again.
    EnableWorkflow {
        /// Its file name.
        file: String,
    },
    /// Say who may do what with the entities of a blueprint.
    BlueprintPermissions {
        /// Identifier of the blueprint.
        identifier: String,
        /// The keys that are set.
        body: Value,
    },
    /// Say who may execute or approve an action.
    ActionPermissions {
        /// Identifier of the action.
        identifier: String,
        /// The keys that are set.
        body: Value,
    },
    /// Create an action or automation.
    NewAction(Value),
    /// Replace an action or automation.
    Action {
        /// Its identifier.
        identifier: String,
        /// The whole body.
        body: Value,
    },
}

impl Write {
    /// Returns whether it gives power to the workflows at certain paths, whatever they hold.
    pub fn gives_to_workflows(&self) -> bool {
        match self {
            Self::NewRole { .. } => true,
            Self::Role { trust, attach, .. } => trust.is_some() || !attach.is_empty(),
            _ => false,
        }
    }
}

/// What is to become of one thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is as it shall be.
    Keep,
    /// It is not there.
    Create(Write),
    /// It is ours, or adopted, and differs.
    Change(Write),
    /// It is there and must not be touched; nothing at all is written while a plan holds such a step.
    Refused {
        /// Why.
        reason: String,
        /// What the reader can do.
        remedy: String,
    },
    /// It waits for a person with more rights; the rest is done all the same, and works only then.
    Pending {
        /// Why.
        reason: String,
        /// The commands of that person.
        commands: Vec<String>,
    },
    /// These credentials may not look at it, so that nobody knows; it waits for somebody who may.
    Hidden {
        /// Why.
        reason: String,
        /// The commands of that person.
        commands: Vec<String>,
    },
    /// It differs and is left to a person; the rest is done all the same.
    Left {
        /// Why.
        reason: String,
        /// What the reader can do.
        remedy: String,
    },
}

impl Outcome {
    /// Returns why it waits for a person with more rights, and the commands of that person, if it does.
    pub fn waits(&self) -> Option<(&str, &[String])> {
        match self {
            Self::Pending { reason, commands } | Self::Hidden { reason, commands } => Some((reason, commands)),
            Self::Keep | Self::Create(_) | Self::Change(_) | Self::Refused { .. } | Self::Left { .. } => None,
        }
    }

    fn completed(self, invocation: &Invocation) -> Self {
        let whole = |commands: Vec<String>| commands.iter().map(|command| invocation.completed(command)).collect();
        match self {
            Self::Keep | Self::Create(_) | Self::Change(_) => self,
            Self::Refused { reason, remedy } => Self::Refused { reason, remedy: invocation.completed(&remedy) },
            Self::Left { reason, remedy } => Self::Left { reason, remedy: invocation.completed(&remedy) },
            Self::Pending { reason, commands } => Self::Pending { reason, commands: whole(commands) },
            Self::Hidden { reason, commands } => Self::Hidden { reason, commands: whole(commands) },
        }
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
        let Self { system, subject, lines, outcome } = self;
        let mut json = json!({ "system": system.word(), "subject": subject.to_string(), "change": self.word(), "differences": lines });
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
        let Self { system, subject, lines, outcome } = self;
        write!(formatter, "{} {system:<6} {subject}", self.mark())?;
        if let Outcome::Refused { reason, remedy } | Outcome::Left { reason, remedy } = outcome {
            write!(formatter, ": {reason}\n      {remedy}")?;
        }
        if let Some((reason, _)) = outcome.waits() {
            write!(formatter, ": {reason}")?;
        }
        for line in lines {
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
