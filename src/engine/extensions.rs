//! The grants that go on from one: whoever ends that one should know of them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Engine;
use crate::clients::error::ApiError;
use crate::clients::port::SearchRule;
use crate::domain::catalog::Entity;
use crate::domain::extension::MOST_IN_A_ROW;
use crate::domain::identifier::GrantId;
use crate::domain::state::GrantState;

impl Engine<'_> {
    /// Returns the extensions of a grant, and those of them, that are on record as live. One in between may be gone. It
    /// is what records say: told to a person, and nothing is decided by it.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub(super) async fn live_extensions(&self, grant: &GrantId, now: Timestamp) -> Result<Vec<GrantId>, ApiError> {
        let (mut known, mut live) = (BTreeSet::from([grant.clone()]), Vec::new());
        let mut next = vec![grant.clone()];
        while let Some(before) = next.pop().filter(|_| known.len() <= MOST_IN_A_ROW) {
            let rules = [SearchRule::PropertyIs("extends", before.to_string())];
            for record in self.port.search(&self.names.permission_records, &rules).await? {
                let Some(extension) = GrantId::parse(&record.identifier).ok().filter(|it| !known.contains(it)) else {
                    continue;
                };
                known.insert(extension.clone());
                next.push(extension.clone());
                if is_live(&record, now) {
                    live.push(extension);
                }
            }
        }
        Ok(live)
    }
}

fn is_live(record: &Entity, now: Timestamp) -> bool {
    let end = record.text("granted_until").and_then(|end| end.parse::<Timestamp>().ok());
    let is_over = record.has_ended() || end.is_some_and(|end| end <= now);
    !is_over && record.state() != Some(GrantState::GrantFailed)
}
