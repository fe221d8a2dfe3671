//! Somebody wants the program to stop: what is half done is finished or undone first, in a bounded time.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::failure::{Failure, FailureKind};

/// How long a program may go on after the first signal. GitHub sends SIGINT, and SIGTERM 7.5 seconds later (GitHub
/// Docs, "Workflow cancellation reference").
pub const LONGEST_END: Duration = Duration::from_millis(6_800);
/// How long after a signal a step that has begun may take to end, so that what was done can still be told.
pub const BEGUN_WITHIN: Duration = Duration::from_millis(5_500);
/// What to do about a command that was stopped half-way and can be repeated.
pub const GO_ON: &str = "run the same command again: it goes on where it stopped";

/// A signal that asks the program to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// Returns the failure of what was stopped by it; its kind decides the exit code.
    pub fn failure(self) -> Failure {
        let kind = match self {
            Self::Interrupt => FailureKind::Interrupted,
            Self::Terminate => FailureKind::Terminated,
        };
        Failure::new(kind, format!("stopped by {}", self.name()))
    }

    /// Returns the exit code of what was stopped by it.
    pub fn exit_code(self) -> u8 {
        self.failure().kind.exit_code()
    }
}

/// Whether the program was asked to stop, and since when. Its clones are one and the same.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<Option<(Signal, Instant)>>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    /// Asks to stop. Only the first time counts.
    pub fn ask(&self, signal: Signal) {
        self.0.send_if_modified(|asked| {
            let is_first = asked.is_none();
            asked.get_or_insert_with(|| (signal, Instant::now()));
            is_first
        });
    }

    /// Returns the signal that asked to stop, if one did.
    pub fn asked(&self) -> Option<Signal> {
        self.0.borrow().map(|(signal, _)| signal)
    }

    /// Returns the failure of being stopped, if that was asked for: for between two steps.
    ///
    /// # Errors
    ///
    /// Fails when a signal has come.
    pub fn check(&self) -> Result<(), Failure> {
        self.asked().map_or(Ok(()), |signal| Err(signal.failure()))
    }

    /// Waits for a signal, and then until `patience` has passed since it came.
    pub async fn outlasted(&self, patience: Duration) -> Signal {
        let mut receiver = self.0.subscribe();
        let asked = receiver.wait_for(Option::is_some).await.ok().and_then(|asked| *asked);
        let Some((signal, since)) = asked else {
            // The sender is held by `self`, so this is never reached.
            return std::future::pending().await;
        };
        tokio::time::sleep_until(since + patience).await;
        signal
    }

    /// Serves until somebody stops it, which is how it ends, and `end` is what is returned then, or until the `serving` ends
    /// by itself.
    ///
    /// # Errors
    ///
    /// Returns the failure of the serving.
    pub async fn serving<T>(&self, serving: impl Future<Output = Result<T, Failure>>, end: T) -> Result<T, Failure> {
        tokio::select! {
            ended = serving => ended,
            _ = self.outlasted(Duration::ZERO) => Ok(end),
        }
    }

    /// Does `work`, which after a signal has until `patience` has passed since it came; then it is dropped.
    ///
    /// # Errors
    ///
    /// Returns the work's own failure, or that of being stopped.
    pub fn within<'a, T: 'a>(
        &'a self,
        patience: Duration,
        work: impl Future<Output = Result<T, Failure>> + 'a,
    ) -> Pin<Box<dyn Future<Output = Result<T, Failure>> + 'a>> {
        // On the heap: the futures of whole flows are too large to be nested on a thread's stack.
        let mut work = Box::pin(work);
        Box::pin(async move {
            tokio::select! {
                biased;
                result = &mut work => result,
                signal = self.outlasted(patience) => Err(signal.failure()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn the_first_signal_counts() {
        let stop = Stop::default();
        assert_eq!(stop.check(), Ok(()));
        stop.ask(Signal::Terminate);
        stop.clone().ask(Signal::Interrupt);
        assert_eq!(stop.asked(), Some(Signal::Terminate));
        assert_eq!(stop.check().unwrap_err().kind.exit_code(), 143);
    }

    #[test]
    fn work_that_outlasts_the_patience_is_dropped_and_other_work_is_not() {
        block_on(async {
            let stop = Stop::default();
            assert_eq!(stop.within(Duration::ZERO, async { Ok(1) }).await, Ok(1));
            stop.ask(Signal::Interrupt);
            let never = std::future::pending::<Result<(), Failure>>();
            assert_eq!(stop.within(Duration::ZERO, never).await.unwrap_err().kind, FailureKind::Interrupted);
            assert_eq!(stop.within(Duration::from_secs(60), async { Ok(1) }).await, Ok(1));
        });
    }
}
