//! Which versions a policy has: ours have one.

use jiff::Timestamp;

use super::error::api_error;
use super::observe::moment;
use super::{Aws, Repeat};
use crate::clients::error::ApiError;

/// The versions of a managed policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyVersions {
    /// Id of the default one, for example `v1`; none where AWS tells of none.
    pub default: Option<String>,
    /// When that one was made, where AWS tells.
    pub created: Option<Timestamp>,
    /// Ids of the others.
    pub others: Vec<String>,
}

impl Aws {
    /// Returns the versions of a policy; none when there is no such policy.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn policy_versions(&self, arn: &str) -> Result<Option<PolicyVersions>, ApiError> {
        const OPERATION: &str = "list the versions of the policy";
        // A policy has five versions at most, which is less than a page.
        let answer = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.list_policy_versions().policy_arn(arn);
                request.send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut versions = PolicyVersions::default();
        for version in answer.versions() {
            let Some(id) = version.version_id().map(str::to_owned) else { continue };
            if version.is_default_version() {
                versions.created = moment(OPERATION, version.create_date()).ok();
                versions.default = Some(id);
            } else {
                versions.others.push(id);
            }
        }
        Ok(Some(versions))
    }

    /// Returns the ids of the versions of a policy that are not its default; none when there is no such policy.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn other_versions(&self, arn: &str) -> Result<Option<Vec<String>>, ApiError> {
        Ok(self.policy_versions(arn).await?.map(|versions| versions.others))
    }
}
