//! The beginning of a time, on the command line.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;

/// The beginning of a time that lasts until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// A moment.
    Moment(Timestamp),
    /// So long ago.
    Ago(SignedDuration),
}

impl Since {
    /// Reads a day, which begins in UTC, a moment, or how long ago.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let day = || {
            let midnight = text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0);
            TimeZone::UTC.to_timestamp(midnight).ok()
        };
        let moment = text.parse::<Timestamp>().ok().or_else(day).map(Self::Moment);
        moment.or_else(|| ago(text)).ok_or_else(|| {
            "write a day such as 2026-03-01, a moment such as 2026-03-01T12:00:00Z, or how long ago: 12h, 30d, 4w"
                .to_owned()
        })
    }

    /// Returns the moment, as seen from `now`.
    ///
    /// # Errors
    ///
    /// Fails on one that has not come: nothing can have happened since.
    pub(super) fn before(self, now: Timestamp) -> Result<Timestamp, Failure> {
        let moment = match self {
            Self::Moment(moment) => moment,
            Self::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
        };
        if moment > now { Err(Failure::usage("--since lies in the future")) } else { Ok(moment) }
    }
}

fn ago(text: &str) -> Option<Since> {
    /// Nobody asks for more than a century, and no sum overflows.
    const MOST_HOURS: i64 = 100 * 366 * 24;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        _ => return None,
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let hours = number.parse::<i64>().ok().filter(|_| is_number)?.checked_mul(hours)?;
    (1..=MOST_HOURS).contains(&hours).then(|| Since::Ago(SignedDuration::from_hours(hours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_begins_on_a_day_at_a_moment_or_so_long_ago() {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00Z"),
            ("12h", "2026-11-28T00:00:00Z"),
            ("30d", "2026-10-29T12:00:00Z"),
            ("4w", "2026-10-31T12:00:00Z"),
        ] {
            assert_eq!(Since::parse(text).unwrap().before(now).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told_with_what_is() {
        for text in
            ["", "d", "30", "-3d", "+3d", "3 d", "0d", "30m", "yesterday", "99999999999999999999d", "9999999999d", "ä"]
        {
            assert!(Since::parse(text).unwrap_err().contains("how long ago: 12h, 30d, 4w"), "{text}");
        }
    }
}
