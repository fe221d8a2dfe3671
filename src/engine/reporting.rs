//! Tells a run in Port that it failed.

use crate::clients::port::{Port, RunPatch};
use crate::domain::names::Names;
use crate::domain::step_summary::{AskedFor, NotDone};
use crate::failure::{Failure, FailureKind};

/// Runs in Port that may be told of a failure, and what did not come of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Runs that ask for a grant.
    Grant,
    /// Runs that end one.
    Revocation,
}

impl Asked {
    /// Returns what was not done, as a heading.
    pub fn not_done(self) -> &'static str {
        match self {
            Self::Grant => "Not granted",
            Self::Revocation => "Not revoked",
        }
    }

    fn actions(self, names: &Names) -> Vec<&str> {
        match self {
            Self::Grant => names.granting_actions().to_vec(),
            Self::Revocation => names.revoking_actions().to_vec(),
        }
    }
}

/// Tells a run that it failed, if it is one that asked so and is still in progress. It ends with that, except
/// when a stranger may have started the workflow ([`Failure::leaves_run_open`]): the workflow that Port started decides,
/// and Port ends the run with it (`reportWorkflowStatus`).
///
/// Which run that is comes from a dispatch, which anybody may have written: runs of other actions are left alone.
/// Returns what the run asks for, where it is of such an action.
pub async fn report_failure(
    port: &Port,
    names: &Names,
    run_id: &str,
    asked: Asked,
    failure: &Failure,
) -> Option<AskedFor> {
    let run = match port.run(run_id).await {
        Ok(Some(run)) => run,
        _ => return None,
    };
    if !asked.actions(names).contains(&run.action.as_str()) {
        return None;
    }
    let asked_for = AskedFor::of(&run);
    if !run.is_in_progress() {
        return Some(asked_for);
    }
    let told = NotDone {
        title: asked.not_done(),
        is_refused: failure.kind == FailureKind::Refused,
        run: Some(run_id),
        asked: Some(&asked_for),
        why: &failure.message,
        remedies: &failure.hints,
    };
    // The failure itself is what the caller hears of; that it could not be reported here is only traced.
    if let Err(error) = port.log(run_id, &told.log_message(&names.prefix)).await {
        tracing::warn!(%error, "the failure could not be logged in Port");
    }
    if failure.leaves_run_open {
        return Some(asked_for);
    }
    let patch = RunPatch { succeeded: Some(false), label: Some(failure.kind.heading().to_owned()) };
    if let Err(error) = port.report(run_id, &patch).await {
        tracing::warn!(%error, "the failure could not be reported to Port");
    }
    Some(asked_for)
}
