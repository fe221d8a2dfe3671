//! Digests of documents, by which a record tells later what was made.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Returns the SHA-256 of a document as `sha256:` and hexadecimal digits, whatever the order of its keys.
pub fn digest(document: &Value) -> String {
    text_digest(&canonical(document).to_string())
}

/// Returns the SHA-256 of a text as `sha256:` and hexadecimal digits.
pub fn text_digest(text: &str) -> String {
    let hexadecimal: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hexadecimal}")
}

/// Returns the digest of a grant's policies as its record holds it: of the one document, or of the list of all.
pub fn policies_digest(policies: &[Value]) -> String {
    match policies {
        [policy] => digest(policy),
        policies => digest(&Value::from(policies)),
    }
}

/// Returns `value` with all keys sorted, so that two equal documents are equal text.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), canonical(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_digest_of_one_policy_is_that_of_its_document() {
        let (one, other) = (json!({ "b": 1, "a": 2 }), json!({ "a": 2, "b": 1 }));
        assert_eq!(digest(&one), digest(&other));
        assert_eq!(policies_digest(std::slice::from_ref(&one)), digest(&one));
        assert_ne!(policies_digest(&[one.clone(), json!({})]), digest(&one));
        assert_ne!(policies_digest(&[one.clone(), json!({})]), policies_digest(&[json!({}), one]));
    }
}
