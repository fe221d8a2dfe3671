//! Entities of live grants and whether their role is there. The lists may lag behind: it is asked for once more.
//!
//! A role of its name under another path keeps no entity: the grant's own role is gone then, and the other one is told.

use futures_util::future::join;
use serde_json::json;

use super::Known;
use super::apply::Found;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Cause;
use crate::domain::state::GrantState;
use crate::domain::time::utc;
use crate::engine::Engine;
use crate::engine::revoke::Known::Nothing;
use crate::engine::revoke::{Others, Revocation};
use crate::engine::role_by_name::RoleByName;
use crate::failure::{Failure, FailureKind};

impl Engine<'_> {
    /// Notes that the role is missing; returns what was found, none where that was not to be noted any more. A mark would
    /// make an entity anew that was deleted meanwhile.
    pub(super) async fn mark_missing(&self, known: &Known, name: &str) -> Result<Option<Found>, Failure> {
        let (named, has_entity) = self.role_and_entity(known, name).await?;
        if named.is_own() || !has_entity {
            return Ok(None);
        }
        self.set_state(name, GrantState::Missing, Some(&utc(known.seen.now))).await?;
        Ok(Some(Found { namesakes: named.namesake().map(str::to_owned).into_iter().collect(), ..Found::default() }))
    }

    /// Takes that note away; what is not there any more is not called live.
    pub(super) async fn unmark_missing(&self, known: &Known, name: &str) -> Result<Option<Found>, Failure> {
        let (named, has_entity) = self.role_and_entity(known, name).await?;
        if !named.is_own() || !has_entity {
            return Ok(None);
        }
        self.set_state(name, GrantState::Live, None).await?;
        Ok(Some(Found::default()))
    }

    /// Completes the record of a grant that is gone, and deletes its entity.
    pub(super) async fn remove_entity(&self, known: &Known, name: &str) -> Result<Option<Found>, Failure> {
        let (seen, grant) = (&known.seen, GrantId::parse(name)?);
        if self.role_by_name(&seen.account, &grant).await?.is_own() {
            return Ok(None);
        }
        let entity = seen.entities.get(name);
        let missed = entity.and_then(|entity| entity.missing_since).unwrap_or(seen.now);
        let expired = entity.and_then(|entity| entity.end).is_some_and(|end| end <= missed);
        let cause = Cause::Sweep { expired, why: "its role was gone" };
        let revocation = Revocation { grant, cause, run_id: None };
        let asked = seen.beside.others.difference(&seen.beside.unseen).cloned().collect();
        let others = Others { asked, ..Others::default() };
        let revoked = self.revoke_here(&seen.account, revocation, Nothing, others).await?;
        Ok(Some(Found { namesakes: revoked.removed.namesakes, ..Found::default() }))
    }

    async fn role_and_entity(&self, known: &Known, name: &str) -> Result<(RoleByName, bool), Failure> {
        let grant = GrantId::parse(name)?;
        let entity = self.port.entity(&self.names.provisioned_permissions, name);
        let (named, entity) = join(self.role_by_name(&known.seen.account, &grant), entity).await;
        Ok((named?, entity?.is_some()))
    }

    async fn set_state(&self, name: &str, state: GrantState, since: Option<&str>) -> Result<(), Failure> {
        let body = json!({ "identifier": name, "properties": { "state": state.as_str(), "missing_since": since } });
        self.upsert(&self.names.provisioned_permissions, &body, None).await.map_err(|error| {
            let failure = Failure::from(error);
            if failure.kind == FailureKind::Failed {
                return failure
                    .hint("if Port does not know the property, run `port-iam init` to update the blueprints");
            }
            failure
        })
    }
}
