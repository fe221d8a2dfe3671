//! Who may do what in Port: with the entities of our blueprints, with our actions, and who approves.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use serde_json::Value;

use super::super::Setup;
use crate::clients::error::ApiError;
use crate::domain::setup::{Seen, System, Wanted, WantedApproval};

impl Setup<'_> {
    /// Returns who may do what with the entities of our blueprints, and with our actions, by identifier.
    pub(super) async fn permissions(&self) -> Result<(BTreeMap<String, Value>, BTreeMap<String, Value>), ApiError> {
        if !self.found.looks_at.contains(System::Port) {
            return Ok((BTreeMap::new(), BTreeMap::new()));
        }
        let names = self.names;
        // Without the first nobody can ask for anything.
        let executed = [&names.request_permissions, &names.return_permissions, &names.revoke_permissions];
        let of_blueprints =
            names.blueprints().map(async |name| Ok((name.to_owned(), self.port.blueprint_permissions(name).await?)));
        let of_actions = executed.map(|name| self.permissions_of(name));
        let (of_blueprints, of_actions) = join(join_all(of_blueprints), join_all(of_actions)).await;
        Ok((there(of_blueprints)?, there(of_actions)?))
    }

    /// Returns who may approve which of these actions, of those that grant.
    pub(super) async fn approvers_of(
        &self,
        actions: impl Iterator<Item = &Value>,
    ) -> Result<BTreeMap<String, Value>, ApiError> {
        let granting = self.names.granting_actions();
        let names = actions.filter_map(|action| action["identifier"].as_str()).filter(|name| granting.contains(name));
        there(join_all(names.map(|name| self.permissions_of(name))).await)
    }

    async fn permissions_of(&self, action: &str) -> Result<(String, Option<Value>), ApiError> {
        Ok((action.to_owned(), self.port.action_permissions(action).await?))
    }

    /// Looks who may approve what no action asks an approval for yet, where the rules want one.
    pub(super) async fn look_at_approvers(&self, wanted: &Wanted, seen: &mut Seen) -> Result<(), ApiError> {
        if wanted.approval != WantedApproval::AsItIs {
            let is_known = |action: &&Value| {
                action["identifier"].as_str().is_some_and(|name| seen.action_permissions.contains_key(name))
            };
            let further = self.approvers_of(seen.actions.iter().filter(|action| !is_known(action))).await?;
            seen.action_permissions.extend(further);
        }
        Ok(())
    }
}

/// Returns what is there of what was looked for.
fn there(answers: Vec<Result<(String, Option<Value>), ApiError>>) -> Result<BTreeMap<String, Value>, ApiError> {
    let answers: Vec<_> = answers.into_iter().collect::<Result<_, _>>()?;
    Ok(answers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}
