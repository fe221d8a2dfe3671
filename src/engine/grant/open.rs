//! Looks up which grants are open.

use jiff::Timestamp;

use crate::clients::port::SearchRule;
use crate::domain::grant::Grant;
use crate::domain::open_grants::{check_open_grants, others};
use crate::domain::rules::OpenGrants;
use crate::engine::Engine;
use crate::failure::Failure;

impl Engine<'_> {
    /// Refuses a grant that the requester has already, and one too many. Two that are decided at the same moment do not
    /// see each other: the limit is one on habit, and what either may have the rules say.
    pub(super) async fn check_open(&self, grant: &Grant, limits: OpenGrants, now: Timestamp) -> Result<(), Failure> {
        // Without a limit on the resource the requester's own grants are enough to know.
        let rule = match limits.per_resource {
            None => SearchRule::PropertyIs("requester", grant.requester.clone()),
            Some(_) => SearchRule::PropertyIs("account", grant.account.id.to_string()),
        };
        let entities = self.port.search(&self.names.provisioned_permissions, &[rule]).await?;
        let others = self.with_records(others(grant, entities)).await?;
        Ok(check_open_grants(grant, &others, limits, now)?)
    }
}
