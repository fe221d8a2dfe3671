//! A self-service action or automation: what starts our workflows is ours to set, what people see is theirs to change.

use crate::domain::printable::cut;
use serde_json::{Map, Value, json};

use super::difference::differences;
use super::made_here::for_theirs;
use super::plan::{Outcome, Step, System, Write};
use super::subject::Thing;
use super::wanted::{Approval, ApprovalNotification, Wanted, WantedApproval};

/// What Port takes in the body of an action (Port API, actions: no other member is allowed).
const WRITABLE: [&str; 10] = [
    "identifier",
    "title",
    "icon",
    "description",
    "trigger",
    "invocationMethod",
    "requiredApproval",
    "approvalNotification",
    "publish",
    "allowAnyoneToViewRuns",
];
/// What of one of our inputs decides what is sent; all else (title, choices, default, visibility) is the operator's.
const KIND_OF_INPUT: [&str; 2] = ["type", "format"];
const KIND_OF_ITEMS: [&str; 3] = ["type", "format", "blueprint"];

pub(super) fn step(wanted: &Wanted, ours: &Value, seen: &[Value]) -> Step {
    let identifier = ours["identifier"].as_str().unwrap_or_default();
    let is_automation = ours["trigger"]["type"] == "automation";
    let kind = if is_automation { Thing::Automation } else { Thing::Action };
    let step = |lines, outcome| Step {
        system: System::Port,
        subject: kind(identifier.to_owned()).into(),
        lines,
        files: Vec::new(),
        outcome,
    };
    let Some(theirs) = seen.iter().find(|action| action["identifier"] == identifier) else {
        return step(Vec::new(), Outcome::Create(Write::NewAction(asking(wanted, ours))));
    };
    let old = writable(theirs);
    let mut body = merged(&for_theirs(ours, theirs), &old);
    ask_for_approval(wanted, &mut body);
    let lines = differences(&old, &body);
    if !is_ours(ours, theirs) && !wanted.consent.adopt {
        let outcome = Outcome::Refused {
            reason: format!("an action or automation of this name exists and does not start this system's workflow ({})", target(theirs)),
            remedy: "port-iam init --adopt changes it: look first at what would change, below; or install beside it with --prefix NAME".to_owned(),
        };
        return step(lines, outcome);
    }
    if lines.is_empty() {
        return step(lines, Outcome::Keep);
    }
    step(lines, Outcome::Change(Write::Action { identifier: identifier.to_owned(), body }))
}

/// Returns an action of ours as it is created: it asks for an approval where the rules want one.
pub(super) fn asking(wanted: &Wanted, ours: &Value) -> Value {
    let mut body = ours.clone();
    ask_for_approval(wanted, &mut body);
    body
}

/// Makes Port ask for an approval of what grants, where the rules want one. How many have to agree, and how they are
/// told, is the operator's, once something is there.
fn ask_for_approval(wanted: &Wanted, body: &mut Value) {
    let WantedApproval::Demanded { approval, notification } = &wanted.approval else { return };
    if !wanted.names.granting_actions().iter().any(|name| body["identifier"] == **name) {
        return;
    }
    let asks = body["requiredApproval"].is_object() || body["requiredApproval"] == true;
    match approval {
        Some(Approval::All) => body["requiredApproval"] = json!({ "type": "ALL" }),
        Some(Approval::Any) => body["requiredApproval"] = json!({ "type": "ANY" }),
        None if !asks => body["requiredApproval"] = json!({ "type": "ANY" }),
        None => {}
    }
    match notification {
        Some(ApprovalNotification::Email) => body["approvalNotification"] = json!({ "type": "email" }),
        Some(ApprovalNotification::Webhook(url)) => {
            body["approvalNotification"] = json!({ "type": "webhook", "url": url });
        }
        None if body["approvalNotification"].is_null() => body["approvalNotification"] = json!({ "type": "email" }),
        None => {}
    }
}

/// Returns the part of the invocation that names the workflow, in either form.
fn dispatch(action: &Value) -> &Value {
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

/// Returns what an action starts, for people.
fn target(action: &Value) -> String {
    let (method, dispatch) = (&action["invocationMethod"], dispatch(action));
    let text = |value: &Value| cut(value.as_str().unwrap_or("?"), 80);
    if dispatch["workflow"].is_string() {
        return format!(
            "it starts {}/{} {}",
            text(&dispatch["org"]),
            text(&dispatch["repo"]),
            text(&dispatch["workflow"])
        );
    }
    format!("its backend is {}", text(&method["type"]))
}

/// Returns whether theirs starts our workflow on our trigger. Names of organisations and repositories ignore case.
fn is_ours(ours: &Value, theirs: &Value) -> bool {
    let (own, their) = (dispatch(ours), dispatch(theirs));
    let same_name = |key: &str| match (own[key].as_str(), their[key].as_str()) {
        (Some(own), Some(their)) => own.eq_ignore_ascii_case(their),
        _ => false,
    };
    let same_trigger = ["type", "operation", "blueprintIdentifier", "event"]
        .iter()
        .all(|key| ours["trigger"][key] == theirs["trigger"][key]);
    same_name("org") && same_name("repo") && own["workflow"] == their["workflow"] && same_trigger
}

/// Returns what Port takes of an action that is there.
pub(in crate::domain) fn writable(theirs: &Value) -> Value {
    let fields = theirs.as_object().into_iter().flatten();
    let kept = fields.filter(|(key, value)| WRITABLE.contains(&key.as_str()) && !value.is_null());
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Returns theirs with everything set that makes it start our workflow with our inputs.
fn merged(ours: &Value, theirs: &Value) -> Value {
    let mut body = theirs.clone();
    if !starts_alike(&ours["invocationMethod"], &theirs["invocationMethod"]) {
        body["invocationMethod"] = ours["invocationMethod"].clone();
    }
    if ours["trigger"]["type"] == theirs["trigger"]["type"] {
        for (key, own) in ours["trigger"].as_object().into_iter().flatten() {
            if key != "userInputs" {
                body["trigger"][key] = own.clone();
            }
        }
        if ours["trigger"]["userInputs"].is_object() {
            merge_inputs(&ours["trigger"]["userInputs"], &mut body["trigger"]["userInputs"]);
        }
    } else {
        body["trigger"] = ours["trigger"].clone();
    }
    // An automation that is not published never runs, and nothing would end a grant on time in Port. An action that is not
    // can be executed by nobody; where Port shows no such member it is published.
    if let Some(publish) = ours.get("publish") {
        body["publish"] = publish.clone();
    } else if body["publish"] == false {
        body["publish"] = true.into();
    }
    if body.get("title").is_none() {
        body["title"] = ours["title"].clone();
    }
    body
}

/// Returns whether theirs says all that ours says. Port may add members of its own, but none to the inputs: GitHub
/// refuses an input that the workflow does not declare, and `ref` would choose another branch.
fn starts_alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(own), Value::Object(their)) => own.iter().all(|(key, own)| {
            let Some(their) = their.get(key) else { return false };
            match key.as_str() {
                "workflowInputs" => own == their,
                "org" | "repo" => {
                    own.as_str().zip(their.as_str()).is_some_and(|(own, their)| own.eq_ignore_ascii_case(their))
                }
                _ => starts_alike(own, their),
            }
        }),
        _ => ours == theirs,
    }
}

fn merge_inputs(ours: &Value, theirs: &mut Value) {
    if !theirs["properties"].is_object() {
        *theirs = ours.clone();
        return;
    }
    for (name, own) in ours["properties"].as_object().into_iter().flatten() {
        let their = &mut theirs["properties"][name];
        if their.is_null() {
            *their = own.clone();
            // Where the form has steps, the operator decides in which of them it stands; `order` excludes them.
            append(theirs, "order", name);
            continue;
        }
        set_all(own, their, &KIND_OF_INPUT);
        if own["items"].is_object() {
            if their["items"].is_object() {
                let (own, their) = (&own["items"], &mut their["items"]);
                set_all(own, their, &KIND_OF_ITEMS);
                if let Some(dataset) = own.get("dataset").filter(|own| is_older_dataset(own, their.get("dataset"))) {
                    their["dataset"] = dataset.clone();
                }
            } else {
                their["items"] = own["items"].clone();
            }
        }
    }
    for name in ours["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if theirs["required"].is_null() {
            theirs["required"] = Value::Array(Vec::new());
        }
        append(theirs, "required", name);
    }
}

/// Returns whether theirs is what the guide or an earlier version put in the place of `ours`: nothing, or the first of
/// our rules alone. Any other one is the operator's.
fn is_older_dataset(ours: &Value, theirs: Option<&Value>) -> bool {
    theirs.is_none_or(|theirs| {
        let first = ours["rules"].as_array().and_then(|rules| rules.first());
        let their_rules = theirs["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
        theirs != ours && their_rules.len() == 1 && their_rules.first() == first
    })
}

/// Makes the members `keys` of theirs equal to ours; one that ours lacks is taken away.
fn set_all(ours: &Value, theirs: &mut Value, keys: &[&str]) {
    let Some(theirs): Option<&mut Map<String, Value>> = theirs.as_object_mut() else { return };
    for key in keys {
        match ours.get(*key) {
            Some(value) => _ = theirs.insert((*key).to_owned(), value.clone()),
            None => _ = theirs.shift_remove(*key),
        }
    }
}

/// Adds a name to a list of names, if there is such a list and it lacks the name.
fn append(inputs: &mut Value, list: &str, name: &str) {
    if let Some(names) = inputs.get_mut(list).and_then(Value::as_array_mut)
        && !names.iter().any(|known| known == name)
    {
        names.push(name.into());
    }
}
