//! What a probe needs of Port: an action that is there for a moment.

use reqwest::Method;
use serde_json::{Value, json};

use super::entities::undecodable;
use super::{Call, Port, decoding, segment};
use crate::clients::error::ApiError;
use crate::domain::catalog::Run;

impl Port {
    /// Returns the self-service actions of the organisation.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn self_service_actions(&self) -> Result<Vec<Value>, ApiError> {
        let query = [("trigger_type", "self-service"), ("version", "v2")];
        let call = Call::new("list the actions", Method::GET, "/actions".to_owned()).query(&query);
        let mut answer = self.send(call).await?;
        match answer["actions"].take() {
            Value::Array(actions) => Ok(actions),
            _ => Err(undecodable("list the actions")),
        }
    }

    /// Starts an action that is about no entity. It is not sent twice: that could start two runs.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn execute_alone(&self, action: &str) -> Result<Run, ApiError> {
        let path = format!("/actions/{}/runs", segment(action));
        let body = json!({ "properties": {} });
        let answer = self.send(Call::new("start the action", Method::POST, path).body(&body)).await?;
        decoding::run(&answer["run"]).ok_or_else(|| undecodable("start the action"))
    }

    /// Takes an action away; one that is gone already is no failure.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses or cannot be asked.
    pub async fn take_action_away(&self, identifier: &str) -> Result<(), ApiError> {
        let path = format!("/actions/{}", segment(identifier));
        match self.send(Call::new("take the action away", Method::DELETE, path)).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
