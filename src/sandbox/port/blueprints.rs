//! `/v1/blueprints` and their permissions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Port;
use super::audit::Event;
use super::blueprint_rules::{
    body_schema, check_change, check_targets, default_permissions, forget_removed_keys, patched,
};
use super::problem::{Answer, Problem, answer, ok};
use super::request::{Body, Query};
use super::schema;
use super::state::{Blueprint, READ_ONLY, Stamps};
use super::token::Caller;

/// `POST /v1/blueprints`.
pub(super) async fn create(State(port): State<Port>, caller: Caller, query: Query, body: Body) -> Answer {
    caller.must_be_admin()?;
    query.flag("create_catalog_page")?;
    let body = writable(body.checked(&body_schema(&["identifier", "title", "schema"]))?);
    let identifier = body.get("identifier").and_then(Value::as_str).unwrap_or_default().to_owned();
    let now = port.now();
    let mut state = port.state();
    if state.blueprints.contains_key(&identifier) {
        return Err(Problem::taken("Blueprint", &identifier));
    }
    let permissions = default_permissions(&identifier);
    let blueprint = Blueprint { body, stamps: Stamps::new(caller.id(), now), permissions };
    check_targets(&state, &identifier, &blueprint)?;
    let shown = blueprint.answer();
    state.audit.push(Event::of("blueprint", "CREATE", &identifier, &caller, now));
    state.blueprints.insert(identifier, blueprint);
    answer(StatusCode::CREATED, json!({ "blueprint": shown }))
}

/// `GET /v1/blueprints`.
pub(super) async fn list(State(port): State<Port>, _: Caller) -> Answer {
    let blueprints: Vec<Value> = port.state().blueprints.values().map(Blueprint::answer).collect();
    ok(json!({ "blueprints": blueprints }))
}

/// `GET /v1/blueprints/{identifier}`.
pub(super) async fn get(State(port): State<Port>, _: Caller, Path(identifier): Path<String>) -> Answer {
    let shown = port.state().blueprint(&identifier)?.answer();
    ok(json!({ "blueprint": shown }))
}

/// `PUT /v1/blueprints/{identifier}`: replaces the whole blueprint.
pub(super) async fn replace(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    body: Body,
) -> Answer {
    let body = writable(body.checked(&body_schema(&["title", "schema"]))?);
    change(&port, caller, &identifier, |_| body)
}

/// `PATCH /v1/blueprints/{identifier}`.
pub(super) async fn patch(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    body: Body,
) -> Answer {
    // The members that a patch leaves out are there already.
    let mut contract = body_schema(&[]);
    contract["properties"]["schema"]["required"] = json!([]);
    let body = writable(body.checked(&contract)?);
    change(&port, caller, &identifier, |old| patched(old, &body))
}

fn change(
    port: &Port,
    caller: Caller,
    identifier: &str,
    new: impl FnOnce(&Map<String, Value>) -> Map<String, Value>,
) -> Answer {
    caller.must_be_admin()?;
    let now = port.now();
    let mut state = port.state();
    let old = state.blueprint(identifier)?.clone();
    let mut body = new(&old.body);
    if body.get("identifier").is_some_and(|new| new != identifier) {
        return Err(Problem::invalid("the sandbox does not rename blueprints"));
    }
    body.insert("identifier".to_owned(), identifier.into());
    let changed =
        Blueprint { body, stamps: old.stamps.touched(caller.id(), now), permissions: old.permissions.clone() };
    check_change(&old, &changed)?;
    check_targets(&state, identifier, &changed)?;
    let shown = changed.answer();
    state.blueprints.insert(identifier.to_owned(), changed);
    forget_removed_keys(&mut state, identifier);
    state.audit.push(Event::of("blueprint", "UPDATE", identifier, &caller, now));
    ok(json!({ "blueprint": shown }))
}

/// `DELETE /v1/blueprints/{identifier}`. Entities, relations of others and actions stand in its way.
pub(super) async fn delete(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    query: Query,
) -> Answer {
    caller.must_be_admin()?;
    let delete_actions = query.is_set("delete_actions")?;
    let now = port.now();
    let mut state = port.state();
    state.blueprint(&identifier)?;
    if state.entities_of(&identifier).next().is_some() {
        return Err(Problem::has_dependents(format!("Blueprint \"{identifier}\" has entities")));
    }
    let targets = |blueprint: &Blueprint| blueprint.relations().values().any(|of| of["target"] == identifier.as_str());
    if let Some((other, _)) = state.blueprints.iter().find(|(key, other)| **key != identifier && targets(other)) {
        let message = format!("Blueprint \"{other}\" has a relation to blueprint \"{identifier}\"");
        return Err(Problem::has_dependents(message));
    }
    let event = |action: &super::state::Action| {
        let watched = action.trigger("event").and_then(|event| event.get("blueprintIdentifier"));
        action.trigger_text("blueprintIdentifier") == identifier
            || watched.is_some_and(|watched| *watched == identifier)
    };
    if !delete_actions && let Some(action) = state.actions.values().find(|action| event(action)) {
        let message = format!("Action \"{}\" belongs to blueprint \"{identifier}\"", action.identifier());
        return Err(Problem::has_dependents(message));
    }
    state.actions.retain(|_, action| !event(action));
    state.blueprints.remove(&identifier);
    state.audit.push(Event::of("blueprint", "DELETE", &identifier, &caller, now));
    ok(json!({}))
}

/// `GET /v1/blueprints/{blueprint_identifier}/permissions`.
pub(super) async fn get_permissions(State(port): State<Port>, _: Caller, Path(identifier): Path<String>) -> Answer {
    let permissions = port.state().blueprint(&identifier)?.permissions.clone();
    ok(json!({ "permissions": permissions }))
}

/// `PATCH /v1/blueprints/{blueprint_identifier}/permissions`: each key that is sent replaces the old one.
pub(super) async fn patch_permissions(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    body: Body,
) -> Answer {
    caller.must_be_admin()?;
    let names = json!({ "type": "array", "items": { "type": "string" } });
    let rule = json!({ "type": "object", "additionalProperties": false, "properties": { "users": names,
        "roles": names, "teams": names, "ownedByTeam": { "type": "boolean" }, "policy": { "type": "object" } } });
    let keyed = json!({ "type": "object", "additionalProperties": rule });
    let body = body.checked(&json!({ "additionalProperties": false, "properties": { "entities": {
        "type": "object", "additionalProperties": false, "properties": { "read": rule, "register": rule,
        "update": rule, "unregister": rule, "updateProperties": keyed, "updateRelations": keyed } } } }))?;
    let mut state = port.state();
    let blueprint = state.blueprint(&identifier)?;
    let entities = body.get("entities").and_then(Value::as_object).cloned().unwrap_or_default();
    unknown_keys(&entities, "updateProperties", &blueprint.properties(), "invalidProperties")?;
    unknown_keys(&entities, "updateRelations", &blueprint.relations(), "invalidRelations")?;
    let mut permissions = blueprint.permissions.clone();
    if let Some(old) = permissions["entities"].as_object_mut() {
        old.extend(entities);
    }
    let shown = permissions.clone();
    if let Some(blueprint) = state.blueprints.get_mut(&identifier) {
        blueprint.permissions = permissions;
    }
    ok(json!({ "permissions": shown }))
}

fn unknown_keys(
    rules: &Map<String, Value>,
    section: &str,
    known: &Map<String, Value>,
    detail: &str,
) -> Result<(), Problem> {
    let named = rules.get(section).and_then(Value::as_object).cloned().unwrap_or_default();
    let unknown: Vec<&String> = named.keys().filter(|key| !known.contains_key(*key)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!("{section} names keys that the blueprint does not have");
    Err(Problem::unprocessable("invalid_permissions", message).with_details(json!({ detail: unknown })))
}

/// Drops read-only members, which a body may carry and which never take effect.
fn writable(mut body: Map<String, Value>) -> Map<String, Value> {
    body.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    body.entry("relations").or_insert_with(|| json!({}));
    body
}

/// Checks that `value` is what a property schema wants; `null` clears and is always right.
pub(super) fn check_property(property: &Value, value: &Value, at: &str) -> Result<(), Problem> {
    if value.is_null() {
        return Ok(());
    }
    schema::check(property, value, at).map_err(|message| Problem::unprocessable("blueprint_schema_mismatch", message))
}
