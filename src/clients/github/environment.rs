//! The environment that holds the secrets, bound to the default branch.

use serde_json::{Value, json};

use super::{GitHub, Repeat, Repository, segment};
use crate::clients::error::{ApiError, ApiErrorKind};

/// Where secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// In an environment: only runs of its branch get them.
    Environment(String),
    /// In the repository: everybody who may write to it can get them.
    Repository,
}

impl SecretStore {
    /// Returns the path of the secrets in the API.
    pub(super) fn route(&self, repository: &Repository) -> String {
        match self {
            Self::Environment(name) => format!("{}/environments/{}/secrets", repository.route(), segment(name)),
            Self::Repository => format!("{}/actions/secrets", repository.route()),
        }
    }
}

impl GitHub {
    /// Returns the names of the branches that an environment is bound to; none when there is no such environment.
    /// An environment that every branch may use has no names.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn environment_branches(
        &self,
        repository: &Repository,
        environment: &str,
    ) -> Result<Option<Vec<String>>, ApiError> {
        let route = format!("{}/environments/{}", repository.route(), segment(environment));
        let Some(answer) = self.find("read the environment", &route).await? else { return Ok(None) };
        if answer["deployment_branch_policy"]["custom_branch_policies"] != true {
            return Ok(Some(Vec::new()));
        }
        let answer =
            self.get("read the environment's branches", &format!("{route}/deployment-branch-policies")).await?;
        let policies = answer["branch_policies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let name = |policy: &Value| policy["name"].as_str().map(str::to_owned);
        Ok(Some(policies.iter().filter_map(name).collect()))
    }

    /// Makes an environment and binds it to `branch`. Returns whether the repository's plan allows environments.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses for another reason or cannot be asked.
    pub async fn create_environment(
        &self,
        repository: &Repository,
        environment: &str,
        branch: &str,
    ) -> Result<bool, ApiError> {
        let route = format!("{}/environments/{}", repository.route(), segment(environment));
        let body =
            json!({ "deployment_branch_policy": { "protected_branches": false, "custom_branch_policies": true } });
        match self.put("create the environment", &route, &body).await {
            Ok(()) => {}
            // Private repositories have environments from a paid plan on.
            Err(error)
                if matches!(error.kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound | ApiErrorKind::Invalid) =>
            {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let route = format!("{route}/deployment-branch-policies");
        match self.post("bind the environment to the branch", &route, &json!({ "name": branch }), Repeat::Safe).await {
            Ok(_) => Ok(true),
            // The policy is there already.
            Err(error) if matches!(error.kind, ApiErrorKind::Conflict) || error.status == Some(303) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
