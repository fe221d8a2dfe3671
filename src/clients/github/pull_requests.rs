//! Branches and pull requests, for files that may not be pushed.

use serde_json::{Value, json};

use super::rest::PAGE;
use super::{GitHub, Head, Repeat, Repository, segment};
use crate::clients::error::{ApiError, ApiErrorKind};

/// So many pages of the default branch are looked through.
const MOST_PAGES: usize = 50;

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
}

impl GitHub {
    /// Creates a branch at a commit; one that is there stays where it is.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn create_branch(&self, repository: &Repository, branch: &str, at: &Head) -> Result<(), ApiError> {
        let route = format!("{}/git/refs", repository.route());
        let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": at.commit });
        match self.post("create the branch", &route, &body, Repeat::OnlyIfNothingHappened).await {
            Ok(_) => Ok(()),
            // GitHub has one status for this and for a wrong commit; the branch is read next.
            Err(error) if matches!(error.kind, ApiErrorKind::Conflict | ApiErrorKind::Invalid) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns the only parent of a commit, with its files; none where it has none, or several.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn parent(&self, repository: &Repository, commit: &str) -> Result<Option<Head>, ApiError> {
        const OPERATION: &str = "read the commit";
        let answer = self.get(OPERATION, &format!("{}/git/commits/{}", repository.route(), segment(commit))).await?;
        let parents = answer["parents"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        let [parent] = parents.as_slice() else { return Ok(None) };
        let parent = parent["sha"].as_str().ok_or_else(|| answer.undecodable(OPERATION))?.to_owned();
        self.files_at(repository, parent).await.map(Some)
    }

    /// Returns whether a commit is one of the default branch, as far as its newest 5,000 tell: what older ones left is no
    /// proposal of today, and the whole history of a large repository would use up what a token may ask in an hour.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn is_on_default_branch(&self, repository: &Repository, commit: &str) -> Result<bool, ApiError> {
        const OPERATION: &str = "read the history of the branch";
        let route = format!("{}/commits?sha={}", repository.route(), segment(&repository.default_branch));
        for page in 1..=MOST_PAGES {
            let answer = self.get(OPERATION, &format!("{route}&per_page={PAGE}&page={page}")).await?;
            let commits = answer.as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
            if commits.iter().any(|known| known["sha"] == commit) {
                return Ok(true);
            }
            if commits.len() < PAGE {
                break;
            }
        }
        Ok(false)
    }

    /// Returns the open pull request from `branch` into the default branch.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn open_pull_request(
        &self,
        repository: &Repository,
        branch: &str,
    ) -> Result<Option<PullRequest>, ApiError> {
        const OPERATION: &str = "list the pull requests";
        let (owner, base) = (segment(&repository.owner), segment(&repository.default_branch));
        let route = format!("{}/pulls?state=open&head={owner}:{}&base={base}", repository.route(), segment(branch));
        let answer = self.get(OPERATION, &route).await?;
        let requests = answer.as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        requests.first().map(|it| pull_request(it).ok_or_else(|| answer.undecodable(OPERATION))).transpose()
    }

    /// Opens a pull request from `branch` into the default branch.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn create_pull_request(
        &self,
        repository: &Repository,
        branch: &str,
        title: &str,
        text: &str,
    ) -> Result<PullRequest, ApiError> {
        const OPERATION: &str = "open the pull request";
        let route = format!("{}/pulls", repository.route());
        let body = json!({ "title": title, "head": branch, "base": repository.default_branch, "body": text });
        let answer = self.post(OPERATION, &route, &body, Repeat::OnlyIfNothingHappened).await?;
        pull_request(&answer).ok_or_else(|| answer.undecodable(OPERATION))
    }
}

fn pull_request(value: &Value) -> Option<PullRequest> {
    Some(PullRequest { number: value["number"].as_u64()?, url: value["html_url"].as_str()?.to_owned() })
}
