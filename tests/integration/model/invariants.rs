//! What must hold after every step, whatever happened.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::access::{Access, EVERYBODY, PROBES};
use super::reference::{Reference, Request};
use super::stage::Scene;

pub(super) type Checked = Result<(), TestCaseError>;

/// What a step may do besides taking away.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowed {
    /// It may make this request's grant live.
    pub(super) grant: Option<usize>,
    /// Somebody with rights of their own changed this request's grant in AWS.
    pub(super) by_hand: Option<usize>,
}

/// Checks everything that must hold at any moment.
pub(super) fn check(reference: &Reference, before: &Scene, after: &Scene, allowed: Allowed) -> Checked {
    for role in &after.roles {
        let access = Access::of(role);
        let index = reference.by_grant(&role.name);
        prop_assert!(index.is_some(), "nobody asked for the role {}", role.name);
        let index = index.unwrap_or_default();
        let request = &reference.requests[index];
        let is_usable = access.is_usable(after.now);
        if is_usable {
            check_record(after, request)?;
            let was_usable = before.role(&role.name).is_some_and(|role| Access::of(role).is_usable(before.now));
            let may_gain = allowed.grant == Some(index) || allowed.by_hand == Some(index);
            prop_assert!(was_usable || may_gain, "{} became usable by a step that grants nothing", role.name);
        }
        if !request.by_hand.is_widened() {
            prop_assert!(request.end.is_some(), "{} has a role that no attempt could have made", role.name);
            let is_forgotten = request.by_hand.is_record_edited;
            prop_assert!(!request.is_revoked || is_forgotten || !is_usable, "{} was revoked and is usable", role.name);
            check_people(reference, &access, request, after.now)?;
            check_power(&access, request, after.now)?;
        }
    }
    for (grant, record) in &after.records {
        let is_usable = after.role(grant).is_some_and(|role| Access::of(role).is_usable(after.now));
        let state = &record["properties"]["state"];
        let is_edited = reference.by_grant(grant).is_some_and(|it| reference.requests[it].by_hand.is_record_edited);
        let is_over = after.is_recorded_as_over(grant) && !is_edited;
        prop_assert!(!is_over || !is_usable, "{grant} is recorded as {state} and usable");
    }
    Ok(())
}

/// Nothing is usable that is not on record, with an entity to see and to revoke.
fn check_record(scene: &Scene, request: &Request) -> Checked {
    let grant = request.grant();
    let has_entity = scene.entities.contains_key(&grant) || request.by_hand.is_entity_removed;
    prop_assert!(has_entity, "{grant} is usable without an entity");
    let state = scene.records.get(&grant).map(|record| record["properties"]["state"].clone());
    let is_live = state.as_ref().is_some_and(|state| state == "live" || state == "granting");
    let is_edited = request.by_hand.is_record_edited;
    prop_assert!(is_live || is_edited, "{grant} is usable and recorded as {state:?}");
    Ok(())
}

/// Moments from the end of a grant on.
fn after_the_end(request: &Request, now: Timestamp) -> Vec<Timestamp> {
    let latest = request.end.map_or(now, |end| end.latest);
    [SignedDuration::ZERO, SignedDuration::from_secs(59), SignedDuration::from_hours(24 * 400)]
        .map(|later| latest + later)
        .into()
}

/// Nobody but the requester takes the role, and not after its end.
fn check_people(reference: &Reference, access: &Access, request: &Request, now: Timestamp) -> Checked {
    let requester = reference.requester(request);
    let over = after_the_end(request, now);
    for somebody in EVERYBODY.iter() {
        let is_requester = somebody.name == requester;
        let moments = over.iter().chain(if is_requester { None } else { Some(&now) });
        for moment in moments {
            let what = format!("{} can take {} at {moment}", somebody.name, access.name);
            prop_assert!(!access.lets_in(somebody, *moment), "{what}");
        }
    }
    Ok(())
}

/// Nothing but what was asked for, and nothing after the end, whoever holds a session.
fn check_power(access: &Access, request: &Request, now: Timestamp) -> Checked {
    let over = after_the_end(request, now);
    for probe in PROBES.iter() {
        let beyond = format!("{} gives {} on {} of {}", access.name, probe.action, probe.resource, probe.owner);
        prop_assert!(request.includes(probe) || !access.allows(probe, now), "{beyond}, which was not asked for");
        for moment in &over {
            prop_assert!(!access.allows(probe, *moment), "{beyond} at {moment}, after its end");
        }
    }
    Ok(())
}

/// What was granted works: all of it, for the requester, now and until shortly before the end.
pub(super) fn check_granted(reference: &Reference, scene: &Scene, request: &Request) -> Checked {
    let grant = request.grant();
    let Some(role) = scene.role(&grant) else { return Err(TestCaseError::fail(format!("{grant} has no role"))) };
    let (access, Some(end)) = (Access::of(role), request.end) else {
        return Err(TestCaseError::fail(format!("{grant} was granted, and the reference knows no end")));
    };
    let requester = reference.requester(request);
    let shortly_before = end.earliest - SignedDuration::from_secs(1);
    for moment in [scene.now, shortly_before.max(scene.now)] {
        let lets_in = EVERYBODY.iter().any(|who| who.name == requester && access.lets_in(who, moment));
        prop_assert!(lets_in, "{requester} cannot take {grant} at {moment}");
        for probe in PROBES.iter().filter(|probe| request.includes(probe)) {
            let what = format!("{} on {} at {moment}", probe.action, probe.resource);
            prop_assert!(access.allows(probe, moment), "{grant} does not give {what}");
        }
    }
    let has_entity = scene.entities.contains_key(&grant) || request.by_hand.is_entity_removed;
    let has_record = scene.records.contains_key(&grant) || request.by_hand.is_record_edited;
    prop_assert!(has_entity && has_record, "{grant} is not on record");
    Ok(())
}

/// A grant that was taken away is gone everywhere but on record.
pub(super) fn check_gone(scene: &Scene, grant: &str) -> Checked {
    prop_assert!(scene.role(grant).is_none(), "{grant} was revoked and its role is there");
    let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    prop_assert!(!scene.policies.contains(&policy), "{grant} was revoked and its policy is there");
    prop_assert!(!scene.entities.contains_key(grant), "{grant} was revoked and its entity is there");
    let record = scene.records.get(grant);
    let is_told = record.is_none_or(|record| {
        let state = &record["properties"]["state"];
        scene.is_recorded_as_over(grant) || state == "grant-failed"
    });
    prop_assert!(is_told, "{grant} was revoked and is recorded as {:?}", record.map(|record| &record["properties"]));
    Ok(())
}

/// What a sweep that came to its end leaves behind. Returns the grants that people have to look at.
pub(super) fn check_swept(reference: &Reference, before: &Scene, after: &Scene) -> Result<Vec<String>, TestCaseError> {
    let mut to_look_at = Vec::new();
    for role in &after.roles {
        let Some(index) = reference.by_grant(&role.name) else { continue };
        let (request, access) = (&reference.requests[index], Access::of(role));
        let is_over = request.is_over(before.now) && !request.by_hand.is_endless();
        prop_assert!(!is_over, "{} is over, and the sweep has left it", role.name);
        if request.by_hand.is_widened() {
            let gives_something = PROBES.iter().any(|probe| access.allows(probe, after.now));
            prop_assert!(access.is_denied && !gives_something, "{} was widened and is not denied", role.name);
            to_look_at.push(role.arn.clone());
            continue;
        }
        let has_left = reference.left.contains(&request.ask.by);
        prop_assert!(
            !has_left || !access.is_usable(after.now),
            "the sweep has left {} to somebody who left",
            role.name
        );
        if access.is_usable(after.now) {
            prop_assert!(after.entities.contains_key(&role.name), "{} is usable without an entity", role.name);
        }
    }
    check_kept(reference, before, after)?;
    Ok(to_look_at)
}

/// A sweep takes nothing away that is as it must be.
fn check_kept(reference: &Reference, before: &Scene, after: &Scene) -> Checked {
    for request in &reference.requests {
        let grant = request.grant();
        let was_usable = before.role(&grant).is_some_and(|role| Access::of(role).is_usable(before.now));
        let may_be_taken = !request.by_hand.is_untouched()
            || !request.is_running(after.now)
            || reference.left.contains(&request.ask.by)
            || before.entities.get(&grant).is_none_or(|entity| entity["properties"]["state"] != "live");
        if was_usable && !may_be_taken {
            let is_usable = after.role(&grant).is_some_and(|role| Access::of(role).is_usable(after.now));
            prop_assert!(is_usable, "the sweep has taken {grant}, which was as it must be");
        }
    }
    Ok(())
}
