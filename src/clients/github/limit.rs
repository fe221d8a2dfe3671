//! When GitHub takes requests again from whoever has sent as many as it takes.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>: a short while is told by `retry-after`;
//! the end of an hour of which the requests are used up by `x-ratelimit-reset`, in seconds since 1970.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use super::error::header;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::http::parse_date;
use crate::domain::time::utc;

/// What the headers of an answer say of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limit {
    retry_after: Option<Duration>,
    /// When the hour ends of which no request is left, and how long that is from the answer.
    reset: Option<(Timestamp, Duration)>,
}

impl Limit {
    /// Reads the headers of an answer.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let number = |name: &str| header(headers, name).and_then(|value| value.parse::<i64>().ok());
        let retry_after =
            number("retry-after").and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
        let is_used_up = number("x-ratelimit-remaining") == Some(0);
        let reset = number("x-ratelimit-reset").filter(|_| is_used_up);
        let reset = reset.and_then(|seconds| Timestamp::from_second(seconds).ok());
        // By GitHub's clock, which is the one that counts.
        let answered = header(headers, "date").and_then(parse_date);
        let reset = reset.zip(answered).map(|(reset, at)| (reset, Duration::try_from(reset - at).unwrap_or_default()));
        Self { retry_after, reset }
    }

    /// Returns the error, if it is one of too many requests with how long to wait and until when.
    pub(super) fn told(self, error: ApiError) -> ApiError {
        if error.kind != ApiErrorKind::RateLimited {
            return ApiError { retry_after: self.retry_after, ..error };
        }
        let again = |(reset, _)| format!("GitHub takes requests of this token again at {}: run it then", utc(reset));
        ApiError {
            retry_after: self.retry_after.or(self.reset.map(|(_, pause)| pause)),
            remedy: self.reset.map(again).or(error.remedy),
            ..error
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::clients::error::Api;

    fn told(headers: &[(&'static str, &'static str)], kind: ApiErrorKind) -> (Option<u64>, Option<String>) {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let error = Limit::of(&headers.collect()).told(ApiError::new(Api::GitHub, "ask", kind, "no"));
        (error.retry_after.map(|pause| pause.as_secs()), error.hint())
    }

    #[test]
    fn the_end_of_a_limit_is_waited_for_and_told_where_it_is_used_up() {
        const DATE: (&str, &str) = ("date", "Mon, 23 Nov 2026 20:00:00 GMT");
        // 2026-11-23T20:35:00Z.
        const RESET: (&str, &str) = ("x-ratelimit-reset", "1795466100");
        let limited = |headers: &[(&'static str, &'static str)]| told(headers, ApiErrorKind::RateLimited);
        let used_up = limited(&[DATE, RESET, ("x-ratelimit-remaining", "0")]);
        assert_eq!(used_up.0, Some(35 * 60));
        assert!(used_up.1.unwrap().contains("again at 2026-11-23T20:35:00Z"));
        // What is short of requests in a second and not in the hour says so by `retry-after` alone.
        assert_eq!(limited(&[DATE, RESET, ("x-ratelimit-remaining", "4000"), ("retry-after", "7")]), (Some(7), None));
        assert_eq!(limited(&[DATE, RESET, ("x-ratelimit-remaining", "4000")]), (None, None));
        assert_eq!(limited(&[RESET, ("x-ratelimit-remaining", "0")]), (None, None));
        // One that is over already is no reason to wait.
        let over = [("date", "Mon, 23 Nov 2026 21:00:00 GMT"), RESET, ("x-ratelimit-remaining", "0")];
        assert_eq!(limited(&over).0, Some(0));
        assert_eq!(told(&[DATE, RESET, ("x-ratelimit-remaining", "0")], ApiErrorKind::Forbidden), (None, None));
    }
}
