//! The pages, as functions of what they show. They ask nobody and know no route but by its address.

pub(super) mod audit;
pub(super) mod aws;
pub(super) mod catalog;
pub(super) mod closed;
pub(super) mod entity;
pub(super) mod form;
mod frame;
pub(super) mod home;
mod property;
pub(super) mod refused;
pub(super) mod run;

use axum::response::Html;
use jiff::Timestamp;
use maud::{Markup, html};

pub(super) use frame::Frame;

use super::view::{EntityLink, segment};
use crate::domain::time::{relative, utc};

/// A page without its frame.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) title: String,
    pub(super) body: Markup,
    /// Whether something is under way that will change it soon: without JavaScript the browser loads it again.
    pub(super) is_busy: bool,
}

impl Page {
    pub(super) fn new(title: impl Into<String>, body: Markup) -> Self {
        Self { status: 200, title: title.into(), body, is_busy: false }
    }

    pub(super) fn busy(self, is_busy: bool) -> Self {
        Self { is_busy, ..self }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// Returns a whole document as an answer.
pub(super) fn html(document: &Markup) -> Html<String> {
    Html(document.0.clone())
}

/// Shows a moment in the past: how long ago, and when.
fn moment(moment: Timestamp, now: Timestamp) -> Markup {
    let is_now = moment.as_second().abs_diff(now.as_second()) < 2;
    let told = if is_now { "just now".to_owned() } else { relative(moment, now) };
    html! { time datetime=(utc(moment)) title=(utc(moment)) { (told) } }
}

/// Shows a moment as the clock does.
fn clock_time(moment: Timestamp) -> Markup {
    html! { time datetime=(utc(moment)) { (moment.strftime("%H:%M:%S").to_string()) } }
}

/// Leads to the page of an entity.
fn entity_link(link: &EntityLink) -> Markup {
    html! { a href=(link.path()) { (link.title) } }
}

/// Leads to the page of a run.
fn run_link(id: &str) -> Markup {
    html! { a href={ "/runs/" (segment(id)) } { (id) } }
}

/// A word in a colour. The colour says nothing that the word does not.
fn badge(color: &str, word: &str) -> Markup {
    // What is no plain word would be more than one class.
    let color: String = color.chars().filter(char::is_ascii_alphanumeric).collect();
    html! { span class={ "badge " (color) } { (word) } }
}

/// The state of a run.
fn status(status: &str) -> Markup {
    let (color, word) = match status {
        "SUCCESS" => ("green", "Success"),
        "FAILURE" => ("red", "Failure"),
        "DECLINED" => ("red", "Declined"),
        "WAITING_FOR_APPROVAL" => ("yellow", "Waiting for approval"),
        "IN_PROGRESS" => ("blue", "In progress"),
        other => ("lightGray", other),
    };
    badge(color, word)
}

/// A table that scrolls in a place of its own when it is wider than the screen.
fn scrolling(name: &str, table: &Markup) -> Markup {
    html! { div class="scroll" role="region" aria-label=(name) tabindex="0" { (table) } }
}
