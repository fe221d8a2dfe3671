//! Takes a grant apart in AWS: first it can do nothing, then it is gone.

mod denying;
mod held;
mod leaving;
mod policies;

use std::future::ready;
use std::time::Duration;

use futures_util::future::{join, join_all, join3};

use super::Engine;
use super::in_the_way::kept_in_profiles;
use super::role_by_name::RoleByName;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::patience::Patience;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::failure::Failure;
pub(super) use held::{Held, ListedGrant};
pub(super) use leaving::{Left, stays_empty};

/// How often a role that something still hangs on is taken apart anew.
const MOST_ROUNDS: u32 = 4;
/// How often a deleted role that can still be read is looked at again.
const PATIENCE: Patience = Patience::OF_IAM;

/// What is known of a grant that is to be taken apart.
pub(super) enum Known<'a> {
    /// Its name, and how many policies it has at least.
    Nothing(&'a GrantId, usize),
    /// What lists have told: where its role is, and how many policies it has.
    Listed(&'a GrantId, &'a ListedGrant),
    /// What a look of a moment ago has shown.
    Held(Box<Held>),
}

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
        self.take_apart_asking(account, Known::Nothing(grant, known), removed, ready(())).await
    }

    /// The same with what is known of the grant, and does something else beside the last look: behind the denial, so that it
    /// waits for nothing on its own.
    pub(super) async fn take_apart_asking(
        &self,
        account: &AwsAccount,
        known: Known<'_>,
        removed: &mut Removed,
        beside: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        let (known, held) = match known {
            Known::Nothing(grant, known) => (known, self.held(account, grant, known, None).await?),
            Known::Listed(grant, listed) => (1, self.held(account, grant, 1, Some(listed)).await?),
            Known::Held(held) => (1, *held),
        };
        let grant = held.grant.clone();
        self.take_all_apart(account, known, held, removed).await?;
        let (gone, ()) = join(self.wait_until_gone(account, &grant, removed), beside).await;
        gone
    }

    async fn take_all_apart(
        &self,
        account: &AwsAccount,
        known: usize,
        held: Held,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let grant = &held.grant.clone();
        Box::pin(self.take_what_is_held(account, known, held, removed)).await?;
        let is_unseen = removed.role.is_none() || removed.was_gone_already;
        if is_unseen && self.role_by_name(account, grant).await?.is_own() {
            // It shows only now, or again.
            let held = self.held(account, grant, known, None).await?;
            Box::pin(self.take_what_is_held(account, known, held, removed)).await?;
        }
        Ok(())
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
        // Deny first: what a session still holds ends within seconds, whatever else is attached. None waits for the success
        // of another.
        let detaching = join_all(attached.map(|arn| self.aws.detach(role, arn)));
        let (denied, detached, inline_deleted) =
            join3(self.aws.attach(role, &deny_all), detaching, self.delete_inline(role, &held.inline)).await;
        detached.into_iter().collect::<Result<(), _>>()?;
        inline_deleted?;
        // A role with as many policies as it can hold has room now.
        let denied = match denied {
            Err(error) if error.kind == ApiErrorKind::LimitExceeded => self.aws.attach(role, &deny_all).await,
            denied => denied,
        };
        // An earlier try may have denied it.
        let mut has_denial = held.attached.contains(&deny_all);
        match denied {
            Ok(()) => has_denial = true,
            Err(error) if error.kind == ApiErrorKind::NotFound => {
                tracing::warn!(%error, "AWSDenyAll could not be attached; going on");
                has_denial = true;
            }
            // Nothing that it gave is attached any more, and what is deleted need not be denied.
            Err(error) if may_do_without_denial(&error, round) => {
                tracing::debug!(%error, "AWSDenyAll could not be attached; going on");
            }
            Err(error) => return Err(error),
        }
        // Grants have none. When something is in the way of the deletion, it is looked for.
        if round > 1 {
            self.leave_profiles(role, kept_in).await?;
        }
        let role_deleted = async {
            if has_denial {
                self.aws.detach(role, &deny_all).await?;
            }
            let was_there = self.aws.delete_role(role).await?;
            Ok::<_, ApiError>((was_there, self.aws.service_time()))
        };
        // Nothing is attached to the role any more but what denies.
        let (role_deleted, deleted) = join(role_deleted, self.delete_unheld(&held.policies)).await;
        removed.left.retain(|arn| !deleted.contains(arn));
        merge(&mut removed.policies, deleted);
        let (was_there, at) = role_deleted?;
        removed.was_gone_already = !was_there;
        removed.deleted = at.filter(|_| was_there);
        Ok(())
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

    /// Waits until the role cannot be read any more: only then is it said to be revoked. Whoever takes its name under another path
    /// keeps nobody waiting.
    async fn wait_until_gone(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let is_settled = |named: &Result<RoleByName, ApiError>| !named.as_ref().is_ok_and(RoleByName::is_own);
        let named = PATIENCE.until(self.world, is_settled, async || self.role_by_name(account, grant).await).await?;
        if named.is_own() {
            return Err(Failure::failed(format!("the role {grant} was deleted and can still be read"))
                .hint("run the same command again"));
        }
        merge(&mut removed.namesakes, named.namesake().map(str::to_owned));
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

/// Returns whether a role is taken apart though `AWSDenyAll` cannot be attached to it: whoever takes it apart may not, as the
/// granter, which may attach and detach the grants' policies alone, or AWS does not take it.
fn may_do_without_denial(error: &ApiError, round: u32) -> bool {
    use ApiErrorKind::{Conflict, Forbidden, Invalid, LimitExceeded};
    match error.kind {
        Forbidden | Invalid | LimitExceeded => true,
        // It passes, as a rule.
        Conflict => round == MOST_ROUNDS,
        _ => false,
    }
}

fn may_look_again(error: &ApiError) -> bool {
    use ApiErrorKind::{Conflict, Forbidden, NoAnswer, NotFound, Server};
    matches!(error.kind, Conflict | Forbidden | NoAnswer | NotFound | Server)
}
