//! What a probe needs of GitHub: the run that it started, found by its title and ended.

use super::{GitHub, Repeat, Repository, segment};
use crate::clients::error::{ApiError, ApiErrorKind};

impl GitHub {
    /// Returns the number of the dispatched run of a workflow whose title holds `word`; none when there is none among
    /// the newest.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn dispatched_run(
        &self,
        repository: &Repository,
        file: &str,
        word: &str,
    ) -> Result<Option<u64>, ApiError> {
        const OPERATION: &str = "read the runs of the workflow";
        let (route, file) = (repository.route(), segment(file));
        let route = format!("{route}/actions/workflows/{file}/runs?event=workflow_dispatch&per_page=50");
        let Some(answer) = self.find(OPERATION, &route).await? else { return Ok(None) };
        let runs = answer["workflow_runs"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        let run = runs.iter().find(|run| run["display_title"].as_str().is_some_and(|title| title.contains(word)));
        run.map(|run| run["id"].as_u64().ok_or_else(|| answer.undecodable(OPERATION))).transpose()
    }

    /// Asks for the end of a run; returns whether it had not ended before.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn cancel_run(&self, repository: &Repository, run: u64) -> Result<bool, ApiError> {
        let route = format!("{}/actions/runs/{run}/cancel", repository.route());
        match self.post("cancel the run", &route, &serde_json::json!({}), Repeat::Safe).await {
            Ok(_) => Ok(true),
            // It has ended already.
            Err(error) if error.kind == ApiErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}
