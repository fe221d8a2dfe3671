//! A grant that was made without Port may be on no record: its role alone tells of it, and goes only once it is on one.

use futures_util::future::{join, join3};
use serde_json::Value;

use super::SeenBefore;
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::break_glass::{record_of_what_ends, unverified_record};
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::engine::taking_apart::{Held, Left, stays_empty};
use crate::engine::{Engine, MOST_POLICIES};
use crate::failure::Failure;

impl Engine<'_> {
    /// Returns what a grant made without Port tells of itself, before it goes: no record may have been made of it yet.
    pub(in crate::engine) async fn unverified_record(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        before: Option<&SeenBefore>,
    ) -> Option<Value> {
        if !may_be_unrecorded(grant, before) {
            return None;
        }
        match self.role_by_name(account, grant).await {
            Ok(named) => named.own().map(|role| unverified_record(&role)),
            Err(error) => {
                tracing::warn!(%error, "what the role tells of itself could not be read");
                None
            }
        }
    }

    /// Puts a grant that was made without Port on record where it is on none, and takes away meanwhile what it can do. Any
    /// other grant is left as it is. `held` is what AWS held of it a moment ago, where it was looked at.
    ///
    /// One that can do nothing by its policies goes on record whether or not it could be denied as well: then it can be
    /// taken apart.
    ///
    /// `removed` gains what is found on its role, also when this fails.
    ///
    /// # Errors
    ///
    /// Fails when AWS or Port does. Then its role stays, denied and empty as far as AWS let it: the next try, or a sweep,
    /// puts it on record.
    pub(super) async fn put_on_record(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        before: Option<&SeenBefore>,
        held: Option<Held>,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        if !may_be_unrecorded(grant, before) {
            return Ok(());
        }
        let held = match held {
            Some(held) => held,
            None => self.held_at_last(account, grant, before.map(|before| &before.in_aws)).await?,
        };
        let blueprint = &self.names.permission_records;
        let reading = Box::pin(join(self.role_by_name(account, grant), self.documents(account, grant)));
        let recorded = self.port.entity(blueprint, grant.as_str());
        let denying = Box::pin(self.leave_denied(account, &held, removed));
        let (left, (role, documents), recorded) = join3(denying, reading, recorded).await;
        let Some(hint) = stays_for_the_record(grant, &left?) else { return Ok(()) };
        let told = |error: ApiError| Failure::from(error).hint(hint.clone());
        if recorded.map_err(told)?.is_some() {
            return Ok(());
        }
        let role = match role.map_err(told)?.own() {
            // It was there a moment ago: the answer may be an older one. Else somebody else has taken it away.
            None => self.role_by_name(account, grant).await.map_err(told)?.own(),
            role => role,
        };
        let Some(role) = role else { return Ok(()) };
        // The digest tells less than the tags: what AWS does not show holds no end of access up.
        let documents = documents.unwrap_or_else(|error| {
            tracing::warn!(%error, "the policies of the grant could not be read; its record has no digest of them");
            Vec::new()
        });
        let record = record_of_what_ends(grant, account, &role, &documents);
        self.upsert(blueprint, &record, None).await.map_err(told)
    }

    /// Returns the documents of the policies of a grant, the first one first, until one is missing.
    pub(super) async fn documents(&self, account: &AwsAccount, grant: &GrantId) -> Result<Vec<Value>, ApiError> {
        let mut documents = Vec::new();
        for number in 1..=MOST_POLICIES {
            match self.aws.policy(&account.part_arn(self.names, grant, number)).await? {
                Some(policy) => documents.push(policy.document),
                None => break,
            }
        }
        Ok(documents)
    }
}

fn may_be_unrecorded(grant: &GrantId, before: Option<&SeenBefore>) -> bool {
    grant.is_break_glass() && before.is_none_or(|before| before.record_is_over.is_none())
}

/// Returns what to do about a role that stays until it is on record; none where none stays.
fn stays_for_the_record(grant: &GrantId, left: &Left) -> Option<String> {
    match left {
        Left::Nothing => None,
        Left::Denied => Some(format!(
            "{grant} can do nothing any more; its role stays, since nothing else tells of a grant that was made without \
             Port: run the same command again, or let the next sweep put it on record and take it away"
        )),
        Left::Empty(error) => Some(format!("{}; what kept AWSDenyAll off: {error}", stays_empty(grant))),
    }
}
