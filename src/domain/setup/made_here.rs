//! The mark of what `init` has made in Port. What it found there and took over, be it of the guide or of somebody else,
//! bears none, whatever was added to it: nobody shall take away what was there before.
//!
//! It stands in a description that the guide does not have, since nothing else of a blueprint or an action is only read.

use serde_json::Value;

/// The mark. The files of blueprints and actions have it in the place of their own that people change least.
const MADE_HERE: &str = "[made by port-iam init]";

/// Returns whether `init` has made a blueprint or an action, as against having added to what was there.
pub(in crate::domain) fn is_made_here(theirs: &Value) -> bool {
    match theirs {
        Value::Object(fields) => fields.iter().any(|(key, value)| match value {
            Value::String(text) => key == "description" && text.contains(MADE_HERE),
            part => is_made_here(part),
        }),
        Value::Array(parts) => parts.iter().any(is_made_here),
        _ => false,
    }
}

/// Returns ours as it is added to theirs: with the mark where theirs has it.
pub(super) fn for_theirs(ours: &Value, theirs: &Value) -> Value {
    let mut ours = ours.clone();
    if !is_made_here(theirs) {
        take_the_mark_away(&mut ours);
    }
    ours
}

fn take_the_mark_away(part: &mut Value) {
    match part {
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| match value {
            Value::String(text) if key == "description" => *text = text.replace(MADE_HERE, "").trim_end().to_owned(),
            part => take_the_mark_away(part),
        }),
        Value::Array(parts) => parts.iter_mut().for_each(take_the_mark_away),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assets;
    use crate::domain::names::Names;
    use crate::domain::resource_types::ResourceTypes;

    #[test]
    fn every_blueprint_that_init_makes_bears_the_mark_and_what_is_added_to_another_one_does_not() {
        let ours = assets::blueprints(&Names::default(), &ResourceTypes::default()).unwrap();
        for ours in &ours {
            assert!(is_made_here(ours), "{}", ours["identifier"]);
            assert_eq!(for_theirs(ours, ours), *ours);
            let added = for_theirs(ours, &json!({ "description": "theirs" }));
            assert!(!is_made_here(&added), "{added}");
            assert!(!added.to_string().contains("made by port-iam"), "{added}");
        }
    }

    #[test]
    fn the_mark_counts_in_a_description_alone() {
        for (theirs, is_made) in [
            (json!({ "title": MADE_HERE }), false),
            (json!({ "schema": { "properties": { "description": { "type": "string" } } } }), false),
            (json!({ "schema": { "properties": { "x": { "description": format!("X {MADE_HERE}") } } } }), true),
        ] {
            assert_eq!(is_made_here(&theirs), is_made, "{theirs}");
        }
    }
}
