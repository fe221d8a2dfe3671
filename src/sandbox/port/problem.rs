//! How Port says no: status, `error`, `message` and sometimes `details`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What a handler gives back.
pub(super) type Answer = Result<(StatusCode, Json<Value>), Problem>;

/// Builds an answer with `ok: true` in front of the members of `body`.
pub(super) fn answer(status: StatusCode, body: Value) -> Answer {
    let mut whole = json!({ "ok": true });
    if let (Some(whole), Value::Object(body)) = (whole.as_object_mut(), body) {
        whole.extend(body);
    }
    Ok((status, Json(whole)))
}

/// Builds the usual 200.
pub(super) fn ok(body: Value) -> Answer {
    answer(StatusCode::OK, body)
}

/// One refusal.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) message: String,
    /// Undocumented, but real: Port's own command line reads it.
    details: Option<Value>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into(), details: None }
    }

    /// 404 for something that has an identifier.
    pub(super) fn not_found(kind: &str, identifier: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("{kind} with identifier \"{identifier}\" was not found"))
    }

    /// 404 for an entity, which only its blueprint makes unique.
    pub(super) fn no_entity(blueprint: &str, identifier: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("Entity with identifier \"{identifier}\" of blueprint \"{blueprint}\" was not found"),
        )
    }

    /// 422 for a body or a query that the contract does not allow.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::unprocessable("invalid_request", message)
    }

    /// 422 with a code of its own.
    pub(super) fn unprocessable(error: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error, message)
    }

    /// 409 for an identifier that is in use.
    pub(super) fn taken(kind: &str, identifier: &str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "identifier_taken",
            format!("{kind} with identifier \"{identifier}\" already exists"),
        )
    }

    /// 403 for a caller who may not.
    pub(super) fn missing_permissions(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "missing_permissions", message)
    }

    /// 403 for something that others still hang on.
    pub(super) fn has_dependents(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "has_dependents", message)
    }

    /// 401. The exact codes of Port are not documented.
    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(super) fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({ "ok": false, "error": self.error, "message": self.message });
        if let (Some(body), Some(details)) = (body.as_object_mut(), self.details) {
            body.insert("details".to_owned(), details);
        }
        (self.status, Json(body)).into_response()
    }
}
