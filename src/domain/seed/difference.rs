//! Compares what shall be with what is there, and says what has to be sent.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Kind, SEEDED, SeedEntity};
use crate::domain::catalog::Entity;

/// What has to be done about one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How it shall be.
    pub entity: SeedEntity,
    /// How that differs from what is there.
    pub difference: Difference,
}

/// How an entity differs from the one that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// There is none.
    New,
    /// These fields differ; at least one.
    Changed(Vec<FieldChange>),
    /// Everything that we look after is as it shall be.
    Same,
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field.
    pub field: &'static str,
    /// What is there; `null` for nothing.
    pub from: Value,
    /// What shall be there; `null` for nothing.
    pub to: Value,
}

/// Compares; `seen` are entities of the catalog with the kind of their blueprint. What else they hold is nobody's
/// business here.
pub fn compare(wanted: Vec<SeedEntity>, seen: &[(Kind, Entity)]) -> Vec<Step> {
    let seen: HashMap<(Kind, &str), &Entity> =
        seen.iter().map(|(kind, entity)| ((*kind, entity.identifier.as_str()), entity)).collect();
    let step = |entity: SeedEntity| {
        let difference = match seen.get(&(entity.kind, entity.identifier.as_str())) {
            None => Difference::New,
            Some(found) => match changes(&entity, found) {
                changes if changes.is_empty() => Difference::Same,
                changes => Difference::Changed(changes),
            },
        };
        Step { entity, difference }
    };
    wanted.into_iter().map(step).collect()
}

fn changes(wanted: &SeedEntity, found: &Entity) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    if let Some(title) = wanted.title_instead_of(found.title.as_deref()) {
        changes.push(FieldChange { field: "title", from: json!(found.title), to: json!(title) });
    }
    let resource_type = ("resource_type", json!(wanted.resource_type));
    for (field, value) in std::iter::once(&resource_type).chain(&wanted.properties) {
        let from = &found.properties[*field];
        if from != value {
            changes.push(FieldChange { field, from: from.clone(), to: value.clone() });
        }
    }
    changes
}

impl Step {
    /// Returns whether something has to be written.
    pub fn is_pending(&self) -> bool {
        self.difference != Difference::Same
    }

    /// Returns the body of a merging upsert: the identifier, the properties that are looked after here, and a title
    /// only where it is ours. `null`, which takes a property away, is sent only where there is one.
    pub fn body(&self) -> Value {
        let entity = &self.entity;
        let change = |field: &str| match &self.difference {
            Difference::Changed(changes) => changes.iter().find(|change| change.field == field),
            Difference::New | Difference::Same => None,
        };
        let mut body =
            json!({ "identifier": entity.identifier, "properties": { "resource_type": entity.resource_type } });
        for (name, value) in &entity.properties {
            if !value.is_null() || change(name).is_some() {
                body["properties"][*name] = value.clone();
            }
        }
        if entity.is_marked && self.difference == Difference::New {
            body["properties"][SEEDED] = json!(true);
        }
        let title = match &self.difference {
            Difference::New => entity.title_of_new().map(Value::String),
            Difference::Changed(_) | Difference::Same => change("title").map(|change| change.to.clone()),
        };
        if let Some(title) = title {
            body["title"] = title;
        }
        body
    }
}
