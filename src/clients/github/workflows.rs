//! Workflows and their runs, and who has access to a repository.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{GitHub, Repository, segment};
use crate::clients::error::{ApiError, ApiErrorKind, printable};

/// A workflow of the default branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// GitHub's word: `active`, or why it is not.
    pub state: String,
    /// When GitHub first saw it.
    pub created: Timestamp,
}

/// A run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowRun {
    /// Its number.
    pub id: u64,
    /// `queued`, `in_progress`, `completed` and others.
    pub status: String,
    /// How it ended, once it has.
    pub conclusion: Option<String>,
    /// When it was started.
    pub created: Timestamp,
    /// Login in whose name it runs.
    pub actor: String,
}

/// Whether somebody has access to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// They have.
    Yes,
    /// They have not.
    No,
    /// The token may not ask.
    CannotTell,
}

impl GitHub {
    /// Returns a workflow by its file name; none when it is not on the default branch.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn workflow(&self, repository: &Repository, file: &str) -> Result<Option<Workflow>, ApiError> {
        const OPERATION: &str = "read the workflow";
        let route = format!("{}/actions/workflows/{}", repository.route(), segment(file));
        let Some(answer) = self.find(OPERATION, &route).await? else { return Ok(None) };
        let decoded = || {
            let created = answer["created_at"].as_str()?.parse().ok()?;
            Some(Workflow { state: answer["state"].as_str()?.to_owned(), created })
        };
        decoded().map(Some).ok_or_else(|| answer.undecodable(OPERATION))
    }

    /// Returns GitHub's word for the state of every workflow of the default branch, by file name: `active`, or why it is
    /// not.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn workflow_states(&self, repository: &Repository) -> Result<BTreeMap<String, String>, ApiError> {
        const OPERATION: &str = "read the workflows";
        let route = format!("{}/actions/workflows?per_page=100", repository.route());
        // A repository without Actions answers "not found".
        let Some(answer) = self.find(OPERATION, &route).await? else { return Ok(BTreeMap::new()) };
        let workflows = answer["workflows"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        let state = |workflow: &Value| {
            let file = workflow["path"].as_str()?.strip_prefix(".github/workflows/")?;
            Some((file.to_owned(), printable(workflow["state"].as_str()?)))
        };
        Ok(workflows.iter().filter_map(state).collect())
    }

    /// Returns how many runs of the repository's workflows wait or are under way.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn unfinished_runs(&self, repository: &Repository) -> Result<u64, ApiError> {
        const OPERATION: &str = "read the runs of the workflows";
        let mut count = 0;
        for status in ["queued", "in_progress"] {
            let route = format!("{}/actions/runs?status={status}&per_page=1", repository.route());
            let answer = self.get(OPERATION, &route).await?;
            count += answer["total_count"].as_u64().ok_or_else(|| answer.undecodable(OPERATION))?;
        }
        Ok(count)
    }

    /// Lets GitHub run a workflow again that somebody, or GitHub itself, has disabled.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn enable_workflow(&self, repository: &Repository, file: &str) -> Result<(), ApiError> {
        let route = format!("{}/actions/workflows/{}/enable", repository.route(), segment(file));
        self.put("enable the workflow", &route, &serde_json::json!({})).await
    }

    /// Returns the newest run of a workflow on the default branch, of those that `filter` lets through: further fields
    /// of the query, as in `&event=schedule` or `&status=completed`.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn newest_run(
        &self,
        repository: &Repository,
        file: &str,
        filter: &str,
    ) -> Result<Option<WorkflowRun>, ApiError> {
        const OPERATION: &str = "read the runs of the workflow";
        let (route, branch) = (repository.route(), segment(&repository.default_branch));
        let route = format!("{route}/actions/workflows/{}/runs?branch={branch}&per_page=1{filter}", segment(file));
        let Some(answer) = self.find(OPERATION, &route).await? else { return Ok(None) };
        let runs = answer["workflow_runs"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        runs.first().map(|run| read(run).ok_or_else(|| answer.undecodable(OPERATION))).transpose()
    }

    /// Returns whether somebody has access to a repository.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn access_of(&self, repository: &Repository, login: &str) -> Result<Access, ApiError> {
        const OPERATION: &str = "ask who has access to the repository";
        let route = format!("{}/collaborators/{}", repository.route(), segment(login));
        // An answer without a body is a yes.
        match self.octocrab._get(&route).await.map_err(|error| super::api_error(OPERATION, &error)) {
            Err(error) => Err(error),
            Ok(answer) => match octocrab::map_github_error(answer).await {
                Ok(_) => Ok(Access::Yes),
                Err(error) => match super::api_error(OPERATION, &error) {
                    error if error.is_not_found() => Ok(Access::No),
                    error if error.kind == ApiErrorKind::Forbidden => Ok(Access::CannotTell),
                    error => Err(error),
                },
            },
        }
    }
}

fn read(run: &Value) -> Option<WorkflowRun> {
    Some(WorkflowRun {
        id: run["id"].as_u64()?,
        status: run["status"].as_str()?.to_owned(),
        conclusion: run["conclusion"].as_str().map(str::to_owned),
        created: run["created_at"].as_str()?.parse().ok()?,
        actor: run["actor"]["login"].as_str()?.to_owned(),
    })
}
