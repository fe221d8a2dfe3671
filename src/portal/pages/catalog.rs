//! The table of a blueprint.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::{Page, entity_link, property, scrolling};
use crate::portal::view::{Blueprint, Entity, EntityLink, Kind, Property, is_empty};

/// Shows all entities of a blueprint.
pub(in crate::portal) fn page(
    blueprint: &Blueprint,
    entities: &[Entity],
    named: &dyn Fn(&str, &str) -> EntityLink,
    now: Timestamp,
) -> Page {
    let body = html! {
        h1 { (blueprint.title) }
        @if !blueprint.description.is_empty() { p class="lead" { (blueprint.description) "." } }
        div id="entities" data-live="3000" {
            @if entities.is_empty() {
                p class="empty" { "There is none." }
            } @else {
                (scrolling(&blueprint.title, &table(blueprint, entities, named, now)))
            }
        }
    };
    Page::new(blueprint.title.clone(), body)
}

/// How many columns stand beside the title: what a screen has room for.
const COLUMNS: usize = 5;
/// From how many letters on a value is long.
const LONG: usize = 40;

/// The table of some entities of one blueprint. Columns in which nothing stands are left out, and what is long too: it
/// is on the page of the entity, and so is what there is no room for.
pub(super) fn table(
    blueprint: &Blueprint,
    entities: &[Entity],
    named: &dyn Fn(&str, &str) -> EntityLink,
    now: Timestamp,
) -> Markup {
    let is_said = |property: &&Property| entities.iter().any(|entity| !is_empty(entity.property(&property.key)));
    let fits = |property: &&Property| is_short(property, entities);
    let mut columns: Vec<&Property> = blueprint.properties.iter().filter(fits).filter(is_said).collect();
    // What changes is seen without scrolling.
    columns.sort_by_key(|column| !matches!(column.kind, Kind::Choice(_) | Kind::Timer));
    columns.truncate(COLUMNS.saturating_sub(blueprint.relations.len()));
    html! {
        table class="stack" {
            thead {
                tr {
                    th scope="col" { "Title" }
                    @for relation in &blueprint.relations { th scope="col" { (relation.title) } }
                    @for column in &columns { th scope="col" { (column.title) } }
                }
            }
            tbody {
                @for entity in entities {
                    tr {
                        th scope="row" {
                            (entity_link(&entity.link()))
                            @if entity.title != entity.identifier { br; code { (entity.identifier) } }
                        }
                        @for relation in &blueprint.relations {
                            td data-label=(relation.title) { (links(&relation.target, &entity.related(&relation.key), named)) }
                        }
                        @for column in &columns {
                            td data-label=(column.title) { (property::value(&column.kind, entity.property(&column.key), now)) }
                        }
                    }
                }
            }
        }
    }
}

/// Whether a column is worth its place: nothing in it is long, and it does not say again what the entity is called.
fn is_short(property: &Property, entities: &[Entity]) -> bool {
    let is_long = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() > LONG);
    let fits = |value: &Value| value.as_array().map_or_else(|| !is_long(value), |items| !items.iter().any(is_long));
    let is_name = |entity: &Entity| entity.property(&property.key).as_str() == Some(entity.identifier.as_str());
    !matches!(property.kind, Kind::Object | Kind::Link | Kind::Run)
        && entities.iter().all(|entity| fits(entity.property(&property.key)) && !is_name(entity))
}

/// The entities that a relation leads to.
pub(super) fn links(blueprint: &str, identifiers: &[&str], named: &dyn Fn(&str, &str) -> EntityLink) -> Markup {
    html! {
        ul class="plain" {
            @for identifier in identifiers { li { (entity_link(&named(blueprint, identifier))) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_the_columns_that_are_short_and_say_something() {
        let properties = ["empty", "name", "long", "longs", "short", "b", "c", "d", "e", "f", "g"];
        let schema: serde_json::Map<_, _> =
            properties.iter().map(|key| ((*key).to_owned(), json!({ "type": "string" }))).collect();
        let blueprint = Blueprint::read(&json!({ "identifier": "grants", "schema": { "properties": schema } }));
        let entity = Entity::read(
            "grants",
            &json!({ "identifier": "one", "properties": { "name": "one",
            "long": "x".repeat(41), "longs": ["x".repeat(41)], "short": "x".repeat(40), "b": "1", "c": "1", "d": "1",
            "e": "1", "f": "1", "g": "1" } }),
        );
        let named = |_: &str, _: &str| entity.link();
        let shown = table(&blueprint, std::slice::from_ref(&entity), &named, Timestamp::UNIX_EPOCH).0;
        let head = shown.split("</thead>").next().unwrap();
        let columns: Vec<&str> =
            head.split("<th scope=\"col\">").skip(1).map(|rest| &rest[..rest.find('<').unwrap()]).collect();
        assert_eq!(columns, ["Title", "short", "b", "c", "d", "e"]);
    }
}
