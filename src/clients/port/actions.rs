//! Self-service actions and automations: one endpoint, one namespace.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{Call, Port, segment};
use crate::clients::error::ApiError;
use crate::clients::patience::{Patience, is_known};

/// How often permissions are set that Port does not know yet.
const PATIENCE: Patience = Patience { looks: 8, pause: Duration::from_secs(1) };

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

    /// Returns who may execute and approve an action; none when there is none of that identifier.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn action_permissions(&self, identifier: &str) -> Result<Option<Value>, ApiError> {
        let path = format!("/actions/{}/permissions", segment(identifier));
        self.permissions("read who may execute the action", path).await
    }

    /// Changes who may execute and approve an action; keys that `body` lacks stay.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn set_action_permissions(&self, identifier: &str, body: &Value) -> Result<(), ApiError> {
        let path = format!("/actions/{}/permissions", segment(identifier));
        self.set_permissions("change who may execute the action", path, body).await
    }

    pub(super) async fn permissions(&self, operation: &'static str, path: String) -> Result<Option<Value>, ApiError> {
        match self.send(Call::new(operation, Method::GET, path)).await {
            Ok(mut answer) => Ok(Some(answer["permissions"].take())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Port makes the permissions of what was just created a moment later, and does not find them until then
    /// (Port API, permissions).
    pub(super) async fn set_permissions(
        &self,
        operation: &'static str,
        path: String,
        body: &Value,
    ) -> Result<(), ApiError> {
        let set = async || self.send(Call::new(operation, Method::PATCH, path.clone()).body(body).repeatable()).await;
        PATIENCE.until(&self.world, is_known, set).await.map(|_| ())
    }

    /// Returns all actions and automations.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn actions(&self) -> Result<Vec<Value>, ApiError> {
        const OPERATION: &str = "read the actions";
        let answer = self.send(Call::new(OPERATION, Method::GET, "/actions".to_owned())).await?;
        answer["actions"].as_array().cloned().ok_or_else(|| answer.undecodable(OPERATION))
    }

    /// Deletes an action or automation. One that is not there counts as deleted.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn delete_action(&self, identifier: &str) -> Result<(), ApiError> {
        let path = format!("/actions/{}", segment(identifier));
        match self.send(Call::new("delete the action", Method::DELETE, path)).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
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
