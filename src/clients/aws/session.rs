//! A session of a grant's role, for whoever uses the grant.

use jiff::Timestamp;
use secrecy::SecretString;

use super::error::api_error;
use super::{Aws, Repeat};
use crate::clients::error::{Api, ApiError, ApiErrorKind};

/// The credentials of a session.
#[derive(Clone, Debug)]
pub struct SessionKeys {
    /// Id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: SecretString,
    /// The session's token.
    pub session_token: SecretString,
    /// When the session ends.
    pub end: Timestamp,
}

impl Aws {
    /// Assumes a role.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked. AWS does not tell a role that is not there from one that does not
    /// trust the caller.
    pub async fn assume_role(
        &self,
        role_arn: &str,
        session_name: &str,
        seconds: i32,
        source_identity: Option<&str>,
    ) -> Result<SessionKeys, ApiError> {
        const OPERATION: &str = "assume the role";
        let answer = self
            .retrying(Repeat::Safe, || async {
                let request = self.sts.assume_role().role_arn(role_arn).role_session_name(session_name);
                let request = request.duration_seconds(seconds).set_source_identity(source_identity.map(str::to_owned));
                request.send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await?;
        let undecodable =
            || ApiError::new(Api::Aws, OPERATION, ApiErrorKind::Undecodable, "the answer holds no credentials");
        let keys = answer.credentials().ok_or_else(undecodable)?;
        Ok(SessionKeys {
            access_key_id: keys.access_key_id().to_owned(),
            secret_access_key: keys.secret_access_key().to_owned().into(),
            session_token: keys.session_token().to_owned().into(),
            end: Timestamp::from_second(keys.expiration().secs()).map_err(|_| undecodable())?,
        })
    }
}
