//! The permissions that AWS's reference knows for a resource or a service, as entries for the catalog.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Entry, Facts, Kind, Place, Placed, Remark};
use crate::domain::arn::Arn;
use crate::domain::policy::{ActionFacts, actions_of, actions_on};
use crate::domain::reference::AccessLevel;
use crate::domain::refusal::quoted;

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
    let resource_type = facts.type_of(Kind::Permission, &service, offer.resource_type).map_err(wrong)?;
    let mut names: Vec<String> = actions.into_iter().map(|action| action.name).collect();
    names.sort();
    let named: HashSet<String> = named
        .iter()
        .filter(|entry| entry.kind == Kind::Permission)
        .map(|entry| entry.identifier.text.to_lowercase())
        .collect();
    let placed = |text: String| Placed { text, place: place.clone() };
    let entry = |name: String| Entry {
        account: None,
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
