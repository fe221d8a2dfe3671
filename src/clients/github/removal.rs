//! What `uninstall` asks of GitHub, and what it deletes. What is not there counts as deleted.

use jiff::Timestamp;
use serde_json::Value;

use super::environment::route_of_secrets;
use super::releases::release;
use super::rest::{PAGE, moment};
use super::{GitHub, Release, Repository, segment};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::setup::SecretStore;

impl GitHub {
    /// Returns all releases, drafts among them where the token may see them.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn releases(&self, repository: &Repository) -> Result<Vec<Release>, ApiError> {
        let route = format!("{}/releases", repository.route());
        self.pages("list the releases", &route, "?", release).await
    }

    /// Returns all commits of the default branch that changed a file: the first line of each message, and when it was made.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn commits_to(
        &self,
        repository: &Repository,
        path: &str,
    ) -> Result<Vec<(String, Option<Timestamp>)>, ApiError> {
        const OPERATION: &str = "read the history of the file";
        let (branch, path) = (segment(&repository.default_branch), segment(path));
        let route = format!("{}/commits", repository.route());
        let read = |commit: &Value| {
            let made = moment(&commit["commit"]["committer"]["date"]);
            headline(commit).map(|headline| (headline, made))
        };
        self.pages(OPERATION, &route, &format!("?sha={branch}&path={path}&"), read).await
    }

    /// Returns the first line of the message of the newest commit of the default branch that changed a file.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn last_commit_to(&self, repository: &Repository, path: &str) -> Result<Option<String>, ApiError> {
        const OPERATION: &str = "read the newest commit to the file";
        let (branch, path) = (segment(&repository.default_branch), segment(path));
        let route = format!("{}/commits?sha={branch}&path={path}&per_page=1", repository.route());
        let answer = self.get(OPERATION, &route).await?;
        let commits = answer.as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        commits.first().map(|commit| headline(commit).ok_or_else(|| answer.undecodable(OPERATION))).transpose()
    }

    /// Returns the names of the variables of an environment.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn variable_names(&self, repository: &Repository, environment: &str) -> Result<Vec<String>, ApiError> {
        const OPERATION: &str = "list the variables";
        let route = format!("{}/environments/{}/variables?per_page=30", repository.route(), segment(environment));
        let Some(answer) = self.find(OPERATION, &route).await? else { return Ok(Vec::new()) };
        let variables = answer["variables"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        Ok(variables.iter().filter_map(|variable| variable["name"].as_str().map(str::to_owned)).collect())
    }

    /// Deletes a secret.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn delete_secret(
        &self,
        repository: &Repository,
        store: &SecretStore,
        name: &str,
    ) -> Result<(), ApiError> {
        self.delete("delete the secret", &format!("{}/{}", route_of_secrets(store, repository), segment(name))).await
    }

    /// Deletes an environment with everything in it.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn delete_environment(&self, repository: &Repository, environment: &str) -> Result<(), ApiError> {
        let route = format!("{}/environments/{}", repository.route(), segment(environment));
        self.delete("delete the environment", &route).await
    }

    /// Deletes a ruleset.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn delete_ruleset(&self, repository: &Repository, id: u64) -> Result<(), ApiError> {
        self.delete("delete the ruleset", &format!("{}/rulesets/{id}", repository.route())).await
    }

    /// Deletes a release, and its tag.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn delete_release(&self, repository: &Repository, id: u64, tag: Option<&str>) -> Result<(), ApiError> {
        let route = repository.route();
        // The tag first: without the release nothing would tell that it is ours. That of an immutable release goes
        // only behind it.
        let is_left = match tag {
            Some(tag) => !self.delete_tag(repository, tag).await?,
            None => false,
        };
        self.delete("delete the release", &format!("{route}/releases/{id}")).await?;
        if let Some(tag) = tag.filter(|_| is_left) {
            self.delete_tag(repository, tag).await?;
        }
        Ok(())
    }

    /// Deletes a tag. Returns whether GitHub did: its answer about one that is not there, or must stay, is 422.
    async fn delete_tag(&self, repository: &Repository, tag: &str) -> Result<bool, ApiError> {
        let route = format!("{}/git/refs/tags/{}", repository.route(), segment(tag));
        match self.delete("delete the tag of the release", &route).await {
            Err(error)
                if error.status == Some(422)
                    && matches!(error.kind, ApiErrorKind::Invalid | ApiErrorKind::BranchRule) =>
            {
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }

    /// Deletes a repository with everything in it. A classic token needs the scope `delete_repo`.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn delete_repository(&self, repository: &Repository) -> Result<(), ApiError> {
        self.delete("delete the repository", &repository.route()).await
    }

    /// Reads each item of a list to its end. `query` ends with what another parameter is put behind.
    async fn pages<T>(
        &self,
        operation: &str,
        route: &str,
        query: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, ApiError> {
        let mut all = Vec::new();
        for page in 1.. {
            let answer = self.get(operation, &format!("{route}{query}per_page={PAGE}&page={page}")).await?;
            let items = answer.as_array().ok_or_else(|| answer.undecodable(operation))?;
            for item in items {
                all.push(read(item).ok_or_else(|| answer.undecodable(operation))?);
            }
            if items.len() < PAGE {
                break;
            }
        }
        Ok(all)
    }
}

/// Returns the first line of the message of a commit.
fn headline(commit: &Value) -> Option<String> {
    let message = commit["commit"]["message"].as_str()?;
    Some(message.lines().next().unwrap_or_default().to_owned())
}
