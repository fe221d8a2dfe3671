//! The documents of an identity's policies: those that are attached, those that lie in it, and those of its groups.

use futures_util::future::{try_join, try_join_all};
use serde_json::Value;

use super::error::api_error;
use super::observe::document;
use super::pages::{next, pages};
use super::{Aws, Repeat};
use crate::clients::error::{Api, ApiError, ApiErrorKind};

const OF_ROLE: &str = "read the policies of the role";
const OF_USER: &str = "read the policies of the user";
const OF_GROUPS: &str = "read the policies of the user's groups";

impl Aws {
    /// Returns the documents of all policies of a role, attached and inline.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn documents_of_role(&self, role: &str) -> Result<Vec<Value>, ApiError> {
        let attached = async {
            let attached = self.attached_policies(role).await?.unwrap_or_default();
            self.managed_documents(OF_ROLE, attached).await
        };
        let inline = async {
            let names = self.inline_policies(role).await?.unwrap_or_default();
            let documents = names.iter().map(async |name| {
                let answer = self
                    .retrying(Repeat::Safe, || async {
                        let request = self.iam.get_role_policy().role_name(role).policy_name(name);
                        request.send().await.map_err(|error| api_error(OF_ROLE, &error))
                    })
                    .await?;
                document(OF_ROLE, Some(answer.policy_document()))
            });
            try_join_all(documents).await
        };
        together(attached, inline).await
    }

    /// Returns the documents of all policies of a user's own, attached and inline.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn documents_of_user(&self, user: &str) -> Result<Vec<Value>, ApiError> {
        let attached = async {
            let attached = pages(async |marker| {
                let answer = self
                    .retrying(Repeat::Safe, || async {
                        let request = self.iam.list_attached_user_policies().user_name(user);
                        let request = request.set_marker(marker.clone());
                        request.send().await.map_err(|error| api_error(OF_USER, &error))
                    })
                    .await?;
                let arns =
                    answer.attached_policies().iter().filter_map(|policy| policy.policy_arn().map(str::to_owned));
                Ok((arns.collect(), next(answer.is_truncated(), answer.marker())))
            });
            self.managed_documents(OF_USER, attached.await?).await
        };
        let inline = async {
            let names = pages(async |marker| {
                let answer = self
                    .retrying(Repeat::Safe, || async {
                        let request = self.iam.list_user_policies().user_name(user).set_marker(marker.clone());
                        request.send().await.map_err(|error| api_error(OF_USER, &error))
                    })
                    .await?;
                Ok((answer.policy_names().to_vec(), next(answer.is_truncated(), answer.marker())))
            });
            let names = names.await?;
            let documents = names.iter().map(async |name| {
                let answer = self
                    .retrying(Repeat::Safe, || async {
                        let request = self.iam.get_user_policy().user_name(user).policy_name(name);
                        request.send().await.map_err(|error| api_error(OF_USER, &error))
                    })
                    .await?;
                document(OF_USER, Some(answer.policy_document()))
            });
            try_join_all(documents).await
        };
        together(attached, inline).await
    }

    /// Returns the documents of all policies of a user's groups, attached and inline.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn documents_of_groups(&self, user: &str) -> Result<Vec<Value>, ApiError> {
        let groups = pages(async |marker| {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.list_groups_for_user().user_name(user).set_marker(marker.clone());
                    request.send().await.map_err(|error| api_error(OF_GROUPS, &error))
                })
                .await?;
            let names = answer.groups().iter().map(|group| group.group_name().to_owned());
            Ok((names.collect(), next(answer.is_truncated(), answer.marker())))
        })
        .await?;
        let documents = try_join_all(groups.iter().map(|group| self.documents_of_group(group))).await?;
        Ok(documents.into_iter().flatten().collect())
    }

    async fn documents_of_group(&self, group: &str) -> Result<Vec<Value>, ApiError> {
        let attached = async {
            let attached = pages(async |marker| {
                let answer = self
                    .retrying(Repeat::Safe, || async {
                        let request = self.iam.list_attached_group_policies().group_name(group);
                        let request = request.set_marker(marker.clone());
                        request.send().await.map_err(|error| api_error(OF_GROUPS, &error))
                    })
                    .await?;
                let arns =
                    answer.attached_policies().iter().filter_map(|policy| policy.policy_arn().map(str::to_owned));
                Ok((arns.collect(), next(answer.is_truncated(), answer.marker())))
            });
            self.managed_documents(OF_GROUPS, attached.await?).await
        };
        let inline = async {
            let names = pages(async |marker| {
                let answer = self
                    .retrying(Repeat::Safe, || async {
                        let request = self.iam.list_group_policies().group_name(group).set_marker(marker.clone());
                        request.send().await.map_err(|error| api_error(OF_GROUPS, &error))
                    })
                    .await?;
                Ok((answer.policy_names().to_vec(), next(answer.is_truncated(), answer.marker())))
            });
            let names = names.await?;
            let documents = names.iter().map(async |name| {
                let answer = self
                    .retrying(Repeat::Safe, || async {
                        let request = self.iam.get_group_policy().group_name(group).policy_name(name);
                        request.send().await.map_err(|error| api_error(OF_GROUPS, &error))
                    })
                    .await?;
                document(OF_GROUPS, Some(answer.policy_document()))
            });
            try_join_all(documents).await
        };
        together(attached, inline).await
    }

    async fn managed_documents(&self, operation: &str, arns: Vec<String>) -> Result<Vec<Value>, ApiError> {
        let documents = arns.iter().map(async |arn| {
            let policy = self.policy(arn).await?;
            policy.map(|policy| policy.document).ok_or_else(|| gone(operation))
        });
        try_join_all(documents).await
    }
}

/// Reads two lists of documents side by side, and returns them one behind the other.
async fn together(
    first: impl Future<Output = Result<Vec<Value>, ApiError>>,
    second: impl Future<Output = Result<Vec<Value>, ApiError>>,
) -> Result<Vec<Value>, ApiError> {
    let (mut documents, more) = try_join(first, second).await?;
    documents.extend(more);
    Ok(documents)
}

fn gone(operation: &str) -> ApiError {
    ApiError::new(Api::Aws, operation, ApiErrorKind::NotFound, "a policy that is attached is not there")
}
