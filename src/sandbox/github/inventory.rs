//! What is in GitHub, for comparison.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::objects::hexadecimal;
use super::repository::{BranchPolicy, Environment, Repository};
use super::vault::Vault;
use super::{GitHub, lock};
use crate::sandbox::inventory::Inventory;

impl GitHub {
    /// Adds all repositories with all that is in them.
    pub(crate) fn take_stock(&self, inventory: &mut Inventory) {
        for repository in self.repositories().iter() {
            take_stock_of(repository, inventory);
        }
        for (repository, tag) in lock(&self.shared.used_tags).iter() {
            inventory.add(format_args!("github {repository} used tag {tag}"), json!(true));
        }
    }
}

fn take_stock_of(repository: &Repository, inventory: &mut Inventory) {
    let name = repository.full_name();
    let mut add = |thing: &str, what: Value| inventory.add(format_args!("github {name} {thing}"), what);
    let Repository { id, private, internal, default_branch, settings, collaborators, protection, .. } = repository;
    let people: Vec<String> =
        collaborators.iter().map(|(login, level)| format!("{login} {}", level_word(*level))).collect();
    add("itself", json!([id, private, internal, default_branch, settings, people, protection]));
    add("actions", json!([repository.actions_permissions, repository.workflow_permissions, repository.oidc_subject]));
    add("immutable releases", json!(repository.immutable_releases));
    for (reference, id) in &repository.references {
        add(&format!("reference {reference}"), json!(id));
    }
    if let Some(head) = repository.head() {
        add("history", json!(repository.objects.history(head).len()));
        for (path, entry) in repository.objects.files(head) {
            add(&format!("file {path}"), json!([entry.mode, entry.id]));
        }
    }
    for ruleset in &repository.rulesets {
        let what = json!([
            ruleset.name,
            ruleset.target,
            ruleset.enforcement,
            ruleset.conditions,
            ruleset.rules,
            ruleset.bypass_actors
        ]);
        add(&format!("ruleset {}", ruleset.id), what);
    }
    add_vault(&mut add, "", &repository.vault);
    for Environment { id, name, branches, policies, vault, .. } in repository.environments.values() {
        let policies: Vec<Value> = policies.iter().map(|(_, pattern, kind)| json!([pattern, kind])).collect();
        let branches = match branches {
            BranchPolicy::All => "all",
            BranchPolicy::Protected => "protected",
            BranchPolicy::Custom => "custom",
        };
        add(&format!("environment {name}"), json!([id, branches, policies]));
        add_vault(&mut add, &format!("environment {name} "), vault);
    }
    for release in &repository.releases {
        let assets: Vec<Value> =
            release.assets.iter().map(|asset| json!([asset.name, asset.label, digest(&asset.content)])).collect();
        let what = json!([
            release.id,
            release.target,
            release.name,
            release.body,
            release.draft,
            release.prerelease,
            release.immutable,
            assets
        ]);
        add(&format!("release {}", release.tag), what);
    }
    for pull in &repository.pulls {
        let what = json!([pull.title, pull.body, pull.head, pull.base, pull.open]);
        add(&format!("pull request {}", pull.number), what);
    }
    for workflow in &repository.workflows {
        add(&format!("workflow {}", workflow.path), json!([workflow.id, workflow.disabled]));
    }
    add("runs", json!(repository.runs.len()));
}

/// Of secrets nothing is told but whether they are the same.
fn add_vault(add: &mut impl FnMut(&str, Value), place: &str, vault: &Vault) {
    for (name, value) in vault.secrets() {
        add(&format!("{place}secret {name}"), json!(digest(value.as_bytes())));
    }
    for (name, value) in vault.variables() {
        add(&format!("{place}variable {name}"), json!(value));
    }
}

fn level_word(level: super::Level) -> &'static str {
    match level {
        super::Level::Read => "read",
        super::Level::Write => "write",
        super::Level::Admin => "admin",
    }
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
