//! What a service has answered, with the id under which it has logged the request: whoever cannot read the answer names it.

use std::ops::{Deref, DerefMut};

use serde_json::Value;

use super::error::{Api, ApiError, ApiErrorKind};

/// The body of an answer.
#[derive(Debug)]
pub(super) struct Answered {
    api: Api,
    body: Value,
    request_id: Option<String>,
}

impl Answered {
    /// Creates it; `request_id` is none where the service told none.
    pub(super) fn new(api: Api, body: Value, request_id: Option<String>) -> Self {
        Self { api, body, request_id }
    }

    /// Returns the body alone.
    #[cfg(feature = "full")]
    pub(super) fn into_body(self) -> Value {
        self.body
    }

    /// Returns an error that this answer led to, with the id of its request.
    pub(super) fn identified(&self, error: ApiError) -> ApiError {
        ApiError { request_id: error.request_id.or_else(|| self.request_id.clone()), ..error }
    }

    /// Returns the error of an answer that is not what the API documents.
    pub(super) fn undecodable(&self, operation: &str) -> ApiError {
        let message = "the answer is not what the API documents";
        self.identified(ApiError::new(self.api, operation, ApiErrorKind::Undecodable, message))
    }
}

impl Deref for Answered {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.body
    }
}

impl DerefMut for Answered {
    fn deref_mut(&mut self) -> &mut Value {
        &mut self.body
    }
}
