//! Conditions that hold `<REQUESTER>`: they must be satisfied by the requester alone.

use serde_json::{Map, Value};

use super::{FILE, REQUESTER, is_account, refuse_session};
use crate::domain::arn::PARTITIONS;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::template::refuse;

/// Operators that hold for one of the listed texts only. Left out are those that hold for everybody else
/// (`StringNotEquals`), those that hold without the key (`…IfExists`, `ForAllValues:`, `Null`), and those that compare
/// no names.
const OPERATORS: [&str; 5] = ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"];
/// Operators that take `*` for any text.
const WITH_WILDCARDS: [&str; 3] = ["StringLike", "ArnEquals", "ArnLike"];

/// Operators by which a role has to be one of the listed ones.
const OF_A_ROLE: [&str; 4] = ["ArnEquals", "ArnLike", "StringEquals", "StringLike"];
/// The id of the principal: of a role's session the id of the role, `:` and the name of the session, which whoever calls
/// `sts:AssumeRole` makes up (IAM User Guide, "IAM identifiers").
const PRINCIPAL_ID: &str = "aws:userid";
/// The path of the roles that IAM Identity Center alone makes, and whose sessions it alone opens and names (IAM Identity
/// Center User Guide, "Referencing permission sets in resource policies").
const OF_IDENTITY_CENTER: &str = "role/aws-reserved/sso.amazonaws.com/";

/// Keys whose value whoever calls says of themselves, and starts of such keys, in lower case.
/// Source: IAM user guide, "IAM and AWS STS condition context keys" and "AWS global condition context keys".
const SAID_BY_THE_CALLER: [&str; 8] = [
    "sts:rolesessionname",
    "sts:sourceidentity",
    "sts:externalid",
    "sts:transitivetagkeys",
    "aws:requesttag/",
    "aws:tagkeys",
    "aws:useragent",
    "aws:referer",
];

/// Checks the conditions that hold `<REQUESTER>`.
///
/// # Errors
///
/// Refuses one that could hold for somebody else: by its key, by its operator, by a further value without `<REQUESTER>`, or
/// by a wildcard that makes a longer name of the requester's; and one on the name of a session of any role, unless another
/// condition wants a role of IAM Identity Center.
pub(super) fn check(conditions: &Map<String, Value>) -> Result<(), Refusal> {
    for (operator, keys) in conditions {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let texts = texts_of(values);
            if texts.iter().any(|text| text.contains(REQUESTER)) {
                check_one(operator, key, &texts).map_err(|reason| {
                    refuse(FILE, &format!("has a condition {} on {} {reason}", quoted(operator), quoted(key)))
                })?;
                if key.eq_ignore_ascii_case(PRINCIPAL_ID) && !wants_identity_center(conditions) {
                    let remedy = "add a condition `ArnLike` on `aws:PrincipalArn` of \
                        arn:aws:iam::ACCOUNT:role/aws-reserved/sso.amazonaws.com/*, or use the trust mode `identity-center`";
                    return Err(refuse_session(&format!("a condition on {}", quoted(key)), remedy));
                }
            }
        }
    }
    Ok(())
}

fn texts_of(values: &Value) -> Vec<&str> {
    match values {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => Vec::from_iter(value.as_str()),
    }
}

/// Returns whether nobody satisfies the conditions but a session of a role that IAM Identity Center made.
fn wants_identity_center(conditions: &Map<String, Value>) -> bool {
    let each = conditions.iter().filter(|(operator, _)| OF_A_ROLE.contains(&operator.as_str()));
    let mut keys = each.filter_map(|(_, keys)| keys.as_object()).flatten();
    keys.any(|(key, values)| {
        let texts = texts_of(values);
        key.eq_ignore_ascii_case("aws:PrincipalArn")
            && !texts.is_empty()
            && texts.into_iter().all(is_of_identity_center)
    })
}

/// Whoever may make roles may put much into a path, so that no wildcard may stand before the reserved one ends.
fn is_of_identity_center(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [prefix, partition, service, region, account, resource] = parts[..] else { return false };
    (prefix, service, region) == ("arn", "iam", "")
        && PARTITIONS.contains(&partition)
        && is_account(account)
        && resource.starts_with(OF_IDENTITY_CENTER)
}

fn check_one(operator: &str, key: &str, texts: &[&str]) -> Result<(), String> {
    if is_said_by_the_caller(key) {
        return Err(format!("that holds {REQUESTER}, and whoever calls sets this key as they like"));
    }
    let comparison = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
    if !OPERATORS.contains(&comparison) {
        return Err(format!("that holds {REQUESTER}, and others than the requester satisfy this operator too"));
    }
    if let Some(text) = texts.iter().find(|text| !text.contains(REQUESTER)) {
        return Err(format!("with {} beside {REQUESTER}, which others than the requester satisfy", quoted(text)));
    }
    // Each of several texts is another person's name where it adds other characters to it.
    if let [first, others @ ..] = texts
        && let Some(text) = others.iter().find(|text| around(text) != around(first))
    {
        return Err(format!("with {} beside {}, which are the names of two people", quoted(text), quoted(first)));
    }
    match texts.iter().find(|text| WITH_WILDCARDS.contains(&comparison) && is_widened(text)) {
        None => Ok(()),
        Some(text) => Err(format!(
            "with {}, which longer names than the requester's match; put a character between the wildcard and {REQUESTER} that no name holds, such as `:` or `/`",
            quoted(text)
        )),
    }
}

fn is_said_by_the_caller(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SAID_BY_THE_CALLER.iter().any(|said| key == *said || said.ends_with('/') && key.starts_with(said))
}

/// Returns what stands before and behind each place of the name, as far as a name could go on there.
fn around(text: &str) -> Vec<(&str, &str)> {
    let before = |part: &'_ str| part.len() - part.trim_end_matches(is_in_name).len();
    let behind = |part: &'_ str| part.len() - part.trim_start_matches(is_in_name).len();
    let parts: Vec<&str> = text.split(REQUESTER).collect();
    parts.windows(2).map(|pair| (&pair[0][pair[0].len() - before(pair[0])..], &pair[1][..behind(pair[1])])).collect()
}

fn is_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// Returns whether a wildcard stands where the name, or characters that a name may hold, go on.
fn is_widened(text: &str) -> bool {
    let in_name = |character: &char| is_in_name(*character);
    let is_wildcard = |character: char| matches!(character, '*' | '?');
    let mut parts = text.split(REQUESTER).peekable();
    let mut is_first = true;
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let before = !is_last && part.chars().rev().find(|character| !in_name(character)).is_some_and(is_wildcard);
        let behind = !is_first && part.chars().find(|character| !in_name(character)).is_some_and(is_wildcard);
        if before || behind {
            return true;
        }
        is_first = false;
    }
    false
}
