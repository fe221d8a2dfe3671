//! The page of what is not there, or not for the one who asks, or of what cannot be read.

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
        p { (sentence(&refused.message)) }
        @if refused.status == 403 { p { "Act as somebody else at the top of the page, and look again." } }
        p { a href="/" { "Back to the start" } }
    };
    Page::new(title, body).with_status(refused.status)
}

/// Shows that a request cannot be read, and what to do then.
pub(in crate::portal) fn unreadable(status: u16, why: &str, remedy: &str) -> Page {
    let title = "The portal cannot read this";
    let body = html! {
        h1 { (title) }
        p { (why) "." }
        p { (remedy) "." }
        p { a href="/" { "Back to the start" } }
    };
    Page::new(title, body).with_status(status)
}

/// Returns a message as a sentence. Port begins some of its messages with a small letter, and ends some with a period.
fn sentence(message: &str) -> String {
    let mut letters = message.trim_end_matches('.').chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_port_says_is_shown_as_a_sentence() {
        let shown = |message: &str| page(&Refused { status: 403, message: message.to_owned() }).body.0;
        assert!(shown("only administrators may").contains("<p>Only administrators may.</p>"));
        assert!(shown("It is gone.").contains("<p>It is gone.</p>"));
        assert!(shown("<b>").contains("<p>&lt;b&gt;.</p>"));
    }
}
