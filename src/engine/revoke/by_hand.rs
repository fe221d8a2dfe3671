//! Takes away one grant of those that an administrator has selected.

use super::{Revocation, Whereabouts};
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::{Cause, Revoked};
use crate::engine::Engine;
use crate::failure::Failure;

impl Engine<'_> {
    /// Revokes a grant, and tells Port if it knows it: a role that neither its catalog nor its records know may be
    /// another installation's, whose record this is not.
    ///
    /// # Errors
    ///
    /// Fails as [`Engine::revoke`] does.
    pub async fn revoke_known(
        &self,
        account: &AwsAccount,
        revocation: Revocation,
        is_listed: bool,
    ) -> Result<Revoked, Failure> {
        if is_listed || self.is_recorded(&revocation.grant).await? {
            return self.revoke(account, revocation).await;
        }
        let by = revocation.cause.who().to_owned();
        self.revoke_in_aws(account, revocation.grant, &by).await
    }

    /// Revokes a grant as [`Engine::revoke_known`] does, in every account that holds it.
    ///
    /// # Errors
    ///
    /// Fails as [`Engine::revoke_found`] does.
    pub async fn revoke_known_found(
        &self,
        found: &Whereabouts,
        revocation: Revocation,
        is_listed: bool,
    ) -> Result<Revoked, Failure> {
        if is_listed || self.is_recorded(&revocation.grant).await? {
            return self.revoke_found(found, revocation).await;
        }
        let by = revocation.cause.who().to_owned();
        self.revoke_found_in_aws(found, &revocation.grant, &by).await
    }

    async fn is_recorded(&self, grant: &GrantId) -> Result<bool, ApiError> {
        Ok(self.port.entity(&self.names.permission_records, grant.as_str()).await?.is_some())
    }

    /// Takes a grant away in AWS alone. Port is not asked and not told.
    ///
    /// # Errors
    ///
    /// Refuses a role of that name that is not under our path; fails when AWS does, and the next try goes on from
    /// there.
    pub async fn revoke_in_aws(&self, account: &AwsAccount, grant: GrantId, by: &str) -> Result<Revoked, Failure> {
        self.say(&format!("Taking {grant} apart in AWS"));
        let first_request = self.aws.request_count();
        let removed = self.take_apart(account, &grant, 1).await?;
        let (cause, now) = (Cause::Direct(by.to_owned()), self.service_time()?);
        let aws_request_ids = self.aws.request_ids_since(first_request);
        Ok(Revoked { grant, cause, removed, now, aws_request_ids, live_extensions: Vec::new() })
    }
}
