//! Compiles the grant of an old run once more, to tell whether what is in AWS is what the run stands for.

use jiff::Timestamp;

use super::look::Hinted;
use super::{Place, is_approved, verified};
use crate::domain::adoption::Observed;
use crate::domain::grant::Grant;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::request::Dispatch;
use crate::domain::sweep::NEVER_APPROVED;
use crate::domain::verification::{verify_age, verify_made_before_its_end};
use crate::engine::{Engine, unknown_shape};
use crate::failure::Failure;

impl Engine<'_> {
    /// Returns the grant that the run would have been given at `then`, when its role was made, and what is there of it.
    /// The end is the one that the role bears, unless that is later than the run's duration allows.
    ///
    /// # Errors
    ///
    /// Refuses a run that Port does not vouch for, that no rule allows, or that was over or too old at `then`.
    pub(in crate::engine) async fn compile_again(
        &self,
        place: Place,
        dispatch: &Dispatch,
        then: Timestamp,
    ) -> Result<(Grant, Observed), Failure> {
        let hinted = Hinted::of(dispatch).map_err(unknown_shape)?;
        let looked = self.look(place, dispatch, hinted).await?;
        if let Some(run) = &looked.evidence.run {
            if run.is_waiting() || run.is_declined() {
                let reason = format!("the run is {}: nobody has approved it", quoted(&run.status));
                return Err(Refusal::new(NEVER_APPROVED, "runId", reason, "look at the run in Port").into());
            }
            if !run.is_successful() && !run.is_in_progress() {
                let reason = format!("the run is {}", quoted(&run.status));
                return Err(Refusal::new("run-over", "runId", reason, "look at the run in Port").into());
            }
            // While a run goes on it may make a role, and afterwards nobody makes it again.
            verify_made_before_its_end(run, then)?;
            // Only the same run as before may have made it, not one of long ago that somebody plays again.
            // An approved run has changed since, at the latest when it ended.
            let mut as_then = run.clone();
            if run.created_at.is_some_and(|created| created <= then) {
                as_then.updated_at = run.updated_at.map(|updated| updated.min(then));
            }
            verify_age(&as_then, is_approved(&looked.approvals), then)?;
        }
        let request = verified(dispatch, &looked, self.names, true, then)?;
        let grant = self.decide(&request, &looked, &looked.observed, then)?;
        Ok((grant, looked.observed))
    }
}
