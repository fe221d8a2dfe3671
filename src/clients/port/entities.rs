//! Entities of the catalog.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Call, Port, decoding, segment};
use crate::clients::answered::Answered;
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::domain::catalog::Entity;

/// One rule of a search; several are joined by "and".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchRule {
    /// The identifier is one of these.
    IdentifierIn(Vec<String>),
    /// The property is this text.
    PropertyIs(&'static str, String),
    /// The property is true.
    PropertyIsTrue(&'static str),
    /// The timer property has run out, by Port's clock.
    Expired(&'static str),
}

impl SearchRule {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::IdentifierIn(identifiers) => {
                json!({ "property": "$identifier", "operator": "in", "value": identifiers })
            }
            Self::PropertyIs(property, text) => json!({ "property": property, "operator": "=", "value": text }),
            Self::PropertyIsTrue(property) => json!({ "property": property, "operator": "=", "value": true }),
            Self::Expired(property) => json!({ "property": property, "operator": "isExpired" }),
        }
    }
}

/// How an entity is written.
#[derive(Clone, Copy, Debug)]
pub struct Upsert<'a> {
    /// The run under whose affected entities it is listed.
    pub run_id: Option<&'a str>,
}

impl Port {
    /// Returns one entity; none when it is not there.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn entity(&self, blueprint: &str, identifier: &str) -> Result<Option<Entity>, ApiError> {
        let path = format!("/blueprints/{}/entities/{}", segment(blueprint), segment(identifier));
        match self.send(Call::new("read the entity", Method::GET, path)).await {
            Ok(answer) => entity(&answer, &answer["entity"], blueprint).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the entities of a blueprint that fit all `rules`, over all pages.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn search(&self, blueprint: &str, rules: &[SearchRule]) -> Result<Vec<Entity>, ApiError> {
        let mut found = Vec::new();
        let mut read = |answer: &Answered, value: &Value| {
            found.push(entity(answer, value, blueprint)?);
            Ok(())
        };
        self.each_found(blueprint, rules, None, &mut read).await?;
        Ok(found)
    }

    /// Writes an entity: creates it, or changes the given properties of the one that is there.
    ///
    /// # Errors
    ///
    /// Fails with [`ApiErrorKind::RunExhausted`] when the run has ended, and when Port refuses or cannot be asked.
    pub async fn upsert_entity(&self, blueprint: &str, body: &Value, upsert: Upsert<'_>) -> Result<(), ApiError> {
        let path = format!("/blueprints/{}/entities", segment(blueprint));
        let mut query = vec![
            ("upsert", "true"),
            ("merge", "true"),
            // Stubs of missing entities would pollute the catalog.
            ("create_missing_related_entities", "false"),
            ("validation_only", "false"),
        ];
        query.extend(upsert.run_id.map(|run| ("run_id", run)));
        let call = Call::new("write the entity", Method::POST, path).query(&query).body(body).repeatable();
        self.send(call).await.map(|_| ())
    }

    /// Deletes an entity. One that is not there counts as deleted.
    ///
    /// # Errors
    ///
    /// Fails with [`ApiErrorKind::RunExhausted`] when the run has ended, and when Port refuses or cannot be asked.
    pub async fn delete_entity(&self, blueprint: &str, identifier: &str, run_id: Option<&str>) -> Result<(), ApiError> {
        let path = format!("/blueprints/{}/entities/{}", segment(blueprint), segment(identifier));
        let mut query = vec![("delete_dependents", "false")];
        query.extend(run_id.map(|run| ("run_id", run)));
        match self.send(Call::new("delete the entity", Method::DELETE, path).query(&query)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Reads an entity of `blueprint` out of an answer.
pub(super) fn entity(answer: &Answered, value: &Value, blueprint: &str) -> Result<Entity, ApiError> {
    decoding::entity(value, blueprint).map_err(|message| {
        answer.identified(ApiError::new(Api::Port, "read the entity", ApiErrorKind::Undecodable, message))
    })
}
