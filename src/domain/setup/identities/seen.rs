//! What the workflows have in AWS.

use std::collections::BTreeMap;

use serde_json::Value;

use super::user::WorkflowUserSeen;
use crate::domain::setup::seen::BoundarySeen;
use crate::domain::tags::value_of;

/// What of it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IdentitiesSeen {
    /// The identity provider.
    pub provider: ProviderSeen,
    /// The policies, by name.
    pub policies: BTreeMap<String, BoundarySeen>,
    /// The roles, by name.
    pub roles: BTreeMap<String, RoleSeen>,
    /// The user of the access key.
    pub user: WorkflowUserSeen,
}

/// The identity provider for GitHub's tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProviderSeen {
    /// There is none.
    #[default]
    Absent,
    /// There is one, for these audiences.
    Present(Vec<String>),
    /// The AWS credentials may not look.
    Hidden,
}

/// A role.
#[derive(Clone, Debug, PartialEq)]
pub enum RoleSeen {
    /// There is none.
    Absent,
    /// There is one.
    Present(RoleFound),
    /// The AWS credentials may not look.
    Hidden,
}

/// A role that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleFound {
    /// Its trust policy.
    pub trust: Value,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// ARNs of the managed policies attached to it.
    pub attached: Vec<String>,
    /// Names of its inline policies.
    pub inline: Vec<String>,
}

impl RoleFound {
    /// Returns the value of a tag.
    pub(super) fn tag(&self, key: &str) -> Option<&str> {
        value_of(&self.tags, key)
    }
}
