//! How far the writing is: a bar at a terminal, a line now and then elsewhere.

use std::sync::Mutex;

use jiff::Timestamp;

use crate::commands::Surroundings;
use crate::engine::seeding::Progress;

/// From how many entities on the progress is told.
const WORTH_TELLING: usize = 100;
/// How many lines are told where there is no terminal.
const LINES: usize = 20;
const WIDTH: usize = 24;

/// Tells how far the writing is.
pub(super) struct Teller<'a> {
    surroundings: &'a Surroundings<'a>,
    began: Timestamp,
    told: Mutex<usize>,
}

impl<'a> Teller<'a> {
    /// Begins to count from now on.
    pub(super) fn new(surroundings: &'a Surroundings<'a>) -> Self {
        Self { surroundings, began: surroundings.world.now(), told: Mutex::default() }
    }

    /// Tells it, if there is much to do and something to tell.
    pub(super) fn tell(&self, progress: Progress) {
        let Progress { done, all } = progress;
        if all <= WORTH_TELLING {
            return;
        }
        let Surroundings { world, ui, .. } = *self.surroundings;
        let elapsed = self.began.duration_until(world.now()).as_secs_f64();
        let sentence = sentence(progress, elapsed);
        if world.stderr_is_terminal && !world.is_in_actions() {
            ui.bar(&format!("[{}] {sentence}", bar(progress)), done == all);
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if done * LINES / all != *told * LINES / all || done == all {
            *told = done;
            ui.status(&sentence);
        }
    }
}

/// Returns how much is done, how fast, and how long the rest takes at that rate.
fn sentence(Progress { done, all }: Progress, elapsed: f64) -> String {
    let rate = done as f64 / elapsed.max(0.001);
    let left = (all - done) as f64 / rate.max(0.001);
    let rest = if done == all { String::new() } else { format!(", {left:.0} s left") };
    format!("{done} of {all} ({rate:.0} a second{rest})")
}

fn bar(Progress { done, all }: Progress) -> String {
    let filled = done * WIDTH / all.max(1);
    format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH - filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_fast_and_how_long_is_told() {
        let half = Progress { done: 5_000, all: 10_000 };
        assert_eq!(sentence(half, 2.5), "5000 of 10000 (2000 a second, 2 s left)");
        assert_eq!(bar(half), "############............");
        assert_eq!(sentence(Progress { done: 3, all: 3 }, 1.0), "3 of 3 (3 a second)");
        assert_eq!(sentence(Progress { done: 0, all: 3 }, 0.0), "0 of 3 (0 a second, 3000 s left)");
    }
}
