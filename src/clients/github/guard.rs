//! What guards a repository: rules of its branches, releases that nobody can change.

use serde_json::Value;

use super::{GitHub, Repeat, Repository};
use crate::clients::answered::Answered;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::setup::BranchRules;

impl GitHub {
    /// Returns the rules that hold for the default branch, from whatever ruleset.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn branch_rules(&self, repository: &Repository) -> Result<BranchRules, ApiError> {
        const OPERATION: &str = "read the rules of the branch";
        let branch = super::path(&repository.default_branch);
        let route = format!("{}/rules/branches/{branch}?per_page=100", repository.route());
        match self.get(OPERATION, &route).await {
            Ok(answer) => {
                answer.as_array().cloned().map(BranchRules::InForce).ok_or_else(|| answer.undecodable(OPERATION))
            }
            Err(error) if is_for_want_of_rulesets(&error) => Ok(BranchRules::Unavailable),
            Err(error) => Err(error),
        }
    }

    /// Returns the number and the name of each of the repository's own rulesets, in force or not; none where the plan has
    /// no rulesets.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn rulesets(&self, repository: &Repository) -> Result<Vec<(u64, String)>, ApiError> {
        const OPERATION: &str = "list the rulesets";
        let route = format!("{}/rulesets?per_page=100&includes_parents=false", repository.route());
        let answer = match self.get(OPERATION, &route).await {
            Ok(answer) => answer,
            Err(error) if is_for_want_of_rulesets(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let rulesets = answer.as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        let named = |ruleset: &Value| Some((ruleset["id"].as_u64()?, ruleset["name"].as_str()?.to_owned()));
        Ok(rulesets.iter().filter_map(named).collect())
    }

    /// Returns a ruleset, whole; none when it is not there.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn ruleset(&self, repository: &Repository, id: u64) -> Result<Option<Value>, ApiError> {
        let found = self.find("read the ruleset", &format!("{}/rulesets/{id}", repository.route())).await?;
        Ok(found.map(Answered::into_body))
    }

    /// Creates a ruleset, or replaces the one of a number.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn set_ruleset(&self, repository: &Repository, id: Option<u64>, body: &Value) -> Result<(), ApiError> {
        let route = format!("{}/rulesets", repository.route());
        match id {
            Some(id) => self.put("change the ruleset", &format!("{route}/{id}"), body).await,
            None => self.post("create the ruleset", &route, body, Repeat::OnlyIfNothingHappened).await.map(|_| ()),
        }
    }

    /// Returns whether releases of a repository cannot be changed once they are published; none when GitHub does not
    /// tell.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn immutable_releases(&self, repository: &Repository) -> Result<Option<bool>, ApiError> {
        let route = format!("{}/immutable-releases", repository.route());
        match self.find("read whether releases are immutable", &route).await {
            Ok(Some(answer)) => Ok(Some(answer["enabled"] == true || answer["enforced_by_owner"] == true)),
            // "Not found" is GitHub's word for "not enabled".
            Ok(None) => Ok(Some(false)),
            // Without the right to look it is not known that there is no such setting.
            Err(error) if error.kind == ApiErrorKind::Forbidden && error.missing_right.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns whether workflows may approve pull requests; none when the token may not look (GitHub Docs, "Get default
    /// workflow permissions for a repository").
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn workflows_approve(&self, repository: &Repository) -> Result<Option<bool>, ApiError> {
        let route = format!("{}/actions/permissions/workflow", repository.route());
        match self.find("read what workflows may do", &route).await {
            Ok(answer) => Ok(answer.and_then(|answer| answer["can_approve_pull_request_reviews"].as_bool())),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lets nobody change a release once it is published.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn make_releases_immutable(&self, repository: &Repository) -> Result<(), ApiError> {
        let route = format!("{}/immutable-releases", repository.route());
        match self.put("make releases immutable", &route, &serde_json::json!({})).await {
            // Somebody was quicker.
            Err(error) if error.kind == ApiErrorKind::Conflict => Ok(()),
            answer => answer,
        }
    }
}

/// Returns whether a plan has no rulesets. A token that lacks a right must not be taken for it.
fn is_for_want_of_rulesets(error: &ApiError) -> bool {
    matches!(error.kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound) && error.missing_right.is_none()
}
