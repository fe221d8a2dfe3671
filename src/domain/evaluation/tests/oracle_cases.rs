//! The cases for the second opinion: tables of policies, boundaries, circumstances and questions, all combined.

use std::collections::BTreeMap;

use serde_json::{Value, json};

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

/// The simulator takes an IPv6 address for no answer to an IPv4 range. AWS: `NotIpAddress` is "all IP addresses except
/// the specified IP addresses or ranges" (User Guide, `reference_policies_elements_condition_operators`).
const OTHER_FAMILY: &str = "NotIpAddress is every address but the listed ones, also those of the other family";

/// The simulator takes a missing key for false. AWS calls a missing key true for `…IfExists` ("evaluate the condition
/// element as true", `reference_policies_elements_condition_operators`) and false for `ForAnyValue` ("for no matching
/// key", `reference_policies_condition-single-vs-multi-valued-context-keys`), and not which of the two wins: in doubt,
/// a Deny denies.
const ANY_VALUE_IF_EXISTS: &str = "AWS says two things about ForAnyValue:…IfExists without the key";

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
fn documents_cases() -> Vec<Case> {
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

/// A condition operator with values for a key of its type, and values of that key to try it on.
fn operators() -> Vec<(&'static str, &'static str, Value, Vec<Value>)> {
    let agents = || vec![json!("curl/8"), json!("Curl/8"), json!("browser"), json!("curl/*")];
    let times = || vec![json!("2026-11-23T19:59:59Z"), json!("2026-11-23T20:00:00Z"), json!("2026-11-23T20:00:01Z")];
    let ages = || vec![json!("299"), json!("300"), json!("301")];
    let addresses = || vec![json!("203.0.113.77"), json!("203.0.114.1"), json!("2001:db8::1")];
    let eight = || json!("2026-11-23T20:00:00Z");
    let role = "arn:aws:iam::123456789012:role/Permission-1";
    let mut table = Vec::new();
    for operator in [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ] {
        table.push((operator, "aws:UserAgent", json!("curl/*"), agents()));
        table.push((operator, "aws:UserAgent", json!(["curl/8", "wget"]), agents()));
        table.push((operator, "aws:UserAgent", json!("${aws:PrincipalTag/agent, 'browser'}"), agents()));
    }
    for operator in [
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ] {
        table.push((operator, "aws:CurrentTime", eight(), times()));
    }
    for operator in [
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ] {
        table.push((operator, "aws:MultiFactorAuthAge", json!("300"), ages()));
    }
    table.push(("Bool", "aws:SecureTransport", json!("true"), vec![json!("true"), json!("false")]));
    table.push(("Bool", "aws:SecureTransport", json!("false"), vec![json!("true"), json!("false")]));
    for operator in ["IpAddress", "NotIpAddress"] {
        table.push((operator, "aws:SourceIp", json!(["203.0.113.0/24", "2001:db8::/32"]), addresses()));
        table.push((operator, "aws:SourceIp", json!("203.0.113.77"), addresses()));
    }
    for operator in ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"] {
        for pattern in [role, "arn:aws:iam::*:role/Perm*", "arn:aws:iam::*:user/*", "arn:*:*:*:*:*"] {
            table.push((
                operator,
                "aws:SourceArn",
                json!(pattern),
                vec![json!(role), json!("arn:aws:iam::999999999999:user/dana")],
            ));
        }
    }
    for missing in ["true", "false"] {
        table.push(("Null", "aws:UserAgent", json!(missing), agents()));
    }
    table
}

/// Every operator, also with `IfExists`, in an Allow and in a Deny, on each value and on a missing key.
fn operator_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (operator, key, values, tried) in operators() {
        for suffix in ["", "IfExists"] {
            if operator == "Null" && suffix == "IfExists" {
                continue;
            }
            let operator = format!("{operator}{suffix}");
            for value in tried.iter().map(Some).chain([None]) {
                for effect in ["Allow", "Deny"] {
                    let conditional = when(everything(effect), json!({operator.as_str(): {key: values}}));
                    let statements =
                        if effect == "Deny" { json!([everything("Allow"), conditional]) } else { conditional };
                    let (action, resource) = QUESTIONS[0];
                    cases.push(Case {
                        differs: (operator.starts_with("NotIpAddress")
                            && values == json!("203.0.113.77")
                            && value.is_some_and(|value| *value == json!("2001:db8::1")))
                        .then_some(OTHER_FAMILY),
                        note: format!("{effect} if {operator} {key} {values}, being {value:?}"),
                        identity: vec![policy(statements)],
                        boundary: None,
                        action,
                        resource,
                        context: value.map(|value| (key, value.clone())).into_iter().collect(),
                    });
                }
            }
        }
    }
    cases
}

/// Set operators on the tags of a request.
fn set_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for set in ["ForAllValues", "ForAnyValue"] {
        for operator in ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists"] {
            for tags in [
                None,
                Some(json!(["a"])),
                Some(json!(["b"])),
                Some(json!(["a", "b"])),
                Some(json!(["ab", "c"])),
                Some(json!(["x", "y"])),
            ] {
                for effect in ["Allow", "Deny"] {
                    let condition = json!({format!("{set}:{operator}"): {"aws:TagKeys": ["a*", "b"]}});
                    let conditional = when(everything(effect), condition);
                    let statements =
                        if effect == "Deny" { json!([everything("Allow"), conditional]) } else { conditional };
                    cases.push(Case {
                        differs: ((set, operator, effect) == ("ForAnyValue", "StringEqualsIfExists", "Deny")
                            && tags.is_none())
                        .then_some(ANY_VALUE_IF_EXISTS),
                        note: format!("{effect} if {set}:{operator}, being {tags:?}"),
                        identity: vec![policy(statements)],
                        boundary: None,
                        action: "iam:CreateRole",
                        resource: "arn:aws:iam::123456789012:role/port-iam/Permission-2",
                        context: tags.clone().map(|tags| ("aws:TagKeys", tags)).into_iter().collect(),
                    });
                }
            }
        }
    }
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
