//! How long an input takes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

static SLOWEST: AtomicU64 = AtomicU64::new(0);

/// The first attempt may have to wait for the disk.
const ATTEMPTS: usize = 5;

/// Returns what `work` makes within `limit`, and fails when it takes longer again and again.
pub(crate) fn within<T>(limit: Duration, work: impl Fn() -> T) -> T {
    let mut fastest = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let began = at_work();
        let made = work();
        fastest = fastest.min(at_work().saturating_sub(began));
        if fastest <= limit {
            note(fastest);
            return made;
        }
    }
    panic!("{ATTEMPTS} times, this took {fastest:?} or more");
}

/// Returns the time that this thread has been at work, so that a busy machine is no fault of the program; the time of
/// day where the system does not tell.
fn at_work() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// Returns the longest time that an input took.
pub(crate) fn slowest() -> Duration {
    Duration::from_micros(SLOWEST.load(Ordering::Relaxed))
}

fn note(time: Duration) {
    SLOWEST.fetch_max(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
}
