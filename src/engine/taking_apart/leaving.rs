//! Takes from a grant all that it can do, and leaves its role: the tags of one that was made without Port may be all that
//! tells of it.

use super::denying::Kept;
use super::{Held, ListedGrant};
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::engine::Engine;
use crate::failure::Failure;

/// What is left of a grant from which all that it can do was taken.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Left {
    /// Nothing: its role is not there.
    Nothing,
    /// Its role with its tags, denied and empty.
    Denied,
    /// Its role with its tags, and no policy on it, to which `AWSDenyAll` could not be attached, for this reason.
    Empty(ApiError),
}

impl Engine<'_> {
    /// Looks at a grant whose role may be all that tells of it. One that does not show is looked for once more: IAM may
    /// answer with a moment from before it was made.
    ///
    /// # Errors
    ///
    /// Fails when AWS does.
    pub(in crate::engine) async fn held_at_last(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        listed: Option<&ListedGrant>,
    ) -> Result<Held, Failure> {
        let held = self.held(account, grant, 1, listed).await?;
        if held.has_role() || !self.role_by_name(account, grant).await?.is_own() {
            return Ok(held);
        }
        self.held(account, grant, 1, None).await
    }

    /// Takes away what a grant that was looked at can do, and tells what is left of it.
    ///
    /// `removed` gains what is found on it, also when this fails.
    ///
    /// # Errors
    ///
    /// Fails when something may still be on its role; whatever could be taken off is off.
    pub(in crate::engine) async fn leave_denied(
        &self,
        account: &AwsAccount,
        held: &Held,
        removed: &mut Removed,
    ) -> Result<Left, Failure> {
        self.note_held(account, held, removed);
        if !held.has_role() {
            return Ok(Left::Nothing);
        }
        let (role, deny_all) = (held.grant.as_str(), account.deny_all_arn());
        let Kept { denied, emptied } = self.deny_and_empty(role, &deny_all).await;
        let is_gone = async |error: &ApiError| {
            // Somebody else may have taken it away at the same time.
            Ok::<_, ApiError>(error.is_not_found() && self.aws.role(role).await?.is_none())
        };
        match (denied, emptied) {
            (Ok(()), Ok(_)) => Ok(Left::Denied),
            (Err(error), _) | (_, Err(error)) if is_gone(&error).await? => Ok(Left::Nothing),
            // An earlier try has denied it.
            (Err(_), Ok(_)) if held.attached.contains(&deny_all) => Ok(Left::Denied),
            (Err(error), Ok(true)) => Ok(Left::Empty(error)),
            (Ok(()), Err(error)) => Err(error.into()),
            (Err(error), Ok(false)) => Err(may_be_live(&held.grant, error, "what is on it does not show")),
            (Err(error), Err(left)) => Err(may_be_live(&held.grant, error, &left.to_string())),
        }
    }

    /// Takes a grant away where Port cannot be told: apart, or, where it was made without Port and may be on no record, but
    /// for its role and policies, which a sweep puts on record before it takes them away.
    ///
    /// # Errors
    ///
    /// As [`Engine::take_apart`], and where a role that stays could not be denied.
    pub(in crate::engine) async fn take_away_untold(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        if grant.is_break_glass() {
            let held = self.held_at_last(account, grant, None).await?;
            match self.leave_denied(account, &held, removed).await? {
                Left::Nothing => {}
                Left::Denied => {
                    removed.kept.extend(removed.role.take());
                    return Ok(());
                }
                Left::Empty(error) => return Err(Failure::from(error).hint(stays_empty(grant))),
            }
        }
        self.take_apart(account, grant, 1, removed).await
    }
}

/// Returns what to do about a role that stays without a policy and without a denial.
pub(in crate::engine) fn stays_empty(grant: &GrantId) -> String {
    format!(
        "{grant} has no policy any more, but AWSDenyAll could not be attached to its role: what the policy of a resource \
         allows it, it may still do. Its role stays, since nothing else tells of a grant that was made without Port: run \
         `port-iam revoke {grant} --direct` when Port answers, which puts it on record and deletes it, or use credentials \
         that may attach AWSDenyAll to it"
    )
}

fn may_be_live(grant: &GrantId, denied: ApiError, left: &str) -> Failure {
    Failure::from(denied).hint(format!(
        "{grant} may be live: AWSDenyAll could not be attached to its role, and not all of its policies could be taken \
         off ({left}); what could be is off. Run the same command again with credentials that may attach and detach \
         policies of roles under our path"
    ))
}
