//! The grammar of policies as IAM enforces it when a document is stored.
//!
//! Beyond what the evaluator refuses, IAM asks for vendor prefixes, whole ARNs, and principals that exist. The
//! messages are IAM's where they are known.

mod action;
mod principal;
mod resource;

use serde_json::{Map, Value};

use super::failure::Failure;
use super::state::{State, policy_size, quota};
use crate::domain::evaluation::PolicyDocument;

/// What an identity policy is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A managed policy.
    Managed,
    /// An inline policy, a session policy or one that is only simulated.
    Inline,
}

/// Refuses a document that IAM would not store as an identity policy.
pub(super) fn check(text: &str, kind: Kind) -> Result<(), Failure> {
    let value = parsed(text, "Syntax errors in policy.")?;
    if kind == Kind::Managed && value.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        return Err(malformed("Policy document must be version 2012-10-17 or greater."));
    }
    for statement in statements(&value)? {
        if statement.contains_key("Principal") || statement.contains_key("NotPrincipal") {
            return Err(malformed("Policy document should not specify a principal."));
        }
        check_sid(statement)?;
        for action in actions(statement)? {
            action::check(action)?;
        }
        let resources = one_of(statement, "Resource", "NotResource", "Policy statement must contain resources.")?;
        resources.into_iter().try_for_each(resource::check)?;
        check_condition_keys(statement)?;
    }
    let document: PolicyDocument = text.parse().map_err(|_| malformed("Syntax errors in policy."))?;
    document.require_identity_policy().map_err(|_| malformed("Syntax errors in policy."))?;
    if kind == Kind::Managed && policy_size(text) > quota::POLICY_SIZE {
        return Err(Failure::limit_exceeded(format!("Cannot exceed quota for PolicySize: {}", quota::POLICY_SIZE)));
    }
    Ok(())
}

/// Refuses a document that IAM would not store as a trust policy, and returns it without white space.
pub(super) fn check_trust(text: &str, state: &State) -> Result<String, Failure> {
    const SYNTAX: &str = "This policy contains invalid Json";
    let value = parsed(text, SYNTAX)?;
    for statement in statements(&value)? {
        if let Some(field) = ["Resource", "NotResource"].iter().find(|field| statement.contains_key(**field)) {
            return Err(malformed(format!("Has prohibited field {field}")));
        }
        check_sid(statement)?;
        for action in actions(statement)? {
            action::check_for_trust(action)?;
        }
        let principal = statement.get("Principal").ok_or_else(|| malformed("Missing required field Principal"))?;
        principal::check(principal, state)?;
        check_condition_keys(statement)?;
    }
    let document: PolicyDocument = text.parse().map_err(|_| malformed(SYNTAX))?;
    document.require_trust_policy().map_err(|_| malformed(SYNTAX))?;
    if policy_size(text) > quota::TRUST_POLICY_SIZE {
        let message = format!("Cannot exceed quota for ACLSizePerRole: {}", quota::TRUST_POLICY_SIZE);
        return Err(Failure::limit_exceeded(message));
    }
    Ok(value.to_string())
}

/// Refuses what is no action that could be simulated.
pub(super) fn check_action(action: &str) -> Result<(), Failure> {
    action::check(action).map_err(|_| Failure::invalid_input(format!("Invalid action: {action}")))
}

fn parsed(text: &str, message: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|_| malformed(message))
}

fn statements(document: &Value) -> Result<Vec<&Map<String, Value>>, Failure> {
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    if statements.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    let objects = statements.into_iter().map(|statement| statement.as_object());
    objects.map(|statement| statement.ok_or_else(|| malformed("Syntax errors in policy."))).collect()
}

fn actions(statement: &Map<String, Value>) -> Result<Vec<&str>, Failure> {
    one_of(statement, "Action", "NotAction", "Policy statement must contain actions.")
}

/// Returns the texts of whichever of two elements a statement has.
fn one_of<'a>(
    statement: &'a Map<String, Value>,
    name: &str,
    negated: &str,
    missing: &str,
) -> Result<Vec<&'a str>, Failure> {
    let element = statement.get(name).or_else(|| statement.get(negated)).ok_or_else(|| malformed(missing))?;
    let texts = texts(element)?;
    if texts.is_empty() { Err(malformed(missing)) } else { Ok(texts) }
}

fn texts(value: &Value) -> Result<Vec<&str>, Failure> {
    let values = match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    };
    values.into_iter().map(|value| value.as_str().ok_or_else(|| malformed("Syntax errors in policy."))).collect()
}

fn check_sid(statement: &Map<String, Value>) -> Result<(), Failure> {
    let sid = statement.get("Sid").and_then(Value::as_str).unwrap_or_default();
    if sid.chars().all(|character| character.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(malformed(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    ))
}

/// A tag key within a condition key may hold more colons; the prefix is what must be there.
fn check_condition_keys(statement: &Map<String, Value>) -> Result<(), Failure> {
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for key in operators.filter_map(Value::as_object).flat_map(Map::keys) {
        if key.split_once(':').is_none_or(|(vendor, name)| vendor.is_empty() || name.is_empty()) {
            return Err(malformed(action::WITHOUT_VENDOR));
        }
    }
    Ok(())
}

fn malformed(message: impl Into<String>) -> Failure {
    Failure::malformed_policy_document(message)
}
