//! How many more requests of one kind Port takes, as its answers tell.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;

use super::answer::wait;

/// The most requests that are under way at once: more make nothing faster, and others of the organisation wait.
const WIDEST: usize = 8;
/// How long to wait after a refusal that does not say.
const WITHOUT_A_WORD: Duration = Duration::from_secs(1);
/// The end of a period is told in whole seconds.
const ROUNDED: Duration = Duration::from_secs(1);

/// What is left of a limit, and how many requests may be under way at once. It begins with one at a time, goes faster
/// while all goes well, and slower when it was too much.
#[derive(Debug)]
pub(super) struct Allowance(Mutex<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    width: usize,
    /// How many are under way: Port may have counted them or not when it answers another one.
    under_way: u64,
    /// How many requests are left until `resets_at`; none where nothing is known.
    left: Option<u64>,
    resets_at: Option<Timestamp>,
    /// When the first request of this period was let through; none in the first period.
    began: Option<Timestamp>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self(Mutex::new(State { width: 1, under_way: 0, left: None, resets_at: None, began: None }))
    }
}

impl Allowance {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many requests may be under way at once.
    pub(super) fn width(&self) -> usize {
        self.state().width
    }

    /// Takes one request from what is left; returns how long nothing is, where nothing is.
    pub(super) fn take(&self, now: Timestamp) -> Result<(), Duration> {
        let mut state = self.state();
        match (state.left, state.resets_at) {
            (Some(0), Some(resets_at)) if resets_at > now => {
                return Err(now.duration_until(resets_at).unsigned_abs());
            }
            (Some(left), Some(resets_at)) if resets_at > now => state.left = Some(left - 1),
            (_, ended) => {
                (state.left, state.resets_at) = (None, None);
                state.began = ended.map(|_| now).or(state.began);
            }
        }
        state.under_way += 1;
        Ok(())
    }

    /// Notes that a request got no answer.
    pub(super) fn is_unanswered(&self) {
        let mut state = self.state();
        state.under_way = state.under_way.saturating_sub(1);
    }

    /// Notes what an answer tells. Those of requests side by side arrive in any order: the lowest figure holds until a
    /// new period has begun, of which the answer to a request that was `sent` before tells nothing.
    pub(super) fn note(&self, status: u16, headers: &HeaderMap, sent: Timestamp, now: Timestamp) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
        let reset = number("x-ratelimit-reset").map(|value| wait(value, now) + ROUNDED);
        let mut state = self.state();
        state.under_way = state.under_way.saturating_sub(1);
        if status == 429 {
            let pause = number("retry-after").map(|value| wait(value, now)).or(reset).unwrap_or(WITHOUT_A_WORD);
            state.width = (state.width / 2).max(1);
            (state.left, state.resets_at) = (Some(0), later(now, pause));
            return;
        }
        if (200..300).contains(&status) {
            state.width = (state.width * 2).min(WIDEST);
        }
        let is_over = state.resets_at.is_some_and(|end| sent < end && end <= now);
        if is_over || state.began.is_some_and(|began| sent < began) {
            return;
        }
        let told = number("x-ratelimit-remaining").and_then(|left| u64::try_from(left).ok());
        let told = told.map(|left| left.saturating_sub(state.under_way));
        if let (Some(told), Some(resets_at)) = (told, reset.and_then(|pause| later(now, pause))) {
            let is_same_period = state.resets_at.is_some_and(|known| known > now);
            match state.left.filter(|_| is_same_period) {
                Some(left) => state.left = Some(left.min(told)),
                None => (state.left, state.resets_at) = (Some(told), Some(resets_at)),
            }
        }
    }
}

fn later(now: Timestamp, pause: Duration) -> Option<Timestamp> {
    now.checked_add(SignedDuration::try_from(pause).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(left: &str, reset: i64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-remaining", left.parse().unwrap());
        headers.insert("x-ratelimit-reset", reset.into());
        headers
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn it_goes_faster_while_all_goes_well_and_slower_when_it_was_too_much() {
        let allowance = Allowance::default();
        let mut widths = vec![allowance.width()];
        for status in [200, 207, 200, 200, 429, 429, 429, 429, 200] {
            allowance.note(status, &HeaderMap::new(), now(), now());
            widths.push(allowance.width());
        }
        assert_eq!(widths, [1, 2, 4, 8, 8, 4, 2, 1, 1, 2]);
    }

    #[test]
    fn what_is_left_is_counted_and_waited_for_in_both_forms_of_the_reset() {
        for reset in [30, 1_800_000_030] {
            let allowance = Allowance::default();
            assert_eq!(allowance.take(now()), Ok(()), "nothing is known yet");
            allowance.note(200, &headers("2", reset), now(), now());
            // An answer that was overtaken tells an older figure.
            allowance.note(200, &headers("3", reset), now(), now());
            assert_eq!((allowance.take(now()), allowance.take(now())), (Ok(()), Ok(())));
            assert_eq!(allowance.take(now()), Err(Duration::from_secs(31)));
            let then = now() + SignedDuration::from_secs(31);
            assert_eq!(allowance.take(then), Ok(()), "a new period");
        }
    }

    #[test]
    fn what_is_under_way_may_not_have_been_counted() {
        let allowance = Allowance::default();
        (0..4).for_each(|_| allowance.take(now()).unwrap());
        allowance.note(200, &headers("4", 30), now(), now());
        assert_eq!(allowance.take(now()), Ok(()), "three are under way, and there was room for four");
        assert!(allowance.take(now()).is_err());
        let lost = Allowance::default();
        (0..2).for_each(|_| lost.take(now()).unwrap());
        lost.is_unanswered();
        lost.note(200, &headers("1", 30), now(), now());
        assert_eq!(lost.take(now()), Ok(()), "nobody waits for one that was lost");
    }

    #[test]
    fn an_answer_of_a_period_that_is_over_tells_nothing_of_the_next() {
        let later = |seconds| now() + SignedDuration::from_secs(seconds);
        let allowance = Allowance::default();
        allowance.note(200, &headers("2", 30), now(), now());
        // It was under way when the period ended, before anybody asked again and after that.
        allowance.note(200, &headers("1", 30), later(29), later(32));
        assert_eq!(allowance.take(later(32)), Ok(()));
        allowance.note(200, &headers("0", 30), later(29), later(33));
        assert_eq!(allowance.take(later(33)), Ok(()), "nothing is known of the new period yet");
        allowance.note(200, &headers("0", 30), later(33), later(34));
        assert!(allowance.take(later(34)).is_err());
    }

    #[test]
    fn after_a_refusal_nobody_asks_until_it_is_over() {
        let allowance = Allowance::default();
        let mut refused = HeaderMap::new();
        refused.insert("retry-after", 7.into());
        allowance.note(429, &refused, now(), now());
        assert_eq!(allowance.take(now()), Err(Duration::from_secs(7)));
        let silent = Allowance::default();
        silent.note(429, &HeaderMap::new(), now(), now());
        assert_eq!(silent.take(now()), Err(WITHOUT_A_WORD));
        assert_eq!(silent.take(now() + SignedDuration::from_secs(1)), Ok(()));
    }
}
