//! Takes away one grant of those that an administrator has selected.

use super::Revocation;
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
        let records = &self.names.permission_records;
        if is_listed || self.port.entity(records, revocation.grant.as_str()).await?.is_some() {
            return self.revoke(account, revocation).await;
        }
        let by = revocation.cause.who().to_owned();
        self.revoke_in_aws(account, revocation.grant, &by).await
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
