//! The whole catalog as one person sees it. A sandbox holds little: it is read anew for each page.

use std::collections::BTreeMap;

use super::Portal;
use super::port::Refused;
use super::view::{Blueprint, Entity, EntityLink, segment};

/// Blueprints and their entities.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalog {
    pub(super) blueprints: Vec<Blueprint>,
    entities: BTreeMap<String, Vec<Entity>>,
}

impl Catalog {
    /// Reads the catalog as whoever acts. What he may not read is empty.
    pub(super) async fn read(portal: &Portal) -> Result<Self, Refused> {
        let blueprints = portal.blueprints().await?;
        let mut entities = BTreeMap::new();
        for blueprint in &blueprints {
            let path = format!("/blueprints/{}/entities", segment(&blueprint.identifier));
            let found = match portal.port().get(portal.who(), &path).await {
                Ok(answer) => Entity::list(&blueprint.identifier, &answer),
                Err(Refused { status: 403, .. }) => Vec::new(),
                Err(refused) => return Err(refused),
            };
            entities.insert(blueprint.identifier.clone(), found);
        }
        Ok(Self { blueprints, entities })
    }

    pub(super) fn blueprint(&self, identifier: &str) -> Result<&Blueprint, Refused> {
        let found = self.blueprints.iter().find(|blueprint| blueprint.identifier == identifier);
        found.ok_or_else(|| Refused::not_found(format!("Port has no blueprint \"{identifier}\"")))
    }

    pub(super) fn entities(&self, blueprint: &str) -> &[Entity] {
        self.entities.get(blueprint).map_or(&[], Vec::as_slice)
    }

    pub(super) fn entity(&self, blueprint: &str, identifier: &str) -> Option<&Entity> {
        self.entities(blueprint).iter().find(|entity| entity.identifier == identifier)
    }

    /// Returns what leads to an entity, by its title if it is there.
    pub(super) fn link(&self, blueprint: &str, identifier: &str) -> EntityLink {
        let (blueprint_name, name) = (blueprint.to_owned(), identifier.to_owned());
        self.entity(blueprint, identifier).map_or_else(
            || EntityLink { blueprint: blueprint_name, title: name.clone(), identifier: name },
            Entity::link,
        )
    }

    /// Returns the blueprints that relate to the entity's, each with the entities that lead to this one.
    pub(super) fn leading_to(&self, entity: &Entity) -> Vec<(Blueprint, Vec<Entity>)> {
        let relating = self.blueprints.iter().filter_map(|blueprint| {
            let relations = blueprint.relations.iter().filter(|relation| relation.target == entity.blueprint);
            let keys: Vec<&str> = relations.map(|relation| relation.key.as_str()).collect();
            (!keys.is_empty()).then_some((blueprint, keys))
        });
        let leads = |other: &Entity, keys: &[&str]| {
            keys.iter().any(|key| other.related(key).contains(&entity.identifier.as_str()))
        };
        let found = relating.map(|(blueprint, keys)| {
            let entities = self.entities(&blueprint.identifier).iter().filter(|other| leads(other, &keys));
            (blueprint.clone(), entities.cloned().collect())
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entity_knows_who_leads_to_it() {
        let grants = Blueprint::read(&json!({ "identifier": "grants", "relations": {
            "on": { "target": "resources" }, "of": { "target": "people", "many": true } } }));
        let grant = |identifier: &str, on: &str| {
            Entity::read("grants", &json!({ "identifier": identifier, "relations": { "on": on, "of": ["one"] } }))
        };
        let resource = Entity::read("resources", &json!({ "identifier": "one", "title": "The one" }));
        let catalog = Catalog {
            blueprints: vec![grants],
            entities: BTreeMap::from([
                ("grants".to_owned(), vec![grant("a", "one"), grant("b", "two")]),
                ("resources".to_owned(), vec![resource.clone()]),
            ]),
        };
        let leading = catalog.leading_to(&resource);
        let names: Vec<&str> = leading[0].1.iter().map(|entity| entity.identifier.as_str()).collect();
        assert_eq!(names, ["a"]);
        assert_eq!(catalog.link("resources", "one").title, "The one");
        assert_eq!(catalog.link("resources", "gone").title, "gone");
    }
}
