//! What of a permanent record counts, and when it was live.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::catalog::Entity;
use crate::domain::digest::canonical;
use crate::domain::evidence;

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
/// What tells no end is taken to be live, and whatever was found to be changed until it is recorded as ended: its end of
/// another time is no longer the role's then.
pub(super) fn may_have_been_live_after(entity: &Entity, since: Option<Timestamp>) -> bool {
    let Some(since) = since else { return true };
    was_due_after(entity, Some(since))
        || is_found_to_be_changed(entity) && end(entity, "revoked_at").is_none_or(|end| end >= since)
}

/// The same, as it was before anything was found of it. A role gives nothing behind the end that it was made with, whenever
/// it is taken away: the earlier of both ends counts. So an end that is written later brings no record into an export.
pub(super) fn was_due_after(entity: &Entity, since: Option<Timestamp>) -> bool {
    let Some(since) = since else { return true };
    ["granted_until", "revoked_at"]
        .into_iter()
        .filter_map(|name| end(entity, name))
        .min()
        .is_none_or(|end| end >= since)
}

fn end(entity: &Entity, name: &str) -> Option<Timestamp> {
    entity.text(name).and_then(|end| end.parse().ok())
}

fn is_found_to_be_changed(record: &Entity) -> bool {
    let is_due = record.properties["review_due"] == true;
    is_due || evidence::told(&record.properties["receipt"]).is_some()
}
