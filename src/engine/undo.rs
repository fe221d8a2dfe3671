//! Takes away what a failed attempt has made, in reverse.

use serde_json::json;

use super::Engine;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::adoption::Observed;
use crate::domain::grant::Grant;
use crate::failure::Failure;

/// What an attempt knows of a thing that it wanted to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Thing {
    /// It did not try, or the thing was there before.
    #[default]
    NotOurs,
    /// It tried and did not hear what became of it.
    Unknown,
    /// It made it.
    Made,
}

impl Thing {
    pub(super) fn note(&mut self, tried: bool, result: &Result<(), ApiError>) {
        if !tried {
            return;
        }
        match result {
            Ok(()) => *self = Self::Made,
            Err(error) if matches!(error.kind, ApiErrorKind::NoAnswer | ApiErrorKind::Server) => *self = Self::Unknown,
            Err(_) => {}
        }
    }

    /// What was tried without an answer and is there now was made by us, since it was not there before.
    fn settle(&mut self, is_there: bool) {
        if *self == Self::Unknown {
            *self = if is_there { Self::Made } else { Self::NotOurs };
        }
    }
}

/// What an attempt has made so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    pub(super) grant: Option<Grant>,
    pub(super) role: Thing,
    pub(super) policy: Thing,
    pub(super) recorded: bool,
}

impl Made {
    pub(super) fn adopt(&mut self, observed: &Observed) {
        self.role.settle(observed.role.is_some());
        self.policy.settle(observed.policy.is_some());
    }
}

impl Engine<'_> {
    /// Undoes an attempt and returns its failure, with a word on what was undone and what was not.
    ///
    /// Only what this attempt made is taken away: a re-run that fails must not end the grant of the first run.
    pub(super) async fn undo(&self, made: &Made, failure: Failure) -> Failure {
        let Some(grant) = made.grant.as_ref().filter(|_| made.role != Thing::NotOurs || made.policy != Thing::NotOurs)
        else {
            return failure;
        };
        self.say("Undoing what was made");
        let mut left = Vec::new();
        if made.role == Thing::NotOurs {
            // The role belongs to another attempt, and with it the grant.
            return failure.hint("an earlier attempt at the same run exists and was left as it is");
        }
        self.disarm(grant).await;
        match self.take_apart(&grant.account, &grant.id).await {
            Ok(_) => {}
            Err(error) => left.push(format!("role and policy {} ({error})", grant.id)),
        }
        if made.recorded && left.is_empty() {
            self.unrecord(grant, &mut left).await;
        }
        if left.is_empty() {
            failure.hint("what had been made was undone; run the same again")
        } else {
            failure.hint(format!("not undone: {}; run `port-iam revoke {} --direct`", left.join(", "), grant.id))
        }
    }

    /// Takes away what the role can do before anything is read, since an answer may not come: what arrives counts. Its
    /// errors are those of the taking apart that follows.
    async fn disarm(&self, grant: &Grant) {
        let (role, policy) = (grant.id.as_str(), grant.account.policy_arn(self.names, &grant.id));
        let deny_all = grant.account.deny_all_arn();
        let (denied, detached) =
            futures_util::future::join(self.aws.attach(role, &deny_all), self.aws.detach(role, &policy)).await;
        for error in [denied.err(), detached.err()].into_iter().flatten() {
            tracing::debug!(%error, "the role could not be disarmed at once");
        }
    }

    async fn unrecord(&self, grant: &Grant, left: &mut Vec<String>) {
        let id = grant.id.as_str();
        let record = json!({ "identifier": id, "properties": { "state": "grant-failed" } });
        let entity = self.port.delete_entity(&self.names.provisioned_permissions, id, None);
        let record = self.upsert(&self.names.permission_records, &record, None);
        let (entity, record) = futures_util::future::join(entity, record).await;
        if let Err(error) = entity {
            left.push(format!("the entity {id} ({error})"));
        }
        if let Err(error) = record {
            left.push(format!("the record {id} ({error})"));
        }
    }
}
