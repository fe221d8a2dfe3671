//! Executes dispatched workflow runs as GitHub's hosted runner would: the file as committed at the run's commit, its
//! one job, each `run` step with bash in an environment built from nothing.
//!
//! It takes the runs of one GitHub one after the other, oldest first. Actions (`uses`), several jobs, containers and
//! whatever else it does not know make the run fail with a sentence that says so.

mod expression;
mod file_commands;
mod job;
mod mask;
mod plan;
mod process;
mod step;
mod surroundings;
mod workspace;

#[cfg(test)]
mod tests;

pub(super) use expression::run_title;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::github::{Conclusion, GitHub, WorkflowRun};

/// Called with each run that has ended, as the `workflow_run completed` event tells an app.
type OnCompleted = Arc<dyn Fn(&WorkflowRun) + Send + Sync>;

/// A runner for one GitHub.
#[derive(Clone)]
pub struct Runner {
    github: GitHub,
    /// Program that answers `sandbox-gh …`, for the job's `gh`.
    program: PathBuf,
    variables: BTreeMap<String, String>,
    on_completed: Option<OnCompleted>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Runner")
            .field("github", &self.github)
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

impl Runner {
    /// Creates a runner. `program` is this crate's binary, which stands in for `gh` as `program sandbox-gh …`.
    pub fn new(github: GitHub, program: PathBuf) -> Self {
        Self { github, program, variables: BTreeMap::new(), on_completed: None }
    }

    /// Gives every step a variable of the machine itself, as a self-hosted runner has them. The workflow's own `env`
    /// goes above it.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Calls `act` with each run that has ended.
    #[must_use]
    pub fn on_completed(mut self, act: impl Fn(&WorkflowRun) + Send + Sync + 'static) -> Self {
        self.on_completed = Some(Arc::new(act));
        self
    }

    /// Executes the oldest queued run to its end and returns it; `None` when no run is queued.
    ///
    /// What goes wrong is the run's conclusion and message.
    pub async fn run_next(&self) -> Option<WorkflowRun> {
        let context = self.github.take_next_run()?;
        let mut run = context.run.clone();
        let outcome =
            if run.cancel_requested { Ok(Conclusion::Cancelled) } else { job::execute(self, &context, &mut run).await };
        run.conclusion = Some(match outcome {
            Ok(conclusion) => conclusion,
            Err(message) => {
                run.message = Some(message);
                Conclusion::Failure
            }
        });
        let run = self.github.complete_run(run);
        if let Some(act) = &self.on_completed {
            act(&run);
        }
        Some(run)
    }

    /// Executes runs as they are queued, for ever.
    pub async fn run_forever(self) {
        loop {
            while self.run_next().await.is_some() {}
            self.github.run_was_queued().await;
        }
    }
}
