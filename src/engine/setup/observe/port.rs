//! What there is in Port: blueprints and actions. The dashboard has a file of its own.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::Setup;
use crate::clients::error::ApiError;
use crate::domain::setup::System;

impl Setup<'_> {
    pub(super) async fn blueprints(&self) -> Result<Vec<Value>, ApiError> {
        if self.found.looks_at.contains(System::Port) { self.port.blueprints().await } else { Ok(Vec::new()) }
    }

    /// Returns the actions and the automation of ours that are there. Who may approve is asked of those that ask for an
    /// approval alone: no rule is about the others. Of the one that requests it is known already.
    pub(super) async fn actions(&self) -> Result<(Vec<Value>, BTreeMap<String, Value>), ApiError> {
        if !self.found.looks_at.contains(System::Port) {
            return Ok((Vec::new(), BTreeMap::new()));
        }
        let names: Vec<_> = self.names.granting_actions().into_iter().chain(self.names.revoking_actions()).collect();
        let mut actions = self.port.actions().await?;
        actions.retain(|action| action["identifier"].as_str().is_some_and(|name| names.contains(&name)));
        let asks = |action: &&Value| action["requiredApproval"].is_object() || action["requiredApproval"] == true;
        let is_open = |action: &&Value| asks(action) && action["identifier"] != self.names.request_permissions.as_str();
        let permissions = self.approvers_of(actions.iter().filter(is_open)).await?;
        Ok((actions, permissions))
    }
}
