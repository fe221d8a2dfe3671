//! `/v1/actions`: self-service actions and automations, and their permissions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Port;
use super::action_rules::{body_schema, default_permissions, permissions_schema};
use super::audit::Event;
use super::problem::{Answer, Problem, answer, ok};
use super::request::{Body, Query};
use super::state::{Action, Stamps, State as Model, random_id};
use super::token::Caller;

/// `POST /v1/actions`.
pub(super) async fn create(State(port): State<Port>, caller: Caller, body: Body) -> Answer {
    caller.must_be_admin()?;
    let body = body.checked(&body_schema())?;
    let now = port.now();
    let action = Action {
        id: format!("action_{}", random_id(16)),
        body,
        stamps: Stamps::new(caller.id(), now),
        permissions: default_permissions(),
    };
    let identifier = action.identifier().to_owned();
    let mut state = port.state();
    if state.actions.contains_key(&identifier) {
        return Err(Problem::taken("Action", &identifier));
    }
    check_blueprints(&state, &action)?;
    let shown = action.answer();
    state.audit.push(Event::of("action", "CREATE", &identifier, &caller, now));
    state.actions.insert(identifier, action);
    answer(StatusCode::CREATED, json!({ "action": shown }))
}

/// `GET /v1/actions`.
pub(super) async fn list(State(port): State<Port>, _: Caller, query: Query) -> Answer {
    let published = query.flag("published")?;
    let fits = |name: &str, value: Option<&str>| {
        let wanted = query.texts(name);
        wanted.is_empty() || value.is_some_and(|value| wanted.contains(&value))
    };
    let of_event = |action: &Action, name: &str| {
        action.trigger("event").and_then(|event| event.get(name)?.as_str()).map(str::to_owned)
    };
    let state = port.state();
    let actions: Vec<Value> = state
        .actions
        .values()
        .filter(|action| {
            let blueprint = of_event(action, "blueprintIdentifier")
                .unwrap_or(action.trigger_text("blueprintIdentifier").to_owned());
            let is_published = action.body.get("publish") == Some(&Value::Bool(true));
            fits("action_identifier", Some(action.identifier()))
                && fits("blueprint_identifier", Some(&blueprint))
                && fits("operation", Some(action.trigger_text("operation")))
                && fits("trigger_type", Some(action.trigger_text("type")))
                && fits("trigger_event", of_event(action, "type").as_deref())
                && fits("trigger_event_action_identifier", of_event(action, "actionIdentifier").as_deref())
                && published.is_none_or(|published| published == is_published)
        })
        .map(Action::answer)
        .collect();
    ok(json!({ "actions": actions }))
}

/// `GET /v1/actions/{action_identifier}`.
pub(super) async fn get(State(port): State<Port>, _: Caller, Path(identifier): Path<String>) -> Answer {
    let shown = port.state().action(&identifier)?.answer();
    ok(json!({ "action": shown }))
}

/// `PUT /v1/actions/{action_identifier}`: replaces the whole action; its permissions stay.
pub(super) async fn replace(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    body: Body,
) -> Answer {
    caller.must_be_admin()?;
    let body = body.checked(&body_schema())?;
    let now = port.now();
    let mut state = port.state();
    let old = state.action(&identifier)?.clone();
    let action = Action { body, stamps: old.stamps.touched(caller.id(), now), ..old };
    let new_identifier = action.identifier().to_owned();
    if new_identifier != identifier && state.actions.contains_key(&new_identifier) {
        return Err(Problem::taken("Action", &new_identifier));
    }
    check_blueprints(&state, &action)?;
    let shown = action.answer();
    state.actions.remove(&identifier);
    state.audit.push(Event::of("action", "UPDATE", &new_identifier, &caller, now));
    state.actions.insert(new_identifier, action);
    ok(json!({ "action": shown }))
}

/// `DELETE /v1/actions/{action_identifier}`. Runs stay.
pub(super) async fn delete(State(port): State<Port>, caller: Caller, Path(identifier): Path<String>) -> Answer {
    caller.must_be_admin()?;
    let now = port.now();
    let mut state = port.state();
    state.action(&identifier)?;
    state.actions.remove(&identifier);
    state.audit.push(Event::of("action", "DELETE", &identifier, &caller, now));
    ok(json!({}))
}

/// `GET /v1/actions/{action_identifier}/permissions`.
pub(super) async fn get_permissions(State(port): State<Port>, _: Caller, Path(identifier): Path<String>) -> Answer {
    let permissions = port.state().action(&identifier)?.permissions.clone();
    ok(json!({ "permissions": permissions }))
}

/// `PATCH /v1/actions/{action_identifier}/permissions`: each key that is sent replaces the old one entirely.
pub(super) async fn patch_permissions(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    body: Body,
) -> Answer {
    caller.must_be_admin()?;
    let change = body.checked(&permissions_schema())?;
    let mut state = port.state();
    state.action(&identifier)?;
    let Some(action) = state.actions.get_mut(&identifier) else {
        return Err(Problem::not_found("Action", &identifier));
    };
    for (section, keys) in change {
        let new = keys.as_object().cloned().unwrap_or_default();
        if let Some(old) = action.permissions.get_mut(section).and_then(Value::as_object_mut) {
            old.extend(new);
        }
    }
    let shown = action.permissions.clone();
    ok(json!({ "permissions": shown }))
}

/// Refuses an action on a blueprint that is not there.
fn check_blueprints(state: &Model, action: &Action) -> Result<(), Problem> {
    let event = action.trigger("event").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    let named = [action.trigger("blueprintIdentifier"), event.get("blueprintIdentifier")];
    for blueprint in named.into_iter().flatten().filter_map(Value::as_str) {
        state.blueprint(blueprint)?;
    }
    Ok(())
}
