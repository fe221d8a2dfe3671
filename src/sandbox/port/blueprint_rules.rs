//! The contract of a blueprint's body, and what may become of a blueprint that exists.

use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::state::{Blueprint, State};

const FORMATS: [&str; 14] = [
    "date-time",
    "url",
    "email",
    "idn-email",
    "ipv4",
    "ipv6",
    "markdown",
    "yaml",
    "user",
    "blueprints",
    "team",
    "timer",
    "proto",
    "labeled-url",
];

/// Returns the schema of a blueprint's body with the given required members.
pub(super) fn body_schema(required: &[&str]) -> Value {
    let key = json!({ "format": "property key", "maxLength": 100 });
    let types = json!(["string", "number", "boolean", "object", "array"]);
    let title = json!({ "type": "string", "maxLength": 100 });
    let text = json!({ "type": "string" });
    let keyed = |of: Value| json!({ "type": "object", "propertyNames": key, "additionalProperties": of });
    let property = json!({ "type": "object", "required": ["type"], "properties": { "title": title,
        "description": text, "icon": text, "type": { "enum": types }, "format": { "enum": FORMATS },
        "spec": { "enum": ["open-api", "embedded-url", "async-api"] } } });
    let relation = json!({ "type": "object", "required": ["target", "required", "many"],
        "additionalProperties": false, "properties": { "title": title, "target": text, "type": text,
        "required": { "type": "boolean" }, "many": { "type": "boolean" }, "description": text } });
    let mirror = json!({ "type": "object", "required": ["path"], "additionalProperties": false,
        "properties": { "path": text, "title": title } });
    let calculation = json!({ "type": "object", "required": ["calculation", "type"],
        "properties": { "calculation": text, "type": { "enum": types } } });
    let aggregation = json!({ "type": "object", "required": ["title", "target", "calculationSpec"] });
    json!({ "type": "object", "required": required, "properties": {
        "identifier": { "type": "string", "format": "blueprint identifier", "maxLength": 100 },
        "title": { "type": "string", "minLength": 1, "maxLength": 100 },
        "description": { "type": "string", "maxLength": 200 },
        "icon": text,
        "schema": { "type": "object", "required": ["properties"], "additionalProperties": false, "properties": {
            "properties": keyed(property),
            "required": { "type": "array", "items": text } } },
        "calculationProperties": keyed(calculation),
        "mirrorProperties": keyed(mirror),
        "aggregationProperties": keyed(aggregation),
        "relations": keyed(relation) } })
}

/// Refuses relations whose target is not there. A blueprint may relate to itself.
pub(super) fn check_targets(state: &State, identifier: &str, blueprint: &Blueprint) -> Result<(), Problem> {
    for relation in blueprint.relations().values() {
        let target = relation.get("target").and_then(Value::as_str).unwrap_or_default();
        if target != identifier && !state.blueprints.contains_key(target) {
            return Err(Problem::not_found("Blueprint", target));
        }
    }
    Ok(())
}

/// Refuses a change of the type or format of a property that exists, and of a relation's target.
pub(super) fn check_change(old: &Blueprint, new: &Blueprint) -> Result<(), Problem> {
    let news = new.properties();
    for (key, property) in old.properties() {
        let Some(changed) = news.get(&key) else { continue };
        if ["type", "format"].iter().any(|member| property.get(member) != changed.get(member)) {
            let message = format!("The type or format of property \"{key}\" cannot be changed");
            return Err(
                Problem::unprocessable("forbidden_format_change", message).with_details(json!({ "property": key }))
            );
        }
    }
    let news = new.relations();
    for (key, relation) in old.relations() {
        if news.get(&key).is_some_and(|changed| changed.get("target") != relation.get("target")) {
            return Err(Problem::invalid(format!("The target of relation \"{key}\" cannot be changed")));
        }
    }
    Ok(())
}

/// Lays `change` over `body` as PATCH does: members are replaced, those of `schema` and of the maps are merged.
pub(super) fn patched(body: &Map<String, Value>, change: &Map<String, Value>) -> Map<String, Value> {
    let mut result = body.clone();
    for (name, new) in change {
        let merged = match (result.get(name), new) {
            (Some(Value::Object(old)), Value::Object(new)) if name == "schema" => patched(old, new).into(),
            (Some(Value::Object(old)), Value::Object(new)) => {
                let mut merged = old.clone();
                merged.extend(new.clone());
                merged.into()
            }
            _ => new.clone(),
        };
        result.insert(name.clone(), merged);
    }
    result
}

/// Drops what entities hold under keys that their blueprint no longer has.
pub(super) fn forget_removed_keys(state: &mut State, identifier: &str) {
    let Some(blueprint) = state.blueprints.get(identifier) else { return };
    let (properties, relations) = (blueprint.properties(), blueprint.relations());
    for entity in state.entities.values_mut().filter(|entity| entity.blueprint == identifier) {
        entity.properties.retain(|key, _| properties.contains_key(key));
        entity.relations.retain(|key, _| relations.contains_key(key));
    }
}

/// Returns the permissions that a new blueprint has.
pub(super) fn default_permissions(identifier: &str) -> Value {
    let all = json!({ "users": [], "roles": ["Admin", format!("{identifier}-moderator")], "teams": [],
        "ownedByTeam": false });
    let read = json!({ "users": [], "roles": ["Admin", format!("{identifier}-moderator"), "Member"], "teams": [] });
    json!({ "entities": { "read": read, "register": all, "update": all, "unregister": all,
        "updateProperties": {}, "updateRelations": {} } })
}
