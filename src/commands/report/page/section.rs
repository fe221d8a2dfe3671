//! What the parts of the page share.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::domain::time::utc;

/// Returns a moment to the minute; the whole of it is in the attribute.
pub(super) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(utc(at)) { (at.strftime("%Y-%m-%d %H:%M").to_string()) } }
}

pub(super) fn percent(thousandths: usize) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

pub(super) fn section(id: &str, title: &str, count: usize, nothing: &str, table: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) @if count > 0 { " " span class="count" { (count) } } }
            @if count == 0 { p class="quiet" { (nothing) } } @else { (scrolling(title, table)) }
        }
    }
}

/// A table that is wider than the screen is scrolled by itself, by keyboard too.
pub(super) fn scrolling(title: &str, table: &Markup) -> Markup {
    html! { div class="scroll" role="region" aria-label=(title) tabindex="0" { (table) } }
}
