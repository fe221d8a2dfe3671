//! What is in Port, for comparison.

use serde_json::json;

use super::Port;
use super::entity::Entity;
use super::state::{Action, Blueprint, Page};
use crate::sandbox::inventory::Inventory;

impl Port {
    /// Adds all that people can see, but for whoever is logged in.
    pub(crate) fn take_stock(&self, inventory: &mut Inventory) {
        let state = self.state();
        for (identifier, Blueprint { body, stamps: _, permissions }) in &state.blueprints {
            inventory.add(format_args!("port blueprint {identifier}"), json!(body));
            inventory.add(format_args!("port permissions of the blueprint {identifier}"), permissions.clone());
        }
        for Entity { identifier, blueprint, title, icon, team, properties, relations, stamps: _, fired: _ } in
            state.entities.values()
        {
            let what = json!([title, icon, team, properties, relations]);
            inventory.add(format_args!("port entity {blueprint} {identifier}"), what);
        }
        for (identifier, Action { id, body, stamps: _, permissions }) in &state.actions {
            inventory.add(format_args!("port action {identifier}"), json!([id, body]));
            inventory.add(format_args!("port permissions of the action {identifier}"), permissions.clone());
        }
        for (identifier, Page { id, body, stamps: _ }) in &state.pages {
            inventory.add(format_args!("port page {identifier}"), json!([id, body]));
        }
        inventory.add("port organisation", json!([state.ocean, state.keeps_out, state.left, state.teams]));
        let runs: Vec<&str> = state.runs.iter().map(|run| run.id.as_str()).collect();
        inventory.add("port runs", json!(runs));
        inventory.add("port audit log", json!(state.audit.len()));
    }
}
