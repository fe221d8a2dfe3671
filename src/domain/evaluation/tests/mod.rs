//! Tests of the evaluator: the rules one by one, properties that must hold for any document, and a second opinion.

use serde_json::{Value, json};

use super::{Context, Decision, PolicyDocument, PolicyDocumentError, Request, evaluate};

mod assume;
mod conditions;
mod grammar;
mod identity;
mod oracle;
mod oracle_cases;
mod patterns;
mod properties;
mod trust;

const OBJECT: &str = "arn:aws:s3:::bucket/reports/a.csv";

/// A document of the newer version with these statements.
fn document(statements: Value) -> PolicyDocument {
    parse(statements).expect("the statements of a test are well-formed")
}

fn parse(statements: Value) -> Result<PolicyDocument, PolicyDocumentError> {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}))
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn judge(statements: Value, action: &str, resource: &str) -> Decision {
    judge_in(statements, action, resource, Context::new())
}

fn judge_in(statements: Value, action: &str, resource: &str, context: Context) -> Decision {
    evaluate(&[document(statements)], None, &Request::new(action, resource).with_context(context))
}

fn allows(statements: Value, action: &str, resource: &str) -> bool {
    judge(statements, action, resource).is_allowed()
}
