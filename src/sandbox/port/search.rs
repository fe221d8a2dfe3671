//! The two searches: in one blueprint with pages, and in the whole catalog without.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Port;
use super::entities::selected;
use super::entity::Entity;
use super::entity_write::permit;
use super::problem::{Answer, Problem, ok};
use super::query::Catalog;
use super::request::{Body, Query};
use super::token::Caller;

/// `POST /v1/blueprints/{blueprint_identifier}/entities/search`. `next` of one answer is `from` of the next request.
pub(super) async fn in_blueprint(
    State(port): State<Port>,
    caller: Caller,
    Path(blueprint): Path<String>,
    body: Body,
) -> Answer {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let body = body.checked(&json!({ "additionalProperties": false, "properties": {
        "query": query_schema(), "include": texts, "exclude": texts, "from": { "type": "string" },
        "limit": { "type": "number", "minimum": 1, "maximum": 1000 } } }))?;
    let limit = body.get("limit").and_then(Value::as_u64).unwrap_or(200);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let after = body.get("from").and_then(Value::as_str).map(cursor).transpose()?;
    let now = port.now();
    let state = port.state();
    permit(&caller, &state.blueprint(&blueprint)?.permissions["entities"]["read"], "read", &blueprint)?;
    let catalog = Catalog { state: &state, now };
    let query = body.get("query");
    let mut found = match named_by(query) {
        Some(names) => {
            let there = names.into_iter().filter_map(|name| state.entities.get(&(blueprint.clone(), name.to_owned())));
            matching(&catalog, query, there)?
        }
        None => matching(&catalog, query, state.entities_of(&blueprint))?,
    };
    found.retain(|entity| after.as_ref().is_none_or(|after| entity.identifier > *after));
    let more = found.len() > limit;
    found.truncate(limit);
    let named = |name: &str| -> Vec<&str> {
        body.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let shown: Vec<Value> =
        found.iter().map(|entity| selected(port.shown(entity), &named("include"), &named("exclude"))).collect();
    let mut result = json!({ "entities": shown });
    if let Some(last) = found.last().filter(|_| more) {
        result["next"] = URL_SAFE_NO_PAD.encode(&last.identifier).into();
    }
    ok(result)
}

/// `POST /v1/entities/search`: the body is the query itself.
pub(super) async fn everywhere(State(port): State<Port>, caller: Caller, query: Query, body: Body) -> Answer {
    let wanted = Value::Object(body.checked(&query_schema())?);
    let now = port.now();
    let state = port.state();
    let catalog = Catalog { state: &state, now };
    let readable = |entity: &&Entity| {
        let rules = state.blueprints.get(&entity.blueprint).map(|blueprint| &blueprint.permissions["entities"]["read"]);
        rules.is_some_and(|rules| caller.is_named_by(rules))
    };
    let found = matching(&catalog, Some(&wanted), state.entities.values().filter(readable))?;
    let blueprints: BTreeSet<&str> = found.iter().map(|entity| entity.blueprint.as_str()).collect();
    let (include, exclude) = (query.texts("include"), query.texts("exclude"));
    let shown: Vec<Value> = found.iter().map(|entity| selected(port.shown(entity), &include, &exclude)).collect();
    ok(json!({ "entities": shown, "matchingBlueprints": blueprints }))
}

fn query_schema() -> Value {
    json!({ "type": "object", "required": ["combinator", "rules"], "additionalProperties": false, "properties": {
        "combinator": { "enum": ["and", "or"] }, "rules": { "type": "array", "items": { "type": "object" } } } })
}

/// Returns the identifiers beside which a query leaves nothing, in order, where it names them: these are looked up, so that a
/// large catalog costs nobody who asks for one entity of it.
fn named_by(query: Option<&Value>) -> Option<BTreeSet<&str>> {
    let query = query.filter(|query| query["combinator"] == "and")?;
    let rules = query["rules"].as_array()?.iter().filter(|rule| rule["property"] == "$identifier");
    rules.into_iter().find_map(|rule| match (rule["operator"].as_str()?, &rule["value"]) {
        ("=", Value::String(name)) => Some(BTreeSet::from([name.as_str()])),
        ("in", Value::Array(names)) => names.iter().map(Value::as_str).collect(),
        _ => None,
    })
}

fn matching<'a>(
    catalog: &Catalog<'_>,
    query: Option<&Value>,
    entities: impl Iterator<Item = &'a Entity>,
) -> Result<Vec<&'a Entity>, Problem> {
    if let Some(query) = query {
        catalog.check(query)?;
    }
    let mut found = Vec::new();
    for entity in entities {
        let fits = query.map_or(Ok(true), |query| catalog.matches(query, entity))?;
        if fits {
            found.push(entity);
        }
    }
    Ok(found)
}

fn cursor(from: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(from).map_err(|_| Problem::invalid("body/from is no cursor"))?;
    String::from_utf8(bytes).map_err(|_| Problem::invalid("body/from is no cursor"))
}
