//! Many grants at once, for tests of what becomes slow or large: copies of one that was really made.

use super::account::Account;

impl Account {
    /// Copies the role `from`, with the policy of its name, to each of `copies`: a name and a trust policy.
    ///
    /// Neither quotas nor anybody's rights are asked about. Nothing happens when there is no such role or policy.
    pub fn copy_grant(&self, from: &str, copies: &[(String, String)]) {
        self.with_state(|state| {
            let Some(role) = state.role(from).cloned() else { return };
            let Some(policy) = state.policies.values().find(|policy| policy.name == from).cloned() else { return };
            for (name, trust) in copies {
                let (mut role, mut policy) = (role.clone(), policy.clone());
                (role.id, policy.id) = (state.unique_id("AROA"), state.unique_id("ANPA"));
                name.clone_into(&mut role.name);
                name.clone_into(&mut policy.name);
                trust.clone_into(&mut role.trust);
                role.attached = std::iter::once(policy.arn()).collect();
                state.roles.insert(name.to_lowercase(), role);
                state.policies.insert(policy.arn(), policy);
            }
        });
    }
}
