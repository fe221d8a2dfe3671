//! The harmless action of a probe: it starts the grant workflow as our own action does, and nothing can come of it, since
//! a grant is only made for a run of our own action.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::domain::names::Names;

/// How much older than a new one the action of a probe must be to be called left over: nobody probes for so long.
const LEFT_OVER: SignedDuration = SignedDuration::from_mins(10);

/// Returns what the identifiers of all probes of this installation begin with.
fn beginning(names: &Names) -> String {
    let prefix = names.request_permissions.trim_end_matches("request_permissions");
    format!("{prefix}port_iam_probe_")
}

/// Returns the action of a probe, which `word` makes unique: started the way `ours`, the action that asks for a grant, is.
/// None where that starts no workflow of GitHub's.
pub fn probe_action(names: &Names, word: &str, ours: &Value) -> Option<Value> {
    let identifier = format!("{}{word}", beginning(names));
    let mut method = ours["invocationMethod"].clone();
    let settings = match method["type"].as_str()? {
        "GITHUB" => &mut method,
        "INTEGRATION_ACTION" => &mut method["integrationActionExecutionProperties"],
        _ => return None,
    };
    let inputs = settings["workflowInputs"].as_object_mut()?;
    inputs.insert("properties".to_owned(), json!("{}"));
    inputs.insert(
        "port_context".to_owned(),
        json!({ "runId": "{{.run.id}}", "entity": { "identifier": identifier }, "trigger": "{{ .trigger }}" }),
    );
    settings["reportWorkflowStatus"] = json!(false);
    Some(json!({
        "identifier": identifier,
        "title": "Probe of port-iam",
        "description": "Made and taken away by `port-iam doctor --probe`. It grants nothing.",
        "trigger": {
            "type": "self-service",
            "operation": "CREATE",
            "userInputs": { "properties": {}, "required": [] },
        },
        "invocationMethod": method,
        "requiredApproval": false,
    }))
}

/// Returns the actions of former probes that nobody has taken away. `new` is the identifier of the present one, by whose
/// creation Port's own clock is known.
pub fn left_over(names: &Names, all: &[Value], new: &str) -> Vec<String> {
    let created = |action: &Value| action["createdAt"].as_str()?.parse::<Timestamp>().ok();
    let Some(now) = all.iter().find(|action| action["identifier"] == new).and_then(created) else { return Vec::new() };
    let beginning = beginning(names);
    let is_probe = |identifier: &str| {
        identifier
            .strip_prefix(&beginning)
            .is_some_and(|word| !word.is_empty() && word.chars().all(|character| character.is_ascii_hexdigit()))
    };
    let is_old = |action: &&Value| created(action).is_some_and(|then| now.duration_since(then) >= LEFT_OVER);
    let identifiers = all.iter().filter(is_old).filter_map(|action| action["identifier"].as_str());
    identifiers.filter(|identifier| is_probe(identifier)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Value {
        json!({ "identifier": "request_permissions", "invocationMethod": { "type": "GITHUB", "org": "acme", "repo": "iam",
            "workflow": "create.yaml", "reportWorkflowStatus": true,
            "workflowInputs": { "properties": "{{ .inputs }}", "port_context": {}, "ref": "trunk" } } })
    }

    #[test]
    fn a_probe_goes_the_way_of_our_action_and_carries_nothing_of_a_request() {
        let action = probe_action(&Names::default(), "0a1b", &ours()).unwrap();
        assert_eq!(action["identifier"], "port_iam_probe_0a1b");
        let method = &action["invocationMethod"];
        assert_eq!((&method["workflow"], &method["workflowInputs"]["ref"]), (&json!("create.yaml"), &json!("trunk")));
        assert_eq!(method["workflowInputs"]["properties"], "{}");
        assert_eq!(method["workflowInputs"]["port_context"]["entity"]["identifier"], "port_iam_probe_0a1b");
        assert_eq!(method["reportWorkflowStatus"], false);
        let mut ocean = ours();
        ocean["invocationMethod"] = json!({ "type": "INTEGRATION_ACTION", "installationId": "x",
            "integrationActionExecutionProperties": ours()["invocationMethod"] });
        let action = probe_action(&Names::with_prefix("it").unwrap(), "0a1b", &ocean).unwrap();
        assert_eq!(action["identifier"], "it_port_iam_probe_0a1b");
        assert_eq!(
            action["invocationMethod"]["integrationActionExecutionProperties"]["workflowInputs"]["properties"],
            "{}"
        );
        let webhook = json!({ "invocationMethod": { "type": "WEBHOOK" } });
        assert_eq!(probe_action(&Names::default(), "0a1b", &webhook), None);
    }

    #[test]
    fn only_old_probes_of_this_installation_are_left_over() {
        let action = |identifier: &str, minute: u8| json!({ "identifier": identifier, "createdAt": format!("2026-11-28T12:{minute:02}:00Z") });
        let all = [
            action("port_iam_probe_aa", 30),
            action("port_iam_probe_bb", 21),
            action("port_iam_probe_cc", 20),
            action("it_port_iam_probe_dd", 1),
            action("port_iam_probe_of_ours", 1),
            action("request_permissions", 1),
        ];
        assert_eq!(left_over(&Names::default(), &all, "port_iam_probe_aa"), ["port_iam_probe_cc"]);
        assert!(left_over(&Names::default(), &all[1..], "port_iam_probe_aa").is_empty());
    }
}
