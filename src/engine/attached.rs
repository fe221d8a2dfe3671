//! The role of a grant with what hangs on it, as far as our identities may ask.

use super::Engine;
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::iam::RoleState;
use crate::domain::identifier::GrantId;

impl Engine<'_> {
    /// Returns whether it may be asked what hangs on a role: one that is missing or lies under another path is none of
    /// ours.
    pub(super) fn may_ask(&self, account: &AwsAccount, grant: &GrantId, role: Option<&RoleState>) -> bool {
        role.is_some_and(|role| role.arn == account.role_arn(self.names, grant))
    }

    /// Returns the role of a grant, and the policies that are attached to it where that may be asked.
    pub(super) async fn role_and_policies(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
    ) -> Result<(Option<RoleState>, Vec<String>), ApiError> {
        let role = self.aws.role(grant.as_str()).await?;
        if !self.may_ask(account, grant, role.as_ref()) {
            return Ok((role, Vec::new()));
        }
        let attached = self.aws.attached_policies(grant.as_str()).await?;
        Ok((role, attached.unwrap_or_default()))
    }
}
