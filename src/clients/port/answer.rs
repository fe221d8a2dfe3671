//! Reads Port's answers: success by status and `ok`, errors by status and code.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::clients::answered::Answered;
use crate::clients::error::{Api, ApiError, ApiErrorKind, printable};

/// Returns the body of a successful answer.
pub(super) async fn read(
    operation: &str,
    answer: Result<Response, reqwest::Error>,
    now: Timestamp,
) -> Result<Answered, ApiError> {
    let answer = answer.map_err(|error| unanswered(operation, &error))?;
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let text = answer.text().await.map_err(|error| unanswered(operation, &error))?;
    let body: Option<Value> = serde_json::from_str(&text).ok();
    let succeeded = (200..300).contains(&status);
    let answered = |body| Ok(Answered::new(Api::Port, body, trace_id(&headers)));
    match body {
        // 207 tells of each entity apart, whatever it says of them together.
        Some(body) if succeeded && (body["ok"] != Value::Bool(false) || status == 207) => answered(body),
        None if succeeded && text.trim().is_empty() => answered(Value::Null),
        None if succeeded => {
            // What it says is not told: half of an answer to a login holds the token.
            let message = "the answer is no JSON";
            Err(details(ApiError::new(Api::Port, operation, ApiErrorKind::Undecodable, message), status, &headers, now))
        }
        body => Err(details(refused(operation, status, body.as_ref(), &text), status, &headers, now)),
    }
}

fn unanswered(operation: &str, error: &reqwest::Error) -> ApiError {
    let kind =
        if error.is_connect() || error.is_builder() { ApiErrorKind::Unreachable } else { ApiErrorKind::NoAnswer };
    // The cause behind reqwest's sentence is the useful half; the address in it holds no secret.
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    ApiError::new(Api::Port, operation, kind, cause)
}

/// Returns the error of a refused request, or of a refused part of one.
pub(super) fn refused(operation: &str, status: u16, body: Option<&Value>, text: &str) -> ApiError {
    let code = body.and_then(|body| body["error"].as_str()).map(printable);
    let message = body.and_then(|body| body["message"].as_str()).or(code.as_deref()).unwrap_or(text);
    let kind = match (status, code.as_deref()) {
        // Port answers 422 for runs and 400 for entities; the code decides.
        (_, Some("run_exhausted")) => ApiErrorKind::RunExhausted,
        (401, _) => ApiErrorKind::Unauthorized,
        // Port has no code of its own for it (Port API, "Security").
        (403, _) if message.starts_with("IP not whitelisted") => ApiErrorKind::AddressRefused,
        (403, _) => ApiErrorKind::Forbidden,
        (404, _) => ApiErrorKind::NotFound,
        (409, _) => ApiErrorKind::Conflict,
        (413, _) => ApiErrorKind::LimitExceeded,
        (429, _) => ApiErrorKind::RateLimited,
        (500.., _) => ApiErrorKind::Server,
        _ => ApiErrorKind::Invalid,
    };
    let mut error = ApiError::new(Api::Port, operation, kind, message);
    error.code = code;
    error
}

/// Returns the id under which Port has logged the request.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-trace-id").and_then(|value| value.to_str().ok()).map(printable)
}

fn details(mut error: ApiError, status: u16, headers: &HeaderMap, now: Timestamp) -> ApiError {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    error.status = Some(status);
    error.request_id = trace_id(headers);
    if error.kind == ApiErrorKind::RateLimited {
        let wish = header("retry-after").or_else(|| header("x-ratelimit-reset"));
        error.retry_after = wish.and_then(|value| value.trim().parse().ok()).map(|value| wait(value, now));
    }
    error
}

/// Returns how long to wait. Port documents seconds since 1970 and sends seconds from now as well.
pub(super) fn wait(value: i64, now: Timestamp) -> Duration {
    const SURELY_A_DATE: i64 = 10_000;
    let seconds = if value > SURELY_A_DATE { value - now.as_second() } else { value };
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_reset_are_understood() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(wait(7, now), Duration::from_secs(7));
        assert_eq!(wait(1_800_000_007, now), Duration::from_secs(7));
        assert_eq!(wait(1_799_999_999, now), Duration::ZERO);
    }

    #[test]
    fn an_ended_run_is_told_by_its_code_whatever_the_status() {
        for status in [400, 422] {
            let body = serde_json::json!({"ok": false, "error": "run_exhausted"});
            assert_eq!(refused("log", status, Some(&body), "").kind, ApiErrorKind::RunExhausted);
        }
    }

    #[test]
    fn an_address_that_is_let_in_nowhere_is_not_taken_for_a_missing_right() {
        let body = serde_json::json!({"ok": false, "error": "forbidden", "message": "IP not whitelisted. Found …"});
        assert_eq!(refused("ask", 403, Some(&body), "").kind, ApiErrorKind::AddressRefused);
        let body = serde_json::json!({"ok": false, "error": "missing_permissions", "message": "no"});
        assert_eq!(refused("ask", 403, Some(&body), "").kind, ApiErrorKind::Forbidden);
    }

    #[tokio::test]
    async fn an_answer_about_many_is_read_although_not_all_went_well() {
        let answer = |status: u16| {
            let body = r#"{"ok": false, "entities": [], "errors": []}"#;
            Ok(Response::from(http::Response::builder().status(status).body(body).unwrap()))
        };
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(read("write", answer(207), now).await.unwrap()["errors"], serde_json::json!([]));
        assert!(read("write", answer(200), now).await.is_err());
    }

    #[tokio::test]
    async fn a_torn_answer_of_a_login_does_not_put_the_token_into_the_error() {
        let torn = r#"{"ok": true, "accessToken": "eyJhbGciOi"#;
        let answer = Ok(Response::from(http::Response::builder().status(200).body(torn).unwrap()));
        let error = read("log in to Port", answer, Timestamp::from_second(1_800_000_000).unwrap()).await.unwrap_err();
        assert!(!error.to_string().contains("eyJ"), "{error}");
    }

    #[test]
    fn an_error_without_json_keeps_its_text_on_one_line() {
        let error = refused("ask", 502, None, "<html>\nBad\u{1b}[2J Gateway</html>");
        assert_eq!((error.kind, error.message.as_str()), (ApiErrorKind::Server, "<html> Bad [2J Gateway</html>"));
    }
}
