//! Self-service actions and automations: one endpoint, one namespace.

use reqwest::Method;
use serde_json::Value;

use super::{Call, Port, segment};
use crate::clients::error::ApiError;

impl Port {
    /// Returns an action or automation; none when there is none of that identifier.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn action(&self, identifier: &str) -> Result<Option<Value>, ApiError> {
        let path = format!("/actions/{}", segment(identifier));
        match self.send(Call::new("read the action", Method::GET, path)).await {
            Ok(mut answer) => Ok(Some(answer["action"].take())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates an action or automation.
    ///
    /// # Errors
    ///
    /// Fails with a conflict when one of that identifier is there, and when Port refuses or cannot be asked.
    pub async fn create_action(&self, body: &Value) -> Result<(), ApiError> {
        self.send(Call::new("create the action", Method::POST, "/actions".to_owned()).body(body)).await.map(|_| ())
    }

    /// Replaces an action or automation.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn replace_action(&self, identifier: &str, body: &Value) -> Result<(), ApiError> {
        let path = format!("/actions/{}", segment(identifier));
        self.send(Call::new("change the action", Method::PUT, path).body(body)).await.map(|_| ())
    }
}
