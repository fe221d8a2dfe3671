//! What is live already: a grant that would only repeat it is not made, and neither is one too many.

use jiff::Timestamp;

use super::catalog::Entity;
use super::grant::Grant;
use super::refusal::Refusal;
use super::rules::OpenGrants;
use super::time::utc;

/// Checks a grant against the entities of the live grants. Those whose time is over count no more, nor does its own, nor
/// do those that it goes on from.
///
/// # Errors
///
/// Refuses what the requester has already for longer, with the grant that gives it, and what goes beyond a limit, with
/// the grants that fill it.
pub fn check_open_grants(
    grant: &Grant,
    entities: &[Entity],
    limits: OpenGrants,
    now: Timestamp,
) -> Result<(), Refusal> {
    let others: Vec<&Entity> = entities
        .iter()
        .filter(|entity| !std::iter::once(&grant.id).chain(&grant.extends).any(|id| id.as_str() == entity.identifier))
        // What tells no end is taken to be live.
        .filter(|entity| end(entity).is_none_or(|end| end > now))
        .collect();
    let is_requester = |entity: &&&Entity| {
        entity.text("requester").is_some_and(|email| email.to_lowercase() == grant.requester.to_lowercase())
    };
    let is_resource = |entity: &&&Entity| entity.relations["aws_resource"] == grant.resource.as_str();
    let of_requester: Vec<&Entity> = others.iter().filter(is_requester).copied().collect();
    let on_resource: Vec<&Entity> = others.iter().filter(is_resource).copied().collect();
    if let Some(live) = of_requester.iter().find(|live| is_resource(live) && gives_all(live, grant)) {
        return Err(already_granted(live));
    }
    if limits.per_requester.is_some_and(|most| of_requester.len() >= most) {
        let reason = format!("{} has {} open grants, as many as the rules allow", grant.requester, of_requester.len());
        return Err(too_many("requester", reason, &of_requester));
    }
    if limits.per_resource.is_some_and(|most| on_resource.len() >= most) {
        let reason = format!("{} has {} open grants, as many as the rules allow", grant.resource, on_resource.len());
        return Err(too_many("entity", reason, &on_resource));
    }
    Ok(())
}

fn end(entity: &Entity) -> Option<Timestamp> {
    entity.text("expiry_time")?.parse().ok()
}

/// Whether a live grant on the same resource gives everything that is asked for, for longer. What further resources it
/// is about its entity does not tell.
fn gives_all(live: &Entity, grant: &Grant) -> bool {
    let permissions = live.relations["permissions"].as_array().map(Vec::as_slice).unwrap_or_default();
    live.text("state") == Some("live")
        && grant.additional_resources.is_empty()
        && end(live).is_some_and(|end| end > grant.expires)
        && grant.permissions.iter().all(|asked| permissions.iter().any(|given| given == asked.as_str()))
}

fn already_granted(live: &Entity) -> Refusal {
    let id = &live.identifier;
    let until = end(live).map_or_else(String::new, |end| format!(" until {}", utc(end)));
    let sign_in = live.text("sign_in_url").or_else(|| live.text("role_arn")).unwrap_or(id);
    let remedy = format!(
        "use {id}: {sign_in}; to go beyond its end extend it with `Extend permissions` in Port (`port-iam extend {id}`), \
         or give it back with `Return permissions` (`port-iam return {id}`)"
    );
    Refusal::new("already-granted", "permissions", format!("{id} gives all of it{until}"), remedy)
}

fn too_many(field: &'static str, reason: String, live: &[&Entity]) -> Refusal {
    let one = |entity: &&Entity| {
        let until = end(entity).map_or_else(String::new, |end| format!(" until {}", utc(end)));
        format!("{}{until}", entity.identifier)
    };
    let list: Vec<String> = live.iter().map(one).collect();
    Refusal::new("too-many-open", field, reason, format!("end one of them in Port first, or wait: {}", list.join(", ")))
}
