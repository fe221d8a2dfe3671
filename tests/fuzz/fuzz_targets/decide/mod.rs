//! Bad input: whatever an event, Port's answers and the reviewed files hold, a request is refused or granted in time, and
//! what is granted is what everybody vouches for.

pub(crate) mod known;
mod of_grants;
mod outcome;
mod promises;
mod story;
#[path = "../time.rs"]
mod time;

use std::time::Duration;

pub(crate) use outcome::Outcome;
pub(crate) use story::{NAMES, Story};
pub(crate) use time::slowest;

/// GitHub's limit for an input of a workflow; no reviewed file is that long.
pub(crate) const LONGEST_INPUT: usize = 64 * 1024;

/// Decides on the request that `text` tells of, and fails when that takes too long or breaks a promise.
pub(crate) fn check(text: &str, limit: Duration) -> Outcome {
    let story = Story::parse(text);
    let outcome = time::within(limit, || Outcome::of(&story));
    promises::check(&story, &outcome);
    outcome
}
