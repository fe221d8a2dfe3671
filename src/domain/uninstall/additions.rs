//! What people have added to our blueprints and actions: it goes with these, so it is named before anybody agrees.

use serde_json::Value;

use super::seen::Originals;
use crate::domain::printable::one_line;
use crate::domain::resource_types::service_of_type;
use crate::domain::setup::page;

/// The parts of a blueprint to which people add, and what one entry of each is called.
const PARTS: [(&str, &str); 5] = [
    ("property", "/schema/properties"),
    ("relation", "/relations"),
    ("mirror property", "/mirrorProperties"),
    ("calculation property", "/calculationProperties"),
    ("aggregation property", "/aggregationProperties"),
];

/// Returns what a blueprint of ours has beyond what `init` makes, a line each.
pub(super) fn of_blueprint(originals: &Originals, theirs: &Value) -> Vec<String> {
    let is_original = |ours: &&Value| ours["identifier"] == theirs["identifier"];
    // What cannot be compared is named as theirs.
    let ours = originals.blueprints.iter().find(is_original).unwrap_or(&Value::Null);
    let mut lines: Vec<String> = PARTS.iter().flat_map(|(word, section)| beyond(word, section, ours, theirs)).collect();
    for (key, own) in entries(ours, "/schema/properties") {
        let theirs = &theirs["schema"]["properties"][key]["enum"];
        lines.extend(values_beyond(key, &own["enum"], theirs));
    }
    told(lines)
}

/// Returns the inputs that an action of ours has beyond those that `init` makes, a line each.
pub(super) fn of_action(originals: &Originals, theirs: &Value) -> Vec<String> {
    let ours = theirs["identifier"].as_str().and_then(|name| originals.forms.get(name)).unwrap_or(&Value::Null);
    told(beyond("input", "/properties", ours, &theirs["trigger"]["userInputs"]))
}

/// Returns the widgets that the dashboard has beyond those that `init` makes, a line each.
pub(super) fn of_page(originals: &Originals, theirs: &Value) -> Vec<String> {
    let added = page::additions(&originals.page, theirs).into_iter();
    told(added.map(|name| format!("the widget {}", one_line(&name))).collect())
}

fn told(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| format!("with what people have added: {line}")).collect()
}

fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn beyond(word: &str, section: &str, ours: &Value, theirs: &Value) -> Vec<String> {
    let is_ours = |key: &str| ours.pointer(section).is_some_and(|section| section.get(key).is_some());
    let added = entries(theirs, section).filter(|(key, _)| !is_ours(key));
    added.map(|(key, _)| format!("the {word} {key}")).collect()
}

/// The resource types that somebody has chosen with `init` are ours, whichever they are.
fn values_beyond(key: &str, ours: &Value, theirs: &Value) -> Vec<String> {
    let Some(ours) = ours.as_array() else { return Vec::new() };
    let is_ours = |value: &Value| {
        ours.contains(value)
            || key == "resource_type" && value.as_str().is_some_and(|name| service_of_type(name).is_some())
    };
    let added = theirs.as_array().into_iter().flatten().filter(|value| !is_ours(value));
    added.map(|value| format!("the value {value} of the property {key}")).collect()
}
