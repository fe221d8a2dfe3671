//! Where an action of Port leads: the repository whose workflow it starts.

use serde_json::Value;

/// Returns the part of an action's invocation that names the workflow, in either form.
pub(in crate::domain) fn dispatch(action: &Value) -> &Value {
    let method = &action["invocationMethod"];
    match method["type"].as_str() {
        Some("INTEGRATION_ACTION") => &method["integrationActionExecutionProperties"],
        _ => method,
    }
}

/// Returns owner and name of the repository whose workflow an action starts, when it starts one.
pub fn repository_of(action: &Value) -> Option<(&str, &str)> {
    let dispatch = dispatch(action);
    dispatch["org"].as_str().zip(dispatch["repo"].as_str())
}
