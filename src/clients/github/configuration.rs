//! The reviewed files of the target repository, in one request.

use serde_json::{Value, json};

use super::{GitHub, Repeat};
use crate::clients::error::ApiError;
use crate::domain::names::Names;

/// What the default branch of the target repository says, now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryConfiguration {
    /// The repository's number, which survives a change of its name.
    pub repository_id: u64,
    /// Name of the default branch.
    pub default_branch: String,
    /// The rules file.
    pub rules: Option<String>,
    /// The policy template.
    pub policy_template: Option<String>,
    /// The trust template.
    pub trust_template: Option<String>,
}

/// The files are read from the head of the default branch, not from the commit of the workflow run: a run that is
/// repeated days later must not bring back rules that were tightened in between.
const QUERY: &str = "query($owner: String!, $name: String!, $rules: String!, $policy: String!, $trust: String!) {
  repository(owner: $owner, name: $name) {
    databaseId
    defaultBranchRef { name }
    rules: object(expression: $rules) { ... on Blob { text } }
    policy: object(expression: $policy) { ... on Blob { text } }
    trust: object(expression: $trust) { ... on Blob { text } }
  }
}";

impl GitHub {
    /// Returns the configuration on the default branch of a repository.
    ///
    /// # Errors
    ///
    /// Fails when the repository cannot be seen or GitHub cannot be asked.
    pub async fn configuration(
        &self,
        owner: &str,
        name: &str,
        names: &Names,
    ) -> Result<RepositoryConfiguration, ApiError> {
        const OPERATION: &str = "read the rules from the default branch";
        let variables = json!({
            "owner": owner,
            "name": name,
            "rules": format!("HEAD:{}", names.rules_path),
            "policy": format!("HEAD:{}", names.policy_template_path),
            "trust": format!("HEAD:{}", names.trust_template_path),
        });
        let data = self.graphql(OPERATION, QUERY, &variables, Repeat::Safe).await?;
        let repository = &data["repository"];
        let text = |value: &Value| value["text"].as_str().map(str::to_owned);
        Ok(RepositoryConfiguration {
            repository_id: repository["databaseId"].as_u64().ok_or_else(|| data.undecodable(OPERATION))?,
            default_branch: repository["defaultBranchRef"]["name"]
                .as_str()
                .ok_or_else(|| data.undecodable(OPERATION))?
                .to_owned(),
            rules: text(&repository["rules"]),
            policy_template: text(&repository["policy"]),
            trust_template: text(&repository["trust"]),
        })
    }
}
