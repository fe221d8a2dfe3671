//! Looking again: services take a moment to agree with themselves on what was done.

use std::time::Duration;

use super::error::ApiError;
use crate::world::World;

/// How often something is looked at or tried, and how far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often at most.
    pub looks: u32,
    /// The time between two of them.
    pub pause: Duration,
}

impl Patience {
    /// For what IAM does not show, or not let go, everywhere yet: ten looks, a second apart (IAM User Guide, "Changes that I
    /// make are not always immediately visible").
    pub const OF_IAM: Self = Self { looks: 10, pause: Duration::from_secs(1) };

    /// Looks until an answer `is_settled`, and returns that answer; else the last one.
    pub async fn until<A>(self, world: &World, is_settled: impl Fn(&A) -> bool, mut look: impl AsyncFnMut() -> A) -> A {
        for _ in 1..self.looks {
            let answer = look().await;
            if is_settled(&answer) {
                return answer;
            }
            world.sleep(self.pause).await;
        }
        look().await
    }
}

/// Returns whether a service knows what it was asked about, or says something else about it.
pub fn is_known<T>(answer: &Result<T, ApiError>) -> bool {
    !matches!(answer, Err(error) if error.is_not_found())
}

/// Returns whether something is there, or it cannot be told.
pub fn is_there<T, E>(answer: &Result<Option<T>, E>) -> bool {
    !matches!(answer, Ok(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { looks: 3, pause: Duration::ZERO };

    fn looked(is_settled: impl Fn(&u32) -> bool) -> u32 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut looks = 0;
        runtime.block_on(PATIENCE.until(&World::system(), is_settled, async || {
            looks += 1;
            looks
        }))
    }

    #[test]
    fn whoever_has_seen_enough_looks_no_further_and_the_last_look_stands() {
        assert_eq!(looked(|look| *look == 1), 1);
        assert_eq!(looked(|look| *look == 2), 2);
        assert_eq!(looked(|_| false), 3);
    }
}
