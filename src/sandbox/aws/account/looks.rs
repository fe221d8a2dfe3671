//! What can be seen of an account from outside, past every rule.

use super::super::caller;
use super::super::managed_policy;
use super::super::role::Role;
use super::super::state::State;
use super::Account;

/// A role with what decides who can take it and what it can do then, as texts of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDocuments {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The trust policy.
    pub trust: String,
    /// ARNs of the attached policies, sorted.
    pub attached: Vec<String>,
    /// The inline policies and the default versions of the attached ones.
    pub policies: Vec<String>,
    /// The permissions boundary.
    pub boundary: Option<String>,
}

impl RoleDocuments {
    fn of(state: &State, role: &Role) -> Option<Self> {
        let (policies, boundary) = caller::role_policies(state, role).ok()?;
        Some(Self {
            name: role.name.clone(),
            arn: role.arn(),
            trust: role.trust.clone(),
            attached: role.attached.iter().cloned().collect(),
            policies,
            boundary,
        })
    }
}

impl Account {
    /// Returns the names of the roles whose path begins with `path_prefix`, sorted.
    pub fn role_names(&self, path_prefix: &str) -> Vec<String> {
        let state = &self.lock().state;
        let roles = state.roles.values().filter(|role| role.path.starts_with(path_prefix));
        roles.map(|role| role.name.clone()).collect()
    }

    /// Returns the ARNs of the customer's managed policies whose path begins with `path_prefix`, sorted.
    pub fn policy_arns(&self, path_prefix: &str) -> Vec<String> {
        let state = &self.lock().state;
        let policies = state.policies.values().filter(|policy| !policy.is_aws_managed());
        policies.filter(|policy| policy.path.starts_with(path_prefix)).map(managed_policy::ManagedPolicy::arn).collect()
    }

    /// Returns the ARNs of the policies that are attached to a role, or nothing when there is no such role.
    pub fn attached_policies(&self, role_name: &str) -> Option<Vec<String>> {
        self.lock().state.role(role_name).map(|role| role.attached.iter().cloned().collect())
    }

    /// Returns every secret access key and session token that was handed out so far.
    pub fn secrets_handed_out(&self) -> Vec<String> {
        self.lock().state.handed_out()
    }

    /// Returns the roles whose path begins with `path_prefix`, by name, with every document that decides about them.
    pub fn roles(&self, path_prefix: &str) -> Vec<RoleDocuments> {
        let state = &self.lock().state;
        let roles = state.roles.values().filter(|role| role.path.starts_with(path_prefix));
        roles.filter_map(|role| RoleDocuments::of(state, role)).collect()
    }

    /// Returns the account's id.
    pub fn id(&self) -> &'static str {
        self.lock().state.account
    }

    /// Returns whether an access key is one of this account's.
    pub(in crate::sandbox::aws) fn knows_key(&self, access_key_id: &str) -> bool {
        let state = &self.lock().state;
        state.access_keys.contains_key(access_key_id) || state.sessions.contains_key(access_key_id)
    }
}
