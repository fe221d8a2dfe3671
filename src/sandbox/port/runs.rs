//! `/v1/actions/runs`: reading and patching runs, and their logs.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Port;
use super::organization::person;
use super::problem::{Answer, Problem, answer, ok};
use super::request::{Body, Query};
use super::run::{Run, Status};
use super::token::Caller;

/// Returns whether the query asks for objects instead of plain identifiers.
pub(super) fn wants_objects(query: &Query) -> Result<bool, Problem> {
    match query.text("version") {
        None | Some("v1") => Ok(false),
        Some("v2") => Ok(true),
        Some(_) => Err(Problem::invalid("querystring/version must be v1 or v2")),
    }
}

/// `GET /v1/actions/runs/{run_id}`.
pub(super) async fn get(State(port): State<Port>, caller: Caller, Path(id): Path<String>, query: Query) -> Answer {
    let objects = wants_objects(&query)?;
    let state = port.state();
    let run = state.run(&id)?;
    visible(run, &caller)?;
    ok(json!({ "run": run.answer(&state, objects) }))
}

/// `GET /v1/actions/runs`, newest first.
pub(super) async fn list(State(port): State<Port>, caller: Caller, query: Query) -> Answer {
    let objects = wants_objects(&query)?;
    let limit = query.number("limit", 1, 1000)?.unwrap_or(100);
    let active = query.flag("active")?;
    let user = match query.text("user_email") {
        Some(email) => Some(person(email).map_or("", |person| person.port_user_id)),
        None => query.text("user_id"),
    };
    let sources = query.texts("source");
    if let Some(unknown) = sources.iter().find(|source| !["UI", "API", "AUTOMATION"].contains(source)) {
        return Err(Problem::invalid(format!("querystring/source cannot be {unknown}")));
    }
    let same = |name: &str, value: Option<&str>| query.text(name).is_none_or(|wanted| value == Some(wanted));
    let state = port.state();
    let runs: Vec<Value> = state
        .runs
        .iter()
        .rev()
        .filter(|run| {
            same("action", Some(run.action.identifier()))
                && same("entity", run.entity.as_deref())
                && same("blueprint", run.blueprint.as_deref())
                && same("external_run_id", run.external_run_id.as_deref())
                && user.is_none_or(|user| run.created_by == user)
                && active.is_none_or(|active| active != run.status.is_final())
                && (sources.is_empty() || sources.contains(&run.source))
                && visible(run, &caller).is_ok()
        })
        .take(limit)
        .map(|run| run.answer(&state, objects))
        .collect();
    ok(json!({ "runs": runs }))
}

/// `PATCH /v1/actions/runs/{run_id}`. Each key overrides; a terminal status can be set once.
pub(super) async fn patch(
    State(port): State<Port>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
    body: Body,
) -> Answer {
    let objects = wants_objects(&query)?;
    let text = json!({ "type": "string" });
    let body = body.checked(&json!({ "additionalProperties": false, "properties": {
        "status": { "type": "string", "enum": ["SUCCESS", "FAILURE"] }, "statusLabel": text, "summary": text,
        "externalRunId": text, "message": { "type": "object" },
        "link": { "oneOf": [text, { "type": "array", "items": text }] } } }))?;
    let now = port.now();
    let mut state = port.state();
    let run = state.run_mut(&id)?;
    writable(run, &caller)?;
    run.must_be_open()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    run.status_label = text("statusLabel").or(run.status_label.take());
    run.summary = text("summary").or(run.summary.take());
    run.external_run_id = text("externalRunId").or(run.external_run_id.take());
    run.link = body.get("link").cloned().or(run.link.take());
    run.touch(caller.id(), now);
    if let Some(status) = text("status") {
        run.finish(Status::terminal(&status), caller.id(), now);
    }
    let shown = state.run(&id)?.answer(&state, objects);
    ok(json!({ "run": shown }))
}

/// `POST /v1/actions/runs/{run_id}/logs`. `terminationStatus` ends the run with this line.
pub(super) async fn add_log(State(port): State<Port>, caller: Caller, Path(id): Path<String>, body: Body) -> Answer {
    let text = json!({ "type": "string" });
    let body = body.checked(&json!({ "required": ["message"], "additionalProperties": false, "properties": {
        "message": text, "statusLabel": text,
        "terminationStatus": { "type": "string", "enum": ["SUCCESS", "FAILURE"] } } }))?;
    let now = port.now();
    let mut state = port.state();
    let run = state.run_mut(&id)?;
    writable(run, &caller)?;
    run.must_be_open()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let log = run.log(text("message").unwrap_or_default(), caller.id(), now).clone();
    run.touch(caller.id(), now);
    if let Some(label) = text("statusLabel") {
        run.status_label = Some(label.to_owned());
    }
    if let Some(status) = text("terminationStatus") {
        run.finish(Status::terminal(status), caller.id(), now);
    }
    answer(StatusCode::CREATED, json!({ "runLog": run.shown_log(&log) }))
}

/// `GET /v1/actions/runs/{run_id}/logs`, oldest first.
pub(super) async fn list_logs(
    State(port): State<Port>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let limit = query.number("limit", 1, 50)?.unwrap_or(50);
    let offset = query.number("offset", 0, usize::MAX)?.unwrap_or(0);
    let state = port.state();
    let run = state.run(&id)?;
    visible(run, &caller)?;
    let logs: Vec<Value> = run.logs.iter().skip(offset).take(limit).map(|log| run.shown_log(log)).collect();
    ok(json!({ "runLogs": logs }))
}

/// Runs are for everybody to see unless their action says otherwise.
fn visible(run: &Run, caller: &Caller) -> Result<(), Problem> {
    let private = run.action.body.get("allowAnyoneToViewRuns") == Some(&Value::Bool(false));
    if private && !caller.is_admin() && run.created_by != caller.id() {
        return Err(Problem::missing_permissions("you may not see this run"));
    }
    Ok(())
}

fn writable(run: &Run, caller: &Caller) -> Result<(), Problem> {
    if !caller.is_admin() && run.created_by != caller.id() {
        return Err(Problem::missing_permissions("you may not change this run"));
    }
    Ok(())
}
