//! What a runner asks GitHub for: the next run, its workflow, its secrets, its token.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::GitHub;
use super::repository::Repository;
use super::run::{RunStatus, WorkflowRun};
use crate::sandbox::keys::job_credential;

/// A run that was handed to a runner.
#[derive(Clone, Debug)]
pub(crate) struct JobContext {
    pub(crate) run: WorkflowRun,
    /// The workflow file as committed at the run's commit.
    pub(crate) workflow: Vec<u8>,
    pub(crate) repository_id: u64,
    /// `repository` of the event.
    pub(crate) repository: Value,
    /// `sender` of the event.
    pub(crate) sender: Value,
    /// The repository's variables, which are known before the job has an environment.
    pub(crate) variables: BTreeMap<String, String>,
}

/// What one job is given. The token is good until [`GitHub::revoke_job_token`].
#[derive(Clone)]
pub(crate) struct JobRights {
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) token: String,
}

impl GitHub {
    /// Waits until a run was queued; returns at once when that happened since the last call.
    pub(crate) async fn run_was_queued(&self) {
        self.shared.queued.notified().await;
    }

    /// Takes the oldest queued run and marks it in progress.
    pub(crate) fn take_next_run(&self) -> Option<JobContext> {
        let mut repositories = self.repositories();
        let queued =
            repositories.iter().flat_map(|repository| repository.runs.iter().map(move |run| (repository, run)));
        let oldest = queued.filter(|(_, run)| run.status == RunStatus::Queued).min_by_key(|(_, run)| run.updated_at);
        let (repository_id, run_id) = oldest.map(|(repository, run)| (repository.id, run.id))?;
        let repository = repositories.iter_mut().find(|repository| repository.id == repository_id)?;
        let now = self.now();
        let run = repository.run_mut(run_id)?;
        run.status = RunStatus::InProgress;
        run.started_at = Some(now);
        run.updated_at = now;
        let run = run.clone();
        Some(JobContext {
            workflow: repository.file(&run.sha, &run.workflow_path).unwrap_or_default().to_vec(),
            repository_id,
            variables: repository.vault.variables().collect(),
            repository: self.event_repository(repository),
            sender: self.account_shape(&run.triggering_actor),
            run,
        })
    }

    fn event_repository(&self, repository: &Repository) -> Value {
        json!({
            "id": repository.id, "name": repository.name, "full_name": repository.full_name(),
            "private": repository.private, "default_branch": repository.default_branch,
            "owner": self.account_shape(&repository.owner),
            "html_url": format!("{}/{}", self.base_url(), repository.full_name()), "url": self.url(repository, ""),
        })
    }

    /// Returns what the job may know: the repository's secrets and variables, those of the environment over them.
    ///
    /// An environment that does not exist has no secrets and admits everybody, as on GitHub, which makes it then.
    ///
    /// # Errors
    ///
    /// Says that the run's branch may not use the environment, or that the machine has no randomness.
    pub(crate) fn job_rights(
        &self,
        run: &WorkflowRun,
        environment: Option<&str>,
        reads_contents: bool,
    ) -> Result<JobRights, String> {
        let found = self.peek(&run.repository, |repository| {
            let mut secrets: BTreeMap<String, String> = repository.vault.secrets().collect();
            let mut variables: BTreeMap<String, String> = repository.vault.variables().collect();
            if let Some(environment) = environment.and_then(|name| repository.environments.get(&name.to_lowercase())) {
                if !environment.admits(repository, &run.reference) {
                    return Err(format!(
                        "Branch \"{}\" is not allowed to deploy to {} due to environment protection rules.",
                        run.reference.trim_start_matches("refs/heads/"),
                        environment.name
                    ));
                }
                secrets.extend(environment.vault.secrets());
                variables.extend(environment.vault.variables());
            }
            Ok((repository.id, secrets, variables))
        });
        let (repository_id, secrets, variables) = found.ok_or("the repository is gone")??;
        let token = job_credential("ghs").map_err(|error| format!("no token could be drawn for the job: {error}"))?;
        self.directory().add_job_token(&token, repository_id, reads_contents);
        Ok(JobRights { secrets, variables, token })
    }

    /// Ends the token of a job.
    pub(crate) fn revoke_job_token(&self, token: &str) {
        self.directory().revoke_token(token);
    }

    /// Returns whether somebody asked for the end of a run.
    pub(crate) fn cancel_requested(&self, run: &WorkflowRun) -> bool {
        self.peek(&run.repository, |repository| repository.run(run.id).is_some_and(|run| run.cancel_requested))
            .unwrap_or(false)
    }

    /// Keeps how a run ended, and returns it as kept.
    pub(crate) fn complete_run(&self, mut run: WorkflowRun) -> WorkflowRun {
        run.status = RunStatus::Completed;
        run.updated_at = self.now();
        self.peek(&run.repository, |repository| {
            if let Some(kept) = repository.run_mut(run.id) {
                kept.clone_from(&run);
            }
        });
        run
    }
}
