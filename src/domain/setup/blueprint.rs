//! A blueprint: created where it is missing, added to where it is ours, never taken from and never retyped.

use serde_json::{Map, Value, json};

use super::difference::shown;
use super::made_here::for_theirs;
use super::plan::{Outcome, Step, System, Write};
use super::subject::Thing;
use super::wanted::Wanted;
use crate::domain::names::Names;
use crate::domain::port_address::PORTAL;

/// What Port adds to a blueprint by itself and does not take back (Port API, blueprints).
const READ_ONLY: [&str; 5] = ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"];

pub(super) fn step(wanted: &Wanted, ours: &Value, seen: &[Value]) -> Step {
    let identifier = ours["identifier"].as_str().unwrap_or_default();
    let subject = || Thing::Blueprint(identifier.to_owned()).into();
    let step = |lines, outcome| Step { system: System::Port, subject: subject(), lines, files: Vec::new(), outcome };
    let Some(theirs) = seen.iter().find(|blueprint| blueprint["identifier"] == identifier) else {
        return step(Vec::new(), Outcome::Create(Write::NewBlueprint(ours.clone())));
    };
    let conflicts = conflicts(ours, theirs);
    if !conflicts.is_empty() {
        let outcome = Outcome::Refused {
            reason: "a blueprint of this name exists and means something else".to_owned(),
            remedy: format!(
                "open {PORTAL}, in it /settings/data-model, and rename one of the two; or install beside it with --prefix NAME; types are never changed, since that would break the entities"
            ),
        };
        return step(conflicts, outcome);
    }
    let mut body = writable(theirs);
    let additions = add_missing(&for_theirs(ours, theirs), &mut body);
    if !is_ours(&wanted.names, identifier, theirs) && !wanted.consent.adopt {
        let outcome = Outcome::Refused {
            reason: "a blueprint of this name exists and is not of this system".to_owned(),
            remedy:
                "port-iam init --adopt makes the additions: look at them first, below; or install beside it with --prefix NAME"
                    .to_owned(),
        };
        return step(additions, outcome);
    }
    if additions.is_empty() {
        return step(additions, Outcome::Keep);
    }
    step(additions, Outcome::Change(Write::Blueprint { identifier: identifier.to_owned(), body }))
}

/// What a property can demand of its values (JSON Schema, as Port's blueprints take it).
const DEMANDS: [&str; 12] = [
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
];

/// Returns a step where somebody demands of the entities that a grant writes what it does not meet: Port would refuse
/// them, and with them every grant. It is theirs, so it stays.
pub(super) fn demands(names: &Names, ours: &Value, seen: &[Value]) -> Option<Step> {
    let identifier = ours["identifier"].as_str().unwrap_or_default();
    let is_written_by_grants =
        [&names.provisioned_permissions, &names.permission_records].iter().any(|it| *it == identifier);
    let theirs =
        seen.iter().find(|blueprint| blueprint["identifier"] == identifier).filter(|_| is_written_by_grants)?;
    let required = theirs.pointer("/schema/required").and_then(Value::as_array).into_iter().flatten();
    let is_ours = |name: &&Value| {
        ours.pointer("/schema/required").and_then(Value::as_array).is_some_and(|ours| ours.contains(name))
    };
    let mut lines: Vec<String> = required
        .filter(|name| !is_ours(name))
        .map(|name| format!("! property {}: it is required", plain(name)))
        .collect();
    for (key, own) in entries(ours, "/schema/properties") {
        let their = &theirs["schema"]["properties"][key];
        for (of, own, their) in [("", own, their), ("items ", &own["items"], &their["items"])] {
            let further =
                DEMANDS.iter().filter(|demand| !their[**demand].is_null() && their[**demand] != own[**demand]);
            // More values of an enumeration of ours only allow more.
            let further = further.filter(|demand| !(**demand == "enum" && own["enum"].is_array()));
            lines.extend(
                further.map(|demand| format!("! property {key}: its {of}{demand} is {}", shown(&their[*demand]))),
            );
        }
    }
    let demanded = entries(theirs, "/relations")
        .filter(|(key, their)| their["required"] == true && ours["relations"][*key]["required"] != true);
    lines.extend(demanded.map(|(key, _)| format!("! relation {}: it is required", plain(&json!(key)))));
    (!lines.is_empty()).then(|| Step {
        system: System::Port,
        subject: Thing::Demands(identifier.to_owned()).into(),
        lines,
        files: Vec::new(),
        outcome: Outcome::Left {
            reason: "somebody demands of its entities what a grant does not meet, so that Port refuses every grant"
                .to_owned(),
            remedy: format!(
                "open {PORTAL}, in it /settings/data-model, and take these demands back; what else was added can stay"
            ),
        },
    })
}

/// Returns a name on one line, as it is.
fn plain(name: &Value) -> String {
    shown(name).trim_matches('"').to_owned()
}

/// Returns what makes a blueprint one of the guide or of an earlier version of ours: properties, then relations.
fn core(names: &Names, identifier: &str) -> (&'static [&'static str], &'static [&'static str]) {
    if identifier == names.aws_resource {
        (&["tags", "resource_type"], &[])
    } else if identifier == names.iam_permissions {
        (&["resource_type"], &[])
    } else if identifier == names.provisioned_permissions {
        let properties = &["requester", "iam_policy", "sign_in_url", "policy_arn", "role_arn", "expiry_time"];
        (properties, &["permissions", "aws_resource"])
    } else {
        (&["grant", "run", "requester", "resource", "actions", "state", "receipt"], &[])
    }
}

/// Returns whether a blueprint is one of the guide or of a version of ours.
pub(in crate::domain) fn is_ours(names: &Names, identifier: &str, theirs: &Value) -> bool {
    let (properties, relations) = core(names, identifier);
    properties.iter().all(|key| theirs["schema"]["properties"][key].is_object())
        && relations.iter().all(|key| theirs["relations"][key].is_object())
}

fn entries<'a>(blueprint: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    blueprint.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

/// Returns what has another type in theirs than in ours.
fn conflicts(ours: &Value, theirs: &Value) -> Vec<String> {
    const PARTS: [(&str, &str, &[&str]); 2] = [
        ("property", "/schema/properties", &["/type", "/format", "/items/type", "/items/format"]),
        ("relation", "/relations", &["/target", "/many"]),
    ];
    let mut conflicts = Vec::new();
    for (word, section, members) in PARTS {
        for (key, own) in entries(ours, section) {
            let Some(their) = theirs.pointer(section).and_then(|section| section.get(key)) else { continue };
            conflicts.extend(other_spellings(key, own, their));
            for member in members {
                let (own, their) = (own.pointer(member), their.pointer(member));
                // A list may leave the kind of its items open.
                let open = member.starts_with("/items") && their.is_none();
                if own.unwrap_or(&Value::Null) != their.unwrap_or(&Value::Null) && !open {
                    let shown = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
                    let name = member.trim_start_matches('/').replace('/', " ");
                    let line = format!("! {word} {key}: its {name} is {}, not {}", shown(their), shown(own));
                    conflicts.push(line);
                }
            }
        }
    }
    conflicts
}

/// Returns which values of an enumeration theirs spells another way. Both side by side would be two resource types
/// for one thing, and whoever asks across them is refused.
fn other_spellings(key: &str, own: &Value, their: &Value) -> Vec<String> {
    let values = |of: &Value| {
        of["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let theirs = values(their);
    let other = |name: &String| {
        let known = theirs.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        (!theirs.contains(name)).then(|| format!("! property {key}: it has the value {known:?}, not {name:?}"))
    };
    values(own).iter().filter_map(other).collect()
}

/// Adds to `body` what it lacks of ours, and returns a line for each addition.
fn add_missing(ours: &Value, body: &mut Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, own) in entries(ours, "/schema/properties") {
        let Some(properties) = object(&mut body["schema"]["properties"]) else { continue };
        match properties.get_mut(key) {
            None => {
                lines.push(format!("+ property {key} ({})", own["type"].as_str().unwrap_or_default()));
                properties.insert(key.clone(), own.clone());
            }
            Some(their) => lines.extend(add_values(key, own, their)),
        }
    }
    for (key, own) in entries(ours, "/mirrorProperties") {
        // Port has one name space for properties of every kind.
        if body["schema"]["properties"].get(key).is_some() {
            continue;
        }
        let Some(mirrors) = object(&mut body["mirrorProperties"]) else { continue };
        if !mirrors.contains_key(key) {
            lines.push(format!("+ mirror property {key} ({})", own["path"].as_str().unwrap_or_default()));
            mirrors.insert(key.clone(), own.clone());
        }
    }
    for (key, own) in entries(ours, "/relations") {
        let Some(relations) = object(&mut body["relations"]) else { continue };
        if !relations.contains_key(key) {
            lines.push(format!("+ relation {key} to {}", own["target"].as_str().unwrap_or_default()));
            relations.insert(key.clone(), own.clone());
        }
    }
    lines
}

/// Adds the values of an enumeration that are missing, with their colours.
fn add_values(key: &str, own: &Value, their: &mut Value) -> Vec<String> {
    let mut lines = Vec::new();
    let own_values = own["enum"].as_array().map(Vec::as_slice).unwrap_or_default();
    for value in own_values {
        // Without a list every value is allowed already.
        let Some(values) = their.get_mut("enum").and_then(Value::as_array_mut) else { break };
        if values.contains(value) {
            continue;
        }
        values.push(value.clone());
        lines.push(format!("+ value {value} of property {key}"));
        let name = value.as_str().unwrap_or_default();
        if let (Some(colours), Some(colour)) =
            (their.get_mut("enumColors").and_then(Value::as_object_mut), own["enumColors"].get(name))
        {
            colours.entry(name).or_insert_with(|| colour.clone());
        }
    }
    lines
}

/// Returns the object at `place`, which becomes one when there is nothing.
fn object(place: &mut Value) -> Option<&mut Map<String, Value>> {
    if place.is_null() {
        *place = json!({});
    }
    place.as_object_mut()
}

fn writable(theirs: &Value) -> Value {
    let mut body = theirs.clone();
    if let Some(body) = body.as_object_mut() {
        READ_ONLY.iter().for_each(|key| _ = body.shift_remove(*key));
    }
    body
}
