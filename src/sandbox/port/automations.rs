//! Automations: which of them an event sets off, and the backend that writes an entity.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Port;
use super::audit::Event;
use super::dispatch::{self, Start};
use super::entity::Entity;
use super::entity_write::{Mode, Written, body_schema, write};
use super::execute::new_run;
use super::run::Status;
use super::schema;
use super::state::{Action, State, written};
use super::template::evaluate;
use super::token::Caller;

/// Creates a run for each published automation on this change of an entity.
pub(super) fn on_change(
    state: &mut State,
    change: (Option<&Entity>, Option<&Entity>),
    by: &Value,
    now: Timestamp,
) -> Vec<Start> {
    let (before, after) = change;
    let (kind, action) = match change {
        (None, Some(_)) => ("ENTITY_CREATED", "CREATE"),
        (Some(_), Some(_)) => ("ENTITY_UPDATED", "UPDATE"),
        (Some(_), None) => ("ENTITY_DELETED", "DELETE"),
        (None, None) => return Vec::new(),
    };
    let Some(entity) = after.or(before) else { return Vec::new() };
    let whole = |entity: Option<&Entity>| entity.map_or(Value::Null, Entity::whole);
    let event = json!({ "action": action, "resourceType": "entity",
        "trigger": { "by": by, "origin": "API", "at": written(now) },
        "context": { "blueprintIdentifier": entity.blueprint, "entityIdentifier": entity.identifier },
        "diff": { "before": whole(before), "after": whole(after) } });
    let watches = |trigger: &Value| {
        (trigger["type"] == kind || trigger["type"] == "ANY_ENTITY_CHANGE")
            && trigger["blueprintIdentifier"] == entity.blueprint.as_str()
    };
    set_off(state, &event, watches, now)
}

/// Creates a run for each published automation whose event `watches` and whose condition the event meets.
pub(super) fn set_off(
    state: &mut State,
    event: &Value,
    watches: impl Fn(&Value) -> bool,
    now: Timestamp,
) -> Vec<Start> {
    let watching: Vec<Action> = state
        .actions
        .values()
        .filter(|action| is_active(action) && action.trigger("event").is_some_and(&watches))
        .cloned()
        .collect();
    let mut starts = Vec::new();
    for action in watching {
        let mut run = new_run(action, "", now);
        // No user: the automation itself is who acts.
        run.created_by = run.action.identifier().to_owned();
        run.updated_by.clone_from(&run.created_by);
        run.source = "AUTOMATION";
        run.event = event.clone();
        let start = match passes(&run.action, event) {
            Ok(false) => continue,
            Ok(true) => dispatch::prepare(state, &run).unwrap_or_else(|message| Start::failing(&run.id, message)),
            Err(message) => Start::failing(&run.id, message),
        };
        state.runs.push(run);
        starts.push(start);
    }
    starts
}

/// Whether an automation without `publish` is active is not documented: here it is not.
fn is_active(action: &Action) -> bool {
    action.is_automation() && action.body.get("publish") == Some(&Value::Bool(true))
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

/// Writes the entity of the backend `UPSERT_ENTITY`, and ends the run. What the mapping does not name stays, as Port
/// documents it of its workflows; of its actions it is not documented.
pub(super) fn upsert(port: &Port, run_id: &str, blueprint: &str, body: &Map<String, Value>) {
    let now = port.now();
    let mode = Mode { upsert: true, merge: true, ..Mode::default() };
    let mut state = port.state();
    // A machine's rights: whose an automation has is not documented.
    let outcome = schema::check(&body_schema(false), &Value::Object(body.clone()), "mapping").and_then(|()| {
        write(&mut state, blueprint, body, mode, &Caller::Machine, now).map_err(|problem| problem.message)
    });
    let (status, message, starts) = match outcome {
        Ok(Written { before, after }) => {
            let action = if before.is_some() { "UPDATE" } else { "CREATE" };
            let by = super::audit::by_port();
            let change = (before.as_ref(), Some(&after));
            state.audit.push(Event::of_entity(action, change, by.clone(), now, Some(run_id)));
            (Status::Success, format!("{} is written", after.identifier), on_change(&mut state, change, &by, now))
        }
        Err(message) => (Status::Failure, message, Vec::new()),
    };
    if let Ok(run) = state.run_mut(run_id) {
        let by = run.created_by.clone();
        run.log(message, &by, now);
        run.finish(status, &by, now);
    }
    starts.into_iter().for_each(|start| dispatch::begin(port, start));
}
