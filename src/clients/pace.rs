//! How fast requests follow each other at a service that only says when it was too much.
//!
//! IAM tells nobody its limit, and how much of it others of the account use changes. So nothing is held back until the
//! service throttles; from then on requests keep a distance, which doubles with each further word of it and shrinks
//! while all goes well: what is under way at once finds one pace together, instead of each trying by itself.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The distance after the first word: 100 requests a second.
const FIRST: Duration = Duration::from_millis(10);
/// The longest distance: whoever waits longer is better served with an error.
const LONGEST: Duration = Duration::from_secs(1);
/// By so many requests a second the pace rises in each second in which all goes well.
const RISE: f64 = 2.0;
/// A distance below this is none: no limit is so high.
const NONE: Duration = Duration::from_millis(1);

/// The pace of one service, which all requests to it share.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Between two requests; zero while nobody has throttled.
    distance: Duration,
    /// When the next request may be sent.
    next: Option<Instant>,
    /// When the distance last grew: what was sent before says nothing of it.
    slowed: Option<Instant>,
}

impl Pace {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the place of one request, and returns how long it is until then.
    pub(super) fn take(&self, now: Instant) -> Duration {
        let mut state = self.state();
        if state.distance.is_zero() {
            return Duration::ZERO;
        }
        let place = state.next.map_or(now, |next| next.max(now));
        state.next = place.checked_add(state.distance);
        place.saturating_duration_since(now)
    }

    /// Notes that the service took a request.
    pub(super) fn went_well(&self) {
        let mut state = self.state();
        if state.distance.is_zero() {
            return;
        }
        // At a pace of `p` requests a second each adds its share of what a second adds.
        let pace = 1.0 / state.distance.as_secs_f64();
        let distance = Duration::from_secs_f64(1.0 / (pace + RISE / pace));
        state.distance = if distance < NONE { Duration::ZERO } else { distance };
    }

    /// Notes that the service throttled a request that was sent at `sent`. Several that were under way together count
    /// as one.
    pub(super) fn was_throttled(&self, sent: Instant, now: Instant) {
        let mut state = self.state();
        if state.slowed.is_some_and(|slowed| sent <= slowed) {
            return;
        }
        state.distance = (state.distance * 2).clamp(FIRST, LONGEST);
        state.slowed = Some(now);
        state.next = now.checked_add(state.distance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn nobody_waits_before_the_service_has_said_a_word() {
        let (pace, now) = (Pace::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(pace.take(now), Duration::ZERO);
            pace.went_well();
        }
    }

    #[test]
    fn after_a_word_requests_of_one_moment_follow_each_other() {
        let (pace, sent) = (Pace::default(), Instant::now());
        let now = sent + millis(1);
        pace.was_throttled(sent, now);
        assert_eq!([pace.take(now), pace.take(now), pace.take(now)], [millis(10), millis(20), millis(30)]);
        // What comes later than its place does not wait, and gives the next one its distance.
        let later = now + millis(100);
        assert_eq!([pace.take(later), pace.take(later)], [millis(0), millis(10)]);
    }

    #[test]
    fn what_was_under_way_together_slows_down_once_and_each_further_word_by_half() {
        let (pace, sent) = (Pace::default(), Instant::now());
        let now = sent + millis(5);
        for _ in 0..12 {
            pace.was_throttled(sent, now);
        }
        assert_eq!(pace.state().distance, millis(10));
        for (count, distance) in (1..).zip([20, 40, 80, 160, 320, 640, 1_000, 1_000]) {
            let sent = now + millis(count * 10);
            pace.was_throttled(sent, sent + millis(5));
            assert_eq!(pace.state().distance, millis(distance));
        }
    }

    #[test]
    fn while_all_goes_well_the_pace_rises_by_a_little_each_second_until_there_is_none() {
        let (pace, now) = (Pace::default(), Instant::now());
        pace.was_throttled(now, now);
        let at = |pace: &Pace| 1.0 / pace.state().distance.as_secs_f64();
        for _ in 0..100 {
            pace.went_well();
        }
        assert!((at(&pace) - 102.0).abs() < 0.1, "{}", at(&pace));
        for _ in 0..1_000_000 {
            pace.went_well();
        }
        let distance = pace.state().distance;
        assert_eq!((distance, pace.take(now)), (Duration::ZERO, Duration::ZERO));
    }
}
