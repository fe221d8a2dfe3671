//! What Port is told of a revocation: the record first, the entity after it.

use futures_util::future::join;
use serde_json::{Value, json};

use super::{COMPLETED_WITHIN, Revocation};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::Upsert;
use crate::domain::account::AwsAccount;
use crate::domain::evidence::{RecordBefore, Tampering, note};
use crate::domain::identifier::GrantId;
use crate::domain::own_command::Invocation;
use crate::domain::receipt::{Removed, Revoked};
use crate::domain::state::GrantState;
use crate::engine::Engine;
use crate::engine::reporting::{Asked, report_failure};
use crate::failure::Failure;

impl Engine<'_> {
    /// Completes the record, tells the run and deletes the entity.
    pub(super) async fn complete(
        &self,
        account: &AwsAccount,
        revoked: &Revoked,
        run_id: Option<&str>,
    ) -> Result<(), Failure> {
        let recording = async {
            let Some(mut body) = revoked.record() else { return Ok(()) };
            if revoked.before.is_none()
                && let Some(properties) = body["properties"].as_object_mut()
            {
                // By its account a sweep finds what waits for a review.
                properties.insert("account".to_owned(), json!(account.id.as_str()));
            }
            self.upsert(&self.names.permission_records, &body, run_id).await
        };
        let message = Invocation::new(&self.names.prefix).completed(&revoked.log_message());
        let log = async {
            match run_id {
                Some(run_id) => self.port.log(run_id, &message).await,
                None => Ok(()),
            }
        };
        // The record first: while the entity is there, a sweep finds what is missing of the record.
        let (recorded, logged) = join(recording, log).await;
        if let Err(error) = logged {
            tracing::warn!(%error, "the revocation could not be logged in Port");
        }
        recorded?;
        let (deleted, ()) =
            join(self.delete_entity(revoked.grant.as_str(), run_id), self.close_grant_run(&revoked.grant)).await;
        Ok(deleted?)
    }

    /// Deletes the entity under the run, and without it when the run has ended: a revocation must not be lost for it.
    async fn delete_entity(&self, grant: &str, run_id: Option<&str>) -> Result<(), ApiError> {
        let blueprint = &self.names.provisioned_permissions;
        match self.port.delete_entity(blueprint, grant, run_id).await {
            Err(error) if error.kind == ApiErrorKind::RunExhausted => {
                self.port.delete_entity(blueprint, grant, None).await
            }
            other => other,
        }
    }

    /// Ends the run that made the grant, if it is still open: nothing will come of it any more.
    async fn close_grant_run(&self, grant: &GrantId) {
        let run_id = grant.run_id();
        let failure = Failure::failed(format!("{grant} was revoked before its run had ended"));
        report_failure(self.port, self.names, run_id.as_str(), Asked::Grant, &failure).await;
    }

    /// Says that the revocation is unfinished, on the entity, and on the permanent record what was found that is not as we
    /// make it: most of it has been taken off, and the next try sees nothing of it. What cannot be said hides no failure.
    pub(super) async fn mark_unfinished(&self, account: &AwsAccount, revocation: &Revocation, removed: &Removed) {
        join(self.mark_failed(revocation), self.note_unfinished(account, &revocation.grant, removed)).await;
    }

    /// Notes on the permanent record what was found of a grant that is not as we make it. What was noted already stays.
    pub(super) async fn note_unfinished(&self, account: &AwsAccount, grant: &GrantId, removed: &Removed) {
        let noting = Box::pin(self.note_found(account, grant, removed));
        if let Err(failure) = self.world.stop.within(COMPLETED_WITHIN, noting).await {
            tracing::warn!(error = %failure.message, "what was found of the grant could not be noted on its record");
        }
    }

    async fn note_found(&self, account: &AwsAccount, grant: &GrantId, removed: &Removed) -> Result<(), Failure> {
        let blueprint = &self.names.permission_records;
        let record = self.port.entity(blueprint, grant.as_str()).await?;
        // Whoever takes it away at the same time may have recorded its end: that is not known before it is all gone.
        let before = record.as_ref().map(|record| RecordBefore { receipt: None, ..RecordBefore::of(record) });
        let Some(what) = removed.tampering(grant, before.as_ref()) else { return Ok(()) };
        let at = self.service_time()?;
        let tampering = Tampering { at, what, attached: removed.detached.clone(), inline: removed.inline.clone() };
        let mut body = note(grant, removed.created.unwrap_or(at), account, record.as_ref(), &tampering);
        // Where it could not be put on record, its role still tells of itself.
        if record.is_none()
            && let Some(Value::Object(untold)) = self.unverified_record(account, grant, None).await
            && let Some(properties) = body["properties"].as_object_mut()
        {
            properties.extend(untold);
        }
        Ok(self.upsert(blueprint, &body, None).await?)
    }

    /// Says on the entity that the revocation is unfinished, so that people see it and the next try finds it.
    pub(super) async fn mark_failed(&self, revocation: &Revocation) {
        let marking = self.world.stop.within(COMPLETED_WITHIN, self.mark(revocation));
        if let Err(failure) = marking.await {
            tracing::warn!(error = %failure.message, "the entity could not be marked as revoke-failed");
        }
    }

    async fn mark(&self, revocation: &Revocation) -> Result<(), Failure> {
        let blueprint = &self.names.provisioned_permissions;
        let id = revocation.grant.as_str();
        // Only an entity that is there is marked: the upsert would make one.
        if self.port.entity(blueprint, id).await?.is_none() {
            return Ok(());
        }
        let body = json!({ "identifier": id, "properties": { "state": GrantState::RevokeFailed.as_str() } });
        Ok(self.port.upsert_entity(blueprint, &body, Upsert { run_id: None }).await?)
    }
}
