//! The first page: what this is, and what to do first.

use maud::{Markup, html};

use super::{Page, entity_link};
use crate::portal::view::{Blueprint, EntityLink, segment};

/// A blueprint and how many entities it has.
pub(in crate::portal) type Counted = (Blueprint, usize);

/// Shows the start.
pub(in crate::portal) fn page(catalog: &[Counted], resources: &[EntityLink], live: &[EntityLink]) -> Page {
    let body = html! {
        h1 { "Temporary AWS permissions, to try" }
        p class="lead" {
            "Port, GitHub and AWS of a made-up company, on this machine alone. A click here does what a click in Port does: \
             a workflow starts, and the real " code { "port-iam" } " makes or takes away a role in an AWS account of the sandbox."
        }
        div id="start" data-live="2000" {
            @if catalog.is_empty() { (nothing_yet()) } @else { (story(resources, live)) (counts(catalog)) }
        }
    };
    Page::new("Start", body)
}

fn nothing_yet() -> Markup {
    html! {
        p class="empty" {
            "The catalog is empty. " code { "port-iam init --yes --aws-setup" } " and " code { "port-iam seed --yes" }
            ", with the environment of the sandbox, set everything up."
        }
    }
}

fn story(resources: &[EntityLink], live: &[EntityLink]) -> Markup {
    html! {
        h2 { "Try it" }
        ol class="story" {
            li {
                "As Dana, choose a resource and request permissions for it:"
                ul { @for resource in resources { li { (entity_link(resource)) } } }
            }
            li { "Watch the run, then look at the grant: how it is used, when it ends, and what AWS has now." }
            li { "Test what it allows. Extend it, return it, revoke it, or let time pass until it ends by itself." }
        }
        h2 { "Live grants" }
        @if live.is_empty() { p class="empty" { "There is none." } }
        ul { @for grant in live { li { (entity_link(grant)) } } }
    }
}

fn counts(catalog: &[Counted]) -> Markup {
    html! {
        h2 { "The catalog" }
        ul class="tiles" {
            @for (blueprint, count) in catalog {
                li {
                    a href={ "/catalog/" (segment(&blueprint.identifier)) } { (blueprint.title) }
                    " " span class="count" { (count) }
                }
            }
        }
    }
}
