//! Many grants at once, for tests of what becomes slow or large: copies of one that was really made.

use super::account::Account;

/// What a copy of a grant has of its own.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Name of the role and of its policy.
    pub name: String,
    /// The trust policy, when it is another one.
    pub trust: Option<String>,
    /// A tag of role and policy, by its key, and its value.
    pub tag: (String, String),
}

impl Account {
    /// Copies the role `from`, with the policy of its name.
    ///
    /// Neither quotas nor anybody's rights are asked about. Nothing happens when there is no such role or policy.
    pub fn copy_grant(&self, from: &str, copies: &[Copy]) {
        self.with_state(|state| {
            let Some(role) = state.role(from).cloned() else { return };
            let Some(policy) = state.policies.values().find(|policy| policy.name == from).cloned() else { return };
            for Copy { name, trust, tag } in copies {
                let (mut role, mut policy) = (role.clone(), policy.clone());
                (role.id, policy.id) = (state.unique_id("AROA"), state.unique_id("ANPA"));
                name.clone_into(&mut role.name);
                name.clone_into(&mut policy.name);
                role.trust = trust.clone().unwrap_or(role.trust);
                role.tags.replace(tag);
                policy.tags.replace(tag);
                role.attached = std::iter::once(policy.arn()).collect();
                state.roles.insert(name.to_lowercase(), role);
                state.policies.insert(policy.arn(), policy);
            }
        });
    }
}
