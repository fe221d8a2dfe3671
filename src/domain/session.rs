//! The session in which somebody uses a grant: how long, and under which name.

use jiff::Timestamp;

use super::identifier::GrantId;
use super::refusal::{Refusal, RefusalCode};
use super::time::utc;

/// The shortest session of a role (STS API reference, "AssumeRole").
const SHORTEST: i64 = 900;
/// The longest one for who is a role already (IAM User Guide, "Roles terms and concepts", role chaining), and of a role
/// of which nothing else is known.
const ONE_HOUR: i64 = 3_600;
/// Length of a session's name, and what it may hold besides letters and digits (STS API reference, "AssumeRole").
const LONGEST_NAME: usize = 64;
const NAME_MARKS: &str = "_+=,.@-";

/// What decides how long a session may be.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits<'a> {
    /// ARN of who asks.
    pub caller: &'a str,
    /// The end of the grant; none where nobody told it.
    pub end: Option<Timestamp>,
    /// The longest session of the role in seconds, where it is known.
    pub longest: Option<i32>,
    /// AWS's time.
    pub now: Timestamp,
}

impl SessionLimits<'_> {
    /// Returns for how many seconds a session is asked for: until the end of the grant, as far as AWS lets. Where the
    /// end is not known it is the shortest one, since the next is asked for by itself.
    ///
    /// # Errors
    ///
    /// Refuses a grant whose time is over.
    pub fn seconds(&self, grant: &GrantId) -> Result<i32, Refusal> {
        let Some(end) = self.end else { return Ok(seconds(SHORTEST)) };
        if end <= self.now {
            let reason = format!("the time of {grant} was over at {}", utc(end));
            let remedy = "ask for a new grant; `port-iam extend` goes on from one that is live";
            return Err(Refusal::new(RefusalCode::GrantEnded, "grant", reason, remedy));
        }
        let of_role = self.longest.map_or(ONE_HOUR, i64::from);
        let of_caller = if is_a_role(self.caller) { ONE_HOUR } else { i64::MAX };
        let left = end.as_second() - self.now.as_second();
        Ok(seconds(left.min(of_role).min(of_caller).max(SHORTEST)))
    }
}

fn seconds(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Returns when the credentials of a session stop being of use: with the session, or before it with the grant.
pub fn useful_until(session: Timestamp, grant: Option<Timestamp>) -> Timestamp {
    grant.map_or(session, |end| end.min(session))
}

/// Returns whether the caller is the session of a role, and not a user.
fn is_a_role(arn: &str) -> bool {
    arn.contains(":assumed-role/")
}

/// Returns a name for the session that tells who uses the grant, as CloudTrail shows it: the caller's own name.
pub fn session_name(caller: &str) -> String {
    let own = caller.rsplit(['/', ':']).next().unwrap_or_default();
    let allowed = |character: &char| character.is_ascii_alphanumeric() || NAME_MARKS.contains(*character);
    let name: String = own.chars().filter(allowed).take(LONGEST_NAME).collect();
    if name.len() < 2 { format!("port-iam-{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identifier::RunId;

    const USER: &str = "arn:aws:iam::123456789012:user/dana";
    const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/dana@acme.example";

    fn asked_for(caller: &str, end: Option<&str>, longest: Option<i32>) -> Result<i32, Refusal> {
        let now = "2026-11-28T09:00:00Z".parse().unwrap();
        let end = end.map(|end| end.parse().unwrap());
        SessionLimits { caller, end, longest, now }.seconds(&RunId::parse("r_1").unwrap().grant_id())
    }

    #[test]
    fn a_session_is_no_longer_than_the_grant_the_role_and_the_caller_allow() {
        for (caller, end, longest, seconds) in [
            (USER, "2026-11-28T13:00:00Z", Some(43_200), 14_400),
            (USER, "2026-11-28T13:00:00Z", Some(7_200), 7_200),
            // A role's own limit is not known to who may not read it, and is an hour at least.
            (USER, "2026-11-28T13:00:00Z", None, 3_600),
            (ROLE, "2026-11-28T13:00:00Z", Some(43_200), 3_600),
            (ROLE, "2026-11-28T09:30:00Z", Some(43_200), 1_800),
            // AWS gives none that is shorter; what is told to end then is told apart.
            (USER, "2026-11-28T09:05:00Z", Some(43_200), 900),
        ] {
            assert_eq!(asked_for(caller, Some(end), longest), Ok(seconds), "{caller} {end} {longest:?}");
        }
        assert_eq!(asked_for(USER, None, Some(43_200)), Ok(900));
        for end in ["2026-11-28T09:00:00Z", "2026-11-28T08:00:00Z"] {
            assert_eq!(asked_for(USER, Some(end), None).unwrap_err().code.as_str(), "grant-ended");
        }
    }

    #[test]
    fn credentials_are_of_use_until_the_grant_ends_whatever_the_session() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (early, late) = (at("2026-11-28T09:00:00Z"), at("2026-11-28T10:00:00Z"));
        assert_eq!(useful_until(late, Some(early)), early);
        assert_eq!(useful_until(early, Some(late)), early);
        assert_eq!(useful_until(late, None), late);
    }

    #[test]
    fn a_session_is_named_after_who_uses_it_within_what_sts_takes() {
        assert_eq!(session_name(USER), "dana");
        assert_eq!(session_name(ROLE), "dana@acme.example");
        assert_eq!(session_name("arn:aws:iam::123456789012:root"), "root");
        assert_eq!(session_name("arn:aws:iam::123456789012:user/x"), "port-iam-x");
        assert_eq!(session_name(&format!("a/{}", "é b".repeat(90))), "b".repeat(64));
    }
}
