//! How long a grant lasts.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::refusal::{Refusal, RefusalCode, quoted};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The length of a grant: whole minutes, from 15 minutes to 7 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantDuration {
    seconds: i64,
}

impl GrantDuration {
    /// What a request lasts that names no duration: 4 hours.
    pub const DEFAULT: Self = Self { seconds: 4 * HOUR };
    /// What a grant without Port lasts that names no duration: 1 hour.
    pub const HOUR: Self = Self { seconds: HOUR };
    const SHORTEST: Self = Self { seconds: 15 * MINUTE };
    /// What no rules file can go beyond: 7 days.
    pub const LONGEST: Self = Self { seconds: 7 * DAY };

    /// Parses a duration such as `15m`, `4h`, `7d` or `1h30m`; `field` names where it stands.
    ///
    /// # Errors
    ///
    /// Refuses anything else, and what lies outside 15 minutes to 7 days.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let remedy = "give minutes, hours or days, from `15m` to `7d`, for example `4h`";
        let Some(seconds) = seconds(text) else {
            return Err(Refusal::new(
                RefusalCode::InvalidDuration,
                field,
                format!("{} is not a duration", quoted(text)),
                remedy,
            ));
        };
        let duration = Self { seconds };
        if duration < Self::SHORTEST || duration > Self::LONGEST {
            let reason = format!("{} is not between {} and {}", quoted(text), Self::SHORTEST, Self::LONGEST);
            return Err(Refusal::new(RefusalCode::DurationOutOfRange, field, reason, remedy));
        }
        Ok(duration)
    }

    /// Reads the duration of a form, which may leave it out.
    ///
    /// # Errors
    ///
    /// Refuses what [`Self::parse`] does.
    pub fn of_form(text: Option<&str>) -> Result<Self, Refusal> {
        text.map_or(Ok(Self::DEFAULT), |text| Self::parse("duration", text))
    }

    /// Returns the time from `start` to `end`, in minutes that have begun: no request, and so of any length.
    pub fn between(start: Timestamp, end: Timestamp) -> Self {
        let minutes = (end.duration_since(start).as_millis().max(0) + 59_999) / 60_000;
        Self { seconds: i64::try_from(minutes).unwrap_or(i64::MAX / MINUTE) * MINUTE }
    }

    /// Returns the length in seconds.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Returns the moment this long after `start`, in whole seconds: IAM's dates carry no fractions here.
    pub fn after(self, start: Timestamp) -> Timestamp {
        let whole = Timestamp::from_second(start.as_second()).unwrap_or(start);
        whole.checked_add(SignedDuration::from_secs(self.seconds)).unwrap_or(Timestamp::MAX)
    }
}

fn seconds(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        // Six digits hold every legal value and cannot overflow.
        let number: i64 = (1..=6).contains(&digits).then(|| rest[..digits].parse().ok())??;
        let unit = match rest.as_bytes().get(digits)? {
            b'm' => MINUTE,
            b'h' => HOUR,
            b'd' => DAY,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    Some(total)
}

impl fmt::Display for GrantDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm')] {
            let count = match name {
                'd' => self.seconds / unit,
                'h' => self.seconds % DAY / unit,
                _ => self.seconds % HOUR / unit,
            };
            if count > 0 {
                write!(formatter, "{count}{name}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_in_the_same_words() {
        for text in ["15m", "4h", "7d", "1h30m", "2d12h"] {
            assert_eq!(GrantDuration::parse("duration", text).unwrap().to_string(), text);
        }
        assert_eq!(GrantDuration::parse("duration", "90m").unwrap().to_string(), "1h30m");
    }

    #[test]
    fn the_bounds_are_a_quarter_of_an_hour_and_a_week() {
        for text in ["14m", "0m", "8d", "7d1m", "999999d"] {
            assert_eq!(
                GrantDuration::parse("duration", text).unwrap_err().code.as_str(),
                "duration-out-of-range",
                "{text}"
            );
        }
        for text in ["", "h", "4", "4 h", "-4h", "4.5h", "4H", "１５m", "99999999999999999999h", "4h "] {
            assert_eq!(GrantDuration::parse("duration", text).unwrap_err().code.as_str(), "invalid-duration", "{text}");
        }
    }

    #[test]
    fn an_end_has_no_fraction_of_a_second() {
        let start: Timestamp = "2026-11-23T20:00:00.987Z".parse().unwrap();
        assert_eq!(GrantDuration::DEFAULT.after(start).to_string(), "2026-11-24T00:00:00Z");
    }
}
