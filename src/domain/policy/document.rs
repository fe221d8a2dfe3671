//! Statements become the document that IAM is given: the template's frame, our statements with their end.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Statement;
use crate::domain::refusal::Refusal;
use crate::domain::template::PolicyTemplate;
use crate::domain::time::utc;

/// IAM's limit for a managed policy, white space not counted (IAM User Guide, "IAM and AWS STS quotas").
pub const LONGEST_POLICY: usize = 6_144;

/// Returns the policy document: the template's frame, our statements with their end, the template's denials.
///
/// # Errors
///
/// Refuses a document that is longer than IAM takes.
pub fn document(template: &PolicyTemplate, statements: &[Statement], end: Timestamp) -> Result<Value, Refusal> {
    let mut all: Vec<Value> = statements.iter().map(|statement| template.allow(render(statement, end))).collect();
    all.extend(template.denials().iter().cloned());
    let document = json!({ "Version": "2012-10-17", "Statement": all });
    let length = length_without_white_space(&document);
    if length > LONGEST_POLICY {
        let reason = format!("the policy would have {length} characters; IAM takes {LONGEST_POLICY}");
        return Err(Refusal::new("policy-too-long", "permissions", reason, "split the request"));
    }
    Ok(document)
}

fn render(statement: &Statement, end: Timestamp) -> Map<String, Value> {
    let mut rendered = Map::new();
    rendered.insert("Effect".to_owned(), json!("Allow"));
    rendered.insert("Action".to_owned(), json!(statement.actions));
    rendered.insert("Resource".to_owned(), json!(statement.resources));
    rendered.insert("Condition".to_owned(), json!({ "DateLessThan": { "aws:CurrentTime": utc(end) } }));
    rendered
}

/// Returns the characters of `document` that IAM counts.
pub fn length_without_white_space(document: &Value) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}
