//! IAM's limit on requests.

use std::time::Instant;

/// IAM's limit on requests: a bucket of tokens, one for each request.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    most: f64,
    refill: Refill,
    throttled: usize,
}

/// How a bucket fills again.
#[derive(Debug)]
pub(super) enum Refill {
    /// A refused request gives this many tokens, as the pause does that it forces on the caller.
    WhenRefused(f64),
    /// By the clock of the machine: so many a second, since then.
    PerSecond(f64, Instant),
}

impl Bucket {
    /// Returns a full bucket.
    pub(super) fn of(burst: u32, refill: Refill) -> Self {
        let most = f64::from(burst);
        Self { tokens: most, most, refill, throttled: 0 }
    }

    /// Takes a token.
    pub(super) fn admits(&mut self) -> bool {
        if let Refill::PerSecond(rate, since) = &mut self.refill {
            self.tokens = (self.tokens + *rate * since.elapsed().as_secs_f64()).min(self.most);
            *since = Instant::now();
        }
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return true;
        }
        if let Refill::WhenRefused(tokens) = self.refill {
            self.tokens = tokens;
        }
        self.throttled += 1;
        false
    }

    /// Returns how many requests were refused.
    pub(super) fn throttled(&self) -> usize {
        self.throttled
    }
}
