//! The cases for the second opinion: tables of policies, boundaries, circumstances and questions, all combined.

mod documents;
mod operators;
mod sets;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use documents::documents_cases;
use operators::operator_cases;
use sets::set_cases;

pub(super) const ACCOUNT: &str = "123456789012";

/// Actions on resources of a type that they take: the simulator refuses others.
const QUESTIONS: [(&str, &str); 12] = [
    ("s3:PutObject", "arn:aws:s3:::bucket/reports/a.csv"),
    ("s3:PutObject", "arn:aws:s3:::other-bucket/reports/a.csv"),
    ("s3:GetObject", "arn:aws:s3:::bucket/reports/a.csv"),
    ("s3:GetObject", "arn:aws:s3:::bucket/Reports/a.csv"),
    ("s3:ListBucket", "arn:aws:s3:::bucket"),
    ("s3:DeleteBucket", "arn:aws:s3:::bucket"),
    ("ec2:StopInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc123456789def0"),
    ("ec2:TerminateInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc123456789def1"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:report"),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:jobs"),
    ("iam:CreateRole", "arn:aws:iam::123456789012:role/port-iam/Permission-2"),
];

/// The simulator keeps a wildcard of a resource within its part of the ARN. AWS: at the end of a part "it can expand to
/// match beyond the colon boundaries" (User Guide, `reference_policies_elements_resource`).
const WILDCARD_OVER_PARTS: &str = "a wildcard that ends a part of an ARN also matches the parts after it";

pub(super) struct Case {
    pub(super) note: String,
    /// Why the simulator is known to be wrong about it.
    pub(super) differs: Option<&'static str>,
    pub(super) identity: Vec<Value>,
    pub(super) boundary: Option<Value>,
    pub(super) action: &'static str,
    pub(super) resource: &'static str,
    pub(super) context: BTreeMap<&'static str, Value>,
}

fn policy(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(effect: &str, action: Value, resource: Value) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn when(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

fn everything(effect: &str) -> Value {
    statement(effect, json!("*"), json!("*"))
}

/// Returns all cases.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = documents_cases();
    cases.extend(operator_cases());
    cases.extend(set_cases());
    cases.push(wildcard_case());
    cases
}

/// A resource whose only wildcard stands for region and account.
fn wildcard_case() -> Case {
    Case {
        note: "a wildcard over two parts".to_owned(),
        differs: Some(WILDCARD_OVER_PARTS),
        identity: vec![policy(statement("Allow", json!("*"), json!("arn:aws:ec2:*:instance/i-0abc123456789def0")))],
        boundary: None,
        action: "ec2:StopInstances",
        resource: "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc123456789def0",
        context: BTreeMap::new(),
    }
}
