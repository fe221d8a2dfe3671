//! What is to become of one thing.

use super::Write;
use crate::domain::own_command::Invocation;

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

    /// Returns the same outcome, whose commands name the installation.
    pub(super) fn completed(self, invocation: &Invocation) -> Self {
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
