//! Every condition operator, on each value and on a missing key.

use serde_json::{Value, json};

use super::{Case, QUESTIONS, everything, policy, when};

/// The simulator takes an IPv6 address for no answer to an IPv4 range. AWS: `NotIpAddress` is "all IP addresses except
/// the specified IP addresses or ranges" (User Guide, `reference_policies_elements_condition_operators`).
const OTHER_FAMILY: &str = "NotIpAddress is every address but the listed ones, also those of the other family";

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
pub(super) fn operator_cases() -> Vec<Case> {
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
