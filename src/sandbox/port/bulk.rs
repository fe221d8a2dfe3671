//! Many entities in one request.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Port;
use super::audit::Event;
use super::automations::on_change;
use super::dispatch;
use super::entities::{log_removed, mode};
use super::entity_delete;
use super::entity_write::{body_schema, permit, write};
use super::problem::{Answer, Problem, answer, ok};
use super::request::{Body, Query};
use super::schema;
use super::token::Caller;

/// `POST …/entities/bulk`: each entity for itself. Failures come with a status in the two hundreds, and with `ok: true`.
pub(super) async fn upsert(
    State(port): State<Port>,
    caller: Caller,
    Path(blueprint): Path<String>,
    query: Query,
    body: Body,
) -> Answer {
    let body = body.checked(&json!({ "required": ["entities"], "properties": {
        "entities": { "type": "array", "minItems": 1, "maxItems": 20, "items": { "type": "object" } } } }))?;
    let (mode, run_id, now) = (mode(&query)?, query.text("run_id"), port.now());
    let contract = body_schema(false);
    let mut state = port.state();
    state.check_tie(run_id)?;
    state.blueprint(&blueprint)?;
    let (mut entities, mut errors) = (Vec::new(), Vec::new());
    let items = body.get("entities").and_then(Value::as_array).cloned().unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        let outcome = schema::check(&contract, item, &format!("body/entities/{index}"))
            .map_err(Problem::invalid)
            .and_then(|()| {
                write(&mut state, &blueprint, item.as_object().unwrap_or(&serde_json::Map::new()), mode, &caller, now)
            });
        match outcome {
            Ok(written) => {
                let created = written.before.is_none();
                entities.push(json!({ "created": created, "identifier": written.after.identifier, "index": index }));
                let action = if created { "CREATE" } else { "UPDATE" };
                let change = (written.before.as_ref(), Some(&written.after));
                state.audit.push(Event::of_entity(action, change, caller.by(), now, run_id));
                let starts = on_change(&mut state, change, &caller.by(), now);
                // They begin beside this request, and wait for the state as every other one.
                starts.into_iter().for_each(|start| dispatch::begin(&port, start));
            }
            Err(problem) => errors.push(json!({ "identifier": item["identifier"].as_str().unwrap_or_default(),
                "index": index, "statusCode": problem.status.as_u16(), "error": problem.error,
                "message": problem.message })),
        }
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
    answer(status, json!({ "entities": entities, "errors": errors }))
}

/// `POST …/bulk/entities/delete`: all of them, or none when something required hangs on one.
pub(super) async fn delete(
    State(port): State<Port>,
    caller: Caller,
    Path(blueprint): Path<String>,
    query: Query,
    body: Body,
) -> Answer {
    let body = body.checked(&json!({ "required": ["entities"], "properties": {
        "entities": { "type": "array", "minItems": 1, "maxItems": 100, "items": { "type": "string" } } } }))?;
    let identifiers: Vec<String> = body
        .get("entities")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|identifier| identifier.as_str().map(str::to_owned))
        .collect();
    let delete_dependents = query.is_set("delete_dependents")?;
    let mut state = port.state();
    state.check_tie(query.text("run_id"))?;
    let rules = &state.blueprint(&blueprint)?.permissions["entities"];
    permit(&caller, &rules["unregister"], "unregister", &blueprint)?;
    let removed = entity_delete::delete(&mut state, &blueprint, &identifiers, delete_dependents)?;
    log_removed(&port, &mut state, &caller, &removed, query.text("run_id"));
    let deleted: Vec<&str> = removed.iter().map(|entity| entity.identifier.as_str()).collect();
    ok(json!({ "deletedEntities": deleted }))
}
