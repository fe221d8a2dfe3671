//! The rotation of an access key: what comes next, from the keys that are there. A user has two at most.
//!
//! GitHub shows nobody which key its secrets hold, only when they were last set; AWS tells when a key was used, hours later
//! (IAM User Guide, "Troubleshoot last accessed information"). So what is known of a key is whether it can be the one in the
//! secrets at all, and nothing is switched off or deleted that may be.

use jiff::{SignedDuration, Timestamp};

use super::refusal::{Refusal, RefusalCode};
use super::time::utc;

/// So far GitHub's and AWS's clocks may be apart, and somebody may take from making a key to setting it.
const APART: SignedDuration = SignedDuration::from_mins(5);
/// After so long AWS tells of a use.
const TOLD_AFTER: SignedDuration = SignedDuration::from_hours(4);

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id, which is no secret.
    pub id: String,
    /// Whether it can be used.
    pub is_active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, if ever.
    pub last_used: Option<Timestamp>,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Delete a key that nobody can use.
    DeleteInactive(String),
    /// Delete a key that the secrets cannot hold and nobody has used.
    DeleteUnused(String),
    /// Create a key in the place of this one.
    Create(Replaced),
}

/// The key that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// There is none.
    Nothing,
    /// The workflows have it: the secrets were set after it was made, and the user has no other.
    OfTheWorkflows {
        /// Its id.
        id: String,
        /// How that is known.
        why: String,
    },
    /// The workflows have another one, which is gone or of another user: this one is not touched.
    OfSomebodyElse {
        /// Its id.
        id: String,
        /// How that is known.
        why: String,
    },
}

/// Returns what comes next. `set` is when the workflows' secrets were last set.
///
/// # Errors
///
/// Refuses when both keys are active, unless one of them can be told to be nobody's.
pub fn next(keys: &[AccessKey], set: Timestamp, now: Timestamp) -> Result<Next, Refusal> {
    if let Some(inactive) = keys.iter().find(|key| !key.is_active) {
        return Ok(Next::DeleteInactive(inactive.id.clone()));
    }
    match keys {
        [] => Ok(Next::Create(Replaced::Nothing)),
        [one] => Ok(Next::Create(replaced(one, set))),
        [one, other, ..] => of_two(one, other, set, now),
    }
}

/// Returns whether the secrets can hold a key: it was there when they were set.
fn may_be_set(key: &AccessKey, set: Timestamp) -> bool {
    key.created.duration_since(set) <= APART
}

fn replaced(key: &AccessKey, set: Timestamp) -> Replaced {
    let (id, made, set_at) = (key.id.clone(), utc(key.created), utc(set));
    if may_be_set(key, set) {
        let why = format!("the secrets were last set at {set_at}, {id} was made at {made}, and the user has no other");
        return Replaced::OfTheWorkflows { id, why };
    }
    let why = format!("the secrets were last set at {set_at}, before {id} was made at {made}: they hold another key");
    Replaced::OfSomebodyElse { id, why }
}

fn of_two(one: &AccessKey, other: &AccessKey, set: Timestamp, now: Timestamp) -> Result<Next, Refusal> {
    let (older, newer) = if one.created <= other.created { (one, other) } else { (other, one) };
    let told = format!(
        "the user has two active keys, {} of {} and {} of {}, and the secrets were last set at {}",
        older.id,
        utc(older.created),
        newer.id,
        utc(newer.created),
        utc(set)
    );
    let by_hand = |key: &AccessKey, condition: &str| {
        format!(
            "aws iam update-access-key --user-name USER --access-key-id {} --status Inactive, {condition}; then run it again",
            key.id
        )
    };
    let refuse =
        |reason: String, remedy: String| Err(Refusal::new(RefusalCode::TwoKeys, "access keys", reason, remedy));
    if may_be_set(newer, set) && newer.created.duration_since(older.created) <= APART {
        let reason = format!("{told}: which of them the workflows have cannot be told");
        let remedy = format!(
            "aws iam get-access-key-last-used --access-key-id {}; switch off the one that no workflow uses, and run it again",
            older.id
        );
        return refuse(reason, remedy);
    }
    if may_be_set(newer, set) {
        let reason = format!("{told}: the workflows most likely have {}, which GitHub does not tell", newer.id);
        return refuse(reason, by_hand(older, "if nothing else uses it"));
    }
    let is_told = now.duration_since(newer.created) >= TOLD_AFTER;
    match newer.last_used {
        None if is_told => Ok(Next::DeleteUnused(newer.id.clone())),
        None => refuse(
            format!("{told}: {} is not in them, and AWS tells hours later whether somebody uses it", newer.id),
            by_hand(newer, "if nobody uses it"),
        ),
        Some(used) => refuse(
            format!("{told}: {} is not in them, and was used at {}", newer.id, utc(used)),
            by_hand(newer, "if it is not needed"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(id: &str, created: i64, last_used: Option<i64>) -> AccessKey {
        AccessKey { id: id.to_owned(), is_active: true, created: at(created), last_used: last_used.map(at) }
    }

    fn next_at(keys: &[AccessKey], set: i64) -> Result<Next, Refusal> {
        next(keys, at(set), at(100 * HOUR))
    }

    #[test]
    fn the_only_key_is_replaced_and_goes_only_if_the_secrets_can_hold_it() {
        assert_eq!(next_at(&[], 5), Ok(Next::Create(Replaced::Nothing)));
        let of = |created: i64, set: i64| match next_at(&[key("A", created, Some(3))], set) {
            Ok(Next::Create(replaced)) => replaced,
            other => panic!("{other:?}"),
        };
        assert!(matches!(of(10, 10), Replaced::OfTheWorkflows { id, .. } if id == "A"));
        assert!(matches!(of(310, 10), Replaced::OfTheWorkflows { .. }), "clocks differ by minutes");
        assert!(matches!(of(311, 10), Replaced::OfSomebodyElse { id, .. } if id == "A"));
    }

    #[test]
    fn what_nobody_can_use_goes_first() {
        let off = AccessKey { is_active: false, ..key("A", 1, Some(5)) };
        assert_eq!(next_at(&[off.clone(), key("B", 2, None)], 1), Ok(Next::DeleteInactive("A".to_owned())));
        assert_eq!(next_at(&[off], 1), Ok(Next::DeleteInactive("A".to_owned())));
    }

    #[test]
    fn a_key_that_was_made_after_the_secrets_were_set_goes_once_aws_would_know_of_a_use() {
        let keys = |used: Option<i64>| [key("B", HOUR, used), key("A", 1, None)];
        assert_eq!(next_at(&keys(None), 5), Ok(Next::DeleteUnused("B".to_owned())));
        assert_eq!(next(&keys(None), at(5), at(5 * HOUR)), Ok(Next::DeleteUnused("B".to_owned())));
        for refused in [next(&keys(None), at(5), at(5 * HOUR - 1)), next_at(&keys(Some(9)), 5)] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.code.as_str(), "two-keys");
            assert!(refused.remedy.contains("--access-key-id B --status Inactive"), "{refused:?}");
        }
    }

    #[test]
    fn a_key_that_the_secrets_may_hold_is_never_deleted_however_unused_it_looks() {
        for set in [HOUR, HOUR + 9, HOUR - 300] {
            let refused = next_at(&[key("A", 1, Some(9)), key("B", HOUR, None)], set).unwrap_err();
            assert!(refused.reason.contains("the workflows most likely have B"), "{refused:?}");
            assert!(refused.remedy.contains("--access-key-id A "), "{refused:?}");
        }
        // Of two of the same minutes neither is called likely.
        for (one, other) in [(1, 1), (1, 301), (301, 1)] {
            let refused = next_at(&[key("A", one, None), key("B", other, None)], 400).unwrap_err();
            assert!(refused.reason.ends_with("which of them the workflows have cannot be told"), "{refused:?}");
            assert!(!refused.remedy.contains("--status Inactive"), "{refused:?}");
        }
    }
}
