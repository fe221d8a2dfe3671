//! The guide's samples as entries.

use serde_json::Value;

use super::{Entry, Kind, Place, Placed};

/// Returns the entries of sample entities, which are bodies of Port's API. What has no identifier is left out.
pub fn entries_of_samples(kind: Kind, bodies: &[Value]) -> Vec<Entry> {
    let placed = |value: &Value| Some(Placed { text: value.as_str()?.to_owned(), place: Place::Samples });
    let entry = |body: &Value| {
        Some(Entry {
            account: None,
            kind,
            identifier: placed(&body["identifier"])?,
            title: placed(&body["title"]),
            resource_type: placed(&body["properties"]["resource_type"]),
        })
    };
    bodies.iter().filter_map(entry).collect()
}
