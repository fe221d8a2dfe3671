//! What can go wrong with a request: the rows of the table.

use std::time::Duration;

use port_iam::sandbox::fault::Fault;

use super::kill::When;

/// From the request on, until the command has ended.
const FOR_GOOD: usize = usize::MAX;
/// Longer than any honest answer takes, even on a busy machine.
pub(super) const PATIENT: Duration = Duration::from_secs(30);
/// What a test waits for an answer that never comes.
const IMPATIENT: Duration = Duration::from_millis(400);

/// One kind of trouble.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) trouble: Trouble,
    /// Whether there are requests that it does nothing to: they are no cases.
    pub(super) may_change_nothing: bool,
    /// Whether the answer is an old one: where what is new is a flow's own alone, nothing of it may be old.
    pub(super) is_stale: bool,
    /// Whether the program or a system goes away, so that more of the requests are taken.
    pub(super) is_end: bool,
}

/// What happens to a request, or to the program at that moment.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// A fault at the wire.
    Fault { fault: Fault, times: usize, patience: Duration },
    /// `kill -9`.
    Kill(When),
}

/// Returns all of them, in the order of the table.
pub(super) fn rows() -> Vec<Row> {
    let status = |status, retry_after| Fault::Status { status, retry_after };
    let fault = |name, fault, times| Row {
        name,
        may_change_nothing: matches!(fault, Fault::StaleRead | Fault::Truncated),
        is_stale: fault == Fault::StaleRead,
        is_end: fault == Fault::DropBefore && times == FOR_GOOD,
        trouble: Trouble::Fault { patience: if fault == Fault::Hang { IMPATIENT } else { PATIENT }, fault, times },
    };
    let kill = |name, when| Row {
        name,
        may_change_nothing: false,
        is_stale: false,
        is_end: true,
        trouble: Trouble::Kill(when),
    };
    vec![
        fault("status 500, once", status(500, None), 1),
        fault("status 500, for good", status(500, None), FOR_GOOD),
        fault("status 403, once", status(403, None), 1),
        fault("status 403, for good", status(403, None), FOR_GOOD),
        fault("status 429, Retry-After 1 s, once", status(429, Some(1)), 1),
        fault("status 429, Retry-After 1 s, for good", status(429, Some(1)), FOR_GOOD),
        fault("status 503, Retry-After 2 min, once", status(503, Some(120)), 1),
        fault("no answer to what was done, connection open", Fault::Hang, 1),
        fault("connection cut before the request, once", Fault::DropBefore, 1),
        fault("connection cut before the request, for good", Fault::DropBefore, FOR_GOOD),
        fault("connection cut before the answer, once", Fault::DropAfter, 1),
        fault("connection cut before the answer, for good", Fault::DropAfter, FOR_GOOD),
        fault("stale read, once", Fault::StaleRead, 1),
        fault("stale reads, for good", Fault::StaleRead, FOR_GOOD),
        fault("truncated answer, once", Fault::Truncated, 1),
        fault("truncated answers, for good", Fault::Truncated, FOR_GOOD),
        fault("HTML of a gateway, once", Fault::Html, 1),
        fault("HTML of a gateway, for good", Fault::Html, FOR_GOOD),
        kill("kill -9 before the request, then run again", When::BeforeTheRequest),
        kill("kill -9 before the answer, then only swept", When::BeforeTheAnswer),
    ]
}
