//! The first page: what this is, and what to do first.

use maud::{Markup, html};

use super::{Page, entity_link};
use crate::portal::Progress;
use crate::portal::view::{Blueprint, EntityLink, segment};

/// A blueprint and how many entities it has.
pub(in crate::portal) type Counted = (Blueprint, usize);

/// Shows the start. While the set-up runs there is nothing to do but to wait for it: whoever looks is told no command.
pub(in crate::portal) fn page(
    progress: &Progress,
    catalog: &[Counted],
    resources: &[EntityLink],
    live: &[EntityLink],
) -> Page {
    let is_set_up = *progress == Progress::Done;
    let body = html! {
        h1 { "Temporary AWS permissions, to try" }
        p class="lead" {
            "Port, GitHub and AWS of a made-up company, on this machine alone. A click here does what a click in Port does: \
             a workflow starts, and the real " code { "port-iam" } " makes or takes away a role in an AWS account of the sandbox."
        }
        div id="start" data-live="2000" {
            @if !is_set_up { (wait()) }
            @else if resources.is_empty() { (nothing_yet(catalog)) }
            @else { (story(resources, live)) }
            (counts(catalog))
        }
    };
    Page::new("Start", body)
}

fn wait() -> Markup {
    html! {
        p class="empty" {
            "There is nothing to do yet. Wait until Ada is done: this page then names the resources to choose from, by itself."
        }
    }
}

/// What brings the first resource, where nothing else is setting the sandbox up.
fn nothing_yet(catalog: &[Counted]) -> Markup {
    html! {
        p class="empty" {
            @if catalog.is_empty() {
                "The catalog is empty. " code { "port-iam init --yes --aws-setup" } " and " code { "port-iam seed --yes" }
                ", with the environment of the sandbox, set everything up."
            } @else {
                "The catalog has no resource. " code { "port-iam seed --yes" }
                ", with the environment of the sandbox, brings one to ask for."
            }
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
    if catalog.is_empty() {
        return Markup::default();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(progress: &Progress, is_seeded: bool) -> String {
        let blueprint = Blueprint {
            identifier: "aws_resource".to_owned(),
            title: "AWS Resource".to_owned(),
            description: String::new(),
            properties: Vec::new(),
            relations: Vec::new(),
        };
        let bucket = EntityLink {
            blueprint: "aws_resource".to_owned(),
            identifier: "arn:aws:s3:::my-s3-bucket".to_owned(),
            title: "My awesome S3 bucket".to_owned(),
        };
        let resources = if is_seeded { vec![bucket] } else { Vec::new() };
        page(progress, &[(blueprint, resources.len())], &resources, &[]).body.0
    }

    #[test]
    fn nobody_is_told_to_do_what_ada_is_doing_or_to_choose_from_an_empty_list() {
        let init = Progress::Running("port-iam init".to_owned());
        let empty = page(&init, &[], &[], &[]).body.0;
        for text in [empty, shown(&init, false), shown(&init, true)] {
            assert!(text.contains("Wait until Ada is done"), "{text}");
            assert!(!text.contains("choose a resource") && !text.contains("port-iam seed"), "{text}");
        }
        assert!(shown(&Progress::Done, true).contains("choose a resource"));
        let unseeded = shown(&Progress::Done, false);
        assert!(unseeded.contains("port-iam seed --yes") && !unseeded.contains("choose a resource"), "{unseeded}");
    }
}
