//! octocrab's errors in our form, with what GitHub's headers say the token lacks.

use std::error::Error as _;

use http::HeaderMap;
use octocrab::{Error, GitHubError};
use serde_json::Value;

use super::limit::Limit;
use crate::clients::error::{Api, ApiError, ApiErrorKind, printable};

/// Returns our form of an octocrab error.
pub(super) fn api_error(operation: &str, error: &Error) -> ApiError {
    match error {
        Error::GitHub { source, .. } => answered(operation, source),
        Error::Json { source, .. } => ApiError::new(
            Api::GitHub,
            operation,
            ApiErrorKind::Undecodable,
            format!("the answer is not what the API documents: {source}"),
        ),
        Error::Serde { source, .. } => ApiError::new(
            Api::GitHub,
            operation,
            ApiErrorKind::Undecodable,
            format!("the answer is not what the API documents: {source}"),
        ),
        other => {
            let mut cause = other.source();
            let mut words = Vec::new();
            let mut unreachable = false;
            while let Some(error) = cause {
                unreachable |= error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect);
                words.push(error.to_string());
                cause = error.source();
            }
            let kind = if unreachable { ApiErrorKind::Unreachable } else { ApiErrorKind::NoAnswer };
            ApiError::new(Api::GitHub, operation, kind, words.join(": "))
        }
    }
}

fn answered(operation: &str, source: &GitHubError) -> ApiError {
    let status = source.status_code.as_u16();
    let headers = source.headers.clone().unwrap_or_default();
    let details: Vec<String> = source.errors.iter().flatten().filter_map(detail).collect();
    let message =
        if details.is_empty() { source.message.clone() } else { format!("{}: {}", source.message, details.join("; ")) };
    let mut error = ApiError::new(Api::GitHub, operation, kind(status, &message, &headers), message);
    error.status = Some(status);
    error.request_id = header(&headers, "x-github-request-id").map(printable);
    explained(error, &headers)
}

/// Adds what the headers of an answer say of its error.
fn explained(mut error: ApiError, headers: &HeaderMap) -> ApiError {
    // A token that asks too much is told what rights it needs as well, and lacks none.
    if matches!(error.status, Some(403 | 404)) && error.kind != ApiErrorKind::RateLimited {
        error.missing_right = missing_right(headers);
    }
    Limit::of(headers).told(error)
}

fn detail(error: &Value) -> Option<String> {
    error["message"].as_str().or_else(|| error.as_str()).map(str::to_owned)
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty())
}

fn kind(status: u16, message: &str, headers: &HeaderMap) -> ApiErrorKind {
    let limited = header(headers, "retry-after").is_some() || header(headers, "x-ratelimit-remaining") == Some("0");
    // GitHub has one status for several of these; its sentence is the only thing that tells them apart.
    match status {
        401 => ApiErrorKind::Unauthorized,
        403 | 429 if limited => ApiErrorKind::RateLimited,
        429 => ApiErrorKind::RateLimited,
        403 | 409 | 422 if is_about_branch_rules(message) => ApiErrorKind::BranchRule,
        403 if message.contains("IP allow list") => ApiErrorKind::AddressRefused,
        403 => ApiErrorKind::Forbidden,
        404 => ApiErrorKind::NotFound,
        409 if message.contains("empty") => ApiErrorKind::EmptyRepository,
        409 => ApiErrorKind::Conflict,
        422 if message.contains("already_exists") || message.contains("already exists") => ApiErrorKind::Conflict,
        500.. => ApiErrorKind::Server,
        _ => ApiErrorKind::Invalid,
    }
}

/// Returns what the token lacks, when the headers tell, as something the reader can do.
fn missing_right(headers: &HeaderMap) -> Option<String> {
    if let Some(sso) = header(headers, "x-github-sso").filter(|sso| sso.starts_with("required")) {
        let address = sso.split("url=").nth(1).unwrap_or("the organisation's page");
        return Some(format!("authorise the token for the organisation's single sign-on: {}", printable(address)));
    }
    let words = |text: &str| {
        text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect::<Vec<_>>()
    };
    if let (Some(has), Some(needs)) = (
        headers.get("x-oauth-scopes").and_then(|value| value.to_str().ok()),
        header(headers, "x-accepted-oauth-scopes"),
    ) {
        let (has, needs) = (words(has), words(needs));
        if !needs.is_empty() && !needs.iter().any(|scope| has.contains(scope)) {
            return Some(format!(
                "the token has the scopes [{}]; one of [{}] is needed: `gh auth refresh -s {}`",
                has.join(", "),
                needs.join(", "),
                needs[0]
            ));
        }
    }
    header(headers, "x-accepted-github-permissions").map(|needs| lacks(&printable(needs)))
}

/// Returns what to do about a permission that a fine-grained token lacks.
fn lacks(permission: &str) -> String {
    format!(
        "the token lacks the permission {permission}: add it on GitHub (Settings > Developer settings > Fine-grained tokens), a job's own under `permissions` of the workflow"
    )
}

fn is_about_branch_rules(message: &str) -> bool {
    ["rule violations", "protected branch", "Protected branch"].iter().any(|words| message.contains(words))
}

/// Returns our form of one GraphQL error.
pub(super) fn graphql_error(operation: &str, error: &Value) -> ApiError {
    let code = error["type"].as_str().unwrap_or_default();
    let message = error["message"].as_str().unwrap_or("no message");
    let kind = match code {
        _ if is_about_branch_rules(message) => ApiErrorKind::BranchRule,
        "STALE_DATA" => ApiErrorKind::Conflict,
        "NOT_FOUND" => ApiErrorKind::NotFound,
        "FORBIDDEN" | "INSUFFICIENT_SCOPES" => ApiErrorKind::Forbidden,
        "RATE_LIMITED" => ApiErrorKind::RateLimited,
        _ => ApiErrorKind::Invalid,
    };
    let mut api_error = ApiError::new(Api::GitHub, operation, kind, message);
    api_error.code = Some(printable(code)).filter(|code| !code.is_empty());
    // GraphQL has no header for it; what is asked of it is about the contents of a repository alone.
    if message.contains("Resource not accessible by ") {
        api_error.missing_right =
            Some(lacks(if operation.starts_with("read") { "contents=read" } else { "contents=write" }));
    }
    if message.contains("`workflows` permission") {
        api_error.missing_right = Some(lacks("workflows=write"));
    }
    if message.contains("`workflow` scope") {
        api_error.missing_right =
            Some("the token needs the `workflow` scope (`gh auth refresh -s workflow`), a fine-grained one the permission workflows=write".to_owned());
    }
    api_error
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_token_that_has_asked_too_much_lacks_no_right_though_github_names_those_that_are_needed() {
        let told = |left: &'static str| {
            let headers = [
                ("x-accepted-github-permissions", "contents=read"),
                ("x-ratelimit-remaining", left),
                ("x-ratelimit-reset", "1795466100"),
                ("date", "Mon, 23 Nov 2026 20:00:00 GMT"),
            ];
            let headers = headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let headers = HeaderMap::from_iter(headers);
            let mut error = ApiError::new(Api::GitHub, "ask", kind(403, "no", &headers), "no");
            error.status = Some(403);
            let error = explained(error, &headers);
            (error.kind, error.missing_right.is_some(), error.hint().unwrap())
        };
        let (kind, lacks, hint) = told("0");
        assert_eq!((kind, lacks), (ApiErrorKind::RateLimited, false));
        assert!(hint.contains("again at 2026-11-23T20:35:00Z"), "{hint}");
        let (kind, lacks, hint) = told("4000");
        assert_eq!((kind, lacks), (ApiErrorKind::Forbidden, true));
        assert!(hint.contains("contents=read"), "{hint}");
    }
}
