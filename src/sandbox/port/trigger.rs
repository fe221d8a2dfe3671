//! The trigger data of a run: what its templates see.

use serde_json::{Value, json};

use super::audit::by_port;
use super::entity::Entity;
use super::inputs::expanded;
use super::organization::triggering_user;
use super::run::Run;
use super::state::{State, written};
use crate::sandbox::cast;

/// Returns the trigger data of a run, of a self-service action or of an automation.
pub(super) fn data(state: &State, run: &Run) -> Value {
    if run.event.is_null() { self_service(state, run) } else { automation(run) }
}

fn self_service(state: &State, run: &Run) -> Value {
    let mut by = json!({ "orgId": cast::PORT_ORGANIZATION_ID, "userId": run.created_by });
    // A machine is no user: who it is stays in `userId` alone.
    if let Some(user) = triggering_user(&run.created_by) {
        by["user"] = user;
    }
    let mut action = json!({ "identifier": run.action.identifier(), "encryptedProperties": [] });
    if let Some(blueprint) = &run.blueprint {
        action["blueprint"] = blueprint.as_str().into();
    }
    let entity = run.blueprint.as_deref().zip(run.entity.as_deref());
    let entity = entity.and_then(|(blueprint, entity)| state.entity(blueprint, entity).ok());
    json!({ "inputs": expanded(state, &run.action, &run.properties),
        "trigger": { "by": by, "origin": run.source, "at": written(run.created_at),
            "operation": run.action.trigger_text("operation") },
        "event": null, "entity": entity.map_or_else(|| json!({}), Entity::whole), "action": action,
        "run": { "id": run.id } })
}

/// An automation has no inputs, no entity of its own and, by timer, no user. The entity is in `event.diff.after`.
fn automation(run: &Run) -> Value {
    json!({ "inputs": null,
        "trigger": { "by": by_port(), "origin": "AUTOMATION", "at": written(run.created_at) },
        "event": run.event, "entity": null, "action": { "identifier": run.action.identifier() },
        "run": { "id": run.id } })
}
