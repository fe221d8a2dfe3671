//! Looks at the three systems: reads only, side by side, each thing once.

mod access;
mod guarding;
mod identities;
mod observation;
mod permissions;
mod port;
mod release;
mod repository;
mod templates;
mod who;

use std::collections::BTreeMap;

use futures_util::future::{join, try_join, try_join4};
use serde_json::Value;

pub use observation::Observation;
pub use who::{Identity, Who};

use super::Setup;
use crate::clients::github::Repository;
use crate::domain::setup::{BoundarySeen, PageSeen, SecretStore};
use crate::failure::Failure;
use access::AccessSeen;
use repository::InRepository;

/// What was seen before it is known what is wanted.
struct Looked {
    blueprints: Vec<Value>,
    actions: Vec<Value>,
    /// Of blueprints, and of actions.
    permissions: (BTreeMap<String, Value>, BTreeMap<String, Value>),
    page: PageSeen,
    repository: Option<(Repository, InRepository)>,
    boundary: BoundarySeen,
    access: AccessSeen,
}

impl Setup<'_> {
    /// Looks at everything and plans, for `who` is asking. What does not depend on an answer is asked before it has come:
    /// where there is nothing to do, nobody waits for more than four answers one after the other.
    ///
    /// # Errors
    ///
    /// Fails when a system cannot be asked, when what is wanted cannot be rendered, and when there is nobody whom the
    /// missing repository could belong to.
    pub async fn look_first(&self, who: &Who) -> Result<(Identity, Observation), Failure> {
        let (identity, looked) = join(Box::pin(self.identity(who)), Box::pin(self.look_around(who))).await;
        let (identity, looked) = (identity?, looked?);
        let observation = Box::pin(self.observation(&identity, looked, &self.environment())).await?;
        Ok((identity, observation))
    }

    /// Looks at everything and plans. `store` is where it was found that the secrets are to be kept: the GitHub plan may have
    /// no environments.
    ///
    /// # Errors
    ///
    /// Fails as [`Setup::look_first`] does.
    pub async fn observe(&self, identity: &Identity, store: &SecretStore) -> Result<Observation, Failure> {
        let who = identity.asking(self.repository().await?);
        let looked = Box::pin(self.look_around(&who)).await?;
        self.observation(identity, looked, store).await
    }

    /// Looks into the repository again and plans anew; Port and AWS are as `before`, but for what this run has done there.
    pub(super) async fn observe_repository(
        &self,
        identity: &Identity,
        before: &Observation,
        store: &SecretStore,
    ) -> Result<Observation, Failure> {
        let who = identity.asking(self.repository().await?);
        let seen = before.seen.clone();
        let access = Box::pin(self.access_seen(&who, Some(seen.identities)));
        let (repository, access) = try_join(self.inside(&who), access).await?;
        let looked = Looked {
            blueprints: seen.blueprints,
            actions: seen.actions,
            permissions: (seen.blueprint_permissions, seen.action_permissions),
            page: seen.page,
            repository,
            boundary: seen.boundary,
            access,
        };
        self.observation(identity, looked, store).await
    }

    async fn look_around(&self, who: &Who) -> Result<Looked, Failure> {
        let port = async {
            let looks = try_join4(self.blueprints(), self.actions(), self.permissions(), self.page());
            let (blueprints, (actions, of_granting), mut permissions, page) = looks.await?;
            permissions.1.extend(of_granting);
            Ok((blueprints, actions, permissions, page))
        };
        let boundary = async { Ok(self.boundary(&who.account).await?) };
        let looks = try_join4(port, self.inside(who), boundary, Box::pin(self.access_seen(who, None)));
        let ((blueprints, actions, permissions, page), repository, boundary, access) = looks.await?;
        Ok(Looked { blueprints, actions, permissions, page, repository, boundary, access })
    }
}
