//! Entities of another blueprint, such as those that Port's own AWS integration fills, as entries for the catalog.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::check::{LONGEST_TITLE, is_plain};
use super::{Entry, Kind, Place, Placed, Remark, plain};
use crate::domain::catalog::Entity;
use crate::domain::refusal::quoted;

/// The name by which the identifier itself is meant, as in Port's searches.
pub(super) const IDENTIFIER: &str = "$identifier";

/// Where resources are taken from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The blueprint.
    pub blueprint: &'a str,
    /// The property that holds the ARN, or `$identifier`.
    pub arn_property: &'a str,
    /// The resource type; else it follows from the service of each ARN.
    pub resource_type: Option<&'a str>,
}

impl Source<'_> {
    /// Returns what is wrong with taking ARNs from this blueprint, whose definition is given.
    ///
    /// # Errors
    ///
    /// Fails when it has no such property, or when that is no text.
    pub fn check(&self, definition: &Value) -> Result<(), String> {
        let properties = &definition["schema"]["properties"];
        if self.arn_property == IDENTIFIER {
            return Ok(());
        }
        let Some(property) = properties.get(self.arn_property) else {
            let mut names: Vec<String> =
                properties.as_object().into_iter().flatten().map(|(name, _)| quoted(name)).collect();
            names.sort();
            return Err(format!(
                "the blueprint {} has no property {}; it has {}, and the identifier is `{IDENTIFIER}`",
                quoted(self.blueprint),
                quoted(self.arn_property),
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            ));
        };
        if property["type"] != "string" {
            return Err(format!("the property {} of {} is no text", quoted(self.arn_property), quoted(self.blueprint)));
        }
        Ok(())
    }

    /// Returns the ARNs of these entities.
    pub fn arns(&self, entities: &[Entity]) -> Vec<String> {
        entities.iter().filter_map(|entity| self.arn(entity).map(plain)).collect()
    }

    fn arn<'e>(&self, entity: &'e Entity) -> Option<&'e str> {
        let text = if self.arn_property == IDENTIFIER {
            Some(entity.identifier.as_str())
        } else {
            entity.properties[self.arn_property].as_str()
        };
        text.map(str::trim).filter(|text| !text.is_empty())
    }
}

/// Returns an entry for each entity whose ARN `named` does not name already, in their order, and why others have none.
/// Titles are taken over, except those that only repeat the ARN or cannot be shown.
pub fn entries_of_source(source: &Source<'_>, entities: &[Entity], named: &[Entry]) -> (Vec<Entry>, Vec<Remark>) {
    let mut known: HashSet<String> =
        named.iter().filter(|entry| entry.kind == Kind::Resource).map(|entry| entry.identifier.text.clone()).collect();
    let blueprint: Arc<str> = Arc::from(source.blueprint);
    let (mut entries, mut left_out, mut first) = (Vec::new(), Vec::new(), HashSet::new());
    for entity in entities {
        let place = Place::Source { blueprint: Arc::clone(&blueprint), entity: Arc::from(entity.identifier.as_str()) };
        let placed = |text: String| Placed { text, place: place.clone() };
        let Some(text) = source.arn(entity) else {
            let message = format!("it has no {}", quoted(source.arn_property));
            left_out.push(Remark { place, message });
            continue;
        };
        let arn = plain(text);
        if !first.insert(arn.clone()) {
            left_out.push(Remark { place, message: format!("{} is named by another entity too", quoted(&arn)) });
            continue;
        }
        if !known.insert(arn.clone()) {
            continue;
        }
        let title = entity.title.as_deref().filter(|title| *title != arn && is_plain(title));
        // Whoever approves sees the title: it says which resource it is, whatever others call it.
        let named = arn.splitn(6, ':').nth(5).unwrap_or(arn.as_str()).to_owned();
        let title = title.map(|title| format!("{title} ({named})"));
        let title = title.filter(|title| title.chars().count() <= LONGEST_TITLE).map(placed);
        let resource_type = source.resource_type.map(|name| placed(name.to_owned()));
        entries.push(Entry { kind: Kind::Resource, identifier: placed(arn), title, resource_type, account: None });
    }
    (entries, left_out)
}
