//! Takes away what a failed attempt has made, in reverse.

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::json;

use super::Engine;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::adoption::PolicyStep;
use crate::domain::catalog::Entity;
use crate::domain::grant::Grant;
use crate::domain::iam::Observed;
use crate::domain::receipt::Removed;
use crate::domain::state::GrantState;
use crate::failure::Failure;

/// How long after a signal an undoing may take, so that the run can still be told.
const UNDONE_WITHIN: Duration = Duration::from_millis(5_000);

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
    /// Says that it is about to be tried: what is cut off from here on may have been made.
    pub(super) fn begin(&mut self) {
        if *self == Self::NotOurs {
            *self = Self::Unknown;
        }
    }

    pub(super) fn note(&mut self, tried: bool, result: &Result<(), ApiError>) {
        match result {
            _ if !tried => {
                if *self == Self::Unknown {
                    *self = Self::NotOurs;
                }
            }
            Ok(()) => *self = Self::Made,
            Err(error) if matches!(error.kind, ApiErrorKind::NoAnswer | ApiErrorKind::Server) => *self = Self::Unknown,
            // A clear no: what was begun was not made.
            Err(_) if *self == Self::Unknown => *self = Self::NotOurs,
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
    /// Whether the role of another attempt was there.
    pub(super) saw_role: bool,
    /// In the order of the grant's policies; those that are missing at the end were not tried.
    pub(super) policies: Vec<Thing>,
    pub(super) recorded: bool,
    /// Whether it gave the role of another attempt what that one had not given it.
    pub(super) completed: bool,
}

impl Made {
    pub(super) fn adopt(&mut self, observed: &Observed) {
        self.role.settle(observed.role.is_some());
        for (index, policy) in self.policies.iter_mut().enumerate() {
            policy.settle(observed.policy(index).is_some());
        }
    }

    /// Says that policies are about to be attached which were not, when it was looked at.
    pub(super) fn begin_attaching(&mut self, policies: &[String], observed: &Observed) {
        self.completed |= policies.iter().any(|policy| !observed.attached.contains(policy));
    }

    /// Says that the run ends as failed: no other attempt at it can be completed any more, so that the role is nobody else's.
    pub(super) fn is_nobody_elses(&mut self) {
        self.role = Thing::Made;
    }

    /// Says that one of the policies, counted from 1, is about to be made.
    pub(super) fn begin_policy(&mut self, number: usize, step: PolicyStep) {
        if step != PolicyStep::Keep
            && let Some(policy) = self.policy(number)
        {
            policy.begin();
        }
    }

    /// Notes what became of one of the policies, counted from 1.
    pub(super) fn note_policy(&mut self, number: usize, tried: bool, result: &Result<(), ApiError>) {
        if let Some(policy) = self.policy(number) {
            policy.note(tried, result);
        }
    }

    fn policy(&mut self, number: usize) -> Option<&mut Thing> {
        if self.policies.len() < number {
            self.policies.resize(number, Thing::NotOurs);
        }
        self.policies.get_mut(number - 1)
    }

    fn is_something(&self) -> bool {
        self.completed || self.role != Thing::NotOurs || self.policies.iter().any(|policy| *policy != Thing::NotOurs)
    }
}

impl Engine<'_> {
    /// Undoes an attempt and returns its failure, with a word on what was undone and what was not.
    ///
    /// Only what this attempt made, or made usable, is taken away: a re-run that fails must not end the grant of the first run.
    pub(super) async fn undo(&self, made: &Made, failure: Failure) -> Failure {
        let undone = async { Ok(self.undo_all(made, failure.clone()).await) };
        match (self.world.stop.within(UNDONE_WITHIN, undone).await, &made.grant) {
            (Ok(failure), _) => failure,
            (Err(stopped), Some(grant)) => {
                stopped.hint(format!("not undone: {0}; run `port-iam revoke {0} --direct`", grant.id))
            }
            (Err(stopped), None) => stopped,
        }
    }

    async fn undo_all(&self, made: &Made, failure: Failure) -> Failure {
        let Some(grant) = made.grant.as_ref().filter(|_| made.is_something()) else { return failure };
        self.say("Undoing what was made");
        let mut left = Vec::new();
        // A role that this attempt did not make belongs to another one, and with it the grant. What cannot be told is
        // left alone; without any role the policies are nobody else's.
        if !made.completed
            && made.role == Thing::NotOurs
            && (made.saw_role || !matches!(self.aws.role(grant.id.as_str()).await, Ok(None)))
        {
            return failure.hint("an earlier attempt at the same run exists and was left as it is");
        }
        self.disarm(grant).await;
        // It was made a moment ago: nothing of it is worth telling.
        let mut removed = Removed::default();
        if let Err(error) = self.take_apart(&grant.account, &grant.id, grant.policies.len(), &mut removed).await {
            left.push(format!("role and policies {} ({error})", grant.id));
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
        let (role, policies) = (grant.id.as_str(), grant.policy_arns(self.names));
        let deny_all = grant.account.deny_all_arn();
        let detaching = join_all(policies.iter().map(|policy| self.aws.detach(role, policy)));
        let (denied, detached) = join(self.aws.attach(role, &deny_all), detaching).await;
        for error in detached.into_iter().chain([denied]).filter_map(Result::err) {
            tracing::debug!(%error, "the role could not be disarmed at once");
        }
    }

    async fn unrecord(&self, grant: &Grant, left: &mut Vec<String>) {
        let id = grant.id.as_str();
        let record = json!({ "identifier": id, "properties": { "state": GrantState::GrantFailed.as_str() } });
        let entity = self.port.delete_entity(&self.names.provisioned_permissions, id, None);
        let record = async {
            // Somebody may have revoked it meanwhile, and recorded that.
            let known = self.port.entity(&self.names.permission_records, id).await?;
            if known.as_ref().is_some_and(Entity::has_ended) {
                return Ok(());
            }
            self.upsert(&self.names.permission_records, &record, None).await
        };
        let (entity, record) = join(entity, record).await;
        if let Err(error) = entity {
            left.push(format!("the entity {id} ({error})"));
        }
        if let Err(error) = record {
            left.push(format!("the record {id} ({error})"));
        }
    }
}
