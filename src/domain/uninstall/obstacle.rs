//! What stands in the way of a removal: while it does, nothing of it is done.

use std::fmt;

use crate::domain::identifier::AccountId;
use crate::domain::own_command::shell_word;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};

/// Why nothing may be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Somebody still has access.
    LiveGrant {
        /// The grant.
        grant: String,
        /// What is known of it.
        told: String,
    },
    /// A grant is of an account that was not looked at: nobody here can tell whether it has ended, nor end it.
    GrantElsewhere {
        /// The grant.
        grant: String,
        /// The account; none where what Port or the record names is no account.
        account: Option<AccountId>,
        /// The account as Port or the record names it: whoever may edit the entity has written it.
        named: String,
    },
    /// The files of the default branch name, or may name, accounts that were not looked at.
    FurtherAccounts(Refusal),
}

impl Obstacle {
    /// Returns what the reader can do about it.
    fn remedy(&self) -> String {
        match self {
            Self::LiveGrant { .. } => {
                "wait until they have ended, revoke them, or pass --revoke-all to revoke each of them first".to_owned()
            }
            // `--revoke-all` could not revoke it either, and an account that is left keeps its grants.
            Self::GrantElsewhere { grant, account: Some(account), .. } => format!(
                "pass --account-profile {account}=PROFILE with credentials of that account; or end it there first, with `port-iam revoke {}`",
                shell_word(grant)
            ),
            // Nothing that somebody has written into an entity may become part of a command.
            Self::GrantElsewhere { grant, account: None, .. } => format!(
                "look at the property `account` of its entity in Port, and set it to the account of its role; or end it first, with `port-iam revoke {}`",
                shell_word(grant)
            ),
            Self::FurtherAccounts(refusal) => refusal.remedy.clone(),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LiveGrant { grant, told } => write!(formatter, "{grant} is {told}"),
            Self::GrantElsewhere { grant, account: Some(account), .. } => {
                write!(formatter, "{grant} is of the account {account}, at which these credentials cannot look")
            }
            Self::GrantElsewhere { grant, account: None, named } => {
                write!(formatter, "{grant} is said to be of {}, which is no account", quoted(named))
            }
            Self::FurtherAccounts(refusal) => refusal.fmt(formatter),
        }
    }
}

/// Returns the one refusal that all obstacles come to; none where there is none. What the files name weighs most: until
/// that is known nobody knows what else there is.
pub(super) fn refusal(obstacles: &[Obstacle]) -> Option<Refusal> {
    let named = |obstacle: &Obstacle| match obstacle {
        Obstacle::FurtherAccounts(refusal) => Some(refusal.clone()),
        Obstacle::LiveGrant { .. } | Obstacle::GrantElsewhere { .. } => None,
    };
    if let Some(refusal) = obstacles.iter().find_map(named) {
        return Some(refusal);
    }
    let mut remedies: Vec<String> = Vec::new();
    for remedy in obstacles.iter().map(Obstacle::remedy) {
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    (!obstacles.is_empty()).then(|| {
        let reasons: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
        Refusal::new(RefusalCode::GrantsLive, "grants", reasons.join("; "), remedies.join("; "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_revoke_all_cannot_end_is_not_said_to_end_by_it() {
        let elsewhere = Obstacle::GrantElsewhere {
            grant: "Permission-r_1".to_owned(),
            account: AccountId::parse("account", "210987654321").ok(),
            named: "210987654321".to_owned(),
        };
        let live = Obstacle::LiveGrant { grant: "Permission-r_2".to_owned(), told: "live".to_owned() };
        let alone = refusal(std::slice::from_ref(&elsewhere)).unwrap();
        assert!(!alone.remedy.contains("--revoke-all"), "{alone:?}");
        assert!(alone.remedy.contains("--account-profile 210987654321=PROFILE"), "{alone:?}");
        let both = refusal(&[live.clone(), elsewhere, live]).unwrap();
        assert_eq!(both.remedy.matches("--revoke-all").count(), 1, "{both:?}");
        assert_eq!(refusal(&[]), None);
    }

    #[test]
    fn what_somebody_has_written_into_an_entity_is_never_part_of_a_command() {
        let named = "1=x --leave-account 123456789012".to_owned();
        let elsewhere = Obstacle::GrantElsewhere { grant: "Permission-r_1".to_owned(), account: None, named };
        let refused = refusal(&[elsewhere]).unwrap();
        assert!(!refused.remedy.contains("--leave-account") && !refused.remedy.contains("1=x"), "{refused:?}");
        assert!(refused.remedy.contains("port-iam revoke Permission-r_1"), "{refused:?}");
        assert!(refused.reason.contains("`1=x --leave-account 123456789012`, which is no account"), "{refused:?}");
    }
}
