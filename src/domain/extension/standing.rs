//! Whether the grant that is to be extended is live and ours, by what AWS holds of it and its permanent record.

use jiff::{SignedDuration, Timestamp};

use super::lineage::not_extended;
use super::{Attempt, Extended};
use crate::domain::account::AwsAccount;
use crate::domain::catalog::{Entity, Run};
use crate::domain::duration::GrantDuration;
use crate::domain::iam::RoleState;
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::state::GrantState;
use crate::domain::tags::{self, Scope, value_of};
use crate::domain::time::utc;
use crate::domain::trust;

/// Whose a role has to be.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The installation's names.
    pub names: &'a Names,
    /// The account of the credentials.
    pub account: &'a AwsAccount,
    /// The installation.
    pub scope: &'a Scope,
}

/// When the grant has to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Now: nothing is made of the extension yet.
    Now(Timestamp),
    /// At this moment, when an earlier attempt has made the role of the extension. The grant may have run out since.
    Before(Timestamp),
    /// The extension's run has ended well, so that it stood then.
    Settled,
}

impl When {
    /// Returns when it has to stand for an attempt at an extension of this run and duration.
    pub(super) fn of(run: &Run, attempt: Attempt, duration: GrantDuration) -> Self {
        let Attempt { first_end, now, .. } = attempt;
        if run.is_successful() {
            return Self::Settled;
        }
        let made = first_end.and_then(|end| end.checked_sub(SignedDuration::from_secs(duration.seconds())).ok());
        made.map_or(Self::Now(now), |made| Self::Before(made.min(now)))
    }
}

/// Checks that the grant stands, or stood when the extension was made. Returns its end where its role tells.
///
/// # Errors
///
/// Refuses a grant that has ended, that somebody takes or took away, that is on no record, and a role that is not its.
pub(super) fn verify(
    owner: Owner<'_>,
    grant: &GrantId,
    extended: &Extended,
    when: When,
) -> Result<Option<Timestamp>, Refusal> {
    let moment = match when {
        // What was extended ends by itself while its extension goes on.
        When::Settled => return Ok(None),
        When::Now(moment) | When::Before(moment) => moment,
    };
    let has_expired = verify_record(grant, extended.record.as_ref(), when)?;
    let role = match &extended.role {
        None if has_expired => return Ok(None),
        None => return Err(not_extended(grant, "its role is gone")),
        Some(role) => role,
    };
    if role.arn != owner.account.role_arn(owner.names, grant) || role.path != owner.names.iam_path {
        return Err(not_extended(grant, "the role of its name lies elsewhere"));
    }
    if let Some(tag) = other_tag(owner, grant, role) {
        return Err(not_extended(grant, &format!("the tag {tag} of its role is not its own")));
    }
    let Some(end) = trust::end_of(&role.trust) else {
        return Err(not_extended(grant, "the trust policy of its role bears no end"));
    };
    if end <= moment {
        return Err(not_extended(grant, &format!("it ended at {}", utc(end))));
    }
    if extended.attached.contains(&owner.account.deny_all_arn()) {
        return Err(not_extended(grant, "it is being taken away"));
    }
    // A revocation that was cut off may have taken its policy off without denying it.
    if !extended.attached.contains(&owner.account.part_arn(owner.names, grant, 1)) {
        return Err(not_extended(grant, "its policy is not attached to its role"));
    }
    Ok(Some(end))
}

/// Checks once more, when an extension has just become live, that nobody has ended the grant meanwhile. `end` is when
/// its time is over, where its role told; from then on it may be gone.
///
/// # Errors
///
/// Refuses what somebody takes or took away.
pub fn verify_still_standing(
    owner: Owner<'_>,
    grant: &GrantId,
    extended: &Extended,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Refusal> {
    if end.is_some_and(|end| end > now) {
        return verify(owner, grant, extended, When::Now(now)).map(drop);
    }
    let record = extended.record.as_ref().filter(|record| record.state() != Some(GrantState::Expired));
    match record.and_then(|record| record.text("revoked_at")) {
        Some(ended) => Err(not_extended(grant, &format!("it ended at {}", quoted(ended)))),
        None => Ok(()),
    }
}

/// Returns the first tag that is not as the grant's own.
fn other_tag(owner: Owner<'_>, grant: &GrantId, role: &RoleState) -> Option<&'static str> {
    let wanted = tags::owner(&grant.run_id(), owner.scope);
    wanted.into_iter().find(|(key, value)| value_of(&role.tags, key) != Some(value)).map(|(key, _)| key)
}

/// The record says whether the grant has ended, and whether by its time alone: nobody goes on from what somebody has
/// taken away. Returns whether it has run out since it stood.
fn verify_record(grant: &GrantId, record: Option<&Entity>, when: When) -> Result<bool, Refusal> {
    let Some(record) = record else { return Err(not_extended(grant, "it is on no record")) };
    let Some(ended) = record.text("revoked_at") else { return Ok(false) };
    let ran_out = record.state() == Some(GrantState::Expired);
    match (when, ended.parse::<Timestamp>()) {
        (When::Before(made), Ok(at)) if ran_out && at > made => Ok(true),
        _ => Err(not_extended(grant, &format!("it ended at {}", quoted(ended)))),
    }
}
