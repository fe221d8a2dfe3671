//! Waiting for what another process does: as long as it takes, up to a bound that means failure.

use std::time::{Duration, Instant};

const BOUND: Duration = Duration::from_secs(120);

/// Looks until there is something, and returns it.
pub(crate) fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + BOUND;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {BOUND:?}, and still not: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
