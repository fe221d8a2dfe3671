//! What the form of a self-service action offers a person: the entities that an input's `dataset` lets through.
//!
//! This is what Port's UI does. The API takes what no form would offer, see [`inputs`](super::inputs).

use serde_json::{Value, json};

use super::Port;
use super::entity::Entity;
use super::query::Catalog;
use super::template::evaluate;

impl Port {
    /// Returns the identifiers that the input `input` of the action `action` offers on the entity `identifier` of
    /// `blueprint`, in their order.
    ///
    /// # Errors
    ///
    /// Fails when one of them is not there, and when the dataset cannot be evaluated; never an empty list instead.
    pub fn offered(&self, action: &str, input: &str, blueprint: &str, identifier: &str) -> Result<Vec<String>, String> {
        let now = self.now();
        let state = self.state();
        let known = state.actions.get(action).ok_or_else(|| format!("there is no action \"{action}\""))?;
        let properties = known.trigger("userInputs").and_then(|inputs| inputs.get("properties"));
        let definition = properties
            .and_then(|properties| properties.get(input))
            .ok_or_else(|| format!("the action \"{action}\" has no input \"{input}\""))?;
        let definition = definition.get("items").unwrap_or(definition);
        let offered = definition["blueprint"].as_str().ok_or("the input names no entities")?;
        let entity = state.entity(blueprint, identifier).map_err(|_| format!("there is no entity \"{identifier}\""))?;
        let data = json!({ "form": {}, "entity": entity.whole(), "user": {} });
        let query = definition.get("dataset").map(|dataset| resolved(dataset, &data)).transpose()?;
        let catalog = Catalog { state: &state, now };
        query.iter().try_for_each(|query| catalog.check(query)).map_err(|problem| format!("{problem:?}"))?;
        let passes = |entity: &Entity| match &query {
            Some(query) => catalog.matches(query, entity).map_err(|problem| format!("{problem:?}")),
            None => Ok(true),
        };
        let mut identifiers = Vec::new();
        for entity in state.entities_of(offered) {
            if passes(entity)? {
                identifiers.push(entity.identifier.clone());
            }
        }
        Ok(identifiers)
    }
}

/// Returns a dataset with the result of each `jqQuery` in its place, in groups of rules too.
fn resolved(dataset: &Value, data: &Value) -> Result<Value, String> {
    let rules = dataset["rules"].as_array().ok_or("a dataset needs an array of rules")?;
    let rule = |rule: &Value| {
        if rule.get("combinator").is_some() {
            return resolved(rule, data);
        }
        let mut rule = rule.clone();
        if let Some(query) = rule.pointer("/value/jqQuery").and_then(Value::as_str) {
            rule["value"] = evaluate(query, data)?;
        }
        Ok(rule)
    };
    let rules: Vec<Value> = rules.iter().map(rule).collect::<Result<_, String>>()?;
    Ok(json!({ "combinator": dataset["combinator"], "rules": rules }))
}
