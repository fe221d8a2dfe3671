//! Something that should be known, and what to do about it.

use std::fmt;

use serde_json::{Value, json};

use crate::domain::own_command::Invocation;

/// Tells that nobody could see who may pass the branch's rules by.
pub const BYPASS_HIDDEN: &str = "bypass-hidden";

/// Tells that the files wait in a pull request for somebody to merge it.
pub const WAITING_FOR_PULL_REQUEST: &str = "waiting-for-pull-request";

/// Tells that Port did not take the page.
pub const PAGE_PENDING: &str = "page-pending";

/// Tells that a workflow in the place of ours, which this tool did not write so, could use the secrets that are there.
pub const SECRETS_EXPOSED: &str = "secrets-exposed";

/// Tells that the boundary waits for an administrator of the account.
pub const BOUNDARY_PENDING: &str = "boundary-pending";

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is written until it is mended.
    Blocking,
    /// It should be mended.
    Warning,
    /// It should be known.
    Note,
}

/// Something that should be known, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable word for machines, in kebab case.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// Creates a finding.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), remedy: remedy.into() }
    }

    /// Returns the same finding, whose commands name the installation.
    #[must_use]
    pub fn completed(self, invocation: &Invocation) -> Self {
        let (message, remedy) = (invocation.completed(&self.message), invocation.completed(&self.remedy));
        Self { message, remedy, ..self }
    }

    /// Returns the finding for machines.
    pub fn json(&self) -> Value {
        let Self { severity, code, message, remedy } = self;
        let severity = match severity {
            Severity::Blocking => "blocking",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        json!({ "severity": severity, "code": code, "message": message, "remedy": remedy })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code: _, message, remedy } = self;
        let word = match severity {
            Severity::Blocking => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(formatter, "{word}: {message}\n      {remedy}")
    }
}
