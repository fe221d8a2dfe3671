//! Looks up which grants are open.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join_all};
use jiff::Timestamp;

use crate::clients::error::ApiError;
use crate::clients::port::SearchRule;
use crate::domain::grant::Grant;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::open_grants::{OpenGrant, can_be_used, check_open_grants, others, repeated};
use crate::domain::rules::OpenGrants;
use crate::domain::state::GrantState;
use crate::engine::Engine;
use crate::engine::selected::RECORDS_AT_ONCE;
use crate::failure::Failure;

/// Which grants were open.
#[derive(Clone, Debug)]
pub(super) struct OpenSeen {
    sought: Sought,
    found: Vec<OpenGrant>,
}

/// Whose grants are looked for, and in which account: where there is a limit on the resource, all in the account. The
/// requester's own are looked for everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sought {
    requester: String,
    account: Option<AccountId>,
}

impl Sought {
    fn new(limits: OpenGrants, requester: &str, account: &AccountId) -> Self {
        let account = limits.per_resource.map(|_| account.clone());
        Self { requester: requester.to_owned(), account }
    }

    fn rules(&self) -> Vec<SearchRule> {
        let of_requester = SearchRule::PropertyIs("requester", self.requester.clone());
        let in_account = self.account.as_ref().map(|account| SearchRule::PropertyIs("account", account.to_string()));
        std::iter::once(of_requester).chain(in_account).collect()
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
        let sought = Sought::new(limits, requester, account);
        let searches = sought.rules().into_iter().map(|rule| async move {
            let live = [rule.clone(), SearchRule::PropertyIs("state", GrantState::Live.as_str().to_owned())];
            let entities = self.port.search(&self.names.provisioned_permissions, std::slice::from_ref(&rule));
            try_join(entities, self.port.search(&self.names.permission_records, &live)).await
        });
        let (mut entities, mut recorded) = (BTreeMap::new(), BTreeMap::new());
        for (found, records) in try_join_all(searches).await? {
            entities.extend(found.into_iter().map(|entity| (entity.identifier.clone(), entity)));
            recorded.extend(records.into_iter().map(|record| (record.identifier.clone(), record)));
        }
        // More people may edit or delete an entity than a record: one that says something else than its record is looked
        // for by name, and where there is none any more the record counts by itself.
        recorded.retain(|name, _| !entities.contains_key(name));
        let unseen: Vec<String> = recorded.keys().cloned().collect();
        let unseen = async {
            let mut found = Vec::new();
            for some in unseen.chunks(RECORDS_AT_ONCE) {
                let rules = [SearchRule::IdentifierIn(some.to_vec())];
                found.extend(self.port.search(&self.names.provisioned_permissions, &rules).await?);
            }
            self.with_records(found).await
        };
        let (seen, unseen) = try_join(self.with_records(entities.into_values().collect()), unseen).await?;
        for (entity, _) in &unseen {
            recorded.remove(&entity.identifier);
        }
        let in_catalog = seen.into_iter().chain(unseen).map(|(entity, record)| OpenGrant::InCatalog(entity, record));
        let found = in_catalog.chain(recorded.into_values().map(OpenGrant::OnRecordAlone)).collect();
        Ok(OpenSeen { sought, found })
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
        let sought = Sought::new(limits, &grant.requester, &grant.account.id);
        let found = match seen.filter(|seen| seen.sought == sought) {
            Some(seen) => seen.found.clone(),
            None => self.open_grants(limits, &grant.requester, &grant.account.id).await?.found,
        };
        let others = others(grant, found);
        let usable = self.usable(grant, &repeated(grant, &others, now), now).await?;
        Ok(check_open_grants(grant, self.names, &others, &usable, limits, now)?)
    }

    /// Returns which of these grants AWS would still let somebody use: the catalog knows nothing of a role that a sweep
    /// has denied, and whoever is pointed at such a one is left with nothing. One in another account gives nothing here.
    async fn usable(&self, grant: &Grant, live: &[GrantId], now: Timestamp) -> Result<BTreeSet<GrantId>, Failure> {
        let looks = live.iter().map(|live| self.role_and_policies(&grant.account, live));
        let mut usable = BTreeSet::new();
        for (live, (role, attached)) in live.iter().zip(try_join_all(looks).await?) {
            if can_be_used(grant, live, self.names, (role.as_ref(), &attached), now) {
                usable.insert(live.clone());
            } else {
                self.say(&format!("{live} cannot be used any more, whatever Port's catalog says of it"));
            }
        }
        Ok(usable)
    }
}
