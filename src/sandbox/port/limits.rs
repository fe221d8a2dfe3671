//! Port's limits on requests, where the sandbox is told to hold callers to them (Port API, "Rate limits": per
//! organisation, in periods of five minutes).

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};

use super::Port;
use super::problem::Problem;

const PERIOD: SignedDuration = SignedDuration::from_mins(5);

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    Login,
    SingleUpsert,
    BulkUpsert,
    Search,
    Entities,
    Blueprints,
    Other,
}

impl Category {
    fn of(method: &Method, path: &str) -> Self {
        match path {
            "/v1/auth/access_token" => Self::Login,
            _ if path.ends_with("/entities/bulk") => Self::BulkUpsert,
            _ if path.ends_with("/entities/search") => Self::Search,
            _ if path.ends_with("/entities") && method == Method::POST => Self::SingleUpsert,
            _ if path.contains("/entities") => Self::Entities,
            _ if path.starts_with("/v1/blueprints") => Self::Blueprints,
            _ => Self::Other,
        }
    }

    /// Returns how many requests a period takes.
    fn limit(self) -> u64 {
        match self {
            Self::Login => 100,
            Self::SingleUpsert => 10_000,
            Self::BulkUpsert | Self::Search | Self::Entities => 35_000,
            Self::Blueprints | Self::Other => 15_000,
        }
    }
}

/// How callers are held to the limits.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// What each limit is divided by.
    divisor: u64,
    /// When the period of a category began, and how many requests it has taken.
    periods: BTreeMap<Category, (Timestamp, u64)>,
}

/// What is told of a limit.
struct Told {
    limit: u64,
    left: u64,
    reset: i64,
    is_over: bool,
}

impl Limits {
    fn count(&mut self, category: Category, now: Timestamp) -> Told {
        let limit = (category.limit() / self.divisor).max(10);
        let period = self.periods.entry(category).or_insert((now, 0));
        if period.0 + PERIOD <= now {
            *period = (now, 0);
        }
        period.1 += 1;
        let ends = period.0 + PERIOD;
        // It documents a date and sends seconds from now as well.
        let reset = if period.1.is_multiple_of(2) { ends.as_second() } else { now.duration_until(ends).as_secs() + 1 };
        Told { limit, left: limit.saturating_sub(period.1), reset, is_over: period.1 > limit }
    }
}

impl Port {
    /// Holds callers to Port's published limits, each divided by `divisor`, and tells what is left in both forms.
    pub fn enforce_limits(&self, divisor: u64) {
        self.state().limits = Some(Limits { divisor: divisor.max(1), periods: BTreeMap::new() });
    }
}

pub(super) async fn hold(State(port): State<Port>, request: Request, next: Next) -> Response {
    let category = Category::of(request.method(), request.uri().path());
    let now = port.now();
    let told = port.state().limits.as_mut().map(|limits| limits.count(category, now));
    let Some(told) = told else { return next.run(request).await };
    let mut response = if told.is_over {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests").into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in [
        ("x-ratelimit-period", "300".to_owned()),
        ("x-ratelimit-limit", told.limit.to_string()),
        ("x-ratelimit-remaining", told.left.to_string()),
        ("x-ratelimit-reset", told.reset.to_string()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
