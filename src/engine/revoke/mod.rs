//! The revocation: AWS first, the record last. It fails towards removal.

mod claims;
mod dispatched;
mod here;
mod record;
mod unrecorded;
mod whereabouts;

use std::collections::BTreeSet;
use std::time::Duration;

use super::Engine;
use super::taking_apart::{Held, ListedGrant};
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::receipt::{Cause, Removed, Revoked};
use crate::failure::Failure;
pub use whereabouts::Whereabouts;

/// How long after a signal a revocation may still begin.
const STARTED_WITHIN: Duration = Duration::from_millis(1_500);
/// How long after a signal the taking apart may take: it goes on, since access that ends is what was asked for.
const TAKEN_WITHIN: Duration = Duration::from_millis(3_500);
/// How long after a signal extensions may be asked for, which is done beside it and must not cut it off.
const EXTENSIONS_WITHIN: Duration = Duration::from_millis(3_000);
/// How long after a signal the record may take.
const COMPLETED_WITHIN: Duration = Duration::from_millis(5_000);

/// What is to be revoked, by whom, under which run.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// The grant.
    pub grant: GrantId,
    /// Why.
    pub cause: Cause,
    /// The run to report to, while it is in progress.
    pub run_id: Option<String>,
}

/// The accounts beside, in which a grant was looked for as well.
#[derive(Clone, Debug, Default)]
pub(super) struct Others {
    /// Which they are.
    pub(super) asked: BTreeSet<AccountId>,
    /// What was taken away there, for the one receipt.
    pub(super) removed: Vec<Removed>,
    /// AWS's ids of the requests that did it.
    pub(super) request_ids: Vec<String>,
}

/// What of Port a revocation touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InPort {
    /// Catalog, record and run.
    Told,
    /// The same if Port knows the grant: a role that neither its catalog nor its records know, and that does not tell that
    /// it is ours, may be another installation's, whose record this is not.
    IfKnown {
        /// Whether the catalog is known to list it.
        is_listed: bool,
    },
    /// Nothing: Port is not asked and not told. A sweep tells it.
    Untouched,
    /// Nothing, and no sweep comes: Port has no place any more in which it could be told.
    Gone,
}

/// What is known of a grant before it is revoked, so that it need not be asked for again.
#[derive(Debug)]
pub(super) enum Known {
    /// Nothing.
    Nothing,
    /// What AWS held of it a moment ago.
    Held(Held),
    /// What lists have told.
    Listed(SeenBefore),
}

/// What lists have told of a grant, AWS's and Port's.
#[derive(Clone, Debug)]
pub(super) struct SeenBefore {
    /// What AWS holds of it.
    pub(super) in_aws: ListedGrant,
    /// Whether the record says that it has ended; none without a record.
    pub(super) record_is_over: Option<bool>,
    /// Whether the record may tell more than that, which must not be written over: then it is read once more.
    pub(super) is_record_read: bool,
    /// Whether another account holds a role of its name, of which the record may be.
    pub(super) others_hold: bool,
}

impl Engine<'_> {
    /// Revokes a grant in every account that holds it: AWS, then the catalog, then the run, as far as Port shall be told.
    ///
    /// # Errors
    ///
    /// Fails when a system does; the entity then says so, and the next try goes on from there. Fails when an account that may
    /// hold the grant could not be asked: what was found is taken away then, and the grant is not called revoked. Fails for a
    /// grant without Port that is on no record and was found nowhere.
    pub async fn revoke(
        &self,
        found: &Whereabouts,
        revocation: Revocation,
        in_port: InPort,
    ) -> Result<Revoked, Failure> {
        let is_told = match in_port {
            InPort::Told => true,
            InPort::IfKnown { is_listed } => is_listed || self.is_recorded(&revocation.grant).await?,
            InPort::Untouched | InPort::Gone => false,
        };
        if is_told {
            self.revoke_in_each(found, revocation).await
        } else {
            let is_swept = in_port != InPort::Gone;
            self.take_away_in_each(found, &revocation.grant, revocation.cause.who(), is_swept).await
        }
    }

    async fn is_recorded(&self, grant: &GrantId) -> Result<bool, ApiError> {
        Ok(self.port.entity(&self.names.permission_records, grant.as_str()).await?.is_some())
    }

    /// Takes a grant away in the account of this engine alone, where no sweep is to put it on record. Port is not asked and
    /// not told.
    pub(super) async fn take_away(&self, account: &AwsAccount, grant: GrantId, by: &str) -> Result<Revoked, Failure> {
        let work = async |removed: &mut Removed| self.take_apart(account, &grant, 1, removed).await;
        self.taken_away(&grant, by, work).await
    }

    /// The same where a sweep may have to put it on record yet.
    async fn take_away_before_a_sweep(
        &self,
        account: &AwsAccount,
        grant: GrantId,
        by: &str,
    ) -> Result<Revoked, Failure> {
        let work = async |removed: &mut Removed| self.take_away_untold(account, &grant, removed).await;
        self.taken_away(&grant, by, work).await
    }

    async fn taken_away(
        &self,
        grant: &GrantId,
        by: &str,
        work: impl AsyncFnOnce(&mut Removed) -> Result<(), Failure>,
    ) -> Result<Revoked, Failure> {
        self.say(&format!("Taking {grant} apart in AWS"));
        let first_request = self.aws.request_count();
        let mut removed = Removed::default();
        let taking = self.world.stop.within(TAKEN_WITHIN, work(&mut removed));
        taking.await.map_err(|failure| telling(unfinished(failure, grant), grant, &removed))?;
        let (cause, now) = (Cause::Direct(by.to_owned()), self.service_time()?);
        let aws_request_ids = self.aws.request_ids_since(first_request);
        let (grant, live_extensions) = (grant.clone(), Vec::new());
        Ok(Revoked { grant, cause, removed, now, aws_request_ids, live_extensions, before: None })
    }

    /// Whoever ends a grant may not know that it was extended. That it cannot be asked holds no revocation up.
    async fn extensions_for_a_person(&self, grant: &GrantId, cause: &Cause) -> Vec<GrantId> {
        if !matches!(cause, Cause::Person(_) | Cause::Returned(_) | Cause::Direct(_)) {
            return Vec::new();
        }
        let asking = async { Ok(self.live_extensions(grant, self.service_time()?).await?) };
        self.world.stop.within(EXTENSIONS_WITHIN, asking).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error.message, "whether the grant was extended could not be asked");
            Vec::new()
        })
    }
}

/// A revocation that a signal has cut off, where it is repeated: its first step is `AWSDenyAll`, so that what is half
/// taken apart can do nothing.
fn unfinished(failure: Failure, grant: &GrantId) -> Failure {
    if !failure.kind.is_of_a_signal() {
        return failure;
    }
    failure.hint(format!(
        "the revocation of {grant} is not finished; run `Revoke permissions` in Port again, or `port-iam revoke \
         {grant} --direct`"
    ))
}

/// A revocation that failed though the grant was found and taken away, as far as that goes: what was not as we make it
/// nobody finds again.
fn telling(failure: Failure, grant: &GrantId, removed: &Removed) -> Failure {
    let failure = removed.lines_of_namesakes().into_iter().fold(failure, Failure::hint);
    match removed.tampering(grant, None) {
        Some(what) => failure.hint(format!("{grant} was not as it was made: {what}")),
        None => failure,
    }
}
