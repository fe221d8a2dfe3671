//! `POST /v1/actions/{action_identifier}/runs`: a person, or a machine in a person's name, executes an action.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Port;
use super::audit::Event;
use super::dispatch;
use super::entity::Entity;
use super::inputs;
use super::organization::{person, triggering_user};
use super::policy::may_execute;
use super::problem::{Answer, Problem, answer};
use super::query::Catalog;
use super::request::{Body, Query};
use super::run::{Run, Status};
use super::state::{Action, State as Model, random_id};
use super::token::Caller;

/// Creates a run and answers 202; the workflow is dispatched after the answer.
pub(super) async fn execute(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    query: Query,
    body: Body,
) -> Answer {
    let body = body.checked(&json!({ "required": ["properties"], "additionalProperties": false,
        "properties": { "properties": { "type": "object" }, "entity": { "type": "string" } } }))?;
    let now = port.now();
    let mut state = port.state();
    let who = acting(&state, caller, query.text("run_as"))?;
    let action = state.action(&identifier)?.clone();
    if action.is_automation() {
        let message = format!("\"{identifier}\" is an automation and cannot be run by hand");
        return Err(Problem::unprocessable("run_non_self_service_error", message));
    }
    let given = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let entity = entity_of(&state, &action, body.get("entity").and_then(Value::as_str), now)?;
    let mut run = new_run(action, who.id(), now);
    run.entity = entity.as_ref().map(|entity| entity.identifier.clone());
    run.properties = given;
    if who.id() != caller.id() {
        run.impersonated_by = Some(caller.id().to_owned());
    }
    if !may_execute(&state, &run, &who, now)? {
        return Err(Problem::missing_permissions(format!("you may not execute action \"{identifier}\"")));
    }
    let user = triggering_user(who.id()).unwrap_or_default();
    inputs::check(&state, &run.action, &run.properties, entity.as_ref(), &user)?;
    if run.required_approval() != false {
        run.status = Status::WaitingForApproval;
    }
    // Evaluated before anything is written: a template that fails leaves no run behind.
    let start = dispatch::prepare(&state, &run)
        .map_err(|message| Problem::unprocessable("evaluate_invocation_method_error", message))?;
    let mut event = Event::of("run", "CREATE", &run.id, &caller, now);
    event.run_id = Some(run.id.clone());
    state.audit.push(event);
    let shown = run.answer(&state, true);
    let waits = run.status == Status::WaitingForApproval;
    state.runs.push(run);
    drop(state);
    if !waits {
        dispatch::begin(&port, start);
    }
    answer(StatusCode::ACCEPTED, json!({ "run": shown }))
}

/// Returns in whose name the caller acts. Only machines may act for somebody else.
fn acting(state: &Model, caller: Caller, run_as: Option<&str>) -> Result<Caller, Problem> {
    let Some(email) = run_as else { return Ok(caller) };
    if matches!(caller, Caller::Person(_)) {
        return Err(Problem::missing_permissions("a personal token cannot use run_as"));
    }
    let person = person(email).ok_or_else(|| Problem::not_found("User", email))?;
    if !state.is_active(&person) {
        return Err(Problem::missing_permissions(format!("user \"{email}\" is not active")));
    }
    Ok(Caller::Person(person))
}

/// Returns the entity that a day-2 or delete action works on.
fn entity_of(
    state: &Model,
    action: &Action,
    identifier: Option<&str>,
    now: Timestamp,
) -> Result<Option<Entity>, Problem> {
    let blueprint = action.trigger_text("blueprintIdentifier");
    if action.trigger_text("operation") == "CREATE" || blueprint.is_empty() {
        return Ok(None);
    }
    let identifier = identifier.ok_or_else(|| {
        let message = format!("action \"{}\" needs an entity of blueprint \"{blueprint}\"", action.identifier());
        Problem::unprocessable("missing_self_service_action_entity", message)
    })?;
    let entity = state.entity(blueprint, identifier)?;
    if let Some(condition) = action.trigger("condition") {
        let catalog = Catalog { state, now };
        catalog.check(condition)?;
        if !catalog.matches(condition, entity)? {
            let message = format!("entity \"{identifier}\" does not pass the condition of the action");
            return Err(Problem::unprocessable("entity_does_not_pass_condition", message));
        }
    }
    Ok(Some(entity.clone()))
}

/// Returns a run that is in progress, and of which nothing else is known.
pub(super) fn new_run(action: Action, by: &str, now: Timestamp) -> Run {
    let blueprint = action.trigger("blueprintIdentifier").and_then(Value::as_str).map(str::to_owned);
    Run {
        id: format!("r_{}", random_id(16)),
        action,
        blueprint,
        entity: None,
        properties: Map::new(),
        status: Status::InProgress,
        status_label: None,
        link: None,
        summary: None,
        external_run_id: None,
        source: "API",
        approvals: Vec::new(),
        created_by: by.to_owned(),
        impersonated_by: None,
        updated_by: by.to_owned(),
        created_at: now,
        updated_at: now,
        ended_at: None,
        workflow_run_id: None,
        report_workflow_status: false,
        event: Value::Null,
        logs: Vec::new(),
    }
}
