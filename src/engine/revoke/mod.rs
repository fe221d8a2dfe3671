//! The revocation: AWS first, the record last. It fails towards removal.

mod dispatched;
mod record;
mod whereabouts;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join3;

use self::record::Bookkeeping;
use super::Engine;
use super::propagation::is_young;
use super::taking_apart::Held;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::RunPatch;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::evidence::RecordBefore;
use crate::domain::iam::ListedRole;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::receipt::{Cause, Removed, Revoked};
use crate::failure::Failure;
pub use whereabouts::Whereabouts;
use whereabouts::{made_elsewhere, recorded_elsewhere};

/// How long after a signal a revocation may still begin.
const STARTED_WITHIN: Duration = Duration::from_millis(1_500);
/// How long after a signal the taking apart may take: it goes on, since access that ends is what was asked for.
const TAKEN_WITHIN: Duration = Duration::from_millis(3_500);
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
    /// The same if Port knows the grant: a role that neither its catalog nor its records know may be another
    /// installation's, whose record this is not.
    IfKnown {
        /// Whether the catalog is known to list it.
        is_listed: bool,
    },
    /// Nothing: Port is not asked and not told.
    Untouched,
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

/// What lists have told of a grant.
#[derive(Clone, Debug)]
pub(super) struct SeenBefore {
    /// The role.
    pub(super) role: Option<ListedRole>,
    /// The numbers of its policies.
    pub(super) policies: Vec<usize>,
    /// Whether the record says that it has ended; none without a record.
    pub(super) record_is_over: Option<bool>,
    /// Whether the record may tell more than that, which must not be written over: then it is read once more.
    pub(super) is_record_read: bool,
}

impl Engine<'_> {
    /// Revokes a grant in every account that holds it: AWS, then the catalog, then the run, as far as Port shall be told.
    ///
    /// # Errors
    ///
    /// Fails when a system does; the entity then says so, and the next try goes on from there. Refuses a role of that name
    /// that is not under our path. Fails when an account that may hold the grant could not be asked: what was found is taken
    /// away then, and the grant is not called revoked.
    pub async fn revoke(
        &self,
        found: &Whereabouts,
        revocation: Revocation,
        in_port: InPort,
    ) -> Result<Revoked, Failure> {
        let is_told = match in_port {
            InPort::Told => true,
            InPort::IfKnown { is_listed } => is_listed || self.is_recorded(&revocation.grant).await?,
            InPort::Untouched => false,
        };
        if is_told {
            self.revoke_in_each(found, revocation).await
        } else {
            self.take_away_in_each(found, &revocation.grant, revocation.cause.who()).await
        }
    }

    async fn is_recorded(&self, grant: &GrantId) -> Result<bool, ApiError> {
        Ok(self.port.entity(&self.names.permission_records, grant.as_str()).await?.is_some())
    }

    /// Takes a grant away in the account of this engine alone. Port is not asked and not told.
    pub(super) async fn take_away(&self, account: &AwsAccount, grant: GrantId, by: &str) -> Result<Revoked, Failure> {
        self.say(&format!("Taking {grant} apart in AWS"));
        let first_request = self.aws.request_count();
        let taking = self.world.stop.within(TAKEN_WITHIN, self.take_apart(account, &grant, 1));
        let removed = taking.await.map_err(|failure| unfinished(failure, &grant))?;
        let (cause, now) = (Cause::Direct(by.to_owned()), self.service_time()?);
        let aws_request_ids = self.aws.request_ids_since(first_request);
        Ok(Revoked { grant, cause, removed, now, aws_request_ids, live_extensions: Vec::new() })
    }

    /// Revokes a grant in the account of this engine, which was looked for in the `others` as well.
    pub(super) async fn revoke_here(
        &self,
        account: &AwsAccount,
        revocation: Revocation,
        known: Known,
        others: Others,
    ) -> Result<Revoked, Failure> {
        let (before, held) = match known {
            Known::Nothing => (None, None),
            Known::Held(held) => (None, Some(held)),
            Known::Listed(before) => (Some(before), None),
        };
        let before = before.as_ref();
        // A sweep says itself what it does.
        if before.is_none() {
            self.say(&format!("Taking {} apart in AWS", revocation.grant));
        }
        let grant = revocation.grant.as_str();
        let record = async {
            match before {
                Some(before) if !before.is_record_read => Ok(None),
                _ => self.port.entity(&self.names.permission_records, grant).await,
            }
        };
        let taking = async {
            match (before, held) {
                (Some(before), _) => self.take_apart_seen(account, &revocation.grant, before).await,
                (None, Some(held)) => self.take_apart_held(account, held).await,
                (None, None) => self.take_apart(account, &revocation.grant, 1).await,
            }
        };
        let untold = self.unverified_record(&revocation.grant, before).await;
        // The receipt of a sweep names the requests of its time, not those of the whole sweep.
        let first_request = before.map_or(0, |_| self.aws.request_count());
        let taking = self.world.stop.within(TAKEN_WITHIN, taking);
        let extensions = self.extensions_for_a_person(&revocation.grant, &revocation.cause);
        // On the heap: what is done at once is large.
        let (mut removed, record, live_extensions) =
            join3(Box::pin(taking), Box::pin(record), Box::pin(extensions)).await;
        if let (None, Ok(nothing), Ok(Some(record))) = (before, &removed, &record)
            && nothing.role.is_none()
            && is_young(record, self.service_time()?)
        {
            let taking = self.take_apart_when_it_shows(account, &revocation.grant, nothing.clone());
            removed = self.world.stop.within(TAKEN_WITHIN, taking).await;
        }
        let mut removed = match removed {
            Ok(removed) => removed,
            Err(failure) => {
                self.mark_failed(&revocation).await;
                return Err(unfinished(failure, &revocation.grant));
            }
        };
        let record = match before {
            Some(before) => self.record_seen(&revocation.grant, before, record?, &removed).await?,
            None => {
                let record = self.record_as_it_stands(&revocation.grant, record?, &removed).await?;
                let elsewhere = recorded_elsewhere(record.as_ref(), account, &others.asked);
                if let Some(failure) = elsewhere.map(|account| made_elsewhere(&revocation.grant, &account)) {
                    self.mark_failed(&revocation).await;
                    return Err(failure);
                }
                record.as_ref().map(RecordBefore::of)
            }
        };
        let bookkeeping = Bookkeeping { untold, record };
        let now = self.service_time()?;
        let (grant, cause) = (revocation.grant.clone(), revocation.cause.clone());
        let mut aws_request_ids = others.request_ids;
        aws_request_ids.extend(self.aws.request_ids_since(first_request));
        others.removed.into_iter().for_each(|other| removed.and_elsewhere(other));
        let revoked = Revoked { grant, cause, removed, now, aws_request_ids, live_extensions };
        if before.is_none() {
            self.say("Completing the record in Port");
        }
        let completing = Box::pin(self.complete(account, &revoked, revocation.run_id.as_deref(), bookkeeping));
        self.world
            .stop
            .within(COMPLETED_WITHIN, completing)
            .await
            .map_err(|failure| unfinished(failure, &revoked.grant))?;
        if let Some(run_id) = &revocation.run_id {
            let patch = RunPatch { succeeded: Some(true), label: Some("revoked".to_owned()) };
            match self.port.report(run_id, &patch).await {
                Err(error) if error.kind == ApiErrorKind::RunExhausted => {}
                other => other?,
            }
        }
        Ok(revoked)
    }

    /// Returns what the record tells of a grant that lists have shown, `read` where it was read.
    async fn record_seen(
        &self,
        grant: &GrantId,
        before: &SeenBefore,
        read: Option<Entity>,
        removed: &Removed,
    ) -> Result<Option<RecordBefore>, ApiError> {
        let read = if before.role.is_some() || read.is_some() {
            self.record_as_it_stands(grant, read, removed).await?
        } else {
            read
        };
        let listed = || before.record_is_over.map(|is_over| RecordBefore { is_over, ..RecordBefore::default() });
        Ok(read.as_ref().map(RecordBefore::of).or_else(listed))
    }

    /// Returns the record of a grant that was taken apart, `read` while that was done. Where somebody else took it apart at
    /// the same time, it may tell of an end since, which must not be written over: it is read again.
    async fn record_as_it_stands(
        &self,
        grant: &GrantId,
        read: Option<Entity>,
        removed: &Removed,
    ) -> Result<Option<Entity>, ApiError> {
        let is_ended = read.as_ref().is_some_and(|record| record.text("revoked_at").is_some());
        if is_ended || removed.role.is_some() && !removed.is_shared {
            return Ok(read);
        }
        self.port.entity(&self.names.permission_records, grant.as_str()).await
    }

    /// Whoever ends a grant may not know that it was extended. That it cannot be asked holds no revocation up.
    async fn extensions_for_a_person(&self, grant: &GrantId, cause: &Cause) -> Vec<GrantId> {
        if !matches!(cause, Cause::Person(_) | Cause::Returned(_) | Cause::Direct(_)) {
            return Vec::new();
        }
        let asking = async { Ok(self.live_extensions(grant, self.service_time()?).await?) };
        self.world.stop.within(TAKEN_WITHIN, asking).await.unwrap_or_else(|error| {
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
