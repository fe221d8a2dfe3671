//! The page of what is not there, or not for the one who asks.

use maud::html;

use super::Page;
use crate::portal::port::Refused;

/// Shows why there is no page.
pub(in crate::portal) fn page(refused: &Refused) -> Page {
    let title = match refused.status {
        403 => "Port does not allow it",
        404 => "This is not there",
        _ => "Port refused",
    };
    let body = html! {
        h1 { (title) }
        p { (refused.message) "." }
        @if refused.status == 403 { p { "Act as somebody else at the top of the page, and look again." } }
        p { a href="/" { "Back to the start" } }
    };
    Page::new(title, body).with_status(refused.status)
}
