//! What went wrong, for the person who has to mend it, and the exit code that tells a script.

use std::fmt;

use crate::api_error::{ApiError, ApiErrorKind};
use crate::domain::own_command::Invocation;
use crate::domain::refusal::Refusal;

/// The kinds of failure. The kind alone decides the exit code; the codes are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Something did not work: exit 1.
    Failed,
    /// The command line or a setting is wrong: exit 2.
    Usage,
    /// Changes are pending, or something is waited for: exit 3.
    ChangesPending,
    /// A credential is missing or was rejected: exit 4.
    LoginNeeded,
    /// The request is understood and refused by policy: exit 5.
    Refused,
    /// Ended by SIGINT: exit 130.
    Interrupted,
    /// Ended by SIGTERM: exit 143.
    Terminated,
}

impl FailureKind {
    /// Returns whether a signal has ended it.
    pub fn is_of_a_signal(self) -> bool {
        matches!(self, Self::Interrupted | Self::Terminated)
    }

    /// Returns the exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::ChangesPending => 3,
            Self::LoginNeeded => 4,
            Self::Refused => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Returns the heading that people see.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::ChangesPending => "pending",
            _ => "error",
        }
    }
}

/// A failure: kind, what happened, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind, which decides the exit code.
    pub kind: FailureKind,
    /// What happened, one sentence without a full stop.
    pub message: String,
    /// What the reader can do, each a sentence or a command.
    pub hints: Vec<String>,
    /// The refusal behind it, for machines.
    pub refusal: Option<Refusal>,
    /// The call of Port, GitHub or AWS that went wrong, for machines and whoever is asked for help.
    pub call: Option<Box<ApiError>>,
    /// Whether a run of Port that hears of it goes on: the workflow may have been started by a stranger, who only names
    /// another person's run.
    pub leaves_run_open: bool,
}

impl Failure {
    /// Creates a failure without hints.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), refusal: None, call: None, leaves_run_open: false }
    }

    /// Creates a failure of the command line or a setting.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// Creates a failure for want of a credential.
    pub fn login(message: impl Into<String>) -> Self {
        Self::new(FailureKind::LoginNeeded, message)
    }

    /// Creates a plain failure.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    /// Creates the failure of a call. `when_missing` is what the reader can do if what the call is about is not there.
    pub fn of_call(error: ApiError, when_missing: impl Into<String>) -> Self {
        let is_missing = error.is_not_found();
        let failure = Self::from(error);
        if is_missing { failure.hint(when_missing) } else { failure }
    }

    /// Returns whether what a call is about is not there.
    pub fn is_of_something_missing(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.is_not_found())
    }

    /// Returns the same failure, whose commands name the installation.
    #[must_use]
    pub fn completed(mut self, invocation: &Invocation) -> Self {
        self.message = invocation.completed(&self.message);
        self.hints.iter_mut().for_each(|hint| *hint = invocation.completed(hint));
        self
    }

    /// Returns the same failure, which ends no run of Port.
    #[must_use]
    pub fn leaving_run_open(self) -> Self {
        Self { leaves_run_open: true, ..self }
    }

    /// Adds what the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns what happened and, in parentheses, what the reader can do: for a list, in which a failure is one line.
    pub fn in_a_line(&self) -> String {
        let Self { message, hints, .. } = self;
        if hints.is_empty() { message.clone() } else { format!("{message} ({})", hints.join("; ")) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            kind: FailureKind::Refused,
            message: refusal.to_string(),
            hints: vec![refusal.remedy.clone()],
            leaves_run_open: refusal.is_of_the_workflow(),
            refusal: Some(refusal),
            call: None,
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let kind = match error.kind {
            ApiErrorKind::Unauthorized => FailureKind::LoginNeeded,
            // GitHub names what the token lacks; another token mends it.
            _ if error.missing_right.is_some() => FailureKind::LoginNeeded,
            _ => FailureKind::Failed,
        };
        let hints = error.hint().into_iter().collect();
        let message = error.to_string();
        Self { kind, message, hints, refusal: None, call: Some(Box::new(error)), leaves_run_open: false }
    }
}
