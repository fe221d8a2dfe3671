//! In which of several accounts a grant is.
//!
//! Port names an account, and Port's catalog can be edited: that a role is not where it is said to be never means that it
//! is gone. Every account that can be reached is asked for the role by its name and path, and a grant is called revoked
//! only when none of them can hold it any more.

mod known;
mod looking;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Engine, Held, Known, Others, Revocation, TAKEN_WITHIN, telling};
use crate::clients::aws::Aws;
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::receipt::{Removed, Revoked};
use crate::domain::refusal::quoted;
use crate::domain::trust;
use crate::failure::Failure;

/// An account that was asked.
struct Place {
    /// None for the account of the engine itself.
    aws: Option<Aws>,
    account: AwsAccount,
    /// Whether the grant's role is there.
    holds: bool,
    /// What is there of the grant, where that was looked at.
    held: Option<Held>,
}

/// Where a grant is, as far as the accounts could be asked. The first place is that of the engine itself.
pub struct Whereabouts {
    places: Vec<Place>,
    unreached: Vec<(AccountId, Failure)>,
}

impl Whereabouts {
    /// Returns the places of the role, or else the one where it must have been: the account that the permanent record
    /// names, or that of the engine.
    fn meant(&self, record: Option<&Entity>) -> Vec<&Place> {
        let holders: Vec<&Place> = self.places.iter().filter(|place| place.holds).collect();
        if !holders.is_empty() {
            return holders;
        }
        let recorded = record.and_then(|record| record.text("account"));
        let place = self.places.iter().find(|place| recorded == Some(place.account.id.as_str()));
        place.or(self.places.first()).into_iter().collect()
    }

    /// Returns why the grant may live on in an account that could not be asked; none when it cannot, or when it was
    /// found where its permanent record says.
    pub(super) fn doubt(&self, grant: &GrantId, record: Option<&Entity>) -> Option<Failure> {
        let recorded = record.and_then(|record| record.text("account"));
        let is_where_recorded = grant.is_where_its_record_says()
            && self.places.iter().any(|place| place.holds && recorded == Some(place.account.id.as_str()));
        if self.unreached.is_empty() || is_where_recorded {
            return None;
        }
        let why: Vec<String> = self.unreached.iter().map(|(account, why)| format!("{account}: {why}")).collect();
        let message = format!("{grant} may be live in an account that could not be asked ({})", why.join("; "));
        let failure = Failure::failed(message).hint("mend what is named, and run the same command again");
        Some(self.unreached.iter().flat_map(|(_, why)| why.hints.clone()).fold(failure, Failure::hint))
    }

    /// Returns whether no account has shown a role of the grant.
    fn shows_no_role(&self) -> bool {
        let shows_none = |place: &Place| !place.holds || place.held.as_ref().is_some_and(|held| !held.has_role());
        self.places.iter().all(shows_none)
    }

    /// Returns the accounts that were asked.
    pub fn asked(&self) -> impl Iterator<Item = &AccountId> {
        self.places.iter().map(|place| &place.account.id)
    }
}

impl Engine<'_> {
    fn at<'a>(&'a self, place: &'a Place) -> Engine<'a> {
        place.aws.as_ref().map_or(*self, |aws| self.with_aws(aws))
    }

    /// Returns the end of a grant, as the trust of its role tells it; the latest where several accounts hold one.
    ///
    /// # Errors
    ///
    /// Fails when an account cannot be asked.
    pub async fn end_of(&self, found: &Whereabouts, grant: &GrantId) -> Result<Option<Timestamp>, Failure> {
        let mut end = None;
        for place in found.meant(None) {
            let role = self.at(place).role_by_name(&place.account, grant).await?.own();
            end = end.max(role.and_then(|role| trust::end_of(&role.trust)));
        }
        Ok(end)
    }

    /// Does something in every account that holds the grant, or in the one that held it, one after the other, whatever
    /// fails in one of them; ends with the first failure.
    pub(super) async fn in_each<T>(
        &self,
        found: &Whereabouts,
        record: Option<&Entity>,
        mut work: impl AsyncFnMut(Engine<'_>, &AwsAccount) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let (mut last, mut first_failure) = (None, None);
        for place in found.meant(record) {
            match work(self.at(place), &place.account).await {
                Ok(done) => last = Some(done),
                Err(failure) => first_failure = first_failure.or(Some(failure)),
            }
        }
        first_failure.map_or(Ok(last), Err)
    }

    /// Returns the permanent record where the accounts alone do not tell where a grant was, or whether it is all gone.
    pub(super) async fn record_for(&self, found: &Whereabouts, grant: &GrantId) -> Result<Option<Entity>, ApiError> {
        let is_told = found.unreached.is_empty() && found.places.iter().any(|place| place.holds);
        if is_told {
            return Ok(None);
        }
        self.port.entity(&self.names.permission_records, grant.as_str()).await
    }

    /// Takes a grant apart in one of several accounts, once it is on record: the record tells of the first account that
    /// holds it, and keeps what the roles of its name in the others claim.
    async fn take_recorded(&self, account: &AwsAccount, grant: &GrantId, removed: &mut Removed) -> Result<(), Failure> {
        self.put_on_record(account, grant, None, None, removed).await?;
        self.keep_claims(account, grant).await?;
        self.take_apart(account, grant, 1, removed).await
    }

    /// Revokes a grant in every account that holds it.
    pub(super) async fn revoke_in_each(&self, found: &Whereabouts, revocation: Revocation) -> Result<Revoked, Failure> {
        let record = self.record_for(found, &revocation.grant).await?;
        let places = found.meant(record.as_ref());
        let doubt = found.doubt(&revocation.grant, record.as_ref());
        // The last of them completes the record, so that it is complete when everything is gone.
        let Some((last, others)) = places.split_last() else { return Err(Failure::failed("no account was asked")) };
        let mut not_done = None;
        let mut beside = Others::default();
        for place in others {
            let engine = self.at(place);
            let first_request = engine.aws.request_count();
            let mut removed = Removed::default();
            let (account, grant) = (&place.account, &revocation.grant);
            let taking = Box::pin(engine.take_recorded(account, grant, &mut removed));
            if let Err(failure) = self.world.stop.within(TAKEN_WITHIN, taking).await {
                not_done = not_done.or(Some(failure));
            }
            beside.removed.push(removed);
            beside.request_ids.extend(engine.aws.request_ids_since(first_request));
        }
        if let Some(failure) = not_done.or(doubt) {
            let engine = self.at(last);
            let (account, grant) = (&last.account, &revocation.grant);
            let mut removed = Removed::default();
            let taking = Box::pin(engine.take_recorded(account, grant, &mut removed));
            let taken = self.world.stop.within(TAKEN_WITHIN, taking).await;
            beside.removed.into_iter().for_each(|other| removed.and_elsewhere(other));
            engine.mark_unfinished(account, &revocation, &removed).await;
            let failure = telling(failure, grant, &removed);
            // What is to be done about either is told.
            let with = |other: Failure| other.hints.iter().fold(failure.clone().hint(other.to_string()), Failure::hint);
            return Err(taken.err().map_or_else(|| failure.clone(), with));
        }
        // An account that could not be asked was judged above.
        beside.asked = found.asked().cloned().collect();
        // A role that did not show is looked for again: it may be a moment old.
        let known = last.held.clone().filter(Held::has_role).map_or(Known::Nothing, Known::Held);
        Box::pin(self.at(last).revoke_here(&last.account, revocation, known, beside)).await
    }

    /// Takes a grant away in AWS alone, in every account that holds it. Port is not asked and not told; `is_swept` says
    /// whether a sweep can do it.
    pub(super) async fn take_away_in_each(
        &self,
        found: &Whereabouts,
        grant: &GrantId,
        by: &str,
        is_swept: bool,
    ) -> Result<Revoked, Failure> {
        let mut all: Option<Revoked> = None;
        let work = async |engine: Engine<'_>, account: &AwsAccount| {
            let revoked = if is_swept {
                engine.take_away_before_a_sweep(account, grant.clone(), by).await?
            } else {
                engine.take_away(account, grant.clone(), by).await?
            };
            match &mut all {
                None => all = Some(revoked),
                Some(all) => {
                    all.removed.and_elsewhere(revoked.removed);
                    all.aws_request_ids.extend(revoked.aws_request_ids);
                    all.now = revoked.now;
                }
            }
            Ok(())
        };
        let not_done = self.in_each(found, None, work).await.err().or(found.doubt(grant, None));
        match (not_done, all) {
            (Some(failure), Some(all)) => Err(telling(failure, grant, &all.removed)),
            (Some(failure), None) => Err(failure),
            (None, all) => all.ok_or_else(|| Failure::failed("no account was asked")),
        }
    }
}

/// Returns the account that the permanent record of a grant names, where that account was not looked at: then it must not
/// be called gone, whatever bears its name elsewhere.
pub(super) fn recorded_elsewhere(
    record: Option<&Entity>,
    account: &AwsAccount,
    others: &BTreeSet<AccountId>,
) -> Option<String> {
    let recorded = record.and_then(|record| record.text("account"))?;
    let is_looked_at = recorded == account.id.as_str() || others.iter().any(|other| other.as_str() == recorded);
    (!is_looked_at).then(|| recorded.to_owned())
}

/// Returns the failure that says so.
pub(super) fn made_elsewhere(grant: &GrantId, account: &str) -> Failure {
    let message = format!("{grant} was made in the account {}, which was not looked at", quoted(account));
    Failure::failed(message).hint(
        "use credentials of that account, or add them with PORT_IAM_AWS_PROFILES=ID=PROFILE; in a workflow the account \
         has to be one of this installation (`port-iam init --add-account ID`)",
    )
}

/// Returns the failure of a grant without Port that is on no record and was in none of the accounts that were looked at:
/// nothing tells in which other one it may be.
pub(super) fn found_nowhere(grant: &GrantId, account: &AwsAccount, others: &BTreeSet<AccountId>) -> Failure {
    let asked: BTreeSet<&str> = others.iter().chain([&account.id]).map(AccountId::as_str).collect();
    let asked = asked.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!(
        "{grant} bears the name of a grant without Port, of which there is no record, and was not found in {asked}: in \
         another account it would be live"
    );
    Failure::failed(message).hint(
        "check the name, and use credentials of the account in which it was granted, or add them with \
         PORT_IAM_AWS_PROFILES=ID=PROFILE",
    )
}
