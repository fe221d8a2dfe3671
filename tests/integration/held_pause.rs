//! A pause of a command that lasts until somebody lets it end.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long either side waits for the other before that is an error of the test.
const LONGEST: Duration = Duration::from_secs(60);

/// What holds the next pause, if anything does.
#[derive(Clone, Default)]
pub(crate) struct HeldPause {
    next: Arc<Mutex<Option<Hold>>>,
}

/// The command's side of a pause that is held.
struct Hold {
    has_begun: Sender<()>,
    may_end: Receiver<()>,
}

/// Whoever holds it.
pub(crate) struct Holder {
    begun: Receiver<()>,
    end: Sender<()>,
}

impl HeldPause {
    /// Holds the next pause.
    pub(crate) fn hold_next(&self) -> Holder {
        let ((has_begun, begun), (end, may_end)) = (channel(), channel());
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(Hold { has_begun, may_end });
        Holder { begun, end }
    }

    /// What a pause comes to: nothing, unless it is held.
    pub(crate) fn pass(&self) {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Hold { has_begun, may_end }) = next {
            has_begun.send(()).unwrap();
            may_end.recv_timeout(LONGEST).unwrap();
        }
    }
}

impl Holder {
    /// Does something while the pause lasts, and lets it end.
    #[track_caller]
    pub(crate) fn meanwhile(self, work: impl FnOnce()) {
        self.begun.recv_timeout(LONGEST).unwrap();
        work();
        self.end.send(()).unwrap();
    }
}
