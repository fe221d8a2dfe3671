//! What the documents of a request hold, and what else could stand there.

use serde_json::Value;

/// Returns the pointers to everything in a document.
pub(crate) fn pointers(document: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match document {
        Value::Object(fields) => fields.iter().map(|(key, value)| (format!("/{key}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (format!("/{at}"), value)).collect(),
        _ => Vec::new(),
    };
    let below = |(at, value): &(String, &Value)| -> Vec<String> {
        std::iter::once(at.clone()).chain(pointers(value).into_iter().map(|rest| format!("{at}{rest}"))).collect()
    };
    inner.iter().flat_map(below).collect()
}

/// Values that parsers stumble over, and those that mean something elsewhere in the request.
pub(crate) const KNOWN: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1e308",
    "[]",
    "{}",
    "\"\"",
    "[[]]",
    "{\"identifier\": null}",
    "[null]",
    "*",
    "?",
    "s3:*",
    "s3:PutObject",
    "S3:putobject",
    "s3:GetObject",
    "iam:CreateUser",
    "ec2:StopInstances",
    "S3",
    "EC2",
    "r_1",
    "r_2",
    "Permission-r_1",
    "arn:aws:s3:::team-a",
    "arn:aws:s3:::team-b",
    "arn:aws:s3:::other",
    "arn:aws-cn:s3:::team-a",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
    "arn:aws:logs:us-east-1:123456789012:log-group:a:*",
    "auth0|dana",
    "auth0|lead",
    "dana@acme.example",
    "Dana@ACME.example",
    "lead@acme.example",
    "max@acme.example",
    "Storage",
    "ACTIVE",
    "DISABLED",
    "APPROVED",
    "DECLINED",
    "PENDING",
    "IN_PROGRESS",
    "SUCCESS",
    "15m",
    "4h",
    "7d",
    "99999999d",
    "1m1m",
    "because of OPS-7",
    "2026-11-23T19:59:00Z",
    "9999-12-31T23:59:59Z",
    "-009999-01-01T00:00:00Z",
    "\u{212a}",
    "\u{202e}",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "${aws:username}",
    "<REQUESTER>",
    "../..",
    "'; touch pwned; echo '",
    "::error::x",
];
