//! The page of an entity: what it is, what can be done with it, what hangs together with it.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{Page, catalog, property, run, scrolling};
use crate::portal::run::Run;
use crate::portal::view::{Blueprint, Entity, EntityLink, is_empty, segment};

/// An action that can be executed on an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::portal) struct ActionLink {
    pub(in crate::portal) identifier: String,
    pub(in crate::portal) title: String,
    pub(in crate::portal) description: String,
    /// Whether it takes something away.
    pub(in crate::portal) deletes: bool,
}

/// What the page of an entity shows.
pub(in crate::portal) struct Shown<'a> {
    pub(in crate::portal) blueprint: &'a Blueprint,
    pub(in crate::portal) entity: &'a Entity,
    pub(in crate::portal) actions: &'a [ActionLink],
    /// Entities that lead here, by their blueprint.
    pub(in crate::portal) leading_here: &'a [(Blueprint, Vec<Entity>)],
    pub(in crate::portal) runs: &'a [Run],
    /// What AWS has of it.
    pub(in crate::portal) beside: Option<Markup>,
    pub(in crate::portal) named: &'a dyn Fn(&str, &str) -> EntityLink,
    pub(in crate::portal) now: Timestamp,
}

/// Shows an entity.
pub(in crate::portal) fn page(shown: &Shown<'_>) -> Page {
    let Shown { blueprint, entity, beside, .. } = shown;
    let body = html! {
        p class="path" { a href={ "/catalog/" (segment(&blueprint.identifier)) } { (blueprint.title) } }
        h1 { (entity.title) }
        @if entity.title != entity.identifier { p { code { (entity.identifier) } } }
        (actions(entity, shown.actions))
        div class=(if beside.is_some() { "beside" } else { "alone" }) {
            div id="entity" data-live="2000" {
                (properties(shown))
                @for (other, entities) in shown.leading_here {
                    h2 { (other.title) }
                    @if entities.is_empty() {
                        p class="empty" { "There is none." }
                    } @else {
                        (scrolling(&other.title, &catalog::table(other, entities, shown.named, shown.now)))
                    }
                }
                h2 { "Runs" }
                (run::table(shown.runs, shown.now))
            }
            @if let Some(beside) = beside { (beside) }
        }
    };
    Page::new(entity.title.clone(), body).busy(shown.runs.iter().any(Run::is_under_way))
}

/// Shows that a grant is gone, and where it is on record.
pub(in crate::portal) fn gone(identifier: &str, record: Option<&EntityLink>, runs: &[Run], now: Timestamp) -> Page {
    let body = html! {
        h1 { (identifier) " is gone" }
        p { "The catalog holds live grants alone." }
        @if let Some(record) = record {
            p { "What became of it: " a href=(record.path()) { "the permanent record" } "." }
        }
        h2 { "Runs" }
        (run::table(runs, now))
    };
    Page::new(format!("{identifier} is gone"), body).with_status(404)
}

fn actions(entity: &Entity, actions: &[ActionLink]) -> Markup {
    html! {
        @if !actions.is_empty() {
            ul class="actions" aria-label="Actions" {
                @for action in actions {
                    li {
                        a class=(if action.deletes { "button danger" } else { "button" }) title=(action.description)
                            href={ "/actions/" (segment(&action.identifier)) "?entity=" (segment(&entity.identifier)) }
                        { (action.title) }
                    }
                }
            }
        }
    }
}

fn properties(shown: &Shown<'_>) -> Markup {
    let Shown { blueprint, entity, named, now, .. } = shown;
    html! {
        dl class="properties" {
            @for relation in &blueprint.relations {
                @let related = entity.related(&relation.key);
                @if !related.is_empty() {
                    div { dt { (relation.title) } dd { (catalog::links(&relation.target, &related, named)) } }
                }
            }
            @for property in &blueprint.properties {
                @let value = entity.property(&property.key);
                @if !is_empty(value) {
                    div {
                        dt title=(property.description) { (property.title) }
                        dd { (property::value(&property.kind, value, *now)) }
                    }
                }
            }
        }
    }
}
