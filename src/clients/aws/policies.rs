//! Makes and removes managed policies.

use aws_sdk_iam::types::Tag;
use serde_json::Value;

use super::error::api_error;
use super::{Aws, Repeat};
use crate::clients::error::{Api, ApiError, ApiErrorKind};

/// Returns tags in the SDK's form.
pub(super) fn sdk_tags(tags: &[(String, String)]) -> Result<Vec<Tag>, ApiError> {
    let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
    tags.iter()
        .map(tag)
        .collect::<Result<_, _>>()
        .map_err(|error| ApiError::new(Api::Aws, "tag", ApiErrorKind::Invalid, error.to_string()))
}

/// A deletion of what is not there has succeeded.
pub(super) fn gone_is_done(result: Result<(), ApiError>) -> Result<(), ApiError> {
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

impl Aws {
    /// Creates a managed policy.
    ///
    /// # Errors
    ///
    /// Fails with a conflict when one of that name is there. A lost answer is not asked for again: the caller looks.
    pub async fn create_policy(
        &self,
        path: &str,
        name: &str,
        document: &Value,
        description: &str,
        tags: &[(String, String)],
    ) -> Result<(), ApiError> {
        let tags = sdk_tags(tags)?;
        self.retrying(Repeat::OnlyIfNothingHappened, || async {
            let request = self.iam.create_policy().path(path).policy_name(name).policy_document(document.to_string());
            let request = request.description(description).set_tags(Some(tags.clone()));
            request.send().await.map(|_| ()).map_err(|error| api_error("create the policy", &error))
        })
        .await
    }

    /// Attaches a managed policy to a role. Attaching it twice is the same as once.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked; not found while role or policy are not visible everywhere yet.
    pub async fn attach(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        self.retrying(Repeat::Safe, || async {
            let request = self.iam.attach_role_policy().role_name(role).policy_arn(policy_arn);
            request.send().await.map(|_| ()).map_err(|error| api_error("attach the policy to the role", &error))
        })
        .await
    }

    /// Detaches a managed policy from a role. One that is not attached counts as detached.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn detach(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        let result = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.detach_role_policy().role_name(role).policy_arn(policy_arn);
                request.send().await.map(|_| ()).map_err(|error| api_error("detach the policy from the role", &error))
            })
            .await;
        gone_is_done(result)
    }

    /// Deletes one version of a policy.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn delete_policy_version(&self, arn: &str, version: &str) -> Result<(), ApiError> {
        let result = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.delete_policy_version().policy_arn(arn).version_id(version);
                request.send().await.map(|_| ()).map_err(|error| api_error("delete a version of the policy", &error))
            })
            .await;
        gone_is_done(result)
    }

    /// Deletes a policy.
    ///
    /// # Errors
    ///
    /// Fails with a conflict while it is attached or has other versions, and when AWS refuses or cannot be asked.
    pub async fn delete_policy(&self, arn: &str) -> Result<(), ApiError> {
        let result = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.delete_policy().policy_arn(arn);
                request.send().await.map(|_| ()).map_err(|error| api_error("delete the policy", &error))
            })
            .await;
        gone_is_done(result)
    }
}
