//! The one place that tries again, and the one rule for when that is safe.

use std::future::Future;
use std::time::{Duration, Instant};

use super::error::{ApiError, ApiErrorKind};
use super::pace::Pace;
use crate::world::World;

/// How often a request is sent at most.
const MOST_TRIES: u32 = 4;
/// The same while a service only says that it is too much: it did nothing, and IAM's buckets fill again within seconds.
const MOST_TRIES_WHEN_LIMITED: u32 = 8;
/// The first pause; it doubles with every try.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// The longest pause that a service may ask for; beyond it the reader is better served with an error.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Whether a request may be sent again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Doing it twice is the same as doing it once: reads, PUTs, deletions.
    Safe,
    /// Doing it twice could make the thing twice: only what surely did nothing is sent again.
    OnlyIfNothingHappened,
}

/// Calls `attempt` until it succeeds, fails for good, or was tried often enough.
///
/// A request is sent again when the service says that it did nothing (429) or could not be reached; after a failure
/// or a lost answer only if `repeat` says that this is safe. Each pause before another try is told in the debug log.
///
/// # Errors
///
/// Returns the last error.
pub async fn retrying<T, F>(world: &World, repeat: Repeat, attempt: impl FnMut() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    retrying_at(&Pace::default(), world, repeat, attempt).await
}

/// As [`retrying`], at a pace that all requests to a service share.
///
/// # Errors
///
/// As [`retrying`].
pub(super) async fn retrying_at<T, F>(
    pace: &Pace,
    world: &World,
    repeat: Repeat,
    mut attempt: impl FnMut() -> F,
) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut tries = 1;
    loop {
        let wait = pace.take(Instant::now());
        if !wait.is_zero() {
            world.sleep(wait).await;
        }
        let sent = Instant::now();
        let error = match attempt().await {
            Ok(value) => {
                pace.went_well();
                return Ok(value);
            }
            Err(error) => error,
        };
        if error.kind == ApiErrorKind::RateLimited {
            pace.was_throttled(sent, Instant::now());
        }
        if !waited(world, &error, repeat, tries).await {
            return Err(error);
        }
        tries += 1;
    }
}

/// Waits before the next try, and returns whether there shall be one. For what [`retrying`] cannot do: a request of which
/// only a part failed.
pub async fn waited(world: &World, error: &ApiError, repeat: Repeat, tries: u32) -> bool {
    let Some(pause) = pause_before_next(error, repeat, tries, world.fraction()) else { return false };
    tracing::info!(error = %error, pause = ?pause, "trying again");
    world.sleep(pause).await;
    true
}

/// Waits while a service that counts requests takes none: `take` takes one from what is left, or says how long nothing
/// is. Whoever has waited in vain for long sends it all the same, and is told by the service.
pub async fn until_there_is_room(world: &World, take: impl Fn() -> Result<(), Duration>) {
    for _ in 0..MOST_TRIES_WHEN_LIMITED {
        let Err(pause) = take() else { return };
        tracing::info!(?pause, "nothing is left of the limit");
        world.sleep(pause.min(LONGEST_PAUSE)).await;
    }
}

/// Returns how long to wait before the next try; none when there shall be none. `fraction` in 0..1 spreads callers.
fn pause_before_next(error: &ApiError, repeat: Repeat, tries: u32, fraction: f64) -> Option<Duration> {
    let most = if error.kind == ApiErrorKind::RateLimited { MOST_TRIES_WHEN_LIMITED } else { MOST_TRIES };
    if tries >= most || !may_repeat(error.kind, repeat) {
        return None;
    }
    let own = FIRST_PAUSE * 2_u32.pow(tries - 1);
    let pause = own.mul_f64(0.5 + fraction / 2.0).max(error.retry_after.unwrap_or_default());
    (pause <= LONGEST_PAUSE).then_some(pause)
}

fn may_repeat(kind: ApiErrorKind, repeat: Repeat) -> bool {
    match kind {
        ApiErrorKind::RateLimited | ApiErrorKind::Unreachable => true,
        ApiErrorKind::Server | ApiErrorKind::NoAnswer => repeat == Repeat::Safe,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::error::Api;

    fn error(kind: ApiErrorKind, retry_after: Option<u64>) -> ApiError {
        let mut error = ApiError::new(Api::Port, "ask", kind, "no");
        error.retry_after = retry_after.map(Duration::from_secs);
        error
    }

    #[test]
    fn what_may_have_been_done_is_only_repeated_where_twice_is_once() {
        for kind in [ApiErrorKind::Server, ApiErrorKind::NoAnswer] {
            assert!(pause_before_next(&error(kind, None), Repeat::Safe, 1, 0.5).is_some());
            assert!(pause_before_next(&error(kind, None), Repeat::OnlyIfNothingHappened, 1, 0.5).is_none());
        }
    }

    #[test]
    fn what_surely_was_not_done_is_always_repeated() {
        for kind in [ApiErrorKind::RateLimited, ApiErrorKind::Unreachable] {
            assert!(pause_before_next(&error(kind, None), Repeat::OnlyIfNothingHappened, 1, 0.5).is_some());
        }
    }

    #[test]
    fn a_clear_no_is_not_asked_again() {
        for kind in [ApiErrorKind::Unauthorized, ApiErrorKind::Forbidden, ApiErrorKind::NotFound, ApiErrorKind::Invalid]
        {
            assert!(pause_before_next(&error(kind, None), Repeat::Safe, 1, 0.5).is_none());
        }
    }

    #[test]
    fn the_service_s_wish_is_honoured_up_to_a_minute() {
        let wished = pause_before_next(&error(ApiErrorKind::RateLimited, Some(7)), Repeat::Safe, 1, 0.5);
        assert_eq!(wished, Some(Duration::from_secs(7)));
        assert_eq!(pause_before_next(&error(ApiErrorKind::RateLimited, Some(61)), Repeat::Safe, 1, 0.5), None);
    }

    #[test]
    fn the_fourth_try_is_the_last() {
        assert!(pause_before_next(&error(ApiErrorKind::Server, None), Repeat::Safe, 3, 0.5).is_some());
        assert!(pause_before_next(&error(ApiErrorKind::Server, None), Repeat::Safe, 4, 0.5).is_none());
    }

    #[test]
    fn too_many_requests_are_waited_for_longer_and_still_not_for_ever() {
        let limited = error(ApiErrorKind::RateLimited, None);
        assert!(pause_before_next(&limited, Repeat::OnlyIfNothingHappened, 7, 0.5).is_some());
        assert!(pause_before_next(&limited, Repeat::OnlyIfNothingHappened, 8, 0.5).is_none());
    }
}
