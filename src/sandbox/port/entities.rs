//! `/v1/blueprints/{blueprint_identifier}/entities`: one entity at a time.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Port;
use super::audit::Event;
use super::automations::on_change;
use super::dispatch;
use super::entity::Entity;
use super::entity_delete;
use super::entity_write::{Mode, Written, body_schema, permit, write};
use super::problem::{Answer, Problem, answer, ok};
use super::request::{Body, Query};
use super::state::State as Model;
use super::token::Caller;

/// `POST …/entities`: 201 for a new entity, 200 for one that was there.
pub(super) async fn create(
    State(port): State<Port>,
    caller: Caller,
    Path(blueprint): Path<String>,
    query: Query,
    body: Body,
) -> Answer {
    let body = body.checked(&body_schema(false))?;
    let written = store(&port, &caller, &blueprint, &query, &body, mode(&query)?)?;
    let status = if written.before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    answer(status, json!({ "entity": port.shown(&written.after) }))
}

/// `PUT …/entities/{entity_identifier}`: replaces the whole entity.
pub(super) async fn replace(
    State(port): State<Port>,
    caller: Caller,
    Path((blueprint, identifier)): Path<(String, String)>,
    query: Query,
    body: Body,
) -> Answer {
    change(&port, &caller, (&blueprint, &identifier), &query, body.checked(&body_schema(false))?, false)
}

/// `PATCH …/entities/{entity_identifier}`: changes what is sent, and takes nothing that is unknown.
pub(super) async fn patch(
    State(port): State<Port>,
    caller: Caller,
    Path((blueprint, identifier)): Path<(String, String)>,
    query: Query,
    body: Body,
) -> Answer {
    change(&port, &caller, (&blueprint, &identifier), &query, body.checked(&body_schema(true))?, true)
}

fn change(
    port: &Port,
    caller: &Caller,
    (blueprint, identifier): (&str, &str),
    query: &Query,
    mut body: Map<String, Value>,
    merge: bool,
) -> Answer {
    if body.get("identifier").is_some_and(|new| new != identifier) {
        return Err(Problem::invalid("the sandbox does not rename entities"));
    }
    {
        let state = port.state();
        state.blueprint(blueprint)?;
        state.entity(blueprint, identifier)?;
    }
    body.insert("identifier".to_owned(), identifier.into());
    let create_missing = query.is_set("create_missing_related_entities")?;
    let mode = Mode { upsert: true, merge, create_missing, validation_only: false };
    let written = store(port, caller, blueprint, query, &body, mode)?;
    ok(json!({ "entity": port.shown(&written.after) }))
}

/// Writes one entity and its audit event, tied to the run that the query names.
fn store(
    port: &Port,
    caller: &Caller,
    blueprint: &str,
    query: &Query,
    body: &Map<String, Value>,
    mode: Mode,
) -> Result<Written, Problem> {
    let (run_id, now) = (query.text("run_id"), port.now());
    let mut state = port.state();
    state.check_tie(run_id)?;
    let written = write(&mut state, blueprint, body, mode, caller, now)?;
    if !mode.validation_only {
        let action = if written.before.is_some() { "UPDATE" } else { "CREATE" };
        let change = (written.before.as_ref(), Some(&written.after));
        state.audit.push(Event::of_entity(action, change, caller.by(), now, run_id));
        on_change(&mut state, change, &caller.by(), now).into_iter().for_each(|start| dispatch::begin(port, start));
    }
    Ok(written)
}

/// Reads the query of a write.
pub(super) fn mode(query: &Query) -> Result<Mode, Problem> {
    Ok(Mode {
        upsert: query.is_set("upsert")?,
        merge: query.is_set("merge")?,
        create_missing: query.is_set("create_missing_related_entities")?,
        validation_only: query.is_set("validation_only")?,
    })
}

/// `GET …/entities`.
pub(super) async fn list(
    State(port): State<Port>,
    caller: Caller,
    Path(blueprint): Path<String>,
    query: Query,
) -> Answer {
    let state = port.state();
    readable(&state, &blueprint, &caller)?;
    let (include, exclude) = (query.texts("include"), query.texts("exclude"));
    let entities: Vec<Value> =
        state.entities_of(&blueprint).map(|entity| selected(port.shown(entity), &include, &exclude)).collect();
    ok(json!({ "entities": entities }))
}

/// `GET …/entities/{entity_identifier}`.
pub(super) async fn get(
    State(port): State<Port>,
    caller: Caller,
    Path((blueprint, identifier)): Path<(String, String)>,
    query: Query,
) -> Answer {
    let state = port.state();
    readable(&state, &blueprint, &caller)?;
    let entity = port.shown(state.entity(&blueprint, &identifier)?);
    ok(json!({ "entity": selected(entity, &query.texts("include"), &query.texts("exclude")) }))
}

/// `GET …/entities-count`.
pub(super) async fn count(State(port): State<Port>, caller: Caller, Path(blueprint): Path<String>) -> Answer {
    let state = port.state();
    readable(&state, &blueprint, &caller)?;
    ok(json!({ "count": state.entities_of(&blueprint).count() }))
}

/// `DELETE …/entities/{entity_identifier}`.
pub(super) async fn delete(
    State(port): State<Port>,
    caller: Caller,
    Path((blueprint, identifier)): Path<(String, String)>,
    query: Query,
) -> Answer {
    let delete_dependents = query.is_set("delete_dependents")?;
    let mut state = port.state();
    state.check_tie(query.text("run_id"))?;
    let rules = &state.blueprint(&blueprint)?.permissions["entities"];
    permit(&caller, &rules["unregister"], "unregister", &blueprint)?;
    state.entity(&blueprint, &identifier)?;
    let removed = entity_delete::delete(&mut state, &blueprint, &[identifier], delete_dependents)?;
    log_removed(&port, &mut state, &caller, &removed, query.text("run_id"));
    ok(json!({}))
}

/// Writes the audit events of entities that are gone, and sets off what watches them.
pub(super) fn log_removed(port: &Port, state: &mut Model, caller: &Caller, removed: &[Entity], run_id: Option<&str>) {
    for entity in removed {
        let (change, now) = ((Some(entity), None), port.now());
        state.audit.push(Event::of_entity("DELETE", change, caller.by(), now, run_id));
        // They begin beside this request, and wait for the state as every other one.
        on_change(state, change, &caller.by(), now).into_iter().for_each(|start| dispatch::begin(port, start));
    }
}

fn readable(state: &Model, blueprint: &str, caller: &Caller) -> Result<(), Problem> {
    permit(caller, &state.blueprint(blueprint)?.permissions["entities"]["read"], "read", blueprint)
}

/// Cuts an entity down to what `include` and `exclude` leave; the identifier always stays.
pub(super) fn selected(mut entity: Map<String, Value>, include: &[&str], exclude: &[&str]) -> Value {
    let wanted = |name: &str| {
        let named = |list: &[&str]| {
            list.iter().any(|entry| {
                let entry = entry.trim_start_matches('$');
                entry == name || entry.starts_with(&format!("{name}.")) || name.starts_with(&format!("{entry}."))
            })
        };
        (include.is_empty() || named(include)) && !exclude.iter().any(|entry| entry.trim_start_matches('$') == name)
    };
    for section in ["properties", "relations"] {
        if let Some(members) = entity.get_mut(section).and_then(Value::as_object_mut) {
            members.retain(|key, _| wanted(key) || wanted(&format!("{section}.{key}")));
        }
    }
    let sections = |name: &str| name == "identifier" || name == "properties" || name == "relations";
    entity.retain(|name, _| sections(name) || wanted(name));
    entity.into()
}
