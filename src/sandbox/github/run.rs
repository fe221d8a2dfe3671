//! One run of a workflow: what was asked, and what came of it.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Waits for a runner.
    Queued,
    /// Runs.
    InProgress,
    /// Has ended.
    Completed,
}

impl RunStatus {
    /// Returns GitHub's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
}

/// How a run or a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// All went well.
    Success,
    /// A step failed, or the workflow could not be evaluated.
    Failure,
    /// Was cancelled, or ran longer than `timeout-minutes`.
    Cancelled,
    /// Was not executed.
    Skipped,
}

impl Conclusion {
    /// Returns GitHub's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }
}

/// What one step of a job did.
#[derive(Clone, Debug)]
pub struct StepRecord {
    /// Name as shown, the first line of the script when the step has none.
    pub name: String,
    /// How it ended.
    pub conclusion: Conclusion,
    /// Exit code of the shell; `None` when it was skipped or killed by a signal.
    pub exit_code: Option<i32>,
    /// Standard output and error in the order of writing, secrets masked.
    pub log: String,
    /// What the step wrote to `$GITHUB_STEP_SUMMARY`, secrets masked.
    pub summary: String,
    /// What the step wrote to `$GITHUB_OUTPUT`.
    pub outputs: BTreeMap<String, String>,
}

/// A run of a workflow.
#[derive(Clone, Debug)]
pub struct WorkflowRun {
    /// Number that is unique in the repository.
    pub id: u64,
    /// Number among the runs of its workflow, from 1.
    pub number: u64,
    /// Attempt, from 1; a re-run has the next one.
    pub attempt: u64,
    /// Id of the workflow.
    pub workflow_id: u64,
    /// `owner/name`.
    pub repository: String,
    /// Path of the workflow file.
    pub workflow_path: String,
    /// Name of the workflow, its path when it has none.
    pub workflow_name: String,
    /// Full reference, `refs/heads/main`.
    pub reference: String,
    /// Commit whose workflow file runs.
    pub sha: String,
    /// What started it: `workflow_dispatch` or `schedule`.
    pub event: &'static str,
    /// Login of the one who dispatched; of a schedule, of whoever committed the workflow file last.
    pub actor: String,
    /// Login of the one who started this attempt.
    pub triggering_actor: String,
    /// Inputs after defaults were filled in.
    pub inputs: BTreeMap<String, String>,
    /// Evaluated `run-name`, the workflow's name before that.
    pub title: String,
    /// Where the run is.
    pub status: RunStatus,
    /// How it ended, once it has.
    pub conclusion: Option<Conclusion>,
    /// Why it ended other than by a step's exit code.
    pub message: Option<String>,
    /// Steps of the job, in order.
    pub steps: Vec<StepRecord>,
    /// When it was dispatched.
    pub created_at: Timestamp,
    /// When this attempt began to run.
    pub started_at: Option<Timestamp>,
    /// When anything about it changed last.
    pub updated_at: Timestamp,
    pub(crate) cancel_requested: bool,
}

impl WorkflowRun {
    /// Returns the log of all steps, each under its name, and the message if there is one.
    pub fn log(&self) -> String {
        let mut log = String::new();
        for step in &self.steps {
            log.push_str(&format!("## {} ({})\n{}", step.name, step.conclusion.as_str(), step.log));
            if !log.ends_with('\n') {
                log.push('\n');
            }
        }
        if let Some(message) = &self.message {
            log.push_str(&format!("Error: {message}\n"));
        }
        log
    }

    /// Returns the step summaries joined.
    pub fn summary(&self) -> String {
        self.steps
            .iter()
            .map(|step| step.summary.as_str())
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }
}
