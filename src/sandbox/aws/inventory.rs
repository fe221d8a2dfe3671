//! What is in an account, for comparison.

use serde_json::{Value, json};

use super::account::Account;
use super::instance_profile::InstanceProfile;
use super::managed_policy::ManagedPolicy;
use super::oidc_provider::OidcProvider;
use super::role::Role;
use super::state::State;
use super::tags::Tags;
use crate::sandbox::inventory::Inventory;

impl Account {
    /// Adds all that the account holds; AWS's own policies are the same for everybody.
    pub(crate) fn take_stock(&self, inventory: &mut Inventory) {
        self.with_state(|state| take_stock_of(state, inventory));
    }
}

fn take_stock_of(state: &State, inventory: &mut Inventory) {
    let account = state.account;
    let mut add = |thing: String, what: Value| inventory.add(format_args!("aws {account} {thing}"), what);
    for user in state.users.values() {
        add(format!("user {}", user.name), json!([user.id, user.inline, user.attached]));
    }
    for (id, key) in &state.access_keys {
        add(format!("access key {id}"), json!([key.user, key.is_active]));
    }
    for group in state.groups.values() {
        add(format!("group {}", group.name), json!([group.id, group.path, group.members, group.attached]));
    }
    for role in state.roles.values() {
        let Role {
            account: _,
            name,
            path,
            id,
            created: _,
            trust,
            description,
            max_session_duration,
            boundary,
            tags,
            attached,
            inline,
            last_used: _,
        } = role;
        let what =
            json!([path, id, trust, description, max_session_duration, boundary, tags_of(tags), attached, inline]);
        add(format!("role {name}"), what);
    }
    for policy in state.policies.values().filter(|policy| !policy.is_aws_managed()) {
        let ManagedPolicy { name, path, id, description, versions, default_version, tags, .. } = policy;
        let versions: Vec<Value> = versions.iter().map(|(number, version)| json!([number, version.document])).collect();
        add(format!("policy {path}{name}"), json!([id, description, versions, default_version, tags_of(tags)]));
    }
    for InstanceProfile { account: _, name, path, id, created: _, tags, role } in state.instance_profiles.values() {
        add(format!("instance profile {name}"), json!([path, id, tags_of(tags), role]));
    }
    for OidcProvider { url, client_ids, thumbprints, created: _, tags } in state.oidc_providers.values() {
        add(format!("identity provider {url}"), json!([client_ids, thumbprints, tags_of(tags)]));
    }
    for resource in &state.resources {
        add(format!("resource {}", resource.arn), json!([resource.region, resource.owner, resource.tags]));
    }
}

/// Sorted: their order says nothing.
fn tags_of(tags: &Tags) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    all.sort();
    all
}
