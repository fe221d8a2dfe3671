//! How an entity comes to be and changes: contract of the body, schema of the blueprint, relations.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::blueprints::check_property;
use super::entity::Entity;
use super::problem::Problem;
use super::state::{Blueprint, Stamps, State, random_id};
use super::token::Caller;

/// What a write may do besides writing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mode {
    /// An entity that exists is no conflict.
    pub(super) upsert: bool,
    /// Members that are not sent stay; without it they are wiped.
    pub(super) merge: bool,
    /// Related entities that do not exist are created, without title or properties.
    pub(super) create_missing: bool,
    /// Everything is checked and nothing is written.
    pub(super) validation_only: bool,
}

/// The outcome of a write.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) before: Option<Entity>,
    pub(super) after: Entity,
}

/// Returns the schema of the body of entity writes. PATCH knows no unknown members and clears with `null`.
pub(super) fn body_schema(patch: bool) -> Value {
    let identifier = json!({ "type": "string", "format": "entity identifier", "maxLength": 1000 });
    let one_of_array = json!({ "type": "string", "format": "entity identifier" });
    let text = if patch { json!({ "type": ["string", "null"] }) } else { json!({ "type": "string" }) };
    let mut schema = json!({ "type": "object", "properties": { "identifier": identifier, "title": text, "icon": text,
        "team": { "oneOf": [text, { "type": "array", "items": { "type": "string" } }] },
        "properties": { "type": "object" },
        "relations": { "type": "object", "additionalProperties": { "anyOf": [identifier,
            { "type": "array", "items": one_of_array }, { "type": "null" }] } } } });
    if patch {
        schema["additionalProperties"] = json!(false);
        schema["properties"]["properties"]["propertyNames"] = json!({ "format": "property key" });
    }
    schema
}

/// Creates, replaces or merges one entity of `blueprint` from a body that the contract allows.
pub(super) fn write(
    state: &mut State,
    blueprint: &str,
    body: &Map<String, Value>,
    mode: Mode,
    caller: &Caller,
    now: Timestamp,
) -> Result<Written, Problem> {
    let definition = state.blueprint(blueprint)?.clone();
    let identifier =
        body.get("identifier").and_then(Value::as_str).map_or_else(|| random_id(16), std::borrow::ToOwned::to_owned);
    let before = state.entity(blueprint, &identifier).ok().cloned();
    if before.is_some() && !mode.upsert {
        return Err(Problem::taken("Entity", &identifier));
    }
    let mut after = match &before {
        None => Entity::blank(blueprint, &identifier, Stamps::new(caller.id(), now)),
        Some(old) => {
            let stamps = old.stamps.touched(caller.id(), now);
            let fired = old.fired.clone();
            if mode.merge {
                Entity { stamps, ..old.clone() }
            } else {
                Entity { fired, ..Entity::blank(blueprint, &identifier, stamps) }
            }
        }
    };
    lay_over(&mut after, body);
    check_permission(&definition, before.as_ref(), &after, caller)?;
    check_properties(&definition, &after)?;
    let missing = check_relations(state, &definition, &after)?;
    if let Some((target, identifier)) = missing.first().filter(|_| !mode.create_missing) {
        return Err(Problem::no_entity(target, identifier));
    }
    if !mode.validation_only {
        for (target, identifier) in missing {
            let stub = Entity::blank(&target, &identifier, Stamps::new(caller.id(), now));
            state.entities.insert(stub.key(), stub);
        }
        state.entities.insert(after.key(), after.clone());
    }
    Ok(Written { before, after })
}

/// Writes what the body names into `entity`; `null` clears.
fn lay_over(entity: &mut Entity, body: &Map<String, Value>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(title) = body.get("title") {
        entity.title = text(title);
    }
    if let Some(icon) = body.get("icon") {
        entity.icon = text(icon);
    }
    match body.get("team") {
        Some(Value::String(team)) => entity.team = vec![team.clone()],
        Some(Value::Array(teams)) => entity.team = teams.iter().filter_map(text).collect(),
        Some(_) => entity.team.clear(),
        None => {}
    }
    for (section, into) in [("properties", &mut entity.properties), ("relations", &mut entity.relations)] {
        for (key, value) in body.get(section).and_then(Value::as_object).into_iter().flatten() {
            if value.is_null() {
                into.shift_remove(key);
            } else {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

fn check_properties(blueprint: &Blueprint, entity: &Entity) -> Result<(), Problem> {
    let known = blueprint.properties();
    for (key, value) in &entity.properties {
        let property = known.get(key).ok_or_else(|| {
            let message = format!("blueprint \"{}\" has no property \"{key}\"", entity.blueprint);
            Problem::unprocessable("blueprint_schema_mismatch", message)
        })?;
        check_property(property, value, &format!("properties/{key}"))?;
    }
    match blueprint.required().into_iter().find(|key| !entity.properties.contains_key(*key)) {
        Some(key) => {
            let message = format!("properties must have required property '{key}'");
            Err(Problem::unprocessable("blueprint_schema_mismatch", message))
        }
        None => Ok(()),
    }
}

/// Returns the related entities that do not exist.
fn check_relations(state: &State, blueprint: &Blueprint, entity: &Entity) -> Result<Vec<(String, String)>, Problem> {
    let known = blueprint.relations();
    let mut missing = Vec::new();
    for (key, value) in &entity.relations {
        let relation = known.get(key).ok_or_else(|| Problem::not_found("Relation", key))?;
        if (relation["many"] == true) != value.is_array() {
            let message =
                format!("relation \"{key}\" takes {}", if value.is_array() { "one entity" } else { "an array" });
            return Err(Problem::unprocessable("relation_many_violation", message));
        }
        let target = relation["target"].as_str().unwrap_or_default();
        for identifier in entity.related(key) {
            let itself = target == entity.blueprint && identifier == entity.identifier;
            if !itself && state.entity(target, identifier).is_err() {
                missing.push((target.to_owned(), identifier.to_owned()));
            }
        }
    }
    match known.iter().find(|(key, relation)| relation["required"] == true && entity.related(key).is_empty()) {
        Some((key, _)) => Err(Problem::unprocessable("required_relation", format!("relation \"{key}\" is required"))),
        None => Ok(missing),
    }
}

/// Refuses a caller whom the blueprint's permissions do not name. A general `update` outranks the granular rules.
fn check_permission(
    blueprint: &Blueprint,
    before: Option<&Entity>,
    after: &Entity,
    caller: &Caller,
) -> Result<(), Problem> {
    let rules = &blueprint.permissions["entities"];
    let Some(before) = before else { return permit(caller, &rules["register"], "register", &after.blueprint) };
    if caller.is_named_by(&rules["update"]) {
        return Ok(());
    }
    let granular = |section: &str, old: &Map<String, Value>, new: &Map<String, Value>| {
        let mut keys = old.keys().chain(new.keys());
        keys.all(|key| old.get(key) == new.get(key) || caller.is_named_by(&rules[section][key]))
    };
    let same_head = before.title == after.title && before.icon == after.icon && before.team == after.team;
    if same_head
        && granular("updateProperties", &before.properties, &after.properties)
        && granular("updateRelations", &before.relations, &after.relations)
        && (before.properties != after.properties || before.relations != after.relations)
    {
        return Ok(());
    }
    permit(caller, &rules["update"], "update", &after.blueprint)
}

/// Refuses a caller whom `rule` does not name.
pub(super) fn permit(caller: &Caller, rule: &Value, verb: &str, blueprint: &str) -> Result<(), Problem> {
    if caller.is_named_by(rule) {
        return Ok(());
    }
    Err(Problem::missing_permissions(format!("you may not {verb} entities of blueprint \"{blueprint}\"")))
}
