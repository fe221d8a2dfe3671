//! The table of a blueprint.

use jiff::Timestamp;
use maud::{Markup, html};

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

/// The table of some entities of one blueprint. Columns in which nothing stands are left out, and what is long too: it
/// is on the page of the entity.
pub(super) fn table(
    blueprint: &Blueprint,
    entities: &[Entity],
    named: &dyn Fn(&str, &str) -> EntityLink,
    now: Timestamp,
) -> Markup {
    let is_said = |property: &&Property| entities.iter().any(|entity| !is_empty(entity.property(&property.key)));
    let is_short = |property: &&Property| !matches!(property.kind, Kind::Object | Kind::Link);
    let mut columns: Vec<&Property> = blueprint.properties.iter().filter(is_short).filter(is_said).collect();
    // What changes is seen without scrolling.
    columns.sort_by_key(|column| !matches!(column.kind, Kind::Choice(_) | Kind::Timer));
    html! {
        table {
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
                            td { (links(&relation.target, &entity.related(&relation.key), named)) }
                        }
                        @for column in &columns {
                            td { (property::value(&column.kind, entity.property(&column.key), now)) }
                        }
                    }
                }
            }
        }
    }
}

/// The entities that a relation leads to.
pub(super) fn links(blueprint: &str, identifiers: &[&str], named: &dyn Fn(&str, &str) -> EntityLink) -> Markup {
    html! {
        ul class="plain" {
            @for identifier in identifiers { li { (entity_link(&named(blueprint, identifier))) } }
        }
    }
}
