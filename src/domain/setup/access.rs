//! How the workflows that are there reach AWS.

use serde_json::Value;

/// Why the workflows are to reach AWS as they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessSource {
    /// The operator says so, or nobody has said anything.
    #[default]
    Chosen,
    /// The grant workflow that is there does.
    Kept,
    /// By OIDC, although the text of the grant workflow speaks of an access key: no key lies in the secrets, and `init` did
    /// not write that text.
    ClaimedKey,
}

/// Returns whether a step of a workflow takes an access key from the secrets.
pub fn takes_access_key(workflow: &str) -> bool {
    serde_saphyr::from_str::<Value>(workflow).is_ok_and(|workflow| takes(&workflow))
}

fn takes(part: &Value) -> bool {
    let is_secret = |value: &Value| value.as_str().is_some_and(|text| text.contains("secrets."));
    match part {
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| (key == "AWS_ACCESS_KEY_ID" && is_secret(value)) || takes(value))
        }
        Value::Array(parts) => parts.iter().any(takes),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_by_a_step_and_not_by_who_speaks_of_one() {
        let workflow = |line: &str| format!("jobs:\n  grant:\n    steps:\n      - run: port-iam grant\n{line}\n");
        let taken = "        env:\n          AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}";
        assert!(takes_access_key(&workflow(taken)));
        for spoken in [
            "        # AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}",
            "        name: 'AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}'",
            "        env:\n          AWS_ACCESS_KEY_ID: AKIA",
            "",
        ] {
            assert!(!takes_access_key(&workflow(spoken)), "{spoken}");
        }
        assert!(!takes_access_key("jobs: ["));
    }
}
