//! Runs that wait for somebody's word.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Port;
use super::dispatch;
use super::policy::{approvers, may_approve};
use super::problem::{Answer, Problem, answer, ok};
use super::request::{Body, Query};
use super::run::{Approval, Status};
use super::runs::wants_objects;
use super::token::Caller;

/// `PATCH /v1/actions/runs/{run_id}/approval`, answered with 201. One decline is enough; with `ALL`, one approval is
/// not.
pub(super) async fn decide(
    State(port): State<Port>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
    body: Body,
) -> Answer {
    let objects = wants_objects(&query)?;
    let body = body.checked(&json!({ "required": ["status"], "additionalProperties": false, "properties": {
        "status": { "type": "string", "enum": ["DECLINE", "APPROVE"] }, "description": { "type": "string" } } }))?;
    let approved = body.get("status").is_some_and(|status| status == "APPROVE");
    let description = body.get("description").and_then(Value::as_str).map(str::to_owned);
    let now = port.now();
    let mut state = port.state();
    let run = state.run(&id)?.clone();
    if run.status != Status::WaitingForApproval {
        let message = "The action run is not waiting for approval";
        return Err(Problem::unprocessable("run_not_waiting_for_approval", message));
    }
    if !may_approve(&state, &run, &caller, now)? {
        return Err(Problem::missing_permissions("you may not approve this run"));
    }
    let mut asked = approvers(&state, &run, now)?;
    let run = state.run_mut(&id)?;
    run.approvals.retain(|earlier| earlier.user_id != caller.id());
    run.approvals.push(Approval { user_id: caller.id().to_owned(), approved, description });
    run.touch(caller.id(), now);
    asked.retain(|person| !run.approvals.iter().any(|given| given.user_id == person.port_user_id));
    let needs_all = run.required_approval()["type"] == "ALL";
    let mut start = None;
    if !approved {
        run.finish(Status::Declined, caller.id(), now);
    } else if !needs_all || asked.is_empty() {
        run.status = Status::InProgress;
        let run = state.run(&id)?.clone();
        // The catalog may have changed since the request; what is dispatched is what is there now.
        start = Some(dispatch::prepare(&state, &run).unwrap_or_else(|message| dispatch::Start::failing(&id, message)));
    }
    let shown = state.run(&id)?.answer(&state, objects);
    drop(state);
    if let Some(start) = start {
        dispatch::begin(&port, start);
    }
    answer(StatusCode::CREATED, json!({ "run": shown }))
}

/// `GET /v1/actions/runs/{run_id}/approvers`.
pub(super) async fn list(State(port): State<Port>, _: Caller, Path(id): Path<String>, query: Query) -> Answer {
    let pending = query
        .flag("include_pending_approvers")?
        .ok_or_else(|| Problem::invalid("querystring must have required property 'include_pending_approvers'"))?;
    let now = port.now();
    let state = port.state();
    let run = state.run(&id)?;
    let mut shown: Vec<Value> = run
        .approvals
        .iter()
        .map(|given| json!({ "userId": given.user_id, "state": given.state(), "description": given.description }))
        .collect();
    if pending && run.status == Status::WaitingForApproval {
        let silent = approvers(&state, run, now)?;
        shown.extend(
            silent
                .iter()
                .filter(|person| !run.approvals.iter().any(|given| given.user_id == person.port_user_id))
                .map(|person| json!({ "userId": person.port_user_id, "state": "PENDING" })),
        );
    }
    ok(json!({ "approvers": shown }))
}
