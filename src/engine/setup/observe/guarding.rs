//! What guards the repository, and who would get at the secrets: reads only.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::super::Setup;
use crate::clients::error::ApiError;
use crate::clients::github::Repository;
use crate::domain::setup::{
    AWS_SECRETS, BranchRules, PORT_SECRETS, RULESET, SecretStore, Seen, Wanted, is_workflow, may_enter, may_read,
};

/// The places at which GitHub looks for code owners, the first one first.
const CODE_OWNERS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

impl Setup<'_> {
    /// Returns the rules of the default branch, and the repository's own rulesets that they are of, with that of our name.
    pub(super) async fn rules(&self, repository: &Repository) -> Result<(BranchRules, Vec<Value>), ApiError> {
        let rules = self.github.branch_rules(repository).await?;
        let BranchRules::InForce(in_force) = &rules else { return Ok((rules, Vec::new())) };
        // Those of an organisation are not the repository's to read.
        let own = in_force.iter().filter(|rule| rule["ruleset_source_type"] == "Repository");
        let ids: BTreeSet<u64> = own.filter_map(|rule| rule["ruleset_id"].as_u64()).collect();
        let whole = try_join_all(ids.iter().map(|id| self.github.ruleset(repository, *id))).await?;
        let mut whole: Vec<Value> = whole.into_iter().flatten().collect();
        if whole.iter().all(|ruleset| ruleset["name"] != RULESET) {
            // It may be there, and not in force.
            let named = self.github.rulesets(repository).await?;
            let ours = named.iter().filter(|(id, name)| name == RULESET && !ids.contains(id));
            let ours = try_join_all(ours.map(|(id, _)| self.github.ruleset(repository, *id))).await?;
            whole.extend(ours.into_iter().flatten());
        }
        Ok((rules, whole))
    }

    /// Returns the file that says who reviews what, where GitHub finds it (GitHub Docs, "About code owners").
    pub(super) async fn code_owners_file(
        &self,
        repository: Option<&Repository>,
        seen: &Seen,
        wanted: &Wanted,
    ) -> Result<Option<(String, String)>, ApiError> {
        let Some((repository, blobs)) = repository.zip(seen.blobs()) else { return Ok(None) };
        let Some(path) = CODE_OWNERS.into_iter().find(|path| blobs.contains_key(*path)) else { return Ok(None) };
        // What is no text names nobody.
        let text = self.text_of(repository, blobs, wanted, path).await?.unwrap_or_default();
        Ok(Some((path.to_owned(), text)))
    }

    /// Returns the path of each workflow beside ours, and its text where that can be read.
    pub(super) async fn other_workflows(
        &self,
        repository: Option<&Repository>,
        seen: &Seen,
        wanted: &Wanted,
    ) -> Result<Vec<(String, Option<String>)>, ApiError> {
        let Some((repository, blobs)) = repository.zip(seen.blobs()) else { return Ok(Vec::new()) };
        let is_ours = |path: &str| wanted.files.iter().any(|file| file.path == path);
        let others = blobs.keys().filter(|path| is_workflow(path) && !is_ours(path));
        let texts = others
            .map(async |path| Ok::<_, ApiError>((path.clone(), self.github.readable_file(repository, path).await?)));
        try_join_all(texts).await
    }
}

/// Returns the workflows that may use our secrets. One that cannot be read may.
pub(super) fn users_of_secrets(workflows: Vec<(String, Option<String>)>, store: &SecretStore) -> Vec<String> {
    let uses = |text: &str| match store {
        SecretStore::Environment(name) => may_enter(text, name),
        SecretStore::Repository => may_read(text, &[PORT_SECRETS, AWS_SECRETS].concat()),
    };
    let users = workflows.into_iter().filter(|(_, text)| text.as_deref().is_none_or(uses));
    users.map(|(path, _)| path).collect()
}
