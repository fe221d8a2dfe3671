//! Looks up which grants are open.

use jiff::Timestamp;

use crate::clients::error::ApiError;
use crate::clients::port::SearchRule;
use crate::domain::catalog::Entity;
use crate::domain::grant::Grant;
use crate::domain::identifier::AccountId;
use crate::domain::open_grants::{check_open_grants, others};
use crate::domain::rules::OpenGrants;
use crate::engine::Engine;
use crate::failure::Failure;

/// Which grants were open, each with its permanent record.
#[derive(Clone, Debug)]
pub(super) struct OpenSeen {
    sought: SearchRule,
    found: Vec<(Entity, Option<Entity>)>,
}

/// Without a limit on the resource the requester's own grants are enough to know.
fn sought(limits: OpenGrants, requester: &str, account: &AccountId) -> SearchRule {
    match limits.per_resource {
        None => SearchRule::PropertyIs("requester", requester.to_owned()),
        Some(_) => SearchRule::PropertyIs("account", account.to_string()),
    }
}

impl Engine<'_> {
    /// Returns which grants are open that a grant to this requester in this account is held against.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub(super) async fn open_grants(
        &self,
        limits: OpenGrants,
        requester: &str,
        account: &AccountId,
    ) -> Result<OpenSeen, ApiError> {
        let sought = sought(limits, requester, account);
        let entities = self.port.search(&self.names.provisioned_permissions, std::slice::from_ref(&sought)).await?;
        Ok(OpenSeen { sought, found: self.with_records(entities).await? })
    }

    /// Refuses a grant that the requester has already, and one too many. Two that are decided at the same moment do not
    /// see each other: the limit is one on habit, and what either may have the rules say. What was `seen` while the requester
    /// and the account were hints stands where it was the same that was sought.
    pub(super) async fn check_open(
        &self,
        grant: &Grant,
        limits: OpenGrants,
        seen: Option<&OpenSeen>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let sought = sought(limits, &grant.requester, &grant.account.id);
        let found = match seen.filter(|seen| seen.sought == sought) {
            Some(seen) => seen.found.clone(),
            None => self.open_grants(limits, &grant.requester, &grant.account.id).await?.found,
        };
        Ok(check_open_grants(grant, &others(grant, found), limits, now)?)
    }
}
