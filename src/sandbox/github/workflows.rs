//! Workflow files of the default branch, as the Actions API lists them.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, Query, Refusal, counted, no_content, ok};
use super::definition::Definition;
use super::directory::Caller;
use super::push::WORKFLOWS;
use super::repository::{Repository, WorkflowFile};
use super::shapes::{date, node_id};

impl GitHub {
    /// Brings the list of workflows up to the default branch, and returns the places of those that are on it.
    pub(super) fn present_workflows(&self, repository: &mut Repository) -> Vec<usize> {
        let files = repository.head().map(|head| repository.objects.files(head)).unwrap_or_default();
        let is_workflow = |path: &str| {
            let name = path.strip_prefix(WORKFLOWS).filter(|name| !name.contains('/'));
            name.is_some_and(|name| name.ends_with(".yaml") || name.ends_with(".yml"))
        };
        let mut present = Vec::new();
        for path in files.into_keys().filter(|path| is_workflow(path)) {
            let known = repository.workflows.iter().position(|workflow| workflow.path == path);
            present.push(known.unwrap_or_else(|| {
                let (id, created_at) = (self.next_id(), self.now());
                repository.workflows.push(WorkflowFile { id, path, created_at, disabled: false, runs: 0 });
                repository.workflows.len() - 1
            }));
        }
        present
    }

    /// Finds a workflow of the default branch by id or by file name.
    pub(super) fn workflow_index(&self, repository: &mut Repository, name: &str) -> Result<usize, Refusal> {
        let present = self.present_workflows(repository);
        let is_it = |workflow: &WorkflowFile| {
            workflow.id.to_string() == name || workflow.path.strip_prefix(WORKFLOWS) == Some(name)
        };
        present.into_iter().find(|index| is_it(&repository.workflows[*index])).ok_or_else(Refusal::not_found)
    }
}

/// `GET actions/workflows`
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let present = github.present_workflows(repository);
        let shapes = present.into_iter().map(|index| shape(&github, repository, &repository.workflows[index]));
        query.page(github.base_url(), shapes.collect(), counted("workflows"))
    })
}

/// `GET actions/workflows/{id or file name}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, workflow)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let index = github.workflow_index(repository, &workflow)?;
        ok(shape(&github, repository, &repository.workflows[index]))
    })
}

/// `PUT actions/workflows/{id or file name}/enable`
pub(super) async fn enable(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, workflow)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_ACTIONS, |repository| {
        let index = github.workflow_index(repository, &workflow)?;
        repository.workflows[index].disabled = false;
        no_content()
    })
}

/// `PUT actions/workflows/{id or file name}/disable`
pub(super) async fn disable(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, workflow)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_ACTIONS, |repository| {
        let index = github.workflow_index(repository, &workflow)?;
        repository.workflows[index].disabled = true;
        no_content()
    })
}

/// Returns the name that a workflow file at `revision` gives itself, its path when it gives none.
pub(super) fn workflow_name(repository: &Repository, revision: &str, path: &str) -> String {
    let definition = repository.file(revision, path).and_then(|content| Definition::parse(content).ok());
    let name = definition.as_ref().and_then(Definition::name);
    name.unwrap_or(path).to_owned()
}

fn shape(github: &GitHub, repository: &Repository, workflow: &WorkflowFile) -> Value {
    let WorkflowFile { id, path, created_at, disabled, .. } = workflow;
    let html = format!("{}/{}", github.base_url(), repository.full_name());
    json!({
        "id": id, "node_id": node_id("Workflow", id), "name": workflow_name(repository, "HEAD", path), "path": path,
        "state": if *disabled { "disabled_manually" } else { "active" },
        "created_at": date(*created_at), "updated_at": date(*created_at),
        "url": github.url(repository, &format!("/actions/workflows/{id}")),
        "html_url": format!("{html}/blob/{}/{path}", repository.default_branch),
        "badge_url": format!("{html}/workflows/{id}/badge.svg"),
    })
}
