//! The revocation in one account: what is there is taken apart while Port is asked, then Port is told.

use futures_util::future::join;

use super::whereabouts::{found_nowhere, made_elsewhere, recorded_elsewhere};
use super::{COMPLETED_WITHIN, Known, Others, Revocation, SeenBefore, TAKEN_WITHIN, telling, unfinished};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::RunPatch;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::evidence::RecordBefore;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::{Cause, Removed, Revoked};
use crate::engine::Engine;
use crate::engine::propagation::is_young;
use crate::engine::taking_apart::{self, Held};
use crate::failure::Failure;

/// What became of the taking apart, and what Port told meanwhile.
struct TakenWhileAsking {
    /// Why something of the grant may still be there.
    taken: Result<(), Failure>,
    /// The permanent record, where it was asked for.
    record: Result<Option<Entity>, Failure>,
    /// Extensions that live on, where a person has ended the grant.
    live_extensions: Vec<GrantId>,
}

impl Engine<'_> {
    /// Revokes a grant in the account of this engine, which was looked for in the `others` as well.
    pub(in crate::engine) async fn revoke_here(
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
        let grant = &revocation.grant;
        // The receipt names the requests of its time, not those of the grants before it.
        let first_request = self.aws.request_count();
        // Outside of what a signal may cut off: what was found is told all the same.
        let mut removed = Removed::default();
        // A further look at one that is denied meanwhile sees what is left.
        let (of_itself, held) = if grant.is_break_glass() { (held, None) } else { (None, held) };
        let recording = Box::pin(async {
            self.put_on_record(account, grant, before, of_itself, &mut removed).await?;
            if before.is_some_and(|before| before.others_hold) || !others.removed.is_empty() {
                self.keep_claims(account, grant).await?;
            }
            Ok(())
        });
        if let Err(failure) = self.world.stop.within(TAKEN_WITHIN, recording).await {
            return Err(self.unfinished_here(account, &revocation, &others, removed, failure).await);
        }
        let taking = self.take_while_asking(account, &revocation, before, held, &mut removed);
        let TakenWhileAsking { mut taken, record, live_extensions } = taking.await;
        if let (None, Ok(()), Ok(Some(record))) = (before, &taken, &record) {
            taken = self.take_what_is_young(account, grant, record, &mut removed).await;
        }
        // The record is judged by what this account held; what is told and noted is of all of them.
        if let Err(failure) = taken {
            return Err(self.unfinished_here(account, &revocation, &others, removed, failure).await);
        }
        let here = removed.clone();
        others.removed.iter().cloned().for_each(|other| removed.and_elsewhere(other));
        let telling_port = async {
            let record = self.record_before(account, &revocation, before, record?, &here, &others).await?;
            let ended = record.as_ref().and_then(|record| record.over_since);
            if ended.is_some_and(|ended| self.aws.service_time().is_some_and(|now| now < ended)) {
                // Somebody has ended it since AWS last told the time, or the record tells of an end that is still to come.
                self.role_by_name(account, grant).await?;
            }
            let mut aws_request_ids = others.request_ids.clone();
            aws_request_ids.extend(self.aws.request_ids_since(first_request));
            let (now, cause) = (self.service_time()?, revocation.cause.clone());
            let (grant, removed) = (grant.clone(), removed.clone());
            let revoked = Revoked { grant, cause, removed, now, aws_request_ids, live_extensions, before: record };
            self.tell_port(account, &revocation, before, &revoked).await?;
            Ok(revoked)
        };
        match Box::pin(telling_port).await {
            Ok(revoked) => Ok(revoked),
            Err(failure) => {
                self.note_unfinished(account, grant, &removed).await;
                Err(telling(failure, grant, &removed))
            }
        }
    }

    /// Says of a revocation that was cut off what is unfinished, and returns the failure with what was found.
    async fn unfinished_here(
        &self,
        account: &AwsAccount,
        revocation: &Revocation,
        others: &Others,
        mut removed: Removed,
        failure: Failure,
    ) -> Failure {
        others.removed.iter().cloned().for_each(|other| removed.and_elsewhere(other));
        self.mark_unfinished(account, revocation, &removed).await;
        telling(unfinished(failure, &revocation.grant), &revocation.grant, &removed)
    }

    /// Takes a grant apart, and asks Port meanwhile.
    async fn take_while_asking(
        &self,
        account: &AwsAccount,
        revocation: &Revocation,
        before: Option<&SeenBefore>,
        held: Option<Held>,
        removed: &mut Removed,
    ) -> TakenWhileAsking {
        let grant = &revocation.grant;
        let record = async {
            match before {
                Some(before) if !before.is_record_read => Ok(None),
                _ => Ok(self.port.entity(&self.names.permission_records, grant.as_str()).await?),
            }
        };
        let known = match (before, held) {
            (Some(before), _) => taking_apart::Known::Listed(grant, &before.in_aws),
            (None, Some(held)) => taking_apart::Known::Held(Box::new(held)),
            (None, None) => taking_apart::Known::Nothing(grant, 1),
        };
        // Behind the denial: an extension is on record before it can be used, and looks then whether what it goes on from is
        // still there. Before, one could be made between the two looks.
        let mut live_extensions = Vec::new();
        let asking = async { live_extensions = self.extensions_for_a_person(grant, &revocation.cause).await };
        // What was found is told after a signal too, whether or not Port answers.
        let stop = &self.world.stop;
        let taking = stop.within(TAKEN_WITHIN, self.take_apart_asking(account, known, removed, asking));
        let (taken, record) = join(taking, stop.within(TAKEN_WITHIN, record)).await;
        TakenWhileAsking { taken, record, live_extensions }
    }

    /// Looks again for a role that a record of a moment ago tells of, and that was not there.
    async fn take_what_is_young(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        record: &Entity,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        // One that an answer has shown, and that was not there to be taken away, was perhaps not shown by the next ones.
        let is_taken = removed.role.is_some() && !removed.was_gone_already;
        if is_taken || !is_young(record, self.service_time()?) {
            return Ok(());
        }
        let taking = self.take_apart_when_it_shows(account, grant, removed);
        self.world.stop.within(TAKEN_WITHIN, taking).await
    }

    /// Tells Port of a grant that is gone: its record, its catalog and the run.
    async fn tell_port(
        &self,
        account: &AwsAccount,
        revocation: &Revocation,
        before: Option<&SeenBefore>,
        revoked: &Revoked,
    ) -> Result<(), Failure> {
        if before.is_none() {
            self.say("Completing the record in Port");
        }
        let completing = Box::pin(self.complete(account, revoked, revocation.run_id.as_deref()));
        let completing = self.world.stop.within(COMPLETED_WITHIN, completing);
        completing.await.map_err(|failure| unfinished(failure, &revoked.grant))?;
        if let Some(run_id) = &revocation.run_id {
            let patch = RunPatch { succeeded: Some(true), label: Some("revoked".to_owned()) };
            match self.port.report(run_id, &patch).await {
                Err(error) if error.kind == ApiErrorKind::RunExhausted => {}
                other => other?,
            }
        }
        Ok(())
    }

    /// Returns what the record tells of a grant that was taken apart, `read` where it was read meanwhile.
    ///
    /// # Errors
    ///
    /// Fails when Port does, when the record names an account that was not looked at, and when a grant without Port that
    /// is on no record was found nowhere.
    async fn record_before(
        &self,
        account: &AwsAccount,
        revocation: &Revocation,
        before: Option<&SeenBefore>,
        read: Option<Entity>,
        removed: &Removed,
        others: &Others,
    ) -> Result<Option<RecordBefore>, Failure> {
        let grant = &revocation.grant;
        if let Some(before) = before {
            return Ok(self.record_seen(grant, before, read, removed).await?);
        }
        let record = self.record_as_it_stands(grant, read, removed).await?;
        let elsewhere = recorded_elsewhere(record.as_ref(), account, &others.asked);
        if let Some(failure) = elsewhere.map(|account| made_elsewhere(grant, &account)) {
            self.mark_failed(revocation).await;
            return Err(failure);
        }
        let is_nothing = removed.is_nothing() && others.removed.iter().all(Removed::is_nothing);
        // A sweep asks every account of the installation.
        let is_swept = matches!(revocation.cause, Cause::Sweep { .. });
        if grant.is_break_glass() && record.is_none() && is_nothing && !is_swept {
            self.mark_failed(revocation).await;
            return Err(found_nowhere(grant, account, &others.asked));
        }
        Ok(record.as_ref().map(RecordBefore::of))
    }

    /// Returns what the record tells of a grant that lists have shown, `read` where it was read.
    async fn record_seen(
        &self,
        grant: &GrantId,
        before: &SeenBefore,
        read: Option<Entity>,
        removed: &Removed,
    ) -> Result<Option<RecordBefore>, ApiError> {
        let read = if before.in_aws.role.is_some() || read.is_some() {
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
        let is_ended = read.as_ref().is_some_and(Entity::has_ended);
        if is_ended || removed.role.is_some() && !removed.was_gone_already {
            return Ok(read);
        }
        self.port.entity(&self.names.permission_records, grant.as_str()).await
    }
}
