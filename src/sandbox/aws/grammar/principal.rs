//! The principals of a trust policy.

use serde_json::Value;

use super::{malformed, texts};
use crate::sandbox::aws::failure::Failure;
use crate::sandbox::aws::state::State;

/// Refuses principals that no one could ever be.
///
/// IAM looks every user and role up. Those of the account must be there; about other accounts nothing is known here,
/// so that a whole ARN is enough.
pub(super) fn check(principal: &Value, state: &State) -> Result<(), Failure> {
    if principal.as_str() == Some("*") {
        return Ok(());
    }
    let kinds = principal.as_object().filter(|kinds| !kinds.is_empty());
    for (kind, values) in kinds.ok_or_else(|| malformed("AssumeRolepolicy contained an invalid principal"))? {
        let values = texts(values)?;
        if values.is_empty() {
            return Err(malformed("Missing required field Principal"));
        }
        for value in values {
            let valid = match kind.as_str() {
                "AWS" => is_aws_principal(value, state),
                "Service" => is_service(value),
                "Federated" => is_provider(value),
                _ => false,
            };
            if !valid {
                return Err(malformed(format!("Invalid principal in policy: \"{kind}\":\"{value}\"")));
            }
        }
    }
    Ok(())
}

fn is_aws_principal(value: &str, state: &State) -> bool {
    if value == "*" || is_account(value) {
        return true;
    }
    let fields: Vec<&str> = value.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = fields.as_slice() else {
        // The unique id that a deleted role or user left in a document is accepted back.
        return value.starts_with("AROA") || value.starts_with("AIDA");
    };
    if !partition.starts_with("aws") || !is_account(account) || value.contains(['*', '?']) {
        return false;
    }
    let ours = *account == state.account;
    match (*service, resource.split_once('/')) {
        ("iam", None) => *resource == "root",
        ("iam", Some(("user", name))) => !name.is_empty() && (!ours || state.users.contains_key(name)),
        ("iam", Some(("role", name))) => !name.is_empty() && (!ours || state.role_by_arn(value).is_some()),
        ("sts", Some(("assumed-role", rest))) => rest
            .split_once('/')
            .is_some_and(|(role, session)| !session.is_empty() && (!ours || state.role(role).is_some())),
        ("sts", Some(("federated-user", name))) => !name.is_empty(),
        _ => false,
    }
}

fn is_account(value: &str) -> bool {
    value.len() == 12 && value.chars().all(|digit| digit.is_ascii_digit())
}

fn is_service(value: &str) -> bool {
    let domains = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"];
    domains.iter().any(|domain| value.strip_suffix(domain).is_some_and(|name| !name.is_empty()))
        && value.chars().all(|character| character.is_ascii_alphanumeric() || ".-".contains(character))
}

fn is_provider(value: &str) -> bool {
    const WELL_KNOWN: [&str; 4] =
        ["cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"];
    let provider = value.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(':'));
    WELL_KNOWN.contains(&value)
        || provider.is_some_and(|(account, resource)| {
            is_account(account)
                && resource
                    .split_once('/')
                    .is_some_and(|(kind, name)| matches!(kind, "oidc-provider" | "saml-provider") && !name.is_empty())
        })
}
