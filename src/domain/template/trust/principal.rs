//! The principal of the trust template: AWS identities in full, nobody else.

use serde_json::{Value, json};

use super::{FILE, REQUESTER, is_account, refuse_session, substituted};
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::template::refuse;

/// What the names of the roles of IAM Identity Center's permission sets begin with.
const PERMISSION_SET_ROLE: &str = "AWSReservedSSO_";

/// Checks that a template names AWS identities in full: accounts, users, roles, sessions of roles.
///
/// # Errors
///
/// Refuses everybody (`*`), wildcards in a part, services and identity providers: a grant is for a person. Refuses a
/// session that bears the requester's name, unless it is one of a role that is named as those of IAM Identity Center.
pub(super) fn check(principal: &Value) -> Result<(), Refusal> {
    let refused = |reason: &str| Err(refuse(FILE, reason));
    let Some(kinds) = principal.as_object().filter(|kinds| kinds.len() == 1) else {
        return refused("must name its Principal as {\"AWS\": …}, and never everybody");
    };
    let Some(texts) = kinds.get("AWS").and_then(texts).filter(|texts| !texts.is_empty()) else {
        return refused("must name an AWS identity as Principal: no service and no identity provider");
    };
    for text in &texts {
        // Any name does for the check; it holds no wildcard and no slash.
        let text = substituted(&json!(text), "name");
        if !text.as_str().is_some_and(is_identity) {
            let reason = format!("names a Principal that is no account, user, role or session in full: {text}");
            return refused(&reason);
        }
    }
    let by_name = |text: &&&str| session(text).is_some_and(|(_, name)| name.contains(REQUESTER));
    let chosen = |text: &&&str| session(text).is_some_and(|(role, _)| !role.starts_with(PERMISSION_SET_ROLE));
    match texts.iter().filter(by_name).find(chosen) {
        None => Ok(()),
        Some(text) => {
            let remedy =
                "name the session of a role AWSReservedSSO_…, whose name IAM Identity Center chooses, or a user";
            Err(refuse_session(&format!("the Principal {}", quoted(text)), remedy))
        }
    }
}

/// Returns the role and the name of a session.
fn session(text: &str) -> Option<(&str, &str)> {
    text.split_once(":assumed-role/")?.1.split_once('/')
}

/// Returns the principal with account ids as the ARNs that IAM makes of them.
pub(super) fn in_full(principal: &Value, account: &AwsAccount) -> Value {
    let full = |text: &str| {
        if is_account(text) { format!("arn:{}:iam::{text}:root", account.partition) } else { text.to_owned() }
    };
    match principal.get("AWS") {
        Some(Value::String(text)) => json!({ "AWS": full(text) }),
        Some(Value::Array(items)) => {
            json!({ "AWS": items.iter().filter_map(Value::as_str).map(full).collect::<Vec<_>>() })
        }
        _ => principal.clone(),
    }
}

/// Returns the identities of a checked principal that lie outside of `account`.
pub(super) fn foreign(principal: &Value, account: &AwsAccount) -> Vec<String> {
    let is_own = |text: &&str| {
        let own = account.id.as_str();
        // The requester's name is no part of the account.
        *text == own
            || substituted(&json!(text), "name")
                .as_str()
                .and_then(|text| Arn::parse("Principal", text).ok())
                .is_some_and(|arn| arn.account() == own && arn.partition() == account.partition)
    };
    let all = principal.get("AWS").and_then(texts).unwrap_or_default();
    all.into_iter().filter(|text| !is_own(text)).map(str::to_owned).collect()
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn is_identity(text: &str) -> bool {
    if is_account(text) {
        return true;
    }
    // An ARN is exact: it holds no wildcard and no policy variable.
    let Ok(arn) = Arn::parse("Principal", text) else { return false };
    let named = |kind: &str| arn.resource().strip_prefix(kind).is_some_and(|name| !name.is_empty());
    let is_kind = match arn.service() {
        "iam" => arn.resource() == "root" || named("user/") || named("role/"),
        "sts" => named("assumed-role/"),
        _ => false,
    };
    is_kind && arn.region().is_empty() && is_account(arn.account())
}
