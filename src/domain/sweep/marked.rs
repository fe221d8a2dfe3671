//! Records that wait for a review, and the account whose sweep tells each.

use crate::domain::identifier::AccountId;

/// A permanent record that waits for a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedRecord {
    /// Its identifier, the name of a grant.
    pub identifier: String,
    /// The account that it names, which whoever edits records may have written.
    pub account: Option<String>,
    /// What was found last, where the grant was tampered with, a sentence.
    pub found: Option<String>,
}

impl MarkedRecord {
    /// Returns whether the sweep of `account` tells it, one of those that are swept, the workflows' own first. What names
    /// none of them is told with the workflows' own: by no other name of an account is a record hidden.
    pub fn is_told_in(&self, account: &AccountId, swept: &[AccountId]) -> bool {
        let named = swept.iter().find(|id| self.account.as_deref() == Some(id.as_str()));
        named.or(swept.first()) == Some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_account_a_marked_record_names_exactly_one_sweep_tells_it() {
        let id = |text: &str| AccountId::parse("account", text).unwrap();
        let [home, second] = ["123456789012", "210987654321"].map(id);
        let both = [home.clone(), second.clone()];
        for (account, in_both) in [
            (Some("123456789012"), &home),
            (Some("210987654321"), &second),
            (Some("999999999999"), &home),
            (Some(" 210987654321"), &home),
            (Some(""), &home),
            (None, &home),
        ] {
            let record = MarkedRecord {
                identifier: "Permission-r_1".to_owned(),
                account: account.map(str::to_owned),
                found: None,
            };
            let told: Vec<&AccountId> = both.iter().filter(|id| record.is_told_in(id, &both)).collect();
            assert_eq!(told, [in_both], "{account:?}");
            // What names an account that cannot be swept is told all the same.
            assert!(record.is_told_in(&home, std::slice::from_ref(&home)), "{account:?}");
        }
    }
}
