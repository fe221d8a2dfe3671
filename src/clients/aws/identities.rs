//! The identity provider and the roles of the workflows, which an administrator makes once.

use serde_json::Value;

use super::error::api_error;
use super::observe::tags;
use super::policies::{gone_is_done, sdk_tags};
use super::{Aws, Repeat};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::tags::MARK;

impl Aws {
    /// Returns the audiences of an OpenID Connect provider; none when there is no such provider.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn provider_audiences(&self, arn: &str) -> Result<Option<Vec<String>>, ApiError> {
        let answer = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
                request.send().await.map_err(|error| api_error("read the identity provider", &error))
            })
            .await;
        match answer {
            Ok(answer) => Ok(Some(answer.client_id_list().to_vec())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the tags of an OpenID Connect provider; none when there is no such provider.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn provider_tags(&self, arn: &str) -> Result<Option<Vec<(String, String)>>, ApiError> {
        let answer = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
                request.send().await.map_err(|error| api_error("read the identity provider", &error))
            })
            .await;
        match answer {
            Ok(answer) => Ok(Some(tags(answer.tags()))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes an OpenID Connect provider. One that is not there counts as deleted.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn delete_provider(&self, arn: &str) -> Result<(), ApiError> {
        let result = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.delete_open_id_connect_provider().open_id_connect_provider_arn(arn);
                request.send().await.map(|_| ()).map_err(|error| api_error("delete the identity provider", &error))
            })
            .await;
        gone_is_done(result)
    }

    /// Creates an OpenID Connect provider. IAM looks its thumbprint up by itself. One that is there stays as it is.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked. A lost answer is not asked for again: the caller looks.
    pub async fn create_provider(&self, url: &str, audience: &str) -> Result<(), ApiError> {
        let tags = sdk_tags(&[(MARK.0.to_owned(), MARK.1.to_owned())])?;
        let created = self
            .retrying(Repeat::OnlyIfNothingHappened, || async {
                let request = self.iam.create_open_id_connect_provider().url(url).client_id_list(audience);
                let answer = request.set_tags(Some(tags.clone())).send().await;
                answer.map(|_| ()).map_err(|error| api_error("create the identity provider", &error))
            })
            .await;
        match created {
            Err(error) if error.kind == ApiErrorKind::Conflict => Ok(()),
            other => other,
        }
    }

    /// Creates a role of the workflows, which may do nothing until a policy is attached to it.
    ///
    /// # Errors
    ///
    /// Fails with a conflict when one of that name is there. A lost answer is not asked for again: the caller looks.
    pub async fn create_workflow_role(
        &self,
        name: &str,
        trust: &Value,
        tags: &[(String, String)],
    ) -> Result<(), ApiError> {
        let tags = sdk_tags(tags)?;
        self.retrying(Repeat::OnlyIfNothingHappened, || async {
            let request = self.iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
            let request = request.description("A workflow of port-iam").set_tags(Some(tags.clone()));
            request.send().await.map(|_| ()).map_err(|error| api_error("create the role of a workflow", &error))
        })
        .await
    }

    /// Gives a role another trust policy.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn replace_trust(&self, role: &str, trust: &Value) -> Result<(), ApiError> {
        self.retrying(Repeat::Safe, || async {
            let request = self.iam.update_assume_role_policy().role_name(role).policy_document(trust.to_string());
            request.send().await.map(|_| ()).map_err(|error| api_error("change whom the role trusts", &error))
        })
        .await
    }

    /// Sets tags of a role.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn tag_role(&self, role: &str, tags: &[(String, String)]) -> Result<(), ApiError> {
        let tags = sdk_tags(tags)?;
        self.retrying(Repeat::Safe, || async {
            let request = self.iam.tag_role().role_name(role).set_tags(Some(tags.clone()));
            request.send().await.map(|_| ()).map_err(|error| api_error("tag the role", &error))
        })
        .await
    }
}
