//! How much an account has room for, and how much of it a grant needs.

use super::policy::Room;
use super::policy_text::{LONGEST_POLICY, LONGEST_TRUST};
use super::refusal::{Refusal, RefusalCode};

/// How much of a kind one account lets a grant have. The default is what AWS documents for an account that asked for no
/// more (IAM User Guide, "IAM and AWS STS quotas").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Managed policies that can be attached to a role.
    pub attached_policies: usize,
    /// Characters of a managed policy.
    pub policy_characters: usize,
    /// Characters of a role's trust policy.
    pub trust_characters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attached_policies: 10, policy_characters: LONGEST_POLICY, trust_characters: LONGEST_TRUST }
    }
}

impl Limits {
    /// Returns the room for a grant's policies. One place is left for `AWSDenyAll`, with which a revocation begins.
    pub fn room(&self) -> Room {
        let Self { attached_policies, policy_characters, trust_characters: _ } = *self;
        Room { characters: policy_characters, documents: attached_policies.saturating_sub(1).max(1) }
    }
}

/// What an account has and may have, each as (present, most).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Roles.
    pub roles: Option<(i32, i32)>,
    /// Customer managed policies.
    pub policies: Option<(i32, i32)>,
    /// What one grant may have.
    pub limits: Limits,
}

impl Quotas {
    /// Returns the room for a grant's policies, in an account that is like others where its quotas are not known.
    pub fn room_of(quotas: Option<&Self>) -> Room {
        quotas.map_or_else(Limits::default, |quotas| quotas.limits).room()
    }

    /// Checks that there is room for what is still to be made of a grant.
    ///
    /// # Errors
    ///
    /// Refuses when a quota does not suffice, and says which.
    pub fn check(&self, needed: &Needed) -> Result<(), Refusal> {
        let Self { roles, policies, limits } = self;
        let Needed { roles: missing_roles, policies: missing_policies, trust_characters } = *needed;
        if trust_characters > limits.trust_characters {
            let reason = format!(
                "the trust policy would have {trust_characters} characters; the account takes {}",
                limits.trust_characters
            );
            return Err(Refusal::new(RefusalCode::TrustTooLong, "iamTrustPolicy.json", reason, "shorten the template"));
        }
        for (what, missing, quota) in
            [("roles", missing_roles, roles), ("managed policies", missing_policies, policies)]
        {
            let Some((present, most)) = *quota else { continue };
            let missing = i32::try_from(missing).unwrap_or(i32::MAX);
            if missing > 0 && present.saturating_add(missing) > most {
                let reason = format!("the account has {present} of {most} {what}, and the grant needs {missing} more");
                let remedy = "remove what is no longer used, or ask AWS to raise the quota";
                return Err(Refusal::new(RefusalCode::Quota, "account", reason, remedy));
            }
        }
        Ok(())
    }
}

/// What is still to be made of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Roles.
    pub roles: usize,
    /// Managed policies.
    pub policies: usize,
    /// Characters of the trust policy.
    pub trust_characters: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Needed = Needed { roles: 1, policies: 2, trust_characters: 300 };

    #[test]
    fn an_account_without_room_is_told_before_anything_is_made() {
        let full = Quotas { roles: Some((1000, 1000)), policies: Some((3, 1500)), limits: Limits::default() };
        assert!(full.check(&ALL).unwrap_err().reason.contains("1000 of 1000 roles"));
        let enough = Quotas { roles: Some((999, 1000)), policies: None, limits: Limits::default() };
        assert!(enough.check(&ALL).is_ok());
    }

    #[test]
    fn room_is_needed_for_each_policy_that_is_missing() {
        let one_left = Quotas { policies: Some((1499, 1500)), ..Quotas::default() };
        assert!(one_left.check(&ALL).unwrap_err().reason.contains("1499 of 1500 managed policies"));
        assert!(one_left.check(&Needed { policies: 1, ..ALL }).is_ok());
    }

    #[test]
    fn what_is_there_already_needs_no_room() {
        let none_left = Quotas { roles: Some((1000, 1000)), policies: Some((1501, 1500)), limits: Limits::default() };
        assert!(none_left.check(&ALL).is_err());
        assert!(none_left.check(&Needed { roles: 0, policies: 0, ..ALL }).is_ok());
    }

    #[test]
    fn the_trust_policy_is_held_against_the_account_s_own_limit() {
        let limits = Limits { trust_characters: 299, ..Limits::default() };
        assert_eq!(Quotas { limits, ..Quotas::default() }.check(&ALL).unwrap_err().code.as_str(), "trust-too-long");
    }

    #[test]
    fn a_revocation_keeps_a_place_for_its_denial() {
        assert_eq!(Limits::default().room(), Room { characters: 6_144, documents: 9 });
        assert_eq!(Limits { attached_policies: 20, ..Limits::default() }.room().documents, 19);
        assert_eq!(Limits { attached_policies: 1, ..Limits::default() }.room().documents, 1);
    }
}
