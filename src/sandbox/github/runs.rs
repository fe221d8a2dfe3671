//! Runs of workflows, as the Actions API shows them.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, Query, Refusal, accepted, counted, no_content, ok};
use super::directory::Caller;
use super::repository::{BRANCHES, Repository};
use super::run::{Conclusion, RunStatus, WorkflowRun};
use super::shapes::{date, node_id};

/// `GET actions/runs`: newest first; actor, branch, event, status and head commit are honoured.
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let runs = repository.runs.iter().rev().filter(|run| is_wanted(&query, run));
        let shapes = runs.map(|run| shape(&github, &caller, repository, run));
        query.page(github.base_url(), shapes.collect(), counted("workflow_runs"))
    })
}

/// `GET actions/workflows/{id or file name}/runs`: the same of one workflow.
pub(super) async fn list_of_workflow(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, workflow)): Path<(String, String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let index = github.workflow_index(repository, &workflow)?;
        let id = repository.workflows[index].id;
        let runs = repository.runs.iter().rev().filter(|run| run.workflow_id == id && is_wanted(&query, run));
        let shapes = runs.map(|run| shape(&github, &caller, repository, run));
        query.page(github.base_url(), shapes.collect(), counted("workflow_runs"))
    })
}

fn is_wanted(query: &Query, run: &WorkflowRun) -> bool {
    let conclusion = run.conclusion.map(Conclusion::as_str);
    query.get("actor").is_none_or(|actor| run.actor == actor)
        && query.get("branch").is_none_or(|branch| run.reference.strip_prefix(BRANCHES) == Some(branch))
        && query.get("event").is_none_or(|event| event == run.event)
        && query.get("head_sha").is_none_or(|sha| run.sha == sha)
        && query.get("status").is_none_or(|status| run.status.as_str() == status || conclusion == Some(status))
}

/// `POST actions/runs/{run_id}/cancel`: what is queued ends at once, what runs is asked to.
pub(super) async fn cancel(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    let now = github.now();
    github.with(&caller, &owner, &name, Need::WRITE_ACTIONS, |repository| {
        let run = repository.run_mut(id).ok_or_else(Refusal::not_found)?;
        match run.status {
            RunStatus::Completed => return Err(Refusal::new(409, "Cannot cancel a workflow run that is completed.")),
            RunStatus::Queued => {
                run.status = RunStatus::Completed;
                run.conclusion = Some(Conclusion::Cancelled);
                run.updated_at = now;
            }
            RunStatus::InProgress => run.cancel_requested = true,
        }
        accepted()
    })
}

/// `GET actions/runs/{run_id}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let run = repository.run(id).ok_or_else(Refusal::not_found)?;
        ok(shape(&github, &caller, repository, run))
    })
}

/// `DELETE actions/runs/{run_id}`: only when it has ended.
pub(super) async fn delete(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_ACTIONS, |repository| {
        let run = repository.run(id).ok_or_else(Refusal::not_found)?;
        if run.status != RunStatus::Completed {
            return Err(Refusal::new(403, "Cannot delete a workflow run that has not completed"));
        }
        repository.runs.retain(|run| run.id != id);
        no_content()
    })
}

fn shape(github: &GitHub, caller: &Caller, repository: &Repository, run: &WorkflowRun) -> Value {
    let id = run.id;
    let url = github.url(repository, &format!("/actions/runs/{id}"));
    let commit = repository.objects.commit(&run.sha).map_or(Value::Null, |commit| {
        let when = jiff::Timestamp::from_second(commit.committer.seconds).unwrap_or_default();
        json!({
            "id": run.sha, "tree_id": commit.tree, "message": commit.message, "timestamp": date(when),
            "author": { "name": commit.author.name, "email": commit.author.email },
            "committer": { "name": commit.committer.name, "email": commit.committer.email },
        })
    });
    let own = github.repository_shape(caller, repository);
    json!({
        "id": id, "name": run.workflow_name, "node_id": node_id("WorkflowRun", id), "path": run.workflow_path,
        "head_branch": run.reference.strip_prefix(BRANCHES), "head_sha": run.sha, "run_number": run.number,
        "run_attempt": run.attempt, "event": run.event, "status": run.status.as_str(),
        "conclusion": run.conclusion.map(Conclusion::as_str), "workflow_id": run.workflow_id, "url": url,
        "html_url": format!("{}/{}/actions/runs/{id}", github.base_url(), repository.full_name()),
        "display_title": run.title, "pull_requests": [], "created_at": date(run.created_at),
        "updated_at": date(run.updated_at), "run_started_at": date(run.started_at.unwrap_or(run.created_at)),
        "actor": github.account_shape(&run.actor), "triggering_actor": github.account_shape(&run.triggering_actor),
        "jobs_url": format!("{url}/jobs"), "logs_url": format!("{url}/logs"), "artifacts_url": format!("{url}/artifacts"),
        "cancel_url": format!("{url}/cancel"), "rerun_url": format!("{url}/rerun"),
        "check_suite_url": github.url(repository, &format!("/check-suites/{id}")),
        "workflow_url": github.url(repository, &format!("/actions/workflows/{}", run.workflow_id)),
        "head_commit": commit, "repository": own, "head_repository": own,
    })
}
