//! Makes and removes roles.

use super::error::api_error;
use super::policies::{gone_is_done, sdk_tags};
use super::{Aws, Repeat};
use crate::clients::error::ApiError;
use crate::domain::grant::Grant;
use crate::domain::names::Names;

impl Aws {
    /// Creates the role of a grant, with its boundary. A role without a policy can do nothing.
    ///
    /// # Errors
    ///
    /// Fails with a conflict when one of that name is there. A lost answer is not asked for again: the caller looks.
    pub async fn create_role(&self, grant: &Grant, names: &Names) -> Result<(), ApiError> {
        let tags = sdk_tags(&grant.tags())?;
        self.retrying(Repeat::OnlyIfNothingHappened, || async {
            let request = self
                .iam
                .create_role()
                .path(&names.iam_path)
                .role_name(grant.id.as_str())
                .assume_role_policy_document(grant.trust.to_string())
                .description("Temporary permissions, made by port-iam. Taken away when they end.")
                .max_session_duration(grant.max_session_seconds())
                .permissions_boundary(grant.account.boundary_arn(names))
                .set_tags(Some(tags.clone()));
            request.send().await.map(|_| ()).map_err(|error| api_error("create the role", &error))
        })
        .await
    }

    /// Deletes an inline policy of a role.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn delete_inline_policy(&self, role: &str, name: &str) -> Result<(), ApiError> {
        let result = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.delete_role_policy().role_name(role).policy_name(name);
                request
                    .send()
                    .await
                    .map(|_| ())
                    .map_err(|error| api_error("delete an inline policy of the role", &error))
            })
            .await;
        gone_is_done(result)
    }

    /// Takes a role out of an instance profile.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn leave_instance_profile(&self, role: &str, profile: &str) -> Result<(), ApiError> {
        let result = self
            .retrying(Repeat::Safe, || async {
                let request =
                    self.iam.remove_role_from_instance_profile().role_name(role).instance_profile_name(profile);
                request
                    .send()
                    .await
                    .map(|_| ())
                    .map_err(|error| api_error("take the role out of an instance profile", &error))
            })
            .await;
        gone_is_done(result)
    }

    /// Deletes a role. Returns whether it was there: one that is gone is as good, and somebody else may have deleted it. After a
    /// lost answer nobody knows who did, and it counts as another: what that one has recorded must not be written over.
    ///
    /// # Errors
    ///
    /// Fails with a conflict while something hangs on it, and when AWS refuses or cannot be asked.
    pub async fn delete_role(&self, role: &str) -> Result<bool, ApiError> {
        let result = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.delete_role().role_name(role);
                request.send().await.map(|_| true).map_err(|error| api_error("delete the role", &error))
            })
            .await;
        result.or_else(|error| if error.is_not_found() { Ok(false) } else { Err(error) })
    }
}
