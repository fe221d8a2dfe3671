//! What Port knows of a grant that is open.

use jiff::Timestamp;

use super::{asked_for, gains_too_little};
use crate::domain::arn::Arn;
use crate::domain::catalog::Entity;
use crate::domain::grant::Grant;
use crate::domain::policy::lies_under;
use crate::domain::state::GrantState;

/// A grant that is open by what Port knows of it.
#[derive(Clone, Debug)]
pub enum OpenGrant {
    /// In the catalog, and on record where it has been recorded.
    InCatalog(Entity, Option<Entity>),
    /// On record as live, and in the catalog no more: whoever may delete an entity ends nothing with it.
    OnRecordAlone(Entity),
}

impl OpenGrant {
    /// Returns the name of the grant, as Port tells it.
    pub fn identifier(&self) -> &str {
        let (Self::InCatalog(known, _) | Self::OnRecordAlone(known)) = self;
        &known.identifier
    }

    pub(super) fn is_in_catalog(&self) -> bool {
        self.entity().is_some()
    }

    fn entity(&self) -> Option<&Entity> {
        if let Self::InCatalog(entity, _) = self { Some(entity) } else { None }
    }

    fn record(&self) -> Option<&Entity> {
        match self {
            Self::InCatalog(_, record) => record.as_ref(),
            Self::OnRecordAlone(record) => Some(record),
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.record().is_some_and(Entity::has_ended)
    }

    /// What the record tells under a name, else what the entity tells under another one.
    fn told(&self, of_record: &str, of_entity: &str) -> Option<&str> {
        let recorded = self.record().and_then(|record| record.text(of_record));
        recorded.or_else(|| self.entity()?.text(of_entity))
    }

    pub(super) fn end(&self) -> Option<Timestamp> {
        self.told("granted_until", "expiry_time")?.parse().ok()
    }

    pub(super) fn is_of(&self, requester: &str) -> bool {
        self.told("requester", "requester").is_some_and(|email| email.to_lowercase() == requester.to_lowercase())
    }

    /// Returns what it is on: what the record tells, else the one resource of the entity.
    fn resources(&self) -> Vec<&str> {
        let of_record = self.record().and_then(|record| Some((record, record.text("resource")?)));
        match of_record {
            Some((record, resource)) => {
                std::iter::once(resource).chain(texts(&record.properties["additional_resources"])).collect()
            }
            None => self.entity().and_then(|entity| entity.relations["aws_resource"].as_str()).into_iter().collect(),
        }
    }

    fn is_on(&self, arn: &Arn) -> bool {
        self.resources().contains(&arn.as_str())
    }

    /// Returns whether it is on this resource, on one that lies under it, or on one under which it lies: what a bucket is
    /// opened for may reach its objects.
    pub(super) fn touches(&self, arn: &Arn) -> bool {
        let holds = |one: &str| Arn::parse("resource", one).is_ok_and(|one| lies_under(&one, arn.as_str()));
        self.resources().into_iter().any(|one| lies_under(arn, one) || holds(one))
    }

    fn gives(&self, action: &str) -> bool {
        let recorded = self.record().map(|record| &record.properties["actions"]).filter(|actions| actions.is_array());
        let actions = recorded.or_else(|| self.entity().map(|entity| &entity.relations["permissions"]));
        actions.is_some_and(|actions| texts(actions).any(|one| one.eq_ignore_ascii_case(action)))
    }

    /// Returns whether it gives everything that is asked for, and the new grant would gain too little time to be another
    /// one.
    pub(super) fn is_repeated_by(&self, grant: &Grant) -> bool {
        let state = match self {
            Self::InCatalog(known, _) | Self::OnRecordAlone(known) => known.state(),
        };
        state == Some(GrantState::Live)
            && self.end().is_some_and(|end| gains_too_little(grant, end))
            && asked_for(grant).all(|(_, arn)| self.is_on(arn))
            && grant.permissions.iter().all(|asked| self.gives(asked))
    }
}

fn texts(array: &serde_json::Value) -> impl Iterator<Item = &str> {
    array.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str)
}
