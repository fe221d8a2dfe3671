//! `workflow_dispatch`: queues a run of a workflow file as it stands at a reference.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use serde_json::json;

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Refusal, no_content, ok};
use super::definition::Definition;
use super::directory::Caller;
use super::repository::Repository;
use super::run::{RunStatus, WorkflowRun};
use super::workflows::workflow_name;
use crate::sandbox::runner::run_title;

/// `POST actions/workflows/{id or file name}/dispatches`
pub(super) async fn dispatch(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, workflow)): Path<(String, String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_ACTIONS, |repository| {
        let index = github.workflow_index(repository, &workflow)?;
        if repository.workflows[index].disabled {
            return Err(Refusal::unprocessable("Cannot trigger a 'workflow_dispatch' on a disabled workflow"));
        }
        if repository.actions_permissions["enabled"] != true {
            return Err(Refusal::new(403, "Actions has been disabled for this repository."));
        }
        let given = body.required("WorkflowDispatch", "ref")?;
        let reference = repository.full_reference(given);
        let reference = reference.ok_or_else(|| Refusal::unprocessable(format!("No ref found for: {given}")))?;
        let path = repository.workflows[index].path.clone();
        // The run uses the file at the reference, which need not be that of the default branch.
        let content = repository.file(&reference, &path);
        let definition = content.ok_or_else(Refusal::not_found).map(Definition::parse)?;
        let definition = definition.map_err(Refusal::unprocessable)?;
        let inputs = definition.inputs(&body.0["inputs"]).map_err(Refusal::unprocessable)?;
        let id = github.queue_run(repository, index, reference, ("workflow_dispatch", &caller.login), inputs);
        if body.flag("return_run_details") != Some(true) {
            return no_content();
        }
        ok(json!({
            "workflow_run_id": id, "run_url": github.url(repository, &format!("/actions/runs/{id}")),
            "html_url": format!("{}/{}/actions/runs/{id}", github.base_url(), repository.full_name()),
        }))
    })
}

impl GitHub {
    /// Queues a run that an event of somebody started.
    pub(super) fn queue_run(
        &self,
        repository: &mut Repository,
        workflow: usize,
        reference: String,
        (event, actor): (&'static str, &str),
        inputs: BTreeMap<String, String>,
    ) -> u64 {
        let workflow = &mut repository.workflows[workflow];
        workflow.runs += 1;
        let (workflow_id, workflow_path, number) = (workflow.id, workflow.path.clone(), workflow.runs);
        let workflow_name = workflow_name(repository, &reference, &workflow_path);
        let definition = repository.file(&reference, &workflow_path).and_then(|text| Definition::parse(text).ok());
        let run_name = definition.as_ref().and_then(|definition| definition.document["run-name"].as_str());
        // One that needs more than the inputs is only evaluated by the runner.
        let title = run_name.and_then(|name| run_title(name, &inputs)).unwrap_or_else(|| workflow_name.clone());
        // Real run ids are of this size, larger than 32 bits.
        let (id, now) = (17_000_000_000 + self.next_id(), self.now());
        repository.runs.push(WorkflowRun {
            id,
            number,
            attempt: 1,
            workflow_id,
            repository: repository.full_name(),
            workflow_path,
            title,
            workflow_name,
            sha: repository.resolve(&reference).unwrap_or_default(),
            reference,
            event,
            actor: actor.to_owned(),
            triggering_actor: actor.to_owned(),
            inputs,
            status: RunStatus::Queued,
            conclusion: None,
            message: None,
            steps: Vec::new(),
            created_at: now,
            started_at: None,
            updated_at: now,
            cancel_requested: false,
        });
        self.shared.queued.notify_one();
        id
    }
}
