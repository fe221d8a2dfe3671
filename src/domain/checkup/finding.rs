//! What a check found.

use std::fmt;

use serde_json::{Value, json};

use crate::domain::own_command::Invocation;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Fine,
    /// Nobody can tell it beforehand, and nothing speaks against it.
    Untellable,
    /// It cannot be told from here.
    Unknown,
    /// It works, and somebody should look.
    Warning,
    /// It does not work, or is not safe.
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

impl Severity {
    /// Returns its name, for machines and people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Untellable | Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Finding {
    /// Returns the same, whose remedy names the installation and what was said about it.
    #[must_use]
    pub fn completed(mut self, invocation: &Invocation) -> Self {
        self.remedy = self.remedy.map(|remedy| invocation.completed(&remedy));
        self
    }

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
