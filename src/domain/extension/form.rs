//! The form of `extend_permissions`.

use serde_json::Value;

use crate::domain::refusal::Refusal;
use crate::domain::request::{LONGEST_REASON, text, wrong_shape};

/// What somebody asks for who wants to go on with a grant. What it gives stands in the run of that grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionForm {
    /// The duration as it was written; none means the default.
    pub duration: Option<String>,
    /// Why the access is needed for longer, in the requester's words.
    pub reason: Option<String>,
}

impl ExtensionForm {
    /// Reads the form from a run's or a dispatch's properties.
    ///
    /// # Errors
    ///
    /// Refuses other shapes than Port's, control characters and too long a text; the refusal names the field.
    pub fn parse(properties: &Value) -> Result<Self, Refusal> {
        if !matches!(properties, Value::Object(_) | Value::Null) {
            return Err(wrong_shape("properties", "is not an object"));
        }
        Ok(Self {
            duration: text("duration", &properties["duration"], 20)?,
            reason: text("reason", &properties["reason"], LONGEST_REASON)?,
        })
    }
}
