//! Every identity with every boundary, context and question.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ACCOUNT, Case, QUESTIONS, everything, policy, statement, when};

/// Identity policies, each with a name.
fn identities() -> Vec<(&'static str, Vec<Value>)> {
    let allow = |action: Value, resource: Value| statement("Allow", action, resource);
    let deny = |action: Value, resource: Value| statement("Deny", action, resource);
    let one = |statements: Value| vec![policy(statements)];
    let until = json!({"DateLessThan": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}});
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc123456789def0";
    vec![
        ("nothing", vec![]),
        ("everything", one(everything("Allow"))),
        ("objects of the bucket", one(allow(json!("s3:PutObject"), json!("arn:aws:s3:::bucket/*")))),
        ("the bucket without its objects", one(allow(json!("s3:*"), json!("arn:aws:s3:::bucket")))),
        (
            "bucket and objects",
            one(allow(
                json!(["s3:PutObject", "s3:ListBucket"]),
                json!(["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"]),
            )),
        ),
        ("an instance with a needless slash", one(allow(json!("ec2:StopInstances"), json!(format!("{instance}/*"))))),
        ("an instance", one(allow(json!("ec2:StopInstances"), json!(instance)))),
        (
            "instances by question mark",
            one(allow(
                json!("ec2:*Instances"),
                json!("arn:aws:ec2:us-east-1:123456789012:instance/i-0abc123456789def?"),
            )),
        ),
        ("action in another case", one(allow(json!("S3:putobject"), json!("arn:aws:s3:::bucket/*")))),
        ("wildcards within actions", one(allow(json!(["s3:?etObject", "dynamodb:Get*"]), json!("*")))),
        ("resource in another case", one(allow(json!("s3:*"), json!("arn:aws:s3:::bucket/Reports/*")))),
        ("a wildcard in each part of the ARN", one(allow(json!("*"), json!("arn:aws:lambda:*:*:*")))),
        ("a wildcard over all the rest", one(allow(json!("*"), json!(["arn:aws:sqs:*", "arn:aws:s3:*"])))),
        ("a wildcard within a part", one(allow(json!("*"), json!("arn:aws:dynamodb:eu-*-1:1234*:table/*")))),
        ("a variable without value", one(allow(json!("*"), json!("arn:aws:s3:::${aws:PrincipalTag/team}/*")))),
        (
            "a variable with a default",
            one(allow(json!("*"), json!("arn:aws:s3:::${aws:PrincipalTag/team, 'bucket'}/*"))),
        ),
        ("escaped wildcards", one(allow(json!("*"), json!("arn:aws:s3:::bucket/${*}")))),
        (
            "a deny by a variable without value",
            one(json!([everything("Allow"), deny(json!("*"), json!("arn:aws:s3:::${aws:PrincipalTag/team}/*"))])),
        ),
        (
            "the account of the principal",
            one(when(everything("Allow"), json!({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}))),
        ),
        (
            "another principal",
            one(when(everything("Allow"), json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Other-*"}}))),
        ),
        (
            "this principal",
            one(when(
                everything("Allow"),
                json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Permission-*"}}),
            )),
        ),
        (
            "older version",
            vec![
                json!({"Version": "2008-10-17", "Statement": allow(json!("s3:*"), json!("arn:aws:s3:::${aws:PrincipalAccount}*"))}),
            ],
        ),
        ("any bucket's reports", one(allow(json!("s3:*Object"), json!("arn:aws:s3:::*/reports/*")))),
        ("not action", one(json!({"Effect": "Allow", "NotAction": ["s3:Put*", "ec2:*"], "Resource": "*"}))),
        ("not resource", one(json!({"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::bucket/*"]}))),
        (
            "not action and not resource",
            one(json!({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::other-bucket/*"})),
        ),
        ("a deny", one(json!([everything("Allow"), deny(json!("s3:Put*"), json!("*"))]))),
        (
            "a deny of an object",
            one(json!([everything("Allow"), deny(json!("*"), json!("arn:aws:s3:::bucket/reports/*"))])),
        ),
        (
            "a deny before the allow",
            one(json!([deny(json!("ec2:TerminateInstances"), json!("*")), everything("Allow")])),
        ),
        (
            "a deny in another document",
            vec![policy(everything("Allow")), policy(deny(json!(["sqs:*", "lambda:*"]), json!("*")))],
        ),
        (
            "a deny of not action",
            one(json!([everything("Allow"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}])),
        ),
        (
            "a deny of not resource",
            one(json!([everything("Allow"), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::bucket*"}])),
        ),
        (
            "two documents",
            vec![
                policy(allow(json!("s3:GetObject"), json!("arn:aws:s3:::bucket/*"))),
                policy(allow(json!("dynamodb:*"), json!("*"))),
            ],
        ),
        ("until a time", one(when(everything("Allow"), until.clone()))),
        ("objects until a time", one(when(allow(json!("s3:PutObject"), json!("arn:aws:s3:::bucket/*")), until))),
        (
            "a deny from a time",
            one(json!([
                everything("Allow"),
                when(everything("Deny"), json!({"DateGreaterThanEquals": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}}))
            ])),
        ),
        (
            "a bucket of the account",
            one(when(allow(json!("s3:*"), json!("*")), json!({"StringEquals": {"s3:ResourceAccount": ACCOUNT}}))),
        ),
        (
            "a deny of other accounts' buckets",
            one(json!([
                everything("Allow"),
                when(deny(json!("s3:*"), json!("*")), json!({"StringNotEquals": {"s3:ResourceAccount": ACCOUNT}}))
            ])),
        ),
        ("an AWSDenyAll beside a grant", vec![policy(everything("Allow")), policy(everything("Deny"))]),
    ]
}

fn boundaries() -> Vec<(&'static str, Option<Value>)> {
    let s3 = || statement("Allow", json!("s3:*"), json!("*"));
    vec![
        ("no boundary", None),
        ("wide boundary", Some(policy(everything("Allow")))),
        ("boundary of s3", Some(policy(s3()))),
        (
            "boundary with a deny",
            Some(policy(json!([
                everything("Allow"),
                statement("Deny", json!("s3:PutObject"), json!("arn:aws:s3:::bucket/*"))
            ]))),
        ),
        (
            "boundary of not action",
            Some(policy(json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:DeleteBucket"], "Resource": "*"}))),
        ),
        (
            "boundary with a time",
            Some(policy(when(
                everything("Allow"),
                json!({"DateLessThan": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}}),
            ))),
        ),
        ("boundary that only denies", Some(policy(statement("Deny", json!("ec2:*"), json!("*"))))),
    ]
}

fn contexts() -> Vec<(&'static str, BTreeMap<&'static str, Value>)> {
    // The simulator fills in nothing about the principal; it only knows what it is told.
    let at = |time: &str, account: &str| {
        BTreeMap::from([
            ("aws:CurrentTime", json!(time)),
            ("aws:PrincipalAccount", json!(ACCOUNT)),
            ("aws:PrincipalArn", json!("arn:aws:iam::123456789012:role/Permission-1")),
            ("s3:ResourceAccount", json!(account)),
        ])
    };
    vec![
        ("in time", at("2026-11-23T19:59:59Z", ACCOUNT)),
        ("too late", at("2026-11-23T20:00:00Z", ACCOUNT)),
        ("another account's bucket", at("2026-11-23T12:00:00Z", "999999999999")),
    ]
}

/// Every identity with every boundary, context and question.
pub(super) fn documents_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (identity_name, identity) in identities() {
        for (boundary_name, boundary) in boundaries() {
            for (context_name, context) in contexts() {
                for (action, resource) in QUESTIONS {
                    let mut context = context.clone();
                    // A key that the service does not have is none for the simulator.
                    context.retain(|key, _| key.starts_with("aws:") || action.starts_with("s3:"));
                    cases.push(Case {
                        differs: None,
                        note: format!("{identity_name}, {boundary_name}, {context_name}"),
                        identity: identity.clone(),
                        boundary: boundary.clone(),
                        action,
                        resource,
                        context,
                    });
                }
            }
        }
    }
    cases
}
