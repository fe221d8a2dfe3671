//! Lists everything under a path, page by page: nothing of a page is kept but what the caller keeps.

use serde_json::Value;

use super::error::api_error;
use super::observe::{document, moment};
use super::pages::{LONGEST_PAGE, next, pages};
use super::{Aws, Repeat};
use crate::clients::error::ApiError;
use crate::domain::iam::{ListedPolicy, ListedRole};
use crate::domain::trust;

impl Aws {
    /// Lists the roles whose path begins with `path`, and hands each to `take`.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn list_roles(&self, path: &str, mut take: impl FnMut(ListedRole)) -> Result<(), ApiError> {
        const OPERATION: &str = "list the roles";
        let mut marker: Option<String> = None;
        loop {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request =
                        self.iam.list_roles().path_prefix(path).max_items(LONGEST_PAGE).set_marker(marker.clone());
                    request.send().await.map_err(|error| api_error(OPERATION, &error))
                })
                .await?;
            for role in answer.roles() {
                // A trust policy that cannot be read is none of ours.
                let trust = document(OPERATION, role.assume_role_policy_document()).unwrap_or_default();
                take(ListedRole {
                    name: role.role_name().to_owned(),
                    arn: role.arn().to_owned(),
                    created: moment(OPERATION, Some(role.create_date()))?,
                    end: trust::end_of(&trust),
                    trust_digest: trust::digest_of(&trust),
                });
            }
            marker = next(answer.is_truncated(), answer.marker());
            if marker.is_none() {
                return Ok(());
            }
        }
    }

    /// Returns the names of all roles of the account whose trust policy names a principal.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked, and when a trust policy cannot be read.
    pub async fn roles_that_trust(&self, principal: &str) -> Result<Vec<String>, ApiError> {
        const OPERATION: &str = "list the roles";
        pages(async |marker| {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_roles().max_items(LONGEST_PAGE).set_marker(marker.clone());
                    request.send().await.map_err(|error| api_error(OPERATION, &error))
                })
                .await?;
            let mut names = Vec::new();
            for role in answer.roles() {
                let trust = document(OPERATION, role.assume_role_policy_document())?;
                if trust.to_string().contains(principal) {
                    names.push(role.role_name().to_owned());
                }
            }
            Ok((names, next(answer.is_truncated(), answer.marker())))
        })
        .await
    }

    /// Lists the customer managed policies whose path begins with `path`, and hands each to `take`.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn list_policies(&self, path: &str, mut take: impl FnMut(ListedPolicy)) -> Result<(), ApiError> {
        use aws_sdk_iam::types::PolicyScopeType::Local;
        const OPERATION: &str = "list the policies";
        let mut marker: Option<String> = None;
        loop {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_policies().scope(Local).path_prefix(path).max_items(LONGEST_PAGE);
                    let request = request.set_marker(marker.clone());
                    request.send().await.map_err(|error| api_error(OPERATION, &error))
                })
                .await?;
            for policy in answer.policies() {
                take(ListedPolicy {
                    name: policy.policy_name().unwrap_or_default().to_owned(),
                    arn: policy.arn().unwrap_or_default().to_owned(),
                    created: moment(OPERATION, policy.create_date())?,
                    attachments: policy.attachment_count().unwrap_or_default(),
                    version: policy.default_version_id().unwrap_or_default().to_owned(),
                });
            }
            marker = next(answer.is_truncated(), answer.marker());
            if marker.is_none() {
                return Ok(());
            }
        }
    }

    /// Returns the document of one version of a policy; none when there is none.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn policy_document(&self, arn: &str, version: &str) -> Result<Option<Value>, ApiError> {
        const OPERATION: &str = "read the policy";
        let answer = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.get_policy_version().policy_arn(arn).version_id(version);
                request.send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await;
        match answer {
            Ok(answer) => {
                let encoded = answer.policy_version().and_then(|version| version.document());
                document(OPERATION, encoded).map(Some)
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
