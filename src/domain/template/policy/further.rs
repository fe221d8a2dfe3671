//! What the template itself allows, in words.

use serde_json::{Map, Value};

/// Returns the sentence on one Allow of the template.
pub(super) fn sentence(statement: &Map<String, Value>) -> String {
    let conditions = statement.get("Condition").and_then(Value::as_object);
    let under =
        if conditions.is_some_and(|conditions| !conditions.is_empty()) { ", under conditions of its own" } else { "" };
    let (actions, resources) = (listed(statement, "Action", "NotAction"), listed(statement, "Resource", "NotResource"));
    format!("the template gives every grant besides: {actions} on {resources}{under}")
}

fn listed(statement: &Map<String, Value>, element: &str, opposite: &str) -> String {
    match (statement.get(element), statement.get(opposite)) {
        (Some(value), _) => joined(value),
        (None, Some(value)) => format!("everything but {}", joined(value)),
        (None, None) => String::new(),
    }
}

fn joined(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        value => value.as_str().unwrap_or_default().to_owned(),
    }
}
