//! What a role of a grant without Port claims, where Port's record is of a role of the same name in another account:
//! whoever makes such a role first must not take the record of the grant away.

use futures_util::future::join3;

use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::break_glass::record_with_claims;
use crate::domain::identifier::GrantId;
use crate::engine::Engine;

impl Engine<'_> {
    /// Keeps on the record what the role of this account claims, where the record is of another account's role. Any other
    /// record is left as it is, and so is one that has it already.
    ///
    /// # Errors
    ///
    /// Fails when AWS or Port does: then the role is not to be deleted, since nothing else tells what it claims.
    pub(in crate::engine) async fn keep_claims(&self, account: &AwsAccount, grant: &GrantId) -> Result<(), ApiError> {
        if !grant.is_break_glass() {
            return Ok(());
        }
        let blueprint = &self.names.permission_records;
        let record = self.port.entity(blueprint, grant.as_str());
        let documents = Box::pin(self.documents(account, grant));
        let (record, named, documents) = join3(record, self.role_by_name(account, grant), documents).await;
        let (Some(record), Some(role)) = (record?, named?.own()) else { return Ok(()) };
        // The digest tells less than the tags.
        let documents = documents.unwrap_or_default();
        match record_with_claims(&record, grant, account, &role, &documents) {
            Some(body) => self.upsert(blueprint, &body, None).await,
            None => Ok(()),
        }
    }
}
