//! The permissions that AWS's reference knows for a resource or a service, as entries for the catalog.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Entry, Facts, Kind, Place, Placed, Remark, Types};
use crate::domain::arn::Arn;
use crate::domain::policy::{ActionFacts, actions_of, actions_on};
use crate::domain::reference::AccessLevel;
use crate::domain::refusal::quoted;
use crate::domain::resource_types::{GUIDE, ResourceTypes, type_of_service, usual_name};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// An ARN, or the prefix of a service such as `s3`.
    pub of: &'a str,
    /// The resource type of the permissions; else it follows from the service.
    pub resource_type: Option<&'a str>,
    /// The access levels; empty means all.
    pub levels: &'a [AccessLevel],
    /// Whether actions that act on the whole account are wanted too.
    pub account_wide: bool,
}

/// Returns an entry for each permission, in AWS's spelling and sorted, without those that no grant gives by default
/// and those that `named` names already.
///
/// # Errors
///
/// Fails when the ARN or the service is not known, when nothing is left, and when the catalog has no type for it.
pub fn entries_of_reference(offer: &Offer<'_>, facts: &Facts, named: &[Entry]) -> Result<Vec<Entry>, Remark> {
    let place = Place::Asked(Arc::from(offer.of));
    let wrong = |message: String| Remark { place: place.clone(), message };
    let (service, actions) = actions(offer).map_err(wrong)?;
    let resource_type = resource_type(offer, facts, &service).map_err(wrong)?;
    let mut names: Vec<String> = actions.into_iter().map(|action| action.name).collect();
    names.sort();
    let named: HashSet<String> = named
        .iter()
        .filter(|entry| entry.kind == Kind::Permission)
        .map(|entry| entry.identifier.text.to_lowercase())
        .collect();
    let placed = |text: String| Placed { text, place: place.clone() };
    let entry = |name: String| Entry {
        kind: Kind::Permission,
        identifier: placed(name),
        title: None,
        resource_type: Some(placed(resource_type.clone())),
    };
    Ok(names.into_iter().filter(|name| !named.contains(&name.to_lowercase())).map(entry).collect())
}

/// Returns the service and its actions that fit; at least one.
fn actions(offer: &Offer<'_>) -> Result<(String, Vec<ActionFacts>), String> {
    let (service, mut actions) = if offer.of.contains(':') {
        let arn = Arn::parse("--permissions-for", offer.of)
            .map_err(|refusal| format!("{}; {}", refusal.reason, refusal.remedy))?;
        (arn.service().to_owned(), actions_on(&arn))
    } else {
        let actions = actions_of(offer.of);
        if actions.is_empty() {
            return Err(format!(
                "{} is no service that AWS's reference knows; name it as its actions do, such as `s3` of `s3:GetObject`",
                quoted(offer.of)
            ));
        }
        (offer.of.to_lowercase(), actions)
    };
    actions.retain(|action| !action.denied && (offer.account_wide || !action.account_wide));
    if actions.is_empty() {
        return Err(format!("no permission can be granted on {}", quoted(offer.of)));
    }
    actions.retain(|action| offer.levels.is_empty() || offer.levels.contains(&action.level));
    if actions.is_empty() {
        let levels: Vec<&str> = offer.levels.iter().map(|level| level.title()).collect();
        return Err(format!("{} has no permission of the level {}", quoted(offer.of), levels.join(" or ")));
    }
    Ok((service, actions))
}

/// Returns the type of the catalog that the permissions belong to.
fn resource_type(offer: &Offer<'_>, facts: &Facts, service: &str) -> Result<String, String> {
    let Types::OneOf(known) = &facts.permission_types else {
        let guide = GUIDE.map(str::to_owned);
        let of_service = || type_of_service(service, &guide).map_or_else(|| usual_name(service), str::to_owned);
        return Ok(offer.resource_type.map_or_else(of_service, str::to_owned));
    };
    let chosen = match offer.resource_type {
        Some(given) => known.iter().find(|name| *name == given).map(String::as_str),
        None => type_of_service(service, known),
    };
    if let Some(chosen) = chosen {
        return Ok(chosen.to_owned());
    }
    let missing = offer.resource_type.map_or_else(|| usual_name(service), str::to_owned);
    let shown: Vec<String> = known.iter().map(|name| quoted(name)).collect();
    Err(format!(
        "the catalog has no resource type {}, only {}{}; or choose one of them with --resource-type",
        quoted(&missing),
        shown.join(", "),
        addition(known, &missing)
    ))
}

/// Returns how the type is added; nothing where `init` would not take it.
fn addition(known: &[String], missing: &str) -> String {
    let taken = |name: &&str| ResourceTypes::parse("--resource-types", name).is_ok();
    let names: Vec<&str> = known.iter().map(String::as_str).chain([missing]).filter(taken).collect();
    if names.last() != Some(&missing) {
        return String::new();
    }
    format!("; `port-iam init --resource-types '{}'` adds it", names.join(","))
}
