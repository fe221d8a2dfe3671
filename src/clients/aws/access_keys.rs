//! Access keys of an IAM user.

use aws_sdk_iam::types::StatusType;
use jiff::Timestamp;
use secrecy::SecretString;

use super::error::api_error;
use super::{Aws, Repeat};
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::domain::rotation::AccessKey;

impl Aws {
    /// Returns the access keys of a user, at most two (IAM User Guide, "IAM and AWS STS quotas").
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn access_keys(&self, user: &str) -> Result<Vec<AccessKey>, ApiError> {
        let answer = self
            .retrying(Repeat::Safe, || async {
                let answer = self.iam.list_access_keys().user_name(user).send().await;
                answer.map_err(|error| api_error("list the access keys", &error))
            })
            .await?;
        let mut keys = Vec::new();
        for listed in answer.access_key_metadata() {
            let id = listed.access_key_id().unwrap_or_default().to_owned();
            let created = listed.create_date().map_or(0, aws_sdk_iam::primitives::DateTime::secs);
            keys.push(AccessKey {
                last_used: self.last_used(&id).await?,
                is_active: listed.status() == Some(&StatusType::Active),
                created: Timestamp::from_second(created).unwrap_or(Timestamp::UNIX_EPOCH),
                id,
            });
        }
        Ok(keys)
    }

    async fn last_used(&self, id: &str) -> Result<Option<Timestamp>, ApiError> {
        let answer = self
            .retrying(Repeat::Safe, || async {
                let answer = self.iam.get_access_key_last_used().access_key_id(id).send().await;
                answer.map_err(|error| api_error("ask when the access key was used", &error))
            })
            .await?;
        let used = answer.access_key_last_used().and_then(|used| used.last_used_date().copied());
        Ok(used.and_then(|used| Timestamp::from_second(used.secs()).ok()))
    }

    /// Creates an access key of a user. Returns its id and its secret, which AWS tells only now.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked. A lost answer is not asked for again: its secret is lost too.
    pub async fn create_access_key(&self, user: &str) -> Result<(String, SecretString), ApiError> {
        const OPERATION: &str = "create an access key";
        let answer = self
            .retrying(Repeat::OnlyIfNothingHappened, || async {
                let answer = self.iam.create_access_key().user_name(user).send().await;
                answer.map_err(|error| api_error(OPERATION, &error))
            })
            .await?;
        let key = answer.access_key.ok_or_else(|| {
            ApiError::new(Api::Aws, OPERATION, ApiErrorKind::Undecodable, "the answer holds no access key")
        })?;
        Ok((key.access_key_id, key.secret_access_key.into()))
    }

    /// Switches an access key off; whoever uses it is refused at once.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn disable_access_key(&self, user: &str, id: &str) -> Result<(), ApiError> {
        self.retrying(Repeat::Safe, || async {
            let request = self.iam.update_access_key().user_name(user).access_key_id(id);
            let answer = request.status(StatusType::Inactive).send().await;
            answer.map(|_| ()).map_err(|error| api_error("disable the access key", &error))
        })
        .await
    }

    /// Deletes an access key; one that is gone is as good.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn delete_access_key(&self, user: &str, id: &str) -> Result<(), ApiError> {
        let deleted = self
            .retrying(Repeat::Safe, || async {
                let answer = self.iam.delete_access_key().user_name(user).access_key_id(id).send().await;
                answer.map(|_| ()).map_err(|error| api_error("delete the access key", &error))
            })
            .await;
        deleted.or_else(|error| if error.is_not_found() { Ok(()) } else { Err(error) })
    }
}
