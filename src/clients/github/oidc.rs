//! What GitHub writes into the OIDC tokens of a repository's workflows.

use serde_json::Value;

use super::{GitHub, Repository};
use crate::clients::answered::Answered;
use crate::clients::error::ApiError;

/// How the subject of a repository's tokens is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OidcSubject {
    /// From GitHub's own template, beginning so; none where GitHub does not tell the beginning (older servers).
    Own(Option<String>),
    /// From a template that somebody set for the repository or its organisation.
    Custom,
}

impl GitHub {
    /// Returns how the subject of a repository's tokens is made.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn oidc_subject(&self, repository: &Repository) -> Result<OidcSubject, ApiError> {
        let route = format!("{}/actions/oidc/customization/sub", repository.route());
        let answer = self.find("read how the subject of OIDC tokens begins", &route).await?;
        Ok(subject(&answer.map(Answered::into_body).unwrap_or_default()))
    }
}

fn subject(answer: &Value) -> OidcSubject {
    // `repo` and `context` are what GitHub's own template is made of (GitHub Docs, "OpenID Connect reference").
    let keys = answer["include_claim_keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = keys.iter().map(Value::as_str).eq([Some("repo"), Some("context")]);
    if answer["use_default"] == false && !keys.is_empty() && !own {
        return OidcSubject::Custom;
    }
    OidcSubject::Own(answer["sub_claim_prefix"].as_str().filter(|prefix| !prefix.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_beginning_is_github_s_own_or_it_is_not_known() {
        let told = json!({ "use_default": true, "sub_claim_prefix": "repo:acme@1/tools@2" });
        assert_eq!(subject(&told), OidcSubject::Own(Some("repo:acme@1/tools@2".to_owned())));
        assert_eq!(subject(&json!({ "use_default": true })), OidcSubject::Own(None));
        assert_eq!(subject(&Value::Null), OidcSubject::Own(None));
        let like_own = json!({ "use_default": false, "include_claim_keys": ["repo", "context"] });
        assert_eq!(subject(&like_own), OidcSubject::Own(None));
        let custom =
            json!({ "use_default": false, "include_claim_keys": ["job_workflow_ref"], "sub_claim_prefix": "x" });
        assert_eq!(subject(&custom), OidcSubject::Custom);
    }
}
