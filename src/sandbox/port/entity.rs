//! An entity of the catalog, and how it is shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::state::Stamps;

/// An entity of the catalog.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    pub(super) identifier: String,
    pub(super) blueprint: String,
    pub(super) title: Option<String>,
    pub(super) icon: Option<String>,
    pub(super) team: Vec<String>,
    pub(super) properties: Map<String, Value>,
    pub(super) relations: Map<String, Value>,
    pub(super) stamps: Stamps,
    /// The value with which each timer property has fired.
    pub(super) fired: BTreeMap<String, String>,
}

impl Entity {
    /// Returns an entity with nothing in it.
    pub(super) fn blank(blueprint: &str, identifier: &str, stamps: Stamps) -> Self {
        Self {
            identifier: identifier.to_owned(),
            blueprint: blueprint.to_owned(),
            title: None,
            icon: None,
            team: Vec::new(),
            properties: Map::new(),
            relations: Map::new(),
            stamps,
            fired: BTreeMap::new(),
        }
    }

    pub(super) fn key(&self) -> (String, String) {
        (self.blueprint.clone(), self.identifier.clone())
    }

    /// Returns the members that the contract documents for answers, and no others.
    pub(super) fn answer(&self) -> Map<String, Value> {
        let mut answer = Map::new();
        answer.insert("identifier".to_owned(), self.identifier.as_str().into());
        if let Some(title) = &self.title {
            answer.insert("title".to_owned(), title.as_str().into());
        }
        if let Some(icon) = &self.icon {
            answer.insert("icon".to_owned(), icon.as_str().into());
        }
        answer.insert("team".to_owned(), self.team.clone().into());
        answer.insert("properties".to_owned(), self.properties.clone().into());
        answer.insert("relations".to_owned(), self.relations.clone().into());
        answer
    }

    /// Returns the whole entity, as templates and events see it.
    pub(super) fn whole(&self) -> Value {
        let mut whole = json!({ "identifier": self.identifier, "title": self.title, "icon": self.icon,
            "blueprint": self.blueprint, "team": self.team, "properties": self.properties,
            "relations": self.relations });
        if let Some(map) = whole.as_object_mut() {
            self.stamps.write(map);
        }
        whole
    }

    /// Returns the identifiers that `relation` points to.
    pub(super) fn related(&self, relation: &str) -> Vec<&str> {
        match self.relations.get(relation) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
