//! What guards the repository, and who would get at the secrets: reads only.

use futures_util::future::{try_join, try_join_all};
use serde_json::Value;

use super::Setup;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::Repository;
use crate::domain::setup::{
    AWS_SECRETS, BranchRules, PORT_SECRETS, RULESET, RepositorySeen, SecretStore, Wanted, is_workflow, may_enter,
    may_read,
};

/// The places at which GitHub looks for code owners, the first one first.
const CODE_OWNERS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
impl Setup<'_> {
    /// Returns the rules of the default branch, and the repository's own rulesets that they are of, with that of our name.
    pub(super) async fn rules(&self, repository: &Repository) -> Result<(BranchRules, Vec<Value>), ApiError> {
        let (rules, named) = try_join(self.github.branch_rules(repository), self.github.rulesets(repository)).await?;
        let BranchRules::InForce(in_force) = &rules else { return Ok((rules, Vec::new())) };
        let matters = |(id, name): &&(u64, String)| {
            name == RULESET || in_force.iter().any(|rule| rule["ruleset_id"].as_u64() == Some(*id))
        };
        let whole = named.iter().filter(matters).map(|(id, _)| self.github.ruleset(repository, *id));
        let whole = try_join_all(whole).await?.into_iter().flatten().collect();
        Ok((rules, whole))
    }

    /// Returns the file that says who reviews what, where GitHub finds it (GitHub Docs, "About code owners").
    pub(super) async fn code_owners_file(
        &self,
        repository: &Repository,
        held: &RepositorySeen,
        wanted: &Wanted,
    ) -> Result<Option<(String, String)>, ApiError> {
        let Some(blobs) = &held.blobs else { return Ok(None) };
        let Some(path) = CODE_OWNERS.into_iter().find(|path| blobs.contains_key(*path)) else { return Ok(None) };
        let ours = wanted.files.iter().find(|file| file.path == path && blobs.get(path) == Some(&file.blob));
        let text = match ours {
            Some(ours) => Some(ours.contents.clone()),
            None => match self.github.file(repository, path).await {
                // Nobody reads what is no text.
                Err(error) if error.kind == ApiErrorKind::Undecodable => Some(String::new()),
                text => text?,
            },
        };
        Ok(text.map(|text| (path.to_owned(), text)))
    }

    /// Returns the workflows beside ours that may use our secrets. One that cannot be read may.
    pub(super) async fn users_of_secrets(
        &self,
        repository: &Repository,
        held: &RepositorySeen,
        wanted: &Wanted,
    ) -> Result<Vec<String>, ApiError> {
        let is_ours = |path: &str| wanted.files.iter().any(|file| file.path == path);
        let paths = held.blobs.iter().flatten().map(|(path, _)| path);
        let others = paths.filter(|path| is_workflow(path) && !is_ours(path));
        let looks = others.map(async |path| {
            let text = match self.github.file(repository, path).await {
                Err(error) if error.kind == ApiErrorKind::Undecodable => None,
                text => text?,
            };
            let uses = text.is_none_or(|text| match &wanted.store {
                SecretStore::Environment(name) => may_enter(&text, name),
                SecretStore::Repository => may_read(&text, &[PORT_SECRETS, AWS_SECRETS].concat()),
            });
            Ok::<_, ApiError>(uses.then(|| path.clone()))
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }
}
