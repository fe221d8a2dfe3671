//! Whom a managed policy is attached to.

use aws_sdk_iam::types::PolicyUsageType;

use super::error::api_error;
use super::pages::{next, pages};
use super::{Aws, Repeat};
use crate::clients::error::ApiError;

/// What kind of identity holds a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderKind {
    /// An IAM user.
    User,
    /// A group of IAM users.
    Group,
    /// A role.
    Role,
}

/// An identity that holds a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its kind.
    pub kind: HolderKind,
    /// Its name; IAM does not tell its path here.
    pub name: String,
    /// Whether the policy is its boundary, and not one of its permissions.
    pub as_boundary: bool,
}

impl Aws {
    /// Returns who holds a policy, as permissions or as a boundary; nobody when there is no such policy.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn holders(&self, arn: &str) -> Result<Vec<Holder>, ApiError> {
        let mut holders = self.holders_of(arn, false).await?;
        holders.extend(self.holders_of(arn, true).await?);
        Ok(holders)
    }

    async fn holders_of(&self, arn: &str, as_boundary: bool) -> Result<Vec<Holder>, ApiError> {
        let usage = if as_boundary { PolicyUsageType::PermissionsBoundary } else { PolicyUsageType::PermissionsPolicy };
        let holder = |kind, name: Option<&str>| Some(Holder { kind, name: name?.to_owned(), as_boundary });
        let holders = pages(async |marker| {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request =
                        self.iam.list_entities_for_policy().policy_arn(arn).policy_usage_filter(usage.clone());
                    let answer = request.set_marker(marker.clone()).send().await;
                    answer.map_err(|error| api_error("list whom the policy is attached to", &error))
                })
                .await?;
            let users = answer.policy_users().iter().filter_map(|it| holder(HolderKind::User, it.user_name()));
            let groups = answer.policy_groups().iter().filter_map(|it| holder(HolderKind::Group, it.group_name()));
            let roles = answer.policy_roles().iter().filter_map(|it| holder(HolderKind::Role, it.role_name()));
            Ok((users.chain(groups).chain(roles).collect(), next(answer.is_truncated(), answer.marker())))
        });
        match holders.await {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            holders => holders,
        }
    }
}
