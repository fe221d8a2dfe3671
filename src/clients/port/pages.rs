//! Whole blueprints, page by page, and all users at once.

use std::borrow::Cow;

use reqwest::Method;
use serde_json::{Value, json};

use super::decoding::user;
use super::entities::{SearchRule, entity};
use super::{Call, Port, segment};
use crate::clients::error::ApiError;
use crate::domain::catalog::{Entity, User};

/// The longest page that Port gives (Port OpenAPI, POST entities/search, `limit`).
const PAGE: u32 = 1_000;

impl Port {
    /// Hands each entity of a blueprint that fits all `rules` to `take`, with the properties named by `include` only.
    ///
    /// # Errors
    ///
    /// Fails when Port cannot be asked.
    pub async fn each_entity(
        &self,
        blueprint: &str,
        rules: &[SearchRule],
        include: &[&str],
        mut take: impl FnMut(Entity),
    ) -> Result<(), ApiError> {
        const OPERATION: &str = "search the catalog";
        let path = format!("/blueprints/{}/entities/search", segment(blueprint));
        let rules: Vec<Value> = rules.iter().map(SearchRule::to_json).collect();
        let wanted: Vec<String> = std::iter::once("identifier".to_owned())
            .chain(include.iter().map(|name| format!("properties.{name}")))
            .collect();
        let mut body = json!({ "query": { "combinator": "and", "rules": rules }, "include": wanted, "limit": PAGE });
        loop {
            let call = Call::new(OPERATION, Method::POST, path.clone()).body(&body).repeatable();
            let answer = self.send(call).await?;
            let entities = answer["entities"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
            for value in entities {
                take(entity(&answer, &with_properties(value), blueprint)?);
            }
            match answer["next"].as_str() {
                Some(next) if !entities.is_empty() => body["from"] = json!(next),
                _ => return Ok(()),
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

/// Returns an entity of which some properties were asked for: one that has none of them may come without any (UNVERIFIED).
fn with_properties(entity: &Value) -> Cow<'_, Value> {
    match entity {
        Value::Object(fields) if !fields.contains_key("properties") => {
            let mut fields = fields.clone();
            fields.insert("properties".to_owned(), json!({}));
            Cow::Owned(Value::Object(fields))
        }
        other => Cow::Borrowed(other),
    }
}
