//! IAM is eventually consistent: for a while after a write, reads may answer what was there before it.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::state::State;

/// How far reads are behind writes.
#[derive(Clone, Debug, Default)]
pub(super) struct Lag {
    /// How many reads after a write answer from before it.
    reads: usize,
    left: usize,
    before: Option<State>,
    /// How long nobody sees a write.
    delay: SignedDuration,
    now: Timestamp,
    /// What was there before each write that nobody sees yet, and when it will be seen; the oldest first.
    unseen: VecDeque<(Timestamp, State)>,
}

impl Lag {
    /// Lets `reads` reads after each write be stale; 0 makes the account consistent at once.
    pub(super) fn set(&mut self, reads: usize) {
        *self = Self { reads, ..Self::default() };
    }

    /// Lets nobody see a write before `delay` has passed.
    pub(super) fn set_delay(&mut self, delay: SignedDuration) {
        *self = Self { delay, ..Self::default() };
    }

    /// Lets it be `now`.
    pub(super) fn pass(&mut self, now: Timestamp) {
        self.now = now;
        while self.unseen.front().is_some_and(|(seen_at, _)| *seen_at <= now) {
            self.unseen.pop_front();
        }
    }

    /// Returns the state before a write, where it will be needed.
    pub(super) fn snapshot(&self, state: &State) -> Option<State> {
        (self.reads > 0 || self.delay.is_positive()).then(|| state.clone())
    }

    /// Notes that a write has changed the state that `before` was taken of.
    ///
    /// While reads are stale, further writes keep the oldest state: nothing is seen in another order than it was made.
    pub(super) fn wrote(&mut self, before: Option<State>) {
        if self.delay.is_positive() {
            self.unseen.extend(before.map(|before| (self.now.saturating_add(self.delay).unwrap_or(self.now), before)));
            return;
        }
        if self.left == 0 {
            self.before = before;
        }
        self.left = self.reads;
    }

    /// Returns the state that the next read sees, when it is not the present one, and counts the read.
    pub(super) fn next_view(&mut self) -> Option<State> {
        if let Some((_, before)) = self.unseen.front() {
            return Some(before.clone());
        }
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.before.clone()
    }
}
