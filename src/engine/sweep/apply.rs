//! Does what a sweep's plan says, a few things at once. What takes by absence, or by a list of people, is looked at
//! again first.

use futures_util::future::{join, join_all};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{AT_ONCE, Known, Swept};
use crate::clients::error::ApiError;
use crate::clients::port::SearchRule;
use crate::clients::webhook;
use crate::domain::catalog::{Entity, User};
use crate::domain::grant::Grant;
use crate::domain::iam::ListedPolicy;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::{Cause, Revoked};
use crate::domain::state::GrantState;
use crate::domain::sweep::{Action, Denial, Plan, Reason, Seen, Step};
use crate::domain::time::utc;
use crate::engine::Engine;
use crate::engine::grant::again::check_is_shown;
use crate::engine::revoke::Known::Listed;
use crate::engine::revoke::{Others, Revocation, SeenBefore};
use crate::engine::taking_apart::ListedGrant;
use crate::failure::Failure;
use crate::stop::BEGUN_WITHIN;

/// After so many failures the rest of a kind is left to the next sweep: a system is down, or a right is missing. The
/// other kinds are tried all the same, since somebody may have seen to it that ten roles cannot be taken away.
const MOST_FAILURES: usize = 10;

/// What became of a step that did not fail.
enum Became {
    Done(Found),
    /// It was not to be done any more.
    Needless,
    NotTried,
}

/// What a step has shown of the grant that it was about.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What it did away with was not as we make it; a sentence.
    pub(super) tampering: Option<String>,
    /// ARNs of roles that bear its name and are none of ours.
    pub(super) namesakes: Vec<String>,
}

impl Found {
    fn of(revoked: Revoked) -> Self {
        Self { tampering: revoked.tampering(), namesakes: revoked.removed.namesakes }
    }

    fn tell(self, known: &Known, step: &Step, plan: &mut Plan) {
        if let Some(what) = self.tampering {
            let arn = known.seen.roles.get(&step.subject).map_or(&step.subject, |role| &role.arn);
            plan.find_late(arn, &what);
        }
        self.namesakes.iter().for_each(|arn| plan.find_namesake(arn, &step.subject));
    }
}

impl Engine<'_> {
    /// Does all steps that are not held back, or all when that is forced: those of one kind at once, the kinds in their
    /// order. After a signal no further one is begun.
    pub(super) async fn apply_all(&self, known: &Known, force: bool, swept: &mut Swept) {
        let mut steps = swept.plan.steps.clone();
        steps.retain(|step| force || !swept.plan.held.contains(step));
        let all = steps.len();
        let mut begun = 0;
        for kind in steps.chunk_by(|one, other| one.action == other.action) {
            // Port is told meanwhile: no denial waits for it, whether or not it answers.
            let (unnoted, ()) =
                join(self.note_all(known, kind), self.apply_kind(known, kind, (&mut begun, all), swept)).await;
            for (step, failure) in unnoted {
                swept.done.retain(|done| *done != step);
                let is_told = swept.not_tried.contains(&step) || swept.failed.iter().any(|(failed, _)| *failed == step);
                if !is_told {
                    swept.failed.push((step, failure));
                }
            }
        }
    }

    /// Does all steps of one kind; `begun` of all were begun before.
    async fn apply_kind(&self, known: &Known, kind: &[Step], (begun, all): (&mut usize, usize), swept: &mut Swept) {
        let is_of_kind = |(step, _): &&(Step, Failure)| step.action == kind[0].action;
        for some in kind.chunks(AT_ONCE * 8) {
            if self.world.stop.asked().is_some() {
                swept.not_tried.extend_from_slice(some);
                continue;
            }
            // A role that cannot be denied, whoever made it so, keeps no other from it.
            let failed = swept.failed.iter().filter(is_of_kind).count();
            if failed >= MOST_FAILURES && !matches!(kind[0].action, Action::Deny(_)) {
                let failure = || Failure::failed("not tried: too much failed before");
                swept.failed.extend(some.iter().map(|step| (step.clone(), failure())));
                continue;
            }
            self.say(&format!("{} of {all}: {} {}", *begun + 1, some[0].action.name(), some[0].subject));
            *begun += some.len();
            let applied = some.iter().map(|step| async move { (step, self.begin(known, step).await) });
            let results: Vec<_> = stream::iter(applied).buffer_unordered(AT_ONCE).collect().await;
            for (step, result) in results {
                match result {
                    Ok(Became::Done(found)) => {
                        swept.done.push(step.clone());
                        found.tell(known, step, &mut swept.plan);
                    }
                    Ok(Became::Needless) => {}
                    Ok(Became::NotTried) => swept.not_tried.push(step.clone()),
                    Err(failure) => swept.failed.push((step.clone(), failure)),
                }
            }
        }
    }

    /// Does one step, unless a signal has come. One that comes meanwhile leaves it the time to end.
    async fn begin(&self, known: &Known, step: &Step) -> Result<Became, Failure> {
        let stop = &self.world.stop;
        if stop.asked().is_some() {
            return Ok(Became::NotTried);
        }
        if let Action::Revoke(reason) = step.action {
            return stop.within(BEGUN_WITHIN, self.revoke_swept(known, &step.subject, reason)).await;
        }
        let done = stop.within(BEGUN_WITHIN, self.apply(known, step)).await?;
        Ok(done.map_or(Became::Needless, Became::Done))
    }

    /// Does one step that revokes no role. Returns what it has shown; none where it was not to be done any more.
    async fn apply(&self, known: &Known, step: &Step) -> Result<Option<Found>, Failure> {
        let name = step.subject.as_str();
        let is_done = match step.action {
            Action::Deny(denial) => {
                let deny_all = known.seen.account.deny_all_arn();
                match denial {
                    Denial::ForGood => self.deny_for_good(name, &deny_all).await?,
                    Denial::Alone => self.deny(name, &deny_all).await?,
                }
                true
            }
            Action::Revoke(_) => false,
            Action::RecordAgain => self.record_again(known, name).await?,
            Action::BackFill => self.back_fill(known, name).await?,
            Action::MarkMissing => return self.mark_missing(known, name).await,
            Action::UnmarkMissing => return self.unmark_missing(known, name).await,
            Action::RemoveEntity => return self.remove_entity(known, name).await,
            // One that a role holds again IAM does not delete; one that a new attempt at its run is about to attach stays.
            Action::RemovePolicy if self.has_its_role(known, name).await? => false,
            Action::RemovePolicy => {
                for version in self.aws.other_versions(name).await?.unwrap_or_default() {
                    self.aws.delete_policy_version(name, &version).await?;
                }
                self.aws.delete_policy(name).await?;
                true
            }
        };
        Ok(is_done.then(Found::default))
    }

    /// Returns whether one of these people is not there any more, or not active. What cannot be read of one is told only where
    /// no other has surely left.
    async fn has_one_left(&self, emails: &[&str]) -> Result<bool, ApiError> {
        let users = join_all(emails.iter().map(|email| self.port.user(email))).await;
        if users.iter().flatten().any(|user| !user.as_ref().is_some_and(User::is_active)) {
            return Ok(true);
        }
        users.into_iter().collect::<Result<Vec<_>, _>>().map(|_| false)
    }

    async fn revoke_swept(&self, known: &Known, name: &str, reason: Reason) -> Result<Became, Failure> {
        let seen = &known.seen;
        if reason == Reason::RequesterInactive {
            // A list may be short for many reasons; the person is asked for once more.
            if !self.has_one_left(&seen.inactive_requesters(name)).await? {
                return Ok(Became::Needless);
            }
        }
        let grant = GrantId::parse(name)?;
        if reason.is_of_the_powerless() && self.has_power_by_now(seen, &grant).await? {
            return Ok(Became::Needless);
        }
        let cause = Cause::Sweep { expired: reason == Reason::Expired, why: reason.sentence() };
        if seen.is_elsewhere(name) {
            // What Port knows of a grant of this name is of the one in the other account.
            if grant.is_break_glass() {
                let deny_all = seen.account.deny_all_arn();
                let (denied, kept) =
                    join(self.deny(name, &deny_all), Box::pin(self.keep_claims(&seen.account, &grant))).await;
                // What cannot be denied is taken away all the same.
                if let Err(error) = denied {
                    tracing::warn!(%error, "AWSDenyAll could not be attached to {grant}");
                }
                kept?;
            }
            let revoked = self.take_away(&seen.account, grant, "the sweep").await?;
            return Ok(Became::Done(Found::of(revoked)));
        }
        let (role, record) = (seen.roles.get(name), seen.records.get(name));
        // What was looked at closely this sweep may have denied, and noted on the record.
        let is_looked_at = role.is_some_and(|role| seen.looks.contains_key(&role.arn));
        // Where the other account's was put on record a moment ago, that record is not of this one.
        let others_hold = grant.is_break_glass() && seen.beside.roles.contains(name);
        let before = SeenBefore {
            in_aws: ListedGrant { role: role.cloned(), policies: seen.part_numbers_of(&grant) },
            record_is_over: record.map(|record| record.is_over),
            is_record_read: is_looked_at
                || others_hold
                || record.is_some_and(|record| record.is_over || record.is_marked || record.has_receipt),
            others_hold,
        };
        let revocation = Revocation { grant, cause, run_id: None };
        let revoked = self.revoke_here(&seen.account, revocation, Listed(before), Others::default()).await?;
        Ok(Became::Done(Found::of(revoked)))
    }

    /// Returns whether the role of a policy's grant is there by now.
    async fn has_its_role(&self, known: &Known, arn: &str) -> Result<bool, ApiError> {
        let policy = known.seen.policies.values().find(|policy| policy.arn == arn);
        let Some(grant) = policy.and_then(ListedPolicy::grant) else { return Ok(false) };
        Ok(self.role_by_name(&known.seen.account, &grant).await?.is_own())
    }

    /// Returns whether a role that could do nothing when it was looked at holds policies of its own grant by now: another
    /// attempt at its run has completed it. What anybody else has attached since, and what somebody has ended, is taken.
    async fn has_power_by_now(&self, seen: &Seen, grant: &GrantId) -> Result<bool, ApiError> {
        let name = grant.as_str();
        let look = seen.roles.get(name).and_then(|role| seen.looks.get(&role.arn));
        let is_over = seen.records.get(name).is_some_and(|record| record.is_over);
        let is_ending = seen.entities.get(name).is_some_and(|entity| entity.state == Some(GrantState::RevokeFailed));
        if is_over || is_ending || look.is_none_or(|look| !look.attached.is_empty()) {
            return Ok(false);
        }
        let (_, attached) = self.role_and_policies(&seen.account, grant).await?;
        Ok(!attached.is_empty() && attached.iter().all(|arn| seen.is_part_of(grant, arn)))
    }

    async fn record_again(&self, known: &Known, name: &str) -> Result<bool, Failure> {
        let (Some(grant), Some(role)) = (known.grants.get(name), known.seen.roles.get(name)) else {
            return Err(Failure::failed("its run was not verified").hint("run the sweep again"));
        };
        let (is_live, earlier) = self.is_still_live(known, name).await?;
        if !is_live {
            return Ok(false);
        }
        let (entity, record) = (grant.entity(self.names), grant.record(role.created, earlier.as_ref()));
        let (entity, record) = join(
            self.upsert(&self.names.provisioned_permissions, &entity, None),
            self.upsert(&self.names.permission_records, &record, None),
        )
        .await;
        entity?;
        record?;
        Ok(true)
    }

    /// Returns whether the role of a grant is there, and nobody has ended it: what was revoked meanwhile must not be made
    /// anew, and its receipt not be written over. The record that is there comes with it.
    ///
    /// # Errors
    ///
    /// Fails where the role is not shown and no record tells of its end: that it is gone is then not known.
    async fn is_still_live(&self, known: &Known, name: &str) -> Result<(bool, Option<Entity>), Failure> {
        let grant = GrantId::parse(name)?;
        let record = self.port.entity(&self.names.permission_records, name);
        let (named, record) = join(self.role_by_name(&known.seen.account, &grant), record).await;
        let (named, record) = (named?, record?);
        let is_over = record.as_ref().is_some_and(Entity::has_ended);
        if !is_over {
            check_is_shown(named.is_own(), &grant)?;
        }
        Ok((!is_over, record))
    }

    /// Records a break-glass grant for somebody to review. The catalog need not hold what was granted.
    async fn back_fill(&self, known: &Known, name: &str) -> Result<bool, Failure> {
        let (Some(grant), Some(role)) = (known.grants.get(name), known.seen.roles.get(name)) else {
            return Err(Failure::failed("what its tags tell was not compiled").hint("run the sweep again"));
        };
        let (is_live, earlier) = self.is_still_live(known, name).await?;
        let account = &known.seen.account;
        let other = earlier.as_ref().and_then(|record| record.text("account"));
        if let Some(other) = other.filter(|other| *other != account.id.as_str()) {
            // This sweep has put it on record a moment ago: the record is not written over.
            self.keep_claims(account, &grant.id).await?;
            return Err(Failure::failed(format!(
                "{name} is on record as a grant in {other}, and a role of its name is here too"
            ))
            .hint("look at both in CloudTrail; the next sweep takes this one for a role that nobody vouches for"));
        }
        if !is_live {
            return Ok(false);
        }
        let (mut entity, record) = (grant.entity(self.names), grant.record(role.created, earlier.as_ref()));
        let resource = [SearchRule::IdentifierIn(vec![grant.resource.to_string()])];
        let permissions = [SearchRule::IdentifierIn(grant.permissions.clone())];
        let (resources, permissions) = join(
            self.port.search(&self.names.aws_resource, &resource),
            self.port.search(&self.names.iam_permissions, &permissions),
        )
        .await;
        let names = |found: Vec<Entity>| -> Vec<String> { found.into_iter().map(|entity| entity.identifier).collect() };
        entity["relations"] = json!({ "aws_resource": names(resources?).first(), "permissions": names(permissions?) });
        // The record first: while the entity is missing, the next sweep comes here again.
        self.upsert(&self.names.permission_records, &record, None).await?;
        self.upsert(&self.names.provisioned_permissions, &entity, None).await?;
        let rules = known.place.configuration.rules.break_glass.as_ref();
        if let Some(address) = rules.and_then(|rules| rules.webhook.as_deref()) {
            // Whoever granted may have had other rules, which named no webhook.
            webhook::tell(self.world, address, &found_without_port(grant, known.seen.now)).await.map_err(
                |failure| {
                    failure.hint(format!("{name} is on record for review; tell whoever the webhook would have told"))
                },
            )?;
        }
        Ok(true)
    }
}

/// What the webhook is told of a grant that was made without Port and is on record now.
fn found_without_port(grant: &Grant, now: Timestamp) -> Value {
    let by = grant.break_glass_by.as_deref().unwrap_or_default();
    json!({
        "version": 1,
        "event": "break-glass-found",
        "text": format!("port-iam: the sweep found {}, granted without Port to {} by {by}, as its tags say, until {}. It \
            waits for a review.", grant.id, grant.requester, utc(grant.expires)),
        "grant": grant.id.as_str(),
        "person": grant.break_glass_by,
        "reason": grant.reason,
        "requester": grant.requester,
        "account": grant.account.id.as_str(),
        "resources": [grant.resource.as_str()],
        "permissions": grant.permissions,
        "at": utc(now),
        "expires": utc(grant.expires),
        "scope": grant.scope.0,
    })
}
