//! Looks up who wants to give a grant back, and whether it is theirs to give.

use futures_util::future::join;

use super::Engine;
use crate::domain::catalog::{Run, User};
use crate::domain::identifier::GrantId;
use crate::domain::request::Dispatch;
use crate::domain::returning::Returner;
use crate::failure::Failure;

impl Engine<'_> {
    /// Checks that whoever started the run may give the grant back. Somebody's own grant needs no other answer than its
    /// run.
    pub(super) async fn verify_returner(&self, dispatch: &Dispatch, run: &Run, grant: &GrantId) -> Result<(), Failure> {
        let granted_by = grant.run_id();
        let granted = self.port.run(granted_by.as_str()).await?;
        let returner = Returner { run, user: None, granted: granted.as_ref(), approvals: &[], approvers: &[] };
        if returner.is_requester() {
            return Ok(());
        }
        let (user, approvals) = join(self.who_started(dispatch, run), self.port.approvals(granted_by.as_str())).await;
        let approvals = approvals?;
        Ok(Returner { user: user.as_ref(), approvals: &approvals, ..returner }.verify(grant)?)
    }

    /// Returns the person who started the run, if Port bears out what the dispatch says.
    pub(super) async fn who_started(&self, dispatch: &Dispatch, run: &Run) -> Option<User> {
        let by = run.created_by.as_deref()?;
        let user = self.port.user(dispatch.requester.as_deref()?).await.ok().flatten();
        user.filter(|user| user.id == by || user.email.eq_ignore_ascii_case(by))
    }
}
