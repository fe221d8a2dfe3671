//! Many entities at once, for tests of what becomes slow or large: copies of one that was really made.

use serde_json::{Map, Value};

use super::Port;
use super::run::Run;

impl Port {
    /// Copies an entity to each of `copies`: an identifier, and the properties that it has beside those of `from`; null
    /// takes one away. Nothing is checked, and nothing happens when there is no such entity.
    pub fn copy_entity(&self, blueprint: &str, from: &str, copies: Vec<(String, Map<String, Value>)>) {
        let state = &mut *self.state();
        let Ok(model) = state.entity(blueprint, from).cloned() else { return };
        for (identifier, properties) in copies {
            let mut entity = model.clone();
            entity.title = Some(identifier.clone());
            entity.identifier = identifier;
            entity.properties.extend(properties);
            entity.properties.retain(|_, value| !value.is_null());
            state.entities.insert(entity.key(), entity);
        }
    }

    /// Copies the run of an action to each of the ids. Nothing is checked, and nothing happens when there is no such
    /// run.
    pub fn copy_run(&self, from: &str, ids: &[String]) {
        let state = &mut *self.state();
        let Ok(model) = state.run(from).cloned() else { return };
        state.runs.extend(ids.iter().map(|id| Run { id: id.clone(), ..model.clone() }));
    }
}
