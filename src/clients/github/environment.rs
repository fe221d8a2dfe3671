//! The environment that holds the secrets, bound to the default branch.

use futures_util::future::try_join;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rest::moment;
use super::{GitHub, Repeat, Repository, segment};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain;
use crate::domain::setup::{BranchesSeen, SecretStore};

/// An environment as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentFacts {
    /// When it was made, where GitHub tells it.
    pub made: Option<Timestamp>,
    /// Kinds of the rules that hold a run up, such as `required_reviewers`.
    pub rules: Vec<String>,
    /// Which branches may use it.
    pub branches: BranchesSeen,
}

/// Returns the path of the secrets in the API.
pub(super) fn route_of_secrets(store: &SecretStore, repository: &Repository) -> String {
    match store {
        SecretStore::Environment(name) => format!("{}/environments/{}/secrets", repository.route(), segment(name)),
        SecretStore::Repository => format!("{}/actions/secrets", repository.route()),
    }
}

impl GitHub {
    /// Returns which branches may use an environment; none when there is no such environment.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn environment_branches(
        &self,
        repository: &Repository,
        environment: &str,
    ) -> Result<Option<BranchesSeen>, ApiError> {
        let route = format!("{}/environments/{}", repository.route(), segment(environment));
        let Some(answer) = self.find("read the environment", &route).await? else { return Ok(None) };
        self.branches(&route, &answer).await.map(Some)
    }

    /// Returns what an environment is: when it was made, and what holds its runs up that its branches do not; none when there
    /// is no such environment.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn environment_facts(
        &self,
        repository: &Repository,
        environment: &str,
    ) -> Result<Option<EnvironmentFacts>, ApiError> {
        let route = format!("{}/environments/{}", repository.route(), segment(environment));
        let Some(answer) = self.find("read the environment", &route).await? else { return Ok(None) };
        let rules = answer["protection_rules"].as_array().map(Vec::as_slice).unwrap_or_default();
        let kinds = rules.iter().filter_map(|rule| rule["type"].as_str()).filter(|kind| *kind != "branch_policy");
        let rules = kinds.map(str::to_owned).collect();
        let made = moment(&answer["created_at"]);
        Ok(Some(EnvironmentFacts { made, rules, branches: self.branches(&route, &answer).await? }))
    }

    async fn branches(&self, route: &str, environment: &Value) -> Result<BranchesSeen, ApiError> {
        let policy = &environment["deployment_branch_policy"];
        if policy["protected_branches"] == true {
            return Ok(BranchesSeen::Protected);
        }
        if policy["custom_branch_policies"] != true {
            return Ok(BranchesSeen::Every);
        }
        let answer =
            self.get("read the environment's branches", &format!("{route}/deployment-branch-policies")).await?;
        let policies = answer["branch_policies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let name = |policy: &Value| {
            let name = policy["name"].as_str().unwrap_or_default();
            // A tag of the branch's name is not the branch.
            if policy["type"] == "tag" { format!("tag {name}") } else { name.to_owned() }
        };
        Ok(BranchesSeen::Named(policies.iter().map(name).collect()))
    }

    /// Returns which branches may use an environment, and the names of its secrets; none when there is no such environment.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn environment(
        &self,
        repository: &Repository,
        environment: &str,
    ) -> Result<Option<(BranchesSeen, Vec<String>)>, ApiError> {
        let route = format!("{}/environments/{}", repository.route(), segment(environment));
        let Some(answer) = self.find("read the environment", &route).await? else { return Ok(None) };
        let store = SecretStore::Environment(environment.to_owned());
        try_join(self.branches(&route, &answer), self.secret_names(repository, &store)).await.map(Some)
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
        match self.put("create the environment", &route, &domain::setup::environment()).await {
            Ok(()) => {}
            Err(error) if is_for_want_of_a_plan(&error) => return Ok(false),
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

/// Returns whether an environment was refused because of the GitHub plan: private repositories have them from a paid
/// plan on. A token that lacks a right must not be taken for it, since the secrets would then lie in the open.
fn is_for_want_of_a_plan(error: &ApiError) -> bool {
    let refused = matches!(error.kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound | ApiErrorKind::Invalid);
    // GitHub has no code for it. Fine-grained tokens are told the right with every refusal, so its words decide there.
    let names_the_plan = ["pgrade to", "billing plan"].iter().any(|words| error.message.contains(words));
    refused && (error.missing_right.is_none() || names_the_plan)
}
