//! Whether Port knows of a grant of which no account has shown a role.

use futures_util::future::try_join;

use super::Whereabouts;
use crate::domain::identifier::GrantId;
use crate::engine::Engine;

impl Engine<'_> {
    /// Returns whether there is, or may have been, such a grant: an account has shown its role, or Port has an entity of its
    /// name or the run that it is named after. What could not be asked speaks for it. Its permanent record is asked for
    /// by whoever takes it away.
    pub async fn may_have_been(&self, found: &Whereabouts, grant: &GrantId) -> bool {
        if !found.shows_no_role() {
            return true;
        }
        let run = grant.run_id();
        let entity = self.port.entity(&self.names.provisioned_permissions, grant.as_str());
        match try_join(entity, self.port.run(run.as_str())).await {
            Ok((entity, run)) => entity.is_some() || run.is_some(),
            Err(error) => {
                tracing::warn!(%error, "whether Port knows of the grant could not be asked");
                true
            }
        }
    }
}
