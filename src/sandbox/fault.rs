//! Faults at the wire: what can go wrong between a client and an API, whatever the API is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use url::form_urlencoded;

use super::nth_request::NthRequest;
use super::request_log::Api;

/// What happens to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The API answers this status without doing anything; `retry_after` is in seconds.
    Status {
        /// HTTP status.
        status: u16,
        /// Value of the `Retry-After` header, in seconds.
        retry_after: Option<u64>,
    },
    /// The connection is cut before the API sees the request.
    DropBefore,
    /// The API does the work, and the connection is cut before the answer.
    DropAfter,
    /// The API does the work and never answers.
    Hang,
    /// The API never sees the request, and the connection stays open without an answer.
    HangBefore,
    /// The answer is that of the time when [`super::Sandbox::remember`] was last called: a read tells what was there
    /// then, and a write to AWS that could not have been done then is refused, as IAM does while a role is not known
    /// everywhere yet. Any other write is done.
    StaleRead,
    /// The answer ends in the middle of its body.
    Truncated,
    /// A gateway answers with an HTML page and status 502 without doing anything.
    Html,
    /// The API does the work, and one member of its JSON answer is another one.
    Forged {
        /// JSON pointer of the member (RFC 6901). Its parent must be there; a list takes `-` for its end.
        pointer: String,
        /// What stands there instead.
        value: serde_json::Value,
    },
}

#[derive(Clone, Debug)]
struct Planned {
    api: Option<Api>,
    /// How many matching requests still pass untouched.
    after: usize,
    /// How many requests are then hit.
    times: usize,
    matches: fn(&Seen<'_>, &str) -> bool,
    pattern: String,
    /// What the first request that is hit is for; whatever comes behind it may be for anything.
    first_is_for: Option<String>,
    fault: Fault,
}

/// What a fault can be told apart by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) api: Api,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) body: &'a str,
    pub(super) kind: &'a str,
}

/// The faults that a sandbox will inject, and the delay of every answer.
#[derive(Debug, Default)]
pub struct Faults {
    planned: Mutex<Vec<Planned>>,
    latency: Mutex<Duration>,
    hits: AtomicUsize,
}

impl Faults {
    /// Hits `times` requests to `api` (any, when `None`) after letting `after` of them pass.
    pub fn plan(&self, api: Option<Api>, after: usize, times: usize, fault: Fault) {
        let matches = |_: &Seen<'_>, _: &str| true;
        self.push(Planned { api, after, times, matches, pattern: String::new(), first_is_for: None, fault });
    }

    /// Hits `times` requests whose `METHOD path` or body contains `pattern`, after letting `after` of them pass.
    pub fn plan_matching(&self, pattern: &str, after: usize, times: usize, fault: Fault) {
        let matches = |seen: &Seen<'_>, pattern: &str| {
            format!("{} {}", seen.method, seen.path).contains(pattern) || seen.body.contains(pattern)
        };
        self.push(Planned { api: None, after, times, matches, pattern: pattern.to_owned(), first_is_for: None, fault });
    }

    /// Hits `times` calls of AWS's query protocol with exactly these parameters, in this order, after letting `after` of them
    /// pass: of one thing alone, whatever is asked about others at the same time.
    pub fn plan_call(&self, parameters: &[(&str, &str)], after: usize, times: usize, fault: Fault) {
        let matches = |seen: &Seen<'_>, call: &str| {
            form_urlencoded::parse(seen.body.as_bytes()).eq(form_urlencoded::parse(call.as_bytes()))
        };
        let pattern = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.push(Planned { api: Some(Api::Aws), after, times, matches, pattern, first_is_for: None, fault });
    }

    /// Hits every request that is exactly `METHOD path`, whatever its query.
    pub fn plan_exactly(&self, request: &str, fault: Fault) {
        let matches = |seen: &Seen<'_>, request: &str| format!("{} {}", seen.method, seen.path) == request;
        let pattern = request.to_owned();
        let times = usize::MAX;
        self.push(Planned { api: None, after: 0, times, matches, pattern, first_is_for: None, fault });
    }

    /// Hits the first request that is exactly `METHOD path`, whatever its query, and lets those after it pass.
    pub fn plan_first(&self, request: &str, fault: Fault) {
        self.plan_exactly(request, fault);
        if let Some(planned) = self.planned.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            planned.times = 1;
        }
    }

    /// Hits this request of a command, and those to the same API that come behind it until `times` were hit. What Port itself
    /// sends to GitHub is not counted: it comes when it comes.
    pub fn plan_nth(&self, nth: &NthRequest, times: usize, fault: Fault) {
        let matches = |seen: &Seen<'_>, _: &str| !seen.path.ends_with("/dispatches");
        let NthRequest { api, kind, before } = nth.clone();
        let (api, pattern, first_is_for) = (Some(api), String::new(), Some(kind));
        self.push(Planned { api, after: before, times, matches, pattern, first_is_for, fault });
    }

    /// Returns how many answers were other ones for a fault, so far. A truncated answer that had no body, and a stale
    /// one that would be no other today, are not counted.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    pub(super) fn note_hit(&self) {
        self.hits.fetch_add(1, Ordering::SeqCst);
    }

    /// Forgets every planned fault.
    pub fn clear(&self) {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Delays every answer of every API by `latency`.
    pub fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    pub(super) fn latency(&self) -> Duration {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the fault that hits this request, and counts it.
    pub(super) fn take(&self, seen: &Seen<'_>) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in planned.iter_mut() {
            let same = entry.api.is_none_or(|api| api == seen.api) && (entry.matches)(seen, &entry.pattern);
            let is_for_it = entry.first_is_for.as_ref().is_none_or(|kind| kind == seen.kind);
            if !(same && is_for_it) || entry.times == 0 {
                continue;
            }
            if entry.after > 0 {
                entry.after -= 1;
                continue;
            }
            entry.times -= 1;
            entry.first_is_for = None;
            return Some(entry.fault.clone());
        }
        None
    }

    fn push(&self, planned: Planned) {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).push(planned);
    }
}
