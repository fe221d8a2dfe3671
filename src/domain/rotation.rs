//! The rotation of an access key: what comes next, from the keys that are there. A user has two at most.
//!
//! GitHub shows nobody which key its secrets hold. What a former attempt came to is therefore read from when the keys
//! were used: whoever sets a key up uses it once, to see that it works, and a workflow uses it from then on.

use jiff::Timestamp;

use super::refusal::Refusal;

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
    /// Delete a key that a former attempt made and nobody has used.
    DeleteUnused(String),
    /// Create a key, which takes the place of this one, if there is any.
    Create(Option<String>),
}

/// Returns what comes next.
///
/// # Errors
///
/// Refuses when both keys are active and have been used: which of them the workflows have cannot be told.
pub fn next(keys: &[AccessKey]) -> Result<Next, Refusal> {
    if let Some(inactive) = keys.iter().find(|key| !key.is_active) {
        return Ok(Next::DeleteInactive(inactive.id.clone()));
    }
    let [one, other] = keys else { return Ok(Next::Create(keys.first().map(|key| key.id.clone()))) };
    // Of two of the same second the one that nobody has used is the newer one.
    let age = |key: &AccessKey| (key.created, key.last_used.is_none());
    let newer = if age(one) >= age(other) { one } else { other };
    if newer.last_used.is_none() {
        return Ok(Next::DeleteUnused(newer.id.clone()));
    }
    let reason = format!("the user has two active keys, {} and {}, and both have been used", one.id, other.id);
    let remedy = "find out which of them the workflows have (`aws iam get-access-key-last-used`), disable the other one, and run it again";
    Err(Refusal::new("two-keys", "access keys", reason, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, created: i64, last_used: Option<i64>) -> AccessKey {
        let at = |second| Timestamp::from_second(second).unwrap();
        AccessKey { id: id.to_owned(), is_active: true, created: at(created), last_used: last_used.map(at) }
    }

    #[test]
    fn the_only_key_is_the_one_that_is_replaced() {
        assert_eq!(next(&[]), Ok(Next::Create(None)));
        assert_eq!(next(&[key("A", 1, None)]), Ok(Next::Create(Some("A".to_owned()))));
    }

    #[test]
    fn what_a_former_attempt_left_goes_first() {
        let off = AccessKey { is_active: false, ..key("A", 1, Some(5)) };
        assert_eq!(next(&[off.clone(), key("B", 2, None)]), Ok(Next::DeleteInactive("A".to_owned())));
        assert_eq!(next(&[off]), Ok(Next::DeleteInactive("A".to_owned())));
        for keys in [
            [key("A", 1, Some(5)), key("B", 2, None)],
            [key("B", 2, None), key("A", 1, None)],
            [key("A", 2, Some(5)), key("B", 2, None)],
        ] {
            assert_eq!(next(&keys), Ok(Next::DeleteUnused("B".to_owned())));
        }
    }

    #[test]
    fn which_of_two_used_keys_the_workflows_have_is_not_guessed() {
        assert_eq!(next(&[key("A", 1, None), key("B", 2, Some(3))]).unwrap_err().code, "two-keys");
        assert_eq!(next(&[key("A", 1, Some(9)), key("B", 2, Some(3))]).unwrap_err().code, "two-keys");
    }
}
