//! The `Principal` element of a trust policy.

use serde_json::Value;

use super::element;
use super::error::{PolicyDocumentError, Problem};

/// One principal as a policy lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListedPrincipal {
    /// `*`.
    Everyone,
    /// An account by its id or its root ARN; the id alone means the partition of the policy.
    Account { partition: Option<String>, id: String },
    /// A user, a role or a session, by its ARN.
    Arn(String),
    /// A user or role that AWS shows by its unique id, since it was deleted after the policy was written.
    UniqueId(String),
    /// An AWS service.
    Service(String),
    /// An identity provider.
    Federated(String),
    /// A canonical user id of S3, which no principal here has.
    CanonicalUser,
}

/// Reads a `Principal` or `NotPrincipal` element; `at` names it in errors.
pub(super) fn parse(value: &Value, at: &str) -> Result<Vec<ListedPrincipal>, PolicyDocumentError> {
    if let Value::String(text) = value {
        return match text.as_str() {
            "*" => Ok(vec![ListedPrincipal::Everyone]),
            _ => Err(Problem::value(text, "a principal is * or an object such as {\"AWS\": …}").at(at)),
        };
    }
    let kinds = element::object(value, at)?;
    if kinds.is_empty() {
        return Err(Problem::Empty.at(at));
    }
    let mut listed = Vec::new();
    for (kind, values) in kinds {
        let at = format!("{at}.{kind}");
        for text in element::texts(values, &at)? {
            let principal = match kind.as_str() {
                "AWS" => aws(text),
                "Service" => plain(text).map(ListedPrincipal::Service),
                "Federated" => plain(text).map(ListedPrincipal::Federated),
                "CanonicalUser" => plain(text).map(|_| ListedPrincipal::CanonicalUser),
                _ => return Err(Problem::UnknownElement(kind.clone()).at(at)),
            };
            listed.push(principal.map_err(|problem| problem.at(&at))?);
        }
    }
    Ok(listed)
}

/// Returns whether a text is an AWS account id: twelve digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the text, unless it has a wildcard, which AWS refuses in a part of a principal.
fn plain(text: &str) -> Result<String, Problem> {
    if text.is_empty() || text.contains(['*', '?']) {
        return Err(Problem::value(text, "a principal is named in full, without wildcards"));
    }
    Ok(text.to_owned())
}

fn aws(text: &str) -> Result<ListedPrincipal, Problem> {
    if text == "*" {
        return Ok(ListedPrincipal::Everyone);
    }
    let text = plain(text)?;
    if is_account_id(&text) {
        return Ok(ListedPrincipal::Account { partition: None, id: text });
    }
    let unique_id = |prefix: &str| text.starts_with(prefix) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if unique_id("AIDA") || unique_id("AROA") {
        return Ok(ListedPrincipal::UniqueId(text));
    }
    let refused = || Problem::value(&text, "it must be an account id, or the ARN of an account, user, role or session");
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else { return Err(refused()) };
    if partition.is_empty() || !is_account_id(account) {
        return Err(refused());
    }
    if (service, resource) == ("iam", "root") {
        return Ok(ListedPrincipal::Account { partition: Some(partition.to_owned()), id: account.to_owned() });
    }
    let kind = resource.split_once('/').map(|(kind, _)| kind);
    match (service, kind) {
        ("iam", Some("user" | "role")) | ("sts", Some("assumed-role" | "federated-user")) => {
            Ok(ListedPrincipal::Arn(text))
        }
        _ => Err(refused()),
    }
}
