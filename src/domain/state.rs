//! The states of a grant, as its entity and its permanent record in Port tell them.

use std::fmt;

/// A state of a grant. Which of them an entity and a record may have, the blueprints list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantState {
    /// On record, and about to be usable.
    Granting,
    /// Usable.
    Live,
    /// It ended at its time.
    Expired,
    /// It is being taken away.
    Revoking,
    /// Somebody took it away.
    Revoked,
    /// An attempt at it was undone.
    GrantFailed,
    /// Something of it is left in AWS.
    RevokeFailed,
    /// Its role is gone from AWS, and nothing tells how.
    Missing,
}

impl GrantState {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Granting,
        Self::Live,
        Self::Expired,
        Self::Revoking,
        Self::Revoked,
        Self::GrantFailed,
        Self::RevokeFailed,
        Self::Missing,
    ];

    /// Returns the word for it in Port.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granting => "granting",
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoking => "revoking",
            Self::Revoked => "revoked",
            Self::GrantFailed => "grant-failed",
            Self::RevokeFailed => "revoke-failed",
            Self::Missing => "missing",
        }
    }

    /// Returns the state that a word stands for; none for any other word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for GrantState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// What the program writes into the entity of a live grant.
    const OF_ENTITIES: [GrantState; 3] = [GrantState::Live, GrantState::RevokeFailed, GrantState::Missing];
    /// What it writes into a permanent record.
    const OF_RECORDS: [GrantState; 4] =
        [GrantState::Live, GrantState::Expired, GrantState::Revoked, GrantState::GrantFailed];
    /// What the blueprints allow besides, which nothing here writes: for people and for automations of their own, who mark
    /// what a ticket is about, and whose entities a shorter list would make invalid. No decision looks for them.
    const OF_OTHERS_ENTITIES: [GrantState; 3] = [GrantState::Granting, GrantState::Expired, GrantState::Revoking];
    const OF_OTHERS_RECORDS: [GrantState; 2] = [GrantState::Granting, GrantState::RevokeFailed];

    fn words(states: &[GrantState]) -> BTreeSet<String> {
        states.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_blueprints_know_every_state_and_no_other() {
        for (blueprint, written, of_others) in [
            (include_str!("../../blueprints/provisioned_permissions.json"), &OF_ENTITIES[..], &OF_OTHERS_ENTITIES[..]),
            (include_str!("../../blueprints/permission_records.json"), &OF_RECORDS[..], &OF_OTHERS_RECORDS[..]),
        ] {
            let blueprint: Value = serde_json::from_str(blueprint).unwrap();
            let state = &blueprint["schema"]["properties"]["state"];
            let listed: Vec<&str> = state["enum"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            let known: BTreeSet<String> = words(written).union(&words(of_others)).cloned().collect();
            assert_eq!(listed.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>(), known);
            assert!(listed.iter().all(|word| state["enumColors"][word].is_string() && GrantState::of(word).is_some()));
        }
    }

    #[test]
    fn a_word_that_is_no_state_is_none() {
        assert_eq!(GrantState::of("revoke-failed"), Some(GrantState::RevokeFailed));
        assert_eq!((GrantState::of("Live"), GrantState::of("")), (None, None));
    }
}
