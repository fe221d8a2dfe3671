//! Looks at all grants, or at one of them closely, in as many of Port and AWS as there are credentials for. Reads only.

mod closely;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join_all};

pub use closely::{Closely, InAws, InPort, PolicySeen};

use crate::clients::aws::{Aws, Caller, ReachedAccount};
use crate::clients::error::ApiError;
use crate::clients::port::{Port, SearchRule};
use crate::domain::catalog::Entity;
use crate::domain::names::Names;
use crate::domain::overview::{OverviewSeen, PortSeen};
use crate::failure::Failure;

/// How many records are looked up in one search.
const RECORDS_AT_ONCE: usize = 200;

/// Port and AWS, as far as there are credentials for them.
#[derive(Clone, Copy)]
pub struct Looking<'a> {
    /// The installation's names.
    pub names: &'a Names,
    /// Port.
    pub port: Option<&'a Port>,
    /// AWS, and whose credentials these are.
    pub aws: Option<(&'a Aws, &'a Caller)>,
    /// Further accounts.
    pub further: &'a [ReachedAccount],
    /// Whether the tags of every role are read, not only of those that Port does not know: an entity is no proof.
    pub reads_every_role: bool,
}

impl Looking<'_> {
    /// Looks at all grants; at those that have ended too when `with_the_past`.
    ///
    /// # Errors
    ///
    /// Fails when Port or AWS refuses or cannot be asked.
    pub async fn overview(&self, with_the_past: bool) -> Result<OverviewSeen, Failure> {
        // AWS first and Port after it: what is recorded before it works cannot look unrecorded.
        let listed = match self.aws {
            Some((aws, caller)) => Some(roles::list(aws, self.names, caller).await?),
            None => None,
        };
        let further = self.further.iter().map(|further| roles::list(&further.aws, self.names, &further.caller));
        let further = try_join_all(further).await?;
        let all = listed.iter().chain(&further);
        let names: BTreeSet<String> = all.flat_map(|listed| listed.roles.keys().cloned()).collect();
        let port = match self.port {
            Some(port) => Some(self.catalog(port, names, with_the_past).await?),
            None => None,
        };
        let is_listed = |name: &str| port.as_ref().is_some_and(|port| port.entities.contains_key(name));
        let is_known = |name: &str| !self.reads_every_role && is_listed(name);
        let aws = match (self.aws, listed) {
            (Some((aws, _)), Some(listed)) => Some(roles::looked_into(aws, listed, is_known).await?),
            _ => None,
        };
        let mut seen = Vec::new();
        for (there, listed) in self.further.iter().zip(further) {
            seen.push(roles::looked_into(&there.aws, listed, is_known).await?);
        }
        Ok(OverviewSeen { aws, further: seen, port })
    }

    async fn catalog(
        &self,
        port: &Port,
        mut names: BTreeSet<String>,
        with_the_past: bool,
    ) -> Result<PortSeen, ApiError> {
        let blueprint = &self.names.provisioned_permissions;
        let expired = [SearchRule::Expired("expiry_time")];
        let (live, over) = try_join(port.search(blueprint, &[]), port.search(blueprint, &expired)).await?;
        let entities = keyed(live);
        let expired = over.into_iter().map(|entity| entity.identifier).collect();
        let records = if with_the_past {
            keyed(port.search(&self.names.permission_records, &[]).await?)
        } else {
            names.extend(entities.keys().cloned());
            let names: Vec<String> = names.into_iter().collect();
            let mut records = BTreeMap::new();
            for some in names.chunks(RECORDS_AT_ONCE) {
                let rules = [SearchRule::IdentifierIn(some.to_vec())];
                records.extend(keyed(port.search(&self.names.permission_records, &rules).await?));
            }
            records
        };
        Ok(PortSeen { entities, records, expired })
    }
}

fn keyed(entities: Vec<Entity>) -> BTreeMap<String, Entity> {
    entities.into_iter().map(|entity| (entity.identifier.clone(), entity)).collect()
}
