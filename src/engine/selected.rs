//! Finds the live grants that an administrator means.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::Engine;
use super::revoke::InPort;
use crate::clients::error::ApiError;
use crate::clients::port::SearchRule;
use crate::domain::catalog::Entity;
use crate::domain::iam::ListedPolicy;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::selection::{Found, Selection};
use crate::domain::tags::Scope;
use crate::failure::Failure;

/// How many roles are read at once: far below what throttles an account's other work.
const READ_AT_ONCE: usize = 4;
/// How many records are looked up in one search.
pub(super) const RECORDS_AT_ONCE: usize = 200;

/// The grants that are meant, and who told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// The grants.
    pub grants: Vec<Found>,
    /// Whether Port answered.
    pub port_answered: bool,
}

impl Engine<'_> {
    /// Finds the grants that are meant: through Port, and in AWS where Port knows nothing of a role, by its tags and, for
    /// a resource that they do not name, by its policies. `ask_port` is false when Port must not be asked; when it does
    /// not answer, AWS alone tells.
    ///
    /// # Errors
    ///
    /// Fails when Port refuses, and when AWS does or cannot be asked.
    pub async fn find(&self, selection: &Selection, ask_port: bool) -> Result<Selected, Failure> {
        let catalog = if ask_port { self.catalog().await.map(Some) } else { Ok(None) };
        let catalog = match catalog {
            Ok(catalog) => catalog,
            Err(error) if error.is_out_of_reach() => {
                self.say(&format!("Port does not answer ({error}); looking at the roles in AWS instead"));
                None
            }
            Err(error) => return Err(Failure::from(error).hint("pass --aws-only to leave Port out")),
        };
        let known = catalog.as_deref().unwrap_or_default();
        let mut grants: BTreeMap<GrantId, Found> = known
            .iter()
            .filter_map(|(entity, record)| selection.in_catalog(entity, record.as_ref()))
            .map(|found| (found.grant.clone(), found))
            .collect();
        let mut names = self.aws.role_names(&self.names.iam_path).await?;
        names
            .retain(|name| GrantId::parse(name).is_ok() && !known.iter().any(|(entity, _)| entity.identifier == *name));
        let policies = if selection.resource.is_some() { self.policies_by_grant().await? } else { BTreeMap::new() };
        let roles = stream::iter(names.into_iter().map(|name| {
            let policies = policies.get(&name).map(Vec::as_slice).unwrap_or_default();
            async move {
                let Some(role) = self.aws.role(&name).await? else { return Ok(None) };
                if let Some(found) = selection.in_tags(&name, &role) {
                    return Ok(Some(found));
                }
                let mut documents = Vec::new();
                for policy in policies {
                    documents.extend(self.aws.policy_document(&policy.arn, &policy.version).await?);
                }
                Ok::<_, ApiError>(selection.in_documents(&name, &role, &documents))
            }
        }));
        let tagged: Vec<Option<Found>> = roles.buffer_unordered(READ_AT_ONCE).try_collect().await?;
        grants.extend(tagged.into_iter().flatten().map(|found| (found.grant.clone(), found)));
        Ok(Selected { grants: grants.into_values().collect(), port_answered: catalog.is_some() })
    }

    /// Finds the grants that are meant in every account that can be reached, and returns those that could not be.
    ///
    /// # Errors
    ///
    /// Fails as [`Engine::find`] does for the engine's own account.
    pub async fn find_everywhere(
        &self,
        selection: &Selection,
        ask_port: bool,
    ) -> Result<(Selected, Vec<(AccountId, Failure)>), Failure> {
        let mut selected = self.find(selection, ask_port).await?;
        let mut unreached = Vec::new();
        for account in self.aws.further_accounts() {
            let Some(connected) = self.aws.of_further_account(account).await else { continue };
            let found = match connected {
                Ok(there) => self.with_aws(&there.aws).find(selection, selected.port_answered).await,
                Err(failure) => Err(failure),
            };
            match found {
                Ok(found) => {
                    let is_new = |found: &Found| !selected.grants.iter().any(|known| known.grant == found.grant);
                    let new: Vec<Found> = found.grants.into_iter().filter(is_new).collect();
                    selected.grants.extend(new);
                }
                Err(failure) => unreached.push((account.clone(), failure)),
            }
        }
        selected.grants.sort_by(|one, other| one.grant.cmp(&other.grant));
        Ok((selected, unreached))
    }

    /// Returns the organisation in Port, by which the tags of grants that were made without Port and that Port does not list
    /// tell whether they are ours; none where there are no such grants, and where Port does not tell it.
    pub async fn organization_of(&self, selected: &Selected) -> Option<String> {
        if !selected.port_answered || !selected.grants.iter().any(is_unlisted_break_glass) {
            return None;
        }
        match self.port.organization_id().await {
            Ok(organization) => Some(organization),
            Err(error) => {
                tracing::warn!(%error, "whose the grants are that were made without Port could not be told");
                None
            }
        }
    }

    /// Returns what of Port the revocation of a grant that was found touches. One that was made without Port may be on no
    /// record: it is put on one where its tags bear the scope of this installation in the `organization`.
    pub fn told_of(&self, found: &Found, port_answered: bool, organization: Option<&str>) -> InPort {
        if !port_answered {
            return InPort::Untouched;
        }
        let scope = found.scope.clone().map(Scope);
        let is_ours = scope
            .zip(organization)
            .is_some_and(|(scope, organization)| scope.keeps_records_in(organization, &self.names.prefix));
        if is_unlisted_break_glass(found) && is_ours {
            return InPort::Told;
        }
        InPort::IfKnown { is_listed: found.is_listed }
    }

    /// Returns the policies under our path by the grant whose name they bear.
    async fn policies_by_grant(&self) -> Result<BTreeMap<String, Vec<ListedPolicy>>, ApiError> {
        let mut policies: BTreeMap<String, Vec<ListedPolicy>> = BTreeMap::new();
        let take = |policy: ListedPolicy| {
            if let Some(grant) = policy.grant() {
                policies.entry(grant.to_string()).or_default().push(policy);
            }
        };
        self.aws.list_policies(&self.names.iam_path, take).await?;
        Ok(policies)
    }

    /// Returns every live grant of the catalog with its record.
    async fn catalog(&self) -> Result<Vec<(Entity, Option<Entity>)>, ApiError> {
        let live = self.port.search(&self.names.provisioned_permissions, &[]).await?;
        self.with_records(live).await
    }

    /// Returns entities of live grants with their records.
    pub(super) async fn with_records(&self, live: Vec<Entity>) -> Result<Vec<(Entity, Option<Entity>)>, ApiError> {
        let mut records = BTreeMap::new();
        for some in live.chunks(RECORDS_AT_ONCE) {
            let identifiers = some.iter().map(|entity| entity.identifier.clone()).collect();
            let rules = [SearchRule::IdentifierIn(identifiers)];
            let found = self.port.search(&self.names.permission_records, &rules).await?;
            records.extend(found.into_iter().map(|record| (record.identifier.clone(), record)));
        }
        let with_record = |entity: Entity| {
            let record = records.remove(&entity.identifier);
            (entity, record)
        };
        Ok(live.into_iter().map(with_record).collect())
    }
}

fn is_unlisted_break_glass(found: &Found) -> bool {
    !found.is_listed && found.grant.is_break_glass()
}
