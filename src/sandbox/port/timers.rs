//! Timer properties: they run out by the sandbox's clock, and automations act on it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Port;
use super::audit::{Event, by_port};
use super::dispatch::{self, Start};
use super::entity::Entity;
use super::execute::new_run;
use super::schema::timestamp;
use super::state::{Action, State, written};
use super::template::evaluate;

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
    let watching: Vec<Action> =
        state.actions.values().filter(|action| watches(action, entity, property)).cloned().collect();
    let mut starts = Vec::new();
    for action in watching {
        let mut run = new_run(action, "", now);
        // No user: the automation itself is who acts.
        run.created_by = run.action.identifier().to_owned();
        run.updated_by.clone_from(&run.created_by);
        run.source = "AUTOMATION";
        run.event = event.clone();
        let start = match passes(&run.action, &event) {
            Ok(false) => continue,
            Ok(true) => dispatch::prepare(state, &run).unwrap_or_else(|message| Start::failing(&run.id, message)),
            Err(message) => Start::failing(&run.id, message),
        };
        state.runs.push(run);
        starts.push(start);
    }
    starts
}

fn watches(action: &Action, entity: &Entity, property: &str) -> bool {
    let Some(event) = action.trigger("event") else { return false };
    // Whether an automation without `publish` is active is not documented: here it is not.
    action.is_automation()
        && action.body.get("publish") == Some(&Value::Bool(true))
        && event["type"] == "TIMER_PROPERTY_EXPIRED"
        && event["blueprintIdentifier"] == entity.blueprint.as_str()
        && event["propertyIdentifier"] == property
}

/// Evaluates the automation's condition, on the event itself.
fn passes(action: &Action, event: &Value) -> Result<bool, String> {
    let Some(condition) = action.trigger("condition") else { return Ok(true) };
    let expressions = condition["expressions"].as_array().cloned().unwrap_or_default();
    let verdicts: Vec<bool> = expressions
        .iter()
        .filter_map(Value::as_str)
        .map(|expression| evaluate(expression, event).map(|verdict| verdict == true))
        .collect::<Result<_, _>>()?;
    let any = condition["combinator"] == "or";
    Ok(if any { verdicts.contains(&true) } else { !verdicts.contains(&false) })
}
