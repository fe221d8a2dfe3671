//! Compares what shall be with what is there, and says what has to be sent.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Kind, SeedEntity, Title};
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
    /// What is there.
    pub from: Option<String>,
    /// What shall be there.
    pub to: String,
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
    if let Title::Exactly(title) = &wanted.title
        && found.title.as_deref() != Some(title)
    {
        changes.push(FieldChange { field: "title", from: found.title.clone(), to: title.clone() });
    }
    let found_type = found.properties["resource_type"].as_str();
    if found_type != Some(&wanted.resource_type) {
        changes.push(FieldChange {
            field: "resource_type",
            from: found_type.map(str::to_owned),
            to: wanted.resource_type.clone(),
        });
    }
    changes
}

impl Step {
    /// Returns whether something has to be written.
    pub fn is_pending(&self) -> bool {
        self.difference != Difference::Same
    }

    /// Returns the body of a merging upsert: the identifier, the required type, and a title only where it is ours.
    pub fn body(&self) -> Value {
        let entity = &self.entity;
        let mut body =
            json!({ "identifier": entity.identifier, "properties": { "resource_type": entity.resource_type } });
        let title = match &self.difference {
            Difference::New => entity.title.of_new(),
            Difference::Changed(changes) => {
                changes.iter().find(|change| change.field == "title").map(|change| change.to.as_str())
            }
            Difference::Same => None,
        };
        if let Some(title) = title {
            body["title"] = json!(title);
        }
        body
    }
}
