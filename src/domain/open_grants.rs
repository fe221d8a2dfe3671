//! What is live already: a grant that would only repeat it is not made, and neither is one too many.
//!
//! What a live grant is about its permanent record tells, and its entity where there is none: the entity names one
//! resource, and more people may edit it.

mod usable;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
pub use usable::can_be_used;

use super::arn::Arn;
use super::catalog::Entity;
use super::duration::GrantDuration;
use super::grant::Grant;
use super::identifier::GrantId;
use super::refusal::{Refusal, RefusalCode};
use super::rules::OpenGrants;
use super::state::GrantState;
use super::time::utc;

/// The least time that a request must gain, however short it is: a grant is neither made nor used in less.
const LEAST_GAIN: SignedDuration = SignedDuration::from_mins(5);

/// Returns the open grants that are others than this one and those that it goes on from: a second attempt repeats nothing.
pub fn others(grant: &Grant, open: Vec<(Entity, Option<Entity>)>) -> Vec<(Entity, Option<Entity>)> {
    let is_own =
        |entity: &Entity| std::iter::once(&grant.id).chain(&grant.extends).any(|own| own.as_str() == entity.identifier);
    open.into_iter().filter(|(entity, _)| !is_own(entity)).collect()
}

/// Returns the live grants of the requester that give everything that is asked for, by what Port knows of them: one of
/// them is pointed at if it [`can_be_used`].
pub fn repeated(grant: &Grant, others: &[(Entity, Option<Entity>)], now: Timestamp) -> Vec<GrantId> {
    let repeated = open(others, now).filter(|open| open.is_of(&grant.requester) && open.is_repeated_by(grant));
    repeated.filter_map(|open| GrantId::parse(&open.entity.identifier).ok()).collect()
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
    others: &[(Entity, Option<Entity>)],
    usable: &BTreeSet<GrantId>,
    limits: OpenGrants,
    now: Timestamp,
) -> Result<(), Refusal> {
    let open: Vec<Open<'_>> = open(others, now).collect();
    let of_requester: Vec<Open<'_>> = open.iter().filter(|open| open.is_of(&grant.requester)).copied().collect();
    let is_usable = |live: &Open<'_>| usable.iter().any(|id| id.as_str() == live.entity.identifier);
    if let Some(live) = of_requester.iter().find(|live| live.is_repeated_by(grant) && is_usable(live)) {
        return Err(already_granted(live));
    }
    if limits.per_requester.is_some_and(|most| of_requester.len() >= most) {
        let reason = format!("{} has {} open grants, as many as the rules allow", grant.requester, of_requester.len());
        return Err(too_many("requester", reason, &of_requester));
    }
    for (field, arn) in asked_for(grant) {
        let on_resource: Vec<Open<'_>> = open.iter().filter(|open| open.is_on(arn)).copied().collect();
        if limits.per_resource.is_some_and(|most| on_resource.len() >= most) {
            let reason = format!("{arn} has {} open grants, as many as the rules allow", on_resource.len());
            return Err(too_many(field, reason, &on_resource));
        }
    }
    Ok(())
}

/// Returns those whose time is not over. What tells no end is taken to be live.
fn open(others: &[(Entity, Option<Entity>)], now: Timestamp) -> impl Iterator<Item = Open<'_>> {
    let open = others.iter().map(|(entity, record)| Open { entity, record: record.as_ref() });
    open.filter(move |open| open.end().is_none_or(|end| end > now))
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

/// A grant that is open.
#[derive(Clone, Copy)]
struct Open<'a> {
    entity: &'a Entity,
    record: Option<&'a Entity>,
}

impl Open<'_> {
    fn end(&self) -> Option<Timestamp> {
        let recorded = self.record.and_then(|record| record.text("granted_until"));
        recorded.or_else(|| self.entity.text("expiry_time"))?.parse().ok()
    }

    fn is_of(&self, requester: &str) -> bool {
        let told = self.record.and_then(|record| record.text("requester")).or_else(|| self.entity.text("requester"));
        told.is_some_and(|email| email.to_lowercase() == requester.to_lowercase())
    }

    fn is_on(&self, arn: &Arn) -> bool {
        let Some((record, resource)) = self.record.and_then(|record| Some((record, record.text("resource")?))) else {
            return self.entity.relations["aws_resource"] == arn.as_str();
        };
        resource == arn.as_str() || texts(&record.properties["additional_resources"]).any(|one| one == arn.as_str())
    }

    fn gives(&self, action: &str) -> bool {
        let recorded = self.record.map(|record| &record.properties["actions"]).filter(|actions| actions.is_array());
        texts(recorded.unwrap_or(&self.entity.relations["permissions"])).any(|one| one.eq_ignore_ascii_case(action))
    }

    /// Whether it gives everything that is asked for, and the new grant would gain too little time to be another one.
    fn is_repeated_by(&self, grant: &Grant) -> bool {
        self.entity.state() == Some(GrantState::Live)
            && self.end().is_some_and(|end| gains_too_little(grant, end))
            && asked_for(grant).all(|(_, arn)| self.is_on(arn))
            && grant.permissions.iter().all(|asked| self.gives(asked))
    }
}

fn texts(array: &serde_json::Value) -> impl Iterator<Item = &str> {
    array.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str)
}

fn already_granted(live: &Open<'_>) -> Refusal {
    let id = &live.entity.identifier;
    let until = live.end().map_or_else(String::new, |end| format!(" until {}", utc(end)));
    let sign_in = live.entity.text("sign_in_url").or_else(|| live.entity.text("role_arn")).unwrap_or(id);
    let remedy = format!(
        "use {id}: {sign_in}; to go beyond its end extend it with `Extend permissions` in Port (`port-iam extend {id}`), \
         or give it back with `Return permissions` (`port-iam return {id}`)"
    );
    Refusal::new(RefusalCode::AlreadyGranted, "permissions", format!("{id} gives all of it{until}"), remedy)
}

fn too_many(field: &'static str, reason: String, live: &[Open<'_>]) -> Refusal {
    let one = |open: &Open<'_>| {
        let until = open.end().map_or_else(String::new, |end| format!(" until {}", utc(end)));
        format!("{}{until}", open.entity.identifier)
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
