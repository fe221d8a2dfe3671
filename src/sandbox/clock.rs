//! The sandbox's own time: the machine's clock plus an offset that only moves forward.
//!
//! The three emulators share one clock, so that "let four hours pass" is one call and not a wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A clock that tests and the demo can move forward.
#[derive(Clone, Debug, Default)]
pub struct SandboxClock {
    offset_milliseconds: Arc<AtomicI64>,
}

impl SandboxClock {
    /// Returns the sandbox's present time.
    pub fn now(&self) -> Timestamp {
        let offset = self.offset_milliseconds.load(Ordering::SeqCst);
        let now = Timestamp::now();
        now.checked_add(SignedDuration::from_millis(offset)).unwrap_or(now)
    }

    /// Lets `duration` pass at once. A negative duration is ignored: time does not run backwards.
    pub fn advance(&self, duration: SignedDuration) {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        if milliseconds > 0 {
            self.offset_milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
        }
    }
}
