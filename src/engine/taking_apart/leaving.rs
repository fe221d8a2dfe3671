//! Takes from a grant all that it can do, and leaves its role: the tags of one that was made without Port may be all that
//! tells of it.

use super::Held;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::engine::Engine;
use crate::failure::Failure;

impl Engine<'_> {
    /// Takes away what a grant that was looked at can do. Returns whether its role stays, denied and empty, with its tags:
    /// none does where none was there.
    ///
    /// `removed` gains what is found on it, also when this fails.
    ///
    /// # Errors
    ///
    /// Fails when AWS does; whatever could be taken off is off.
    pub(in crate::engine) async fn leave_denied(
        &self,
        account: &AwsAccount,
        held: &Held,
        removed: &mut Removed,
    ) -> Result<bool, Failure> {
        self.note_held(account, held, removed);
        if !held.has_role() {
            return Ok(false);
        }
        let role = held.grant.as_str();
        match self.deny_for_good(role, &account.deny_all_arn()).await {
            // Somebody else may have taken it away at the same time.
            Err(error) if error.is_not_found() && self.aws.role(role).await?.is_none() => Ok(false),
            denied => Ok(denied.map(|()| true)?),
        }
    }

    /// Takes a grant away where Port cannot be told: apart, or, where it was made without Port and may be on no record, but
    /// for its role and policies, which a sweep puts on record before it takes them away.
    ///
    /// # Errors
    ///
    /// As [`Engine::take_apart`].
    pub(in crate::engine) async fn take_away_untold(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        if grant.is_break_glass() {
            let held = self.held(account, grant, 1, None).await?;
            if self.leave_denied(account, &held, removed).await? {
                removed.kept.extend(removed.role.take());
                return Ok(());
            }
        }
        self.take_apart(account, grant, 1, removed).await
    }
}
