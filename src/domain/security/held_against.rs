//! What an identity's policies say, held against what is written.

use serde_json::Value;

use super::statement_differences;

/// The longest part of a statement that is told.
const LONGEST: usize = 200;

/// What an identity's policies say, held against what is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldAgainst {
    /// What they say beyond it.
    pub further: Vec<String>,
    /// What of it they do not say; they may say the same in other words.
    pub missing: Vec<String>,
}

impl HeldAgainst {
    /// Holds the documents that were `found` against those that are `written`.
    pub fn of(found: &[Value], written: &[Value]) -> Self {
        let cut = |text: String| text.chars().take(LONGEST).collect::<String>();
        let further = statement_differences(found, written).iter().map(|it| cut(it.to_string())).collect();
        let missing = statement_differences(written, found).into_iter().filter(|it| !it.is_written);
        Self { further, missing: missing.map(|it| cut(it.statement.to_string())).collect() }
    }
}
