//! What IAM answers about roles and policies, as plain values.

use jiff::Timestamp;
use serde_json::Value;

use super::grant::Grant;
use super::identifier::GrantId;
use super::part::part_number;
use super::policy_text::length_without_white_space;
use super::quotas::Needed;
use super::trust;

/// A role, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleState {
    /// Its path, with a slash at both ends.
    pub path: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made, where AWS says it.
    pub created: Option<Timestamp>,
    /// Its trust document.
    pub trust: Value,
    /// ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its longest session in seconds.
    pub max_session_seconds: Option<i32>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A managed policy, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyState {
    /// Its ARN.
    pub arn: String,
    /// The document of its default version.
    pub document: Value,
    /// Which version that is, for example `v1`.
    pub default_version: String,
    /// How many identities it is attached to.
    pub attachments: i32,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// What of one grant IAM holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The role of the grant's name.
    pub role: Option<RoleState>,
    /// The policies of the grant's name under our path, the first one first; none in the place of one that is missing.
    pub policies: Vec<Option<PolicyState>>,
    /// ARNs of the managed policies that are attached to the role, where it lies under our path.
    pub attached: Vec<String>,
    /// Names of the role's inline policies, where it lies under our path. We never write one.
    pub inline: Vec<String>,
}

impl Observed {
    /// Returns the end that an earlier attempt wrote into the role.
    pub fn first_end(&self) -> Option<Timestamp> {
        trust::end_of(&self.role.as_ref()?.trust)
    }

    /// Returns the policy in this place, counted from 0.
    pub fn policy(&self, index: usize) -> Option<&PolicyState> {
        self.policies.get(index)?.as_ref()
    }

    /// Returns what is still to be made of `grant`.
    pub fn needed(&self, grant: &Grant) -> Needed {
        Needed {
            roles: usize::from(self.role.is_none()),
            policies: (0..grant.policies.len()).filter(|index| self.policy(*index).is_none()).count(),
            trust_characters: length_without_white_space(&grant.trust),
        }
    }
}

/// Sessions of a role that were opened, as CloudTrail tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailEvents {
    /// How many were seen.
    pub count: usize,
    /// When the first was opened.
    pub first: Option<Timestamp>,
    /// When the last was opened.
    pub last: Option<Timestamp>,
}

/// The services that a role was used with, as IAM's last accessed information tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicesSeen {
    /// The services, by the prefix of their actions.
    pub services: Vec<String>,
    /// When the last of them was used.
    pub last: Option<Timestamp>,
}

/// A role under our path, as a list shows it: without tags and boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRole {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// The end that its trust policy carries; none when it is not of our form.
    pub end: Option<Timestamp>,
    /// Digest of its trust policy, as records hold it.
    pub trust_digest: String,
}

/// A customer managed policy under our path, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// How many identities it is attached to.
    pub attachments: i32,
    /// Id of the version that counts, such as `v1`.
    pub version: String,
}

impl ListedPolicy {
    /// Returns the grant that the policy is a part of, if any: `Permission-r_1.2` is the second one of
    /// `Permission-r_1`.
    pub fn grant(&self) -> Option<GrantId> {
        let (stem, _) = self.name.split_once('.').unwrap_or((&self.name, ""));
        GrantId::parse(stem).ok().filter(|grant| part_number(grant, &self.name).is_some())
    }
}
