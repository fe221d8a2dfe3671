//! What is live already: a grant that would only repeat it is not made, and neither is one too many.
//!
//! What a live grant is about its permanent record tells, and its entity where there is none: the entity names one
//! resource, and more people may edit it.

mod known;
mod usable;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
pub use known::OpenGrant;
pub use usable::can_be_used;

use super::arn::Arn;
use super::duration::GrantDuration;
use super::grant::Grant;
use super::identifier::GrantId;
use super::names::Names;
use super::refusal::{Refusal, RefusalCode};
use super::rules::OpenGrants;
use super::time::utc;

/// The least time that a request must gain, however short it is: a grant is neither made nor used in less.
const LEAST_GAIN: SignedDuration = SignedDuration::from_mins(5);

/// Returns the open grants that are others than this one and those that it goes on from: a second attempt repeats nothing.
pub fn others(grant: &Grant, open: Vec<OpenGrant>) -> Vec<OpenGrant> {
    let is_own = |known: &OpenGrant| {
        std::iter::once(&grant.id).chain(&grant.extends).any(|own| own.as_str() == known.identifier())
    };
    open.into_iter().filter(|known| !is_own(known)).collect()
}

/// Returns the live grants of the requester that give everything that is asked for, by what Port knows of them: one of
/// them is pointed at if it [`can_be_used`].
pub fn repeated(grant: &Grant, others: &[OpenGrant], now: Timestamp) -> Vec<GrantId> {
    let repeated = open(others, now).filter(|open| open.is_of(&grant.requester) && open.is_repeated_by(grant));
    repeated.filter_map(|open| GrantId::parse(open.identifier()).ok()).collect()
}

/// Checks a grant against the other live ones, each with its permanent record. Those whose time is over count no more,
/// and of those that are [`repeated`] only `usable` ones are pointed at.
///
/// # Errors
///
/// Refuses what the requester has already for as good as the time that is asked for, with the grant that gives it, and
/// what goes beyond a limit, with the grants that fill it.
pub fn check_open_grants(
    grant: &Grant,
    names: &Names,
    others: &[OpenGrant],
    usable: &BTreeSet<GrantId>,
    limits: OpenGrants,
    now: Timestamp,
) -> Result<(), Refusal> {
    let open: Vec<&OpenGrant> = open(others, now).collect();
    let of_requester: Vec<&OpenGrant> = open.iter().filter(|open| open.is_of(&grant.requester)).copied().collect();
    let is_usable = |live: &OpenGrant| usable.iter().any(|id| id.as_str() == live.identifier());
    if let Some(live) = of_requester.iter().find(|live| live.is_repeated_by(grant) && is_usable(live)) {
        return Err(already_granted(grant, names, live));
    }
    if limits.per_requester.is_some_and(|most| of_requester.len() >= most) {
        let reason = format!("{} has {} open grants, as many as the rules allow", grant.requester, of_requester.len());
        return Err(too_many("requester", reason, &of_requester));
    }
    for (field, arn) in asked_for(grant) {
        let on_resource: Vec<&OpenGrant> = open.iter().filter(|open| open.touches(arn)).copied().collect();
        if limits.per_resource.is_some_and(|most| on_resource.len() >= most) {
            let reason = format!("{arn} has {} open grants, as many as the rules allow", on_resource.len());
            return Err(too_many(field, reason, &on_resource));
        }
    }
    Ok(())
}

/// Returns those whose time is not over, and of which no record tells that somebody has ended them: one that an attempt wrote
/// as live while it was taken away tells both. What tells no end is taken to be live.
fn open(others: &[OpenGrant], now: Timestamp) -> impl Iterator<Item = &OpenGrant> {
    others.iter().filter(move |open| !open.has_ended() && open.end().is_none_or(|end| end > now))
}

/// Every resource that is asked for, with the field that names it.
fn asked_for(grant: &Grant) -> impl Iterator<Item = (&'static str, &Arn)> {
    let further = grant.additional_resources.iter().map(|arn| ("additional_resources", arn));
    std::iter::once(("entity", &grant.resource)).chain(further)
}

/// Returns by how much a request has to outlast a live grant of the same: a quarter of what is asked for, and five
/// minutes at least.
///
/// Whoever asks again for as long as before is told of the live grant during the first quarter of its time, when it is
/// a second click or impatience. Later it is the wish for more time, which the rules decide on like any other; and so
/// is a request for considerably longer at any time.
fn least_gain(asked: GrantDuration) -> SignedDuration {
    SignedDuration::from_secs(asked.seconds() / 4).max(LEAST_GAIN)
}

/// Returns whether a new grant would gain too little time over one that lasts until `end` to be another one.
fn gains_too_little(asked: &Grant, end: Timestamp) -> bool {
    asked.expires.duration_since(end) < least_gain(asked.duration)
}

/// Points at a grant that can be used in the account of the request. How to get at it its name alone tells: whoever may
/// edit its entity must not send people elsewhere.
fn already_granted(grant: &Grant, names: &Names, live: &OpenGrant) -> Refusal {
    let id = live.identifier();
    let until = live.end().map_or_else(String::new, |end| format!(" until {}", utc(end)));
    let used = match GrantId::parse(id) {
        Ok(live) => format!("{id}: {}", grant.how_to_sign_in_to(names, &live)),
        Err(_) => format!("{id} (`port-iam show {id}` tells its role)"),
    };
    let remedy = format!(
        "use {used}; to go beyond its end extend it with `Extend permissions` in Port (`port-iam extend {id}`), \
         or give it back with `Return permissions` (`port-iam return {id}`)"
    );
    Refusal::new(RefusalCode::AlreadyGranted, "permissions", format!("{id} gives all of it{until}"), remedy)
}

fn too_many(field: &'static str, reason: String, live: &[&OpenGrant]) -> Refusal {
    let one = |open: &&OpenGrant| {
        let id = open.identifier();
        let until = open.end().map_or_else(String::new, |end| format!(" until {}", utc(end)));
        let how = if open.is_in_catalog() {
            String::new()
        } else {
            format!(" (not in the catalog: `port-iam revoke {id}` ends it)")
        };
        format!("{id}{until}{how}")
    };
    let list: Vec<String> = live.iter().map(one).collect();
    Refusal::new(
        RefusalCode::TooManyOpen,
        field,
        reason,
        format!("end one of them in Port first, or wait: {}", list.join(", ")),
    )
}

#[cfg(test)]
mod tests;
