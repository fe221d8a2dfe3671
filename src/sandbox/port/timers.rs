//! Timer properties: they run out by the sandbox's clock, and automations act on it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Port;
use super::audit::{Event, by_port};
use super::automations::set_off;
use super::dispatch::{self, Start};
use super::entity::Entity;
use super::schema::timestamp;
use super::state::{State, written};

/// Fires every timer that has run out and has not fired for its present value.
pub(super) fn fire(port: &Port) {
    let now = port.now();
    let starts = fire_in(&mut port.state(), now);
    for start in starts {
        dispatch::begin(port, start);
    }
}

fn fire_in(state: &mut State, now: Timestamp) -> Vec<Start> {
    let mut starts = Vec::new();
    for (key, property) in due(state, now) {
        let Some(entity) = state.entities.get_mut(&key) else { continue };
        let value = entity.properties.get(&property).and_then(Value::as_str).unwrap_or_default().to_owned();
        entity.fired.insert(property.clone(), value);
        let entity = entity.clone();
        let mut event = Event::of_entity("TIMER_EXPIRED", (None, Some(&entity)), by_port(), now, None);
        event.message = Some("Timer Expired");
        state.audit.push(event);
        starts.extend(run_automations(state, &entity, &property, now));
    }
    starts
}

/// Returns the timers that fire now, by entity and property. A value that was in the past when written is one of them.
fn due(state: &State, now: Timestamp) -> Vec<((String, String), String)> {
    let mut due = Vec::new();
    for (identifier, blueprint) in &state.blueprints {
        let properties = blueprint.properties();
        let timers: Vec<_> = properties.iter().filter(|(_, schema)| schema["format"] == "timer").collect();
        if timers.is_empty() {
            continue;
        }
        for entity in state.entities_of(identifier) {
            for (property, _) in &timers {
                let Some(value) = entity.properties.get(*property).and_then(Value::as_str) else { continue };
                let expired = timestamp(value).is_some_and(|expires| expires <= now);
                if expired && entity.fired.get(*property).is_none_or(|fired| fired != value) {
                    due.push((entity.key(), (*property).clone()));
                }
            }
        }
    }
    due
}

/// Creates a run for each published automation on this timer.
fn run_automations(state: &mut State, entity: &Entity, property: &str, now: Timestamp) -> Vec<Start> {
    let event = json!({ "action": "TIMER_EXPIRED", "resourceType": "entity",
        "trigger": { "by": by_port(), "origin": "API", "at": written(now) },
        "context": { "blueprintIdentifier": entity.blueprint, "entityIdentifier": entity.identifier,
            "propertyIdentifier": property },
        "diff": { "before": null, "after": entity.whole() } });
    let watches = |trigger: &Value| {
        trigger["type"] == "TIMER_PROPERTY_EXPIRED"
            && trigger["blueprintIdentifier"] == entity.blueprint.as_str()
            && trigger["propertyIdentifier"] == property
    };
    set_off(state, &event, watches, now)
}
