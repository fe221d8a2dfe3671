//! Whole blueprints, page by page, and all users at once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::decoding::user;
use super::entities::{SearchRule, entity};
use super::{Call, Port, segment};
use crate::clients::answered::Answered;
use crate::clients::error::ApiError;
use crate::domain::catalog::{Entity, User};

/// The longest page that Port gives (Port OpenAPI, POST entities/search, `limit`).
const PAGE: u32 = 1_000;
/// How many entities that came without their properties are asked for at once.
const BARE_AT_ONCE: usize = 200;

impl Port {
    /// Hands each entity of a blueprint that fits all `rules` to `take`, with the properties named by `include` only. One
    /// that comes without any is asked for once more, with all that it has: whoever reads it decides by them.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, or answers what its API does not document.
    pub async fn each_entity(
        &self,
        blueprint: &str,
        rules: &[SearchRule],
        include: &[&str],
        mut take: impl FnMut(Entity),
    ) -> Result<(), ApiError> {
        let mut bare = Vec::new();
        let mut sort = |answer: &Answered, value: &Value| {
            match value["identifier"].as_str().filter(|_| is_bare(value)) {
                Some(identifier) => bare.push(identifier.to_owned()),
                None => take(entity(answer, value, blueprint)?),
            }
            Ok(())
        };
        self.each_found(blueprint, rules, Some(include), &mut sort).await?;
        for some in bare.chunks(BARE_AT_ONCE) {
            let rules: Vec<SearchRule> =
                rules.iter().cloned().chain([SearchRule::IdentifierIn(some.to_vec())]).collect();
            self.search(blueprint, &rules).await?.into_iter().for_each(&mut take);
        }
        Ok(())
    }

    /// Does the same with entities that may well have none of the properties: whoever reads them does not decide by what
    /// is missing.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, or answers what its API does not document.
    pub async fn each_entity_bare_or_not(
        &self,
        blueprint: &str,
        rules: &[SearchRule],
        include: &[&str],
        mut take: impl FnMut(Entity),
    ) -> Result<(), ApiError> {
        let mut read = |answer: &Answered, value: &Value| {
            take(entity(answer, &with_properties(value), blueprint)?);
            Ok(())
        };
        self.each_found(blueprint, rules, Some(include), &mut read).await
    }

    /// Hands each entity that a search finds to `read`, as Port answers it, over all pages.
    pub(super) async fn each_found(
        &self,
        blueprint: &str,
        rules: &[SearchRule],
        include: Option<&[&str]>,
        read: &mut impl FnMut(&Answered, &Value) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        const OPERATION: &str = "search the catalog";
        let path = format!("/blueprints/{}/entities/search", segment(blueprint));
        let rules: Vec<Value> = rules.iter().map(SearchRule::to_json).collect();
        let mut body = json!({ "query": { "combinator": "and", "rules": rules } });
        if let Some(include) = include {
            let properties = include.iter().map(|name| format!("properties.{name}"));
            body["include"] = std::iter::once("identifier".to_owned()).chain(properties).collect();
        }
        body["limit"] = json!(PAGE);
        let mut followed = BTreeSet::new();
        loop {
            let call = Call::new(OPERATION, Method::POST, path.clone()).body(&body).repeatable();
            let answer = self.send(call).await?;
            let entities = answer["entities"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
            for value in entities {
                read(&answer, value)?;
            }
            match &answer["next"] {
                Value::Null => return Ok(()),
                // Behind an empty page that names itself there is nothing.
                Value::String(next) if entities.is_empty() && body["from"] == **next => return Ok(()),
                // What leads back has no end, and what is no text leads nowhere: what is behind it would be taken for gone.
                Value::String(next) if followed.insert(next.clone()) => body["from"] = json!(next),
                _ => return Err(answer.undecodable(OPERATION)),
            }
        }
    }

    /// Returns all users of the organisation. Port gives them on one page.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked, or its answer lists nobody: somebody owns the organisation.
    pub async fn users(&self) -> Result<Vec<User>, ApiError> {
        const OPERATION: &str = "list the users";
        let answer = self.send(Call::new(OPERATION, Method::GET, "/users".to_owned())).await?;
        let users: Vec<User> = answer["users"].as_array().into_iter().flatten().filter_map(user).collect();
        if users.is_empty() { Err(answer.undecodable(OPERATION)) } else { Ok(users) }
    }
}

/// Of an entity some properties were asked for: one that has none of them may come without any (UNVERIFIED).
fn is_bare(entity: &Value) -> bool {
    entity.as_object().is_some_and(|fields| !fields.contains_key("properties"))
}

fn with_properties(entity: &Value) -> Cow<'_, Value> {
    if !is_bare(entity) {
        return Cow::Borrowed(entity);
    }
    let mut entity = entity.clone();
    entity["properties"] = json!({});
    Cow::Owned(entity)
}
