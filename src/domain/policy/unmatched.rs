//! Patterns over actions that match none.

use super::action_lookup::{NoAction, Services};
use crate::domain::glob::{Case, text_matches};
use crate::domain::reference;

/// Returns what a pattern of the rules file may have meant where it matches no action of AWS that this version knows, which
/// may be a newer one; none where it matches one.
pub(in crate::domain) fn unmatched(pattern: &str) -> Option<Vec<String>> {
    let (prefix, name) = pattern.split_once(':').unwrap_or((pattern, "*"));
    if prefix == "*" && name == "*" {
        return None;
    }
    let matches = |service: &reference::Service| {
        text_matches(prefix, service.prefix, Case::Insensitive)
            && service.actions.iter().any(|action| text_matches(name, action.name, Case::Insensitive))
    };
    let is_known = if prefix.contains(['*', '?']) {
        reference::services().any(|service| matches(&service))
    } else {
        reference::service(&prefix.to_ascii_lowercase()).is_some_and(matches)
    };
    if is_known {
        return None;
    }
    match Services::read(std::iter::once(pattern)).find(pattern, true) {
        Err(NoAction::Malformed(like) | NoAction::NoService(like) | NoAction::NoName(like)) => Some(like),
        _ => Some(Vec::new()),
    }
}
