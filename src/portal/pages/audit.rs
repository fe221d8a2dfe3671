//! The audit log.

use jiff::Timestamp;
use maud::html;
use serde_json::Value;

use super::{Page, moment, scrolling};
use crate::portal::view::{EntityLink, moment as read_moment, person_name, text};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::portal) struct Event {
    at: Option<Timestamp>,
    by: String,
    what: String,
    resource: String,
    identifier: String,
    entity: Option<EntityLink>,
    run: String,
}

impl Event {
    /// Reads the answer of the audit log.
    pub(in crate::portal) fn list(answer: &Value) -> Vec<Self> {
        answer["audits"].as_array().into_iter().flatten().map(Self::read).collect()
    }

    fn read(event: &Value) -> Self {
        let by = &event["trigger"]["by"];
        let context = &event["context"];
        let identifier = text(event, "identifier");
        let entity = context["blueprint"].as_str().zip(context["entity"].as_str());
        Self {
            at: read_moment(&event["trigger"], "at"),
            by: by["userId"].as_str().map_or_else(|| "Port".to_owned(), person_name),
            what: text(event, "action").to_lowercase().replace('_', " "),
            resource: text(event, "resourceType"),
            entity: entity.map(|(blueprint, entity)| EntityLink {
                blueprint: blueprint.to_owned(),
                identifier: entity.to_owned(),
                title: identifier.clone(),
            }),
            identifier,
            run: text(context, "runId"),
        }
    }
}

/// Shows the audit log, newest first.
pub(in crate::portal) fn page(events: &[Event], now: Timestamp) -> Page {
    let table = html! {
        table class="stack" {
            thead {
                tr { @for name in ["When", "Who", "What", "On", "Run"] { th scope="col" { (name) } } }
            }
            tbody {
                @for event in events {
                    tr {
                        th scope="row" { @if let Some(at) = event.at { (moment(at, now)) } }
                        td data-label="Who" { (event.by) }
                        td data-label="What" { (event.what) " " (event.resource) }
                        td data-label="On" {
                            @if let Some(entity) = &event.entity { (super::entity_link(entity)) }
                            @else { (event.identifier) }
                        }
                        td data-label="Run" { @if !event.run.is_empty() { (super::run_link(&event.run)) } }
                    }
                }
            }
        }
    };
    let body = html! {
        h1 { "Audit log" }
        p class="lead" { "What happened in Port, newest first." }
        div id="audit" data-live="3000" { (scrolling("Audit log", &table)) }
    };
    Page::new("Audit log", body)
}
