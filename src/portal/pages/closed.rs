//! What somebody sees who is not let in. It has nothing of the portal in it but its style, which has to be within: the file
//! is behind the door.

use axum::response::Html;
use maud::{DOCTYPE, PreEscaped, html};

use crate::portal::door::Closed;

/// What the page is shown with.
pub(in crate::portal) const STYLE: &str = include_str!("../portal.css");

/// Returns the whole answer.
pub(in crate::portal) fn page(closed: Closed) -> Html<String> {
    let (what, how) = match closed {
        Closed::Elsewhere => {
            ("This is not its address", "The portal answers at the address that the command printed, and at no other.")
        }
        Closed::CrossSite => (
            "This does not come from the portal",
            "Something else asked the portal for a change, in your browser or on this machine. Nothing was done.",
        ),
        Closed::NoToken => (
            "The portal does not know this browser",
            "Open the whole address that the command printed. Every start has an address of its own.",
        ),
    };
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (what) }
                style { (PreEscaped(STYLE)) }
            }
            body { main class="closed" { h1 { (what) } p { (how) } } }
        }
    };
    Html(document.0)
}
