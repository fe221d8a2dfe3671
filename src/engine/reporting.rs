//! Tells a run in Port that it failed.

use crate::clients::port::{Port, RunPatch};
use crate::failure::Failure;

/// Tells a run that it failed, if it is a run of `actions` that is still in progress. It ends with that, except
/// when a stranger may have started the workflow ([`Failure::leaves_run_open`]): the workflow that Port started decides,
/// and Port ends the run with it (`reportWorkflowStatus`).
///
/// Which run that is comes from a dispatch, which anybody may have written: runs of other actions are left alone.
pub async fn report_failure(port: &Port, run_id: &str, actions: &[&str], failure: &Failure) {
    let run = match port.run(run_id).await {
        Ok(Some(run)) => run,
        _ => return,
    };
    if !run.is_in_progress() || !actions.contains(&run.action.as_str()) {
        return;
    }
    let mut message = format!("{}: {failure}", failure.kind.heading());
    for hint in &failure.hints {
        message.push_str("\nWhat to do: ");
        message.push_str(hint);
    }
    // The failure itself is what the caller hears of; that it could not be reported here is only traced.
    if let Err(error) = port.log(run_id, &message).await {
        tracing::warn!(%error, "the failure could not be logged in Port");
    }
    if failure.leaves_run_open {
        return;
    }
    let patch = RunPatch { succeeded: Some(false), label: Some(failure.kind.heading().to_owned()) };
    if let Err(error) = port.report(run_id, &patch).await {
        tracing::warn!(%error, "the failure could not be reported to Port");
    }
}
