//! How entities leave the catalog, and what hangs on them.

use super::entity::Entity;
use super::problem::Problem;
use super::state::State;

/// Removes entities with everything that requires them, or nothing at all.
pub(super) fn delete(
    state: &mut State,
    blueprint: &str,
    identifiers: &[String],
    delete_dependents: bool,
) -> Result<Vec<Entity>, Problem> {
    let mut doomed: Vec<(String, String)> =
        identifiers.iter().map(|identifier| (blueprint.to_owned(), identifier.clone())).collect();
    let mut index = 0;
    while index < doomed.len() {
        let (blueprint, identifier) = doomed[index].clone();
        for dependent in dependents(state, &blueprint, &identifier) {
            if doomed.contains(&dependent) {
                continue;
            }
            if !delete_dependents {
                let message = format!("entity \"{}\" of blueprint \"{}\" requires it", dependent.1, dependent.0);
                return Err(Problem::has_dependents(message));
            }
            doomed.push(dependent);
        }
        index += 1;
    }
    let removed: Vec<Entity> = doomed.iter().filter_map(|key| state.entities.remove(key)).collect();
    for entity in &removed {
        forget(state, &entity.blueprint, &entity.identifier);
    }
    Ok(removed)
}

/// Returns the entities that relate to this one by a required relation.
fn dependents(state: &State, blueprint: &str, identifier: &str) -> Vec<(String, String)> {
    pointing_at(state, blueprint, identifier)
        .filter(|(entity, relation)| {
            let definition = state.blueprints.get(&entity.blueprint).map(super::state::Blueprint::relations);
            definition.is_some_and(|relations| relations.get(relation).is_some_and(|of| of["required"] == true))
        })
        .map(|(entity, _)| entity.key())
        .collect()
}

/// Returns each entity that relates to this one, with the relation's key.
pub(super) fn pointing_at<'a>(
    state: &'a State,
    blueprint: &'a str,
    identifier: &'a str,
) -> impl Iterator<Item = (&'a Entity, String)> {
    state.entities.values().flat_map(move |entity| {
        let relations = state.blueprints.get(&entity.blueprint).map(super::state::Blueprint::relations);
        relations
            .unwrap_or_default()
            .into_iter()
            .filter(|(key, of)| of["target"] == blueprint && entity.related(key).contains(&identifier))
            .map(move |(key, _)| (entity, key))
            .collect::<Vec<_>>()
    })
}

/// Takes an identifier that is gone out of the relations that pointed to it.
fn forget(state: &mut State, blueprint: &str, identifier: &str) {
    let pointing: Vec<((String, String), String)> =
        pointing_at(state, blueprint, identifier).map(|(entity, key)| (entity.key(), key)).collect();
    for (key, relation) in pointing {
        let Some(entity) = state.entities.get_mut(&key) else { continue };
        if let Some(many) = entity.relations.get_mut(&relation).and_then(serde_json::Value::as_array_mut) {
            many.retain(|item| item != identifier);
        } else {
            entity.relations.shift_remove(&relation);
        }
    }
}
