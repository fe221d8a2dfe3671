//! The AWS SDK's errors, told apart by AWS's code.

use std::error::Error as _;
use std::time::Duration;

use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId as _;

use crate::clients::error::{Api, ApiError, ApiErrorKind, printable};

/// Returns our form of an SDK error.
pub(super) fn api_error<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> ApiError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code().unwrap_or_default();
            let message = service.err().message().unwrap_or("no message");
            let mut error = ApiError::new(Api::Aws, operation, kind(code, status), message);
            error.status = Some(status);
            error.code = Some(printable(code)).filter(|code| !code.is_empty());
            let in_header = || request_id(service.raw());
            error.request_id = service.err().meta().request_id().or_else(in_header).map(printable);
            let wish = service.raw().headers().get("retry-after").and_then(|value| value.parse().ok());
            error.retry_after = wish.map(Duration::from_secs);
            error
        }
        SdkError::DispatchFailure(failure) => {
            let cause = chain(failure.as_connector_error().map(|error| error as &dyn std::error::Error));
            // "Refused" is the one cause that surely means that nothing was sent.
            let refused = cause.contains("onnection refused");
            let kind = if refused { ApiErrorKind::Unreachable } else { ApiErrorKind::NoAnswer };
            let kind = if cause.contains("credential") { ApiErrorKind::Unauthorized } else { kind };
            ApiError::new(Api::Aws, operation, kind, cause)
        }
        SdkError::ConstructionFailure(_) => {
            let cause = chain(error.source());
            // The only thing that is looked up before sending is the credentials.
            ApiError::new(Api::Aws, operation, ApiErrorKind::Unauthorized, cause)
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            let kind = if status >= 500 { ApiErrorKind::Server } else { ApiErrorKind::NoAnswer };
            let mut error = ApiError::new(Api::Aws, operation, kind, "the answer is not what the API documents");
            error.status = Some(status);
            error.request_id = request_id(response.raw()).map(printable);
            error
        }
        _ => ApiError::new(Api::Aws, operation, ApiErrorKind::NoAnswer, chain(error.source())),
    }
}

fn request_id(answer: &HttpResponse) -> Option<&str> {
    answer.headers().get("x-amzn-requestid").or_else(|| answer.headers().get("x-amz-request-id"))
}

fn chain(mut error: Option<&dyn std::error::Error>) -> String {
    let mut words: Vec<String> = Vec::new();
    while let Some(cause) = error {
        let text = cause.to_string();
        if words.last() != Some(&text) {
            words.push(text);
        }
        error = cause.source();
    }
    if words.is_empty() { "no answer".to_owned() } else { words.join(": ") }
}

/// Codes of the IAM, STS, CloudTrail, Resource Groups Tagging and Resource Explorer API references, "Errors" and "Common errors".
fn kind(code: &str, status: u16) -> ApiErrorKind {
    match code {
        "NoSuchEntity" => ApiErrorKind::NotFound,
        "EntityAlreadyExists" | "DeleteConflict" | "ConcurrentModification" | "EntityTemporarilyUnmodifiable" => {
            ApiErrorKind::Conflict
        }
        "LimitExceeded" => ApiErrorKind::LimitExceeded,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => ApiErrorKind::Forbidden,
        "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "RequestExpired"
        | "AuthFailure" => ApiErrorKind::Unauthorized,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException" => ApiErrorKind::RateLimited,
        // AWS could not reach the identity provider's keys (STS API reference).
        "IDPCommunicationError" => ApiErrorKind::Server,
        "InvalidIdentityToken" | "IDPRejectedClaim" => ApiErrorKind::Unauthorized,
        _ if status == 429 => ApiErrorKind::RateLimited,
        _ if status >= 500 => ApiErrorKind::Server,
        _ if status == 403 => ApiErrorKind::Forbidden,
        _ => ApiErrorKind::Invalid,
    }
}
