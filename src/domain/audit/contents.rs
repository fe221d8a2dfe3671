//! What of a permanent record counts, and when it was live.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::catalog::Entity;
use crate::domain::digest::canonical;

/// Returns what an export tells of a record, keys sorted.
pub(super) fn content(entity: &Entity) -> Value {
    canonical(&json!({
        "identifier": entity.identifier,
        "title": entity.title,
        "properties": entity.properties,
        "relations": entity.relations,
    }))
}

/// Returns whether a grant could give anything at a moment or later, by its record; always without a moment.
///
/// What tells no end is taken to be live. A role gives nothing behind the end that it was made with, whenever it is taken
/// away: the earlier of both ends counts. So an end that is written later brings no record into an export.
pub(super) fn was_live_after(entity: &Entity, since: Option<Timestamp>) -> bool {
    let Some(since) = since else { return true };
    let end = |name: &str| entity.text(name).and_then(|end| end.parse::<Timestamp>().ok());
    ["granted_until", "revoked_at"].into_iter().filter_map(end).min().is_none_or(|end| end >= since)
}
