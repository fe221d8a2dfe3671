//! The one type of "no": what was asked cannot be granted, and what to do instead.

mod code;

use std::fmt;

pub use code::RefusalCode;

/// A request that is understood and refused. It changes nothing, and its exit code is 5.
///
/// `field` names the part of the request or of the configuration that decides, in the words of the form or file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// What machines are told.
    pub code: RefusalCode,
    /// The field that decides, for example `permissions`.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
    /// What the reader can do about it.
    pub remedy: String,
}

impl Refusal {
    /// Creates a refusal.
    pub fn new(code: RefusalCode, field: &'static str, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, field, reason: reason.into(), remedy: remedy.into() }
    }

    /// Returns whether it refuses the workflow itself, for where it runs or who started it, and not the request.
    ///
    /// Whoever may write to the repository can start a workflow and name another person's run. That must not end the
    /// run: the workflow that Port started for it decides, and Port ends the run with it (`reportWorkflowStatus`).
    pub fn is_of_the_workflow(&self) -> bool {
        matches!(self.code, RefusalCode::OtherRepository | RefusalCode::OtherBranch | RefusalCode::OtherDispatcher)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.reason)
    }
}

/// Returns `text` in quotes, cut to a readable length, with everything escaped that could be more than text.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().count() > LONGEST {
        shown.push('…');
    }
    format!("`{shown}`")
}
