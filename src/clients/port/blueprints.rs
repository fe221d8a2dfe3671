//! Blueprints.

use reqwest::Method;
use serde_json::Value;

use super::{Call, Port, segment};
use crate::clients::error::ApiError;

impl Port {
    /// Returns all blueprints of the organisation.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, or its answer lists none: an organisation without blueprints has an empty list.
    pub async fn blueprints(&self) -> Result<Vec<Value>, ApiError> {
        const OPERATION: &str = "read the blueprints";
        let answer = self.send(Call::new(OPERATION, Method::GET, "/blueprints".to_owned())).await?;
        answer["blueprints"].as_array().cloned().ok_or_else(|| answer.undecodable(OPERATION))
    }

    /// Creates a blueprint and its catalog page.
    ///
    /// # Errors
    ///
    /// Fails with a conflict when one of that identifier is there, and when Port refuses or cannot be asked.
    pub async fn create_blueprint(&self, body: &Value) -> Result<(), ApiError> {
        let call = Call::new("create the blueprint", Method::POST, "/blueprints".to_owned())
            .query(&[("create_catalog_page", "true")])
            .body(body);
        self.send(call).await.map(|_| ())
    }

    /// Returns who may do what with the entities of a blueprint; none when there is none of that identifier.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn blueprint_permissions(&self, identifier: &str) -> Result<Option<Value>, ApiError> {
        let path = format!("/blueprints/{}/permissions", segment(identifier));
        self.permissions("read who may edit the entities", path).await
    }

    /// Changes who may do what with the entities of a blueprint; keys that `body` lacks stay.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn set_blueprint_permissions(&self, identifier: &str, body: &Value) -> Result<(), ApiError> {
        let path = format!("/blueprints/{}/permissions", segment(identifier));
        self.set_permissions("change who may edit the entities", path, body).await
    }

    /// Replaces a blueprint by `body`, which must hold everything that shall stay.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn replace_blueprint(&self, identifier: &str, body: &Value) -> Result<(), ApiError> {
        let path = format!("/blueprints/{}", segment(identifier));
        self.send(Call::new("change the blueprint", Method::PUT, path).body(body)).await.map(|_| ())
    }

    /// Deletes a blueprint. One that is not there counts as deleted.
    ///
    /// # Errors
    ///
    /// Fails with Port's code `has_dependents` while entities, relations of other blueprints or actions hang on it, and
    /// when Port refuses or cannot be asked.
    pub async fn delete_blueprint(&self, identifier: &str) -> Result<(), ApiError> {
        let path = format!("/blueprints/{}", segment(identifier));
        let call = Call::new("delete the blueprint", Method::DELETE, path).query(&[("delete_actions", "false")]);
        match self.send(call).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
