//! What is chosen at the top of every page: who acts, and how much time passes.

use axum::extract::State;
use axum::response::Redirect;
use jiff::SignedDuration;

use super::taken::Sent;
use crate::portal::Portal;

/// The most that can pass at once: a week.
const MOST_MINUTES: i64 = 7 * 24 * 60;

/// Who is to act.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Chosen {
    email: String,
    back: String,
}

/// How much time is to pass.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Passing {
    minutes: i64,
    back: String,
}

/// `POST /person`
pub(super) async fn person(State(portal): State<Portal>, Sent(chosen): Sent<Chosen>) -> Redirect {
    portal.acting().become_person(&chosen.email);
    Redirect::to(within(&chosen.back))
}

/// `POST /time`
pub(super) async fn time(State(portal): State<Portal>, Sent(passing): Sent<Passing>) -> Redirect {
    portal.sandbox().clock.advance(SignedDuration::from_mins(passing.minutes.clamp(0, MOST_MINUTES)));
    Redirect::to(within(&passing.back))
}

/// Returns a path of the portal: never an address of somebody else.
fn within(back: &str) -> &str {
    let is_path = back.starts_with('/') && !back.starts_with("//");
    let is_plain = back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { back } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_nowhere_else() {
        assert_eq!(within("/catalog/aws_resource/arn%3Aaws?x=1"), "/catalog/aws_resource/arn%3Aaws?x=1");
        for elsewhere in ["//evil.example", "/\\evil.example", "http://evil.example", "", "/a\r\nSet-Cookie: x"] {
            assert_eq!(within(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
