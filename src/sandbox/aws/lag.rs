//! IAM is eventually consistent: for a while after a write, reads may answer what was there before it.

use super::state::State;

/// How far reads are behind writes.
#[derive(Clone, Debug, Default)]
pub(super) struct Lag {
    /// How many reads after a write answer from before it.
    reads: usize,
    left: usize,
    before: Option<State>,
}

impl Lag {
    /// Lets `reads` reads after each write be stale; 0 makes the account consistent at once.
    pub(super) fn set(&mut self, reads: usize) {
        *self = Self { reads, ..Self::default() };
    }

    /// Returns the state before a write, where it will be needed.
    pub(super) fn snapshot(&self, state: &State) -> Option<State> {
        (self.reads > 0).then(|| state.clone())
    }

    /// Notes that a write has changed the state that `before` was taken of.
    ///
    /// While reads are stale, further writes keep the oldest state: nothing is seen in another order than it was made.
    pub(super) fn wrote(&mut self, before: Option<State>) {
        if self.left == 0 {
            self.before = before;
        }
        self.left = self.reads;
    }

    /// Returns the state that the next read sees, when it is not the present one, and counts the read.
    pub(super) fn next_view(&mut self) -> Option<State> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.before.clone()
    }
}
