//! Moments in the two forms that people and services need.

use jiff::{SignedDuration, Timestamp};

/// How far the clocks of AWS, Port and whoever asks them may lie apart, and how long a decision may take to be carried out.
pub const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// So long after it was made, or taken away, IAM may not show it so everywhere (IAM User Guide, "Changes that I make are not
/// always immediately visible").
pub const SHOWN_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// Returns `moment` as AWS and Port write it: RFC 3339, UTC, whole seconds, `2026-11-23T20:00:00Z`.
pub fn utc(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns how far `moment` lies from `now`, for people: `in 4 hours`, `in 25 minutes`, `5 minutes ago`.
pub fn relative(moment: Timestamp, now: Timestamp) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let seconds = moment.as_second() - now.as_second();
    let (count, unit) = match seconds.abs() {
        // Below two of a unit the smaller one says more: "in 90 minutes".
        distance if distance >= 2 * DAY => ((distance + DAY / 2) / DAY, "day"),
        distance if distance >= 2 * HOUR || distance % HOUR == 0 && distance > 0 => {
            ((distance + HOUR / 2) / HOUR, "hour")
        }
        distance if distance >= MINUTE + MINUTE / 2 => ((distance + MINUTE / 2) / MINUTE, "minute"),
        distance => (distance, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    // Of what has just happened nobody says that it will.
    if seconds <= 0 { format!("{count} {unit}{plural} ago") } else { format!("in {count} {unit}{plural}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_the_unit_that_a_person_would_use() {
        let now: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        for (then, told) in [
            ("2026-11-24T00:00:00Z", "in 4 hours"),
            ("2026-11-23T21:00:00Z", "in 1 hour"),
            ("2026-11-23T21:30:00Z", "in 90 minutes"),
            ("2026-11-23T20:15:00Z", "in 15 minutes"),
            ("2026-11-30T20:00:00Z", "in 7 days"),
            ("2026-11-23T20:00:00Z", "0 seconds ago"),
            ("2026-11-23T19:59:00Z", "60 seconds ago"),
            ("2026-11-23T19:30:00Z", "30 minutes ago"),
        ] {
            assert_eq!(relative(then.parse().unwrap(), now), told);
        }
    }
}
