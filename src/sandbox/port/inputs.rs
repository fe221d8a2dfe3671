//! The inputs of a self-service action: are they what the action asks for, and what templates see of them.

use serde_json::{Map, Value, json};

use super::entity::Entity;
use super::problem::Problem;
use super::schema;
use super::state::{Action, State, member};
use super::template::evaluate;

/// Checks `given` against the action's `userInputs`.
///
/// What the form in Port's UI does besides (defaults, `visible`, the `dataset` that narrows a drop-down, see
/// [`form`](super::form)) is not done here: that the API does it is not documented, so whoever executes over the API
/// may send what no form would offer.
pub(super) fn check(
    state: &State,
    action: &Action,
    given: &Map<String, Value>,
    entity: Option<&Entity>,
    user: &Value,
) -> Result<(), Problem> {
    let wrong = |message: String| Problem::unprocessable("user_inputs_schema_invalid", message);
    let known = definitions(action);
    let context = json!({ "form": given, "entity": entity.map(Entity::whole), "user": user });
    for (key, value) in given {
        let definition =
            known.get(key).ok_or_else(|| wrong(format!("properties must NOT have additional property '{key}'")))?;
        if value.is_null() {
            continue;
        }
        let mut definition = definition.clone();
        if let Some(query) = jq_query(definition.get("enum")) {
            definition["enum"] = evaluate(query, &context).map_err(wrong)?;
        }
        schema::check(&definition, value, &format!("properties/{key}")).map_err(wrong)?;
        for (blueprint, identifier) in named_entities(&definition, value) {
            state.entity(blueprint, identifier)?;
        }
    }
    let inputs = action.trigger("userInputs").cloned().unwrap_or_default();
    let required = match jq_query(inputs.get("required")) {
        Some(query) => evaluate(query, &context).map_err(wrong)?,
        None => inputs.get("required").cloned().unwrap_or_default(),
    };
    let missing = required
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .find(|key| given.get(*key).is_none_or(Value::is_null));
    missing.map_or(Ok(()), |key| Err(wrong(format!("properties must have required property '{key}'"))))
}

/// Returns the inputs with each identifier of an entity replaced by the whole entity, `null` when it is gone.
pub(super) fn expanded(state: &State, action: &Action, given: &Map<String, Value>) -> Value {
    let known = definitions(action);
    let mut inputs = given.clone();
    for (key, value) in &mut inputs {
        let Some(definition) = known.get(key) else { continue };
        let expand = |blueprint: &str, identifier: &Value| {
            let entity = state.entity(blueprint, identifier.as_str().unwrap_or_default());
            entity.map_or(Value::Null, Entity::whole)
        };
        if let Some(blueprint) = entity_blueprint(definition) {
            *value = expand(blueprint, value);
        } else if let (Some(blueprint), Some(items)) =
            (definition.get("items").and_then(entity_blueprint), value.as_array())
        {
            *value = items.iter().map(|item| expand(blueprint, item)).collect();
        }
    }
    inputs.into()
}

fn definitions(action: &Action) -> Map<String, Value> {
    member(&action.body, &["trigger", "userInputs", "properties"])
}

fn jq_query(value: Option<&Value>) -> Option<&str> {
    value.and_then(|value| value.get("jqQuery")).and_then(Value::as_str)
}

/// Returns the blueprint of an input that names an entity.
fn entity_blueprint(definition: &Value) -> Option<&str> {
    (definition.get("format")? == "entity").then(|| definition.get("blueprint")?.as_str()).flatten()
}

fn named_entities<'a>(definition: &'a Value, value: &'a Value) -> Vec<(&'a str, &'a str)> {
    if let Some(blueprint) = entity_blueprint(definition) {
        return value.as_str().map(|identifier| (blueprint, identifier)).into_iter().collect();
    }
    let Some(blueprint) = definition.get("items").and_then(entity_blueprint) else { return Vec::new() };
    value.as_array().into_iter().flatten().filter_map(|item| Some((blueprint, item.as_str()?))).collect()
}
