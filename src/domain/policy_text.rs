//! What IAM takes as the text of a policy: which characters, and how many.

use serde_json::Value;

use super::refusal::{Refusal, RefusalCode, quoted};

/// IAM's limit for a managed policy, white space not counted (IAM User Guide, "IAM and AWS STS quotas").
pub const LONGEST_POLICY: usize = 6_144;

/// IAM's default limit for a trust policy (IAM User Guide, "IAM and AWS STS quotas"). Accounts can have it raised; we
/// stay below what every account takes.
pub const LONGEST_TRUST: usize = 2_048;

/// Returns the characters of `document` that IAM counts. White space between its elements is not counted; that within
/// a text is, since IAM does not say that it leaves it out.
pub fn length_without_white_space(document: &Value) -> usize {
    document.to_string().chars().count()
}

/// Checks every text in `value`, names of keys included.
///
/// # Errors
///
/// As [`check_alphabet`].
pub(in crate::domain) fn check_alphabet_of(field: &'static str, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::String(text) => check_alphabet(field, text),
        Value::Array(items) => items.iter().try_for_each(|item| check_alphabet_of(field, item)),
        Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
            check_alphabet(field, key)?;
            check_alphabet_of(field, value)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Returns whether IAM takes this character in a policy.
pub(in crate::domain) fn is_written(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}

/// Checks that IAM can be given `text` in a policy: tab, line ends, and U+0020 to U+00FF (IAM API reference,
/// `policyDocumentType`).
///
/// # Errors
///
/// Refuses any other character, and names it.
pub(in crate::domain) fn check_alphabet(field: &'static str, text: &str) -> Result<(), Refusal> {
    match text.chars().find(|character| !is_written(*character)) {
        None => Ok(()),
        Some(character) => {
            let shown = character.escape_debug();
            let reason = format!(
                "{} holds `{shown}` (U+{:04X}), which IAM takes in no policy (it takes U+0020 to U+00FF)",
                quoted(text),
                u32::from(character)
            );
            Err(Refusal::new(
                RefusalCode::PolicyAlphabet,
                field,
                reason,
                "a name with this character cannot be granted",
            ))
        }
    }
}
