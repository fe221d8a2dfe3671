//! Takes a grant apart in AWS: first it can do nothing, then it is gone.

mod held;
mod leaving;
mod policies;

use std::time::Duration;

use futures_util::future::{join, join_all};

use super::Engine;
use super::bearer::Bearer;
use super::in_the_way::kept_in_profiles;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::patience::Patience;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::failure::Failure;
pub(super) use held::{Held, ListedGrant};

/// How often a role that something still hangs on is taken apart anew.
const MOST_ROUNDS: u32 = 4;
/// How often a deleted role that can still be read is looked at again.
const PATIENCE: Patience = Patience { looks: 10, pause: Duration::from_secs(1) };

impl Engine<'_> {
    /// Takes apart the role of a grant and deletes its policies. What is gone already has succeeded.
    ///
    /// The policies are those that were attached to the role, and those that can be found by their names, the first
    /// `known` of them whether or not one before them is missing.
    ///
    /// The role is judged by what it is, our path in our account, not by what an entity or a tag claims. One of that name
    /// that is not under our path is told and not touched: the grant's own is gone then.
    ///
    /// `removed` gains what is found and what becomes of it, also when this fails or is cut off half-way: nobody finds it
    /// again.
    ///
    /// # Errors
    ///
    /// Fails when AWS does; the next try goes on from there.
    pub(super) async fn take_apart(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        known: usize,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let held = self.held(account, grant, known, None).await?;
        self.take_all_apart(account, known, held, removed).await
    }

    /// Takes a grant apart that was looked at a moment ago.
    pub(super) async fn take_apart_held(
        &self,
        account: &AwsAccount,
        held: Held,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        self.take_all_apart(account, 1, held, removed).await
    }

    /// Takes a grant apart of which lists have told where its role is and how many policies it has.
    pub(super) async fn take_apart_listed(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        listed: &ListedGrant,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let held = self.held(account, grant, 1, Some(listed)).await?;
        self.take_all_apart(account, 1, held, removed).await
    }

    async fn take_all_apart(
        &self,
        account: &AwsAccount,
        known: usize,
        held: Held,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let grant = &held.grant.clone();
        if held.namesake.is_some() {
            // Its own role cannot be there while another has its name: its policies may be.
            return Box::pin(self.take_what_is_held(account, known, held, removed)).await;
        }
        Box::pin(self.take_what_is_held(account, known, held, removed)).await?;
        if removed.role.is_none() && self.aws.role(grant.as_str()).await?.is_some() {
            // It shows only now.
            let held = self.held(account, grant, known, None).await?;
            Box::pin(self.take_what_is_held(account, known, held, removed)).await?;
        }
        self.wait_until_gone(account, grant, removed).await
    }

    async fn take_what_is_held(
        &self,
        account: &AwsAccount,
        known: usize,
        mut held: Held,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let grant = &held.grant.clone();
        let mut kept_in = Vec::new();
        for round in 1..=MOST_ROUNDS {
            self.note_held(account, &held, removed);
            kept_in.clear();
            if !held.has_role() {
                // It was there a moment ago, or never.
                removed.was_gone_already = removed.role.is_some();
                break;
            }
            match self.take_role_apart(account, &held, round, &mut kept_in, removed).await {
                Ok(()) => break,
                // Something was put on the role meanwhile, or somebody else takes it apart too: look again.
                Err(error) if round < MOST_ROUNDS && may_look_again(&error) => {
                    self.world.sleep(Duration::from_millis(500)).await;
                    held = self.held(account, grant, known, None).await?;
                }
                Err(error) => {
                    // Whatever is left of it can do nothing, and the next try finds it so.
                    if let Err(error) = self.aws.attach(grant.as_str(), &account.deny_all_arn()).await {
                        tracing::debug!(%error, "AWSDenyAll could not be attached again");
                    }
                    return Err(if kept_in.is_empty() {
                        error.into()
                    } else {
                        kept_in_profiles(grant, &kept_in, &error)
                    });
                }
            }
        }
        self.delete_policies(account, grant, held.policies, removed).await
    }

    /// Attaches `AWSDenyAll` to a role and leaves nothing else on it, so that whoever takes that off again gains
    /// nothing.
    ///
    /// # Errors
    ///
    /// Fails when AWS does; whatever could be taken off is off.
    pub(super) async fn deny_for_good(&self, role: &str, deny_all: &str) -> Result<(), ApiError> {
        let denied = self.deny(role, deny_all).await;
        let (detached, inline) = join(self.detach_all(role, deny_all), self.aws.inline_policies(role)).await;
        let inline = inline?.unwrap_or_default();
        let deleted = self.delete_inline(role, &inline).await;
        denied.and(detached.map(|_| ())).and(deleted)
    }

    /// Attaches `AWSDenyAll`. A role that holds as many policies as it can is made room on, by taking them off.
    ///
    /// # Errors
    ///
    /// Fails when AWS does.
    pub(super) async fn deny(&self, role: &str, deny_all: &str) -> Result<(), ApiError> {
        match self.aws.attach(role, deny_all).await {
            Err(error) if error.kind == ApiErrorKind::LimitExceeded => {
                let detached = self.detach_all(role, deny_all).await;
                self.aws.attach(role, deny_all).await?;
                detached.map(|_| ())
            }
            other => other,
        }
    }

    /// Takes a role apart as it was when it was looked at. Whatever was put on it since is in the way of its deletion.
    /// `kept_in` tells the instance profiles out of which it may not be taken.
    async fn take_role_apart(
        &self,
        account: &AwsAccount,
        held: &Held,
        round: u32,
        kept_in: &mut Vec<String>,
        removed: &mut Removed,
    ) -> Result<(), ApiError> {
        let role = held.grant.as_str();
        let deny_all = account.deny_all_arn();
        let attached = held.attached.iter().filter(|arn| **arn != deny_all);
        // Deny first: what a session still holds ends within seconds, whatever else is attached.
        let (denied, detached) =
            join(self.aws.attach(role, &deny_all), join_all(attached.map(|arn| self.aws.detach(role, arn)))).await;
        detached.into_iter().collect::<Result<(), _>>()?;
        let mut may_deny = true;
        if let Err(error) = denied {
            // A role with as many policies as it can hold has room now. Without AWSDenyAll, detaching is what is left.
            match error.kind {
                ApiErrorKind::LimitExceeded => self.aws.attach(role, &deny_all).await?,
                ApiErrorKind::NotFound => tracing::warn!(%error, "AWSDenyAll could not be attached; going on"),
                // The granter, which takes back what it has made, may attach and detach the grants' policies alone.
                ApiErrorKind::Forbidden => may_deny = false,
                _ => return Err(error),
            }
        }
        let profiles = async {
            // Grants have none. When something is in the way of the deletion, it is looked for.
            if round == 1 { Ok(()) } else { self.leave_profiles(role, kept_in).await }
        };
        let (inline_deleted, left) = join(self.delete_inline(role, &held.inline), profiles).await;
        inline_deleted?;
        left?;
        let role_deleted = async {
            if may_deny {
                self.aws.detach(role, &deny_all).await?;
            }
            self.aws.delete_role(role).await
        };
        // Nothing is attached to the role any more but what denies.
        let (role_deleted, deleted) = join(role_deleted, self.delete_unheld(&held.policies)).await;
        removed.left.retain(|arn| !deleted.contains(arn));
        merge(&mut removed.policies, deleted);
        removed.was_gone_already = !role_deleted?;
        Ok(())
    }

    async fn detach_all(&self, role: &str, except: &str) -> Result<Vec<String>, ApiError> {
        let attached = self.aws.attached_policies(role).await?.unwrap_or_default();
        let ours: Vec<String> = attached.into_iter().filter(|arn| arn != except).collect();
        let results = join_all(ours.iter().map(|arn| self.aws.detach(role, arn))).await;
        results.into_iter().collect::<Result<(), _>>()?;
        Ok(ours)
    }

    async fn delete_inline(&self, role: &str, names: &[String]) -> Result<(), ApiError> {
        let deletions = names.iter().map(|name| self.aws.delete_inline_policy(role, name));
        join_all(deletions).await.into_iter().collect()
    }

    async fn leave_profiles(&self, role: &str, kept_in: &mut Vec<String>) -> Result<(), ApiError> {
        let profiles = self.aws.instance_profiles(role).await?;
        let leaving = profiles.iter().map(|profile| self.aws.leave_instance_profile(role, profile));
        let left = join_all(leaving).await;
        let is_forbidden =
            |left: &Result<(), ApiError>| left.as_ref().is_err_and(|error| error.kind == ApiErrorKind::Forbidden);
        let kept = profiles.iter().zip(&left).filter(|(_, left)| is_forbidden(left));
        *kept_in = kept.map(|(profile, _)| profile.clone()).collect();
        left.into_iter().collect()
    }

    /// Waits until the role cannot be read any more: only then is it said to be revoked. Whoever takes its name elsewhere
    /// keeps nobody waiting.
    async fn wait_until_gone(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let is_settled = |bearer: &Result<Bearer, ApiError>| !bearer.as_ref().is_ok_and(Bearer::is_own);
        let bearer = PATIENCE.until(self.world, is_settled, async || self.bearer_of(account, grant).await).await?;
        if bearer.is_own() {
            return Err(Failure::failed(format!("the role {grant} was deleted and can still be read"))
                .hint("run the same command again"));
        }
        merge(&mut removed.namesakes, bearer.other().map(str::to_owned));
        Ok(())
    }
}

fn merge(all: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for item in more {
        if !all.contains(&item) {
            all.push(item);
        }
    }
}

fn may_look_again(error: &ApiError) -> bool {
    use ApiErrorKind::{Conflict, Forbidden, NoAnswer, NotFound, Server};
    matches!(error.kind, Conflict | Forbidden | NoAnswer | NotFound | Server)
}
