//! `/v1/pages`: the pages of the portal. Creating and changing is in no document of Port's: the members are those that its
//! Terraform provider sends, and a dashboard's rows are held to what Port's own guide to dashboards says of them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Port;
use super::audit::Event;
use super::problem::{Answer, Problem, answer, ok};
use super::request::Body;
use super::state::{Page, Stamps, random_id};
use super::token::Caller;

/// A row of a dashboard is so many columns wide.
const WIDTH: u64 = 12;

/// Returns the schema of the body of `POST /v1/pages` and `PUT /v1/pages/{identifier}`.
fn body_schema() -> Value {
    let text = json!({ "type": "string" });
    let objects = json!({ "type": "array", "items": { "type": "object" } });
    json!({ "type": "object", "required": ["identifier", "type"], "additionalProperties": false, "properties": {
        "identifier": { "type": "string", "format": "blueprint identifier" },
        "type": { "enum": ["blueprint-entities", "dashboard", "home", "entity"] },
        "icon": text, "title": text, "description": text, "blueprint": text, "parent": text, "after": text,
        "locked": { "type": "boolean" }, "widgets": objects, "pageFilters": objects } })
}

/// `POST /v1/pages`.
pub(super) async fn create(State(port): State<Port>, caller: Caller, body: Body) -> Answer {
    caller.must_be_admin()?;
    let body = checked(body)?;
    let now = port.now();
    let page = Page { id: format!("page_{}", random_id(16)), body, stamps: Stamps::new(caller.id(), now) };
    let identifier = page.identifier().to_owned();
    let mut state = port.state();
    if state.pages.contains_key(&identifier) {
        return Err(Problem::taken("Page", &identifier));
    }
    let shown = page.answer();
    state.audit.push(Event::of("page", "CREATE", &identifier, &caller, now));
    state.pages.insert(identifier, page);
    answer(StatusCode::CREATED, json!({ "page": shown }))
}

/// `GET /v1/pages/{identifier}`.
pub(super) async fn get(State(port): State<Port>, _: Caller, Path(identifier): Path<String>) -> Answer {
    let shown = port.state().pages.get(&identifier).map(Page::answer);
    ok(json!({ "page": shown.ok_or_else(|| Problem::not_found("Page", &identifier))? }))
}

/// `PUT /v1/pages/{identifier}`: replaces the whole page.
pub(super) async fn replace(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
    body: Body,
) -> Answer {
    caller.must_be_admin()?;
    let body = checked(body)?;
    let now = port.now();
    let mut state = port.state();
    let Some(page) = state.pages.get_mut(&identifier) else { return Err(Problem::not_found("Page", &identifier)) };
    if body.get("identifier") != page.body.get("identifier") {
        return Err(Problem::invalid("body/identifier must be the page's"));
    }
    (page.body, page.stamps) = (body, page.stamps.touched(caller.id(), now));
    let shown = page.answer();
    state.audit.push(Event::of("page", "UPDATE", &identifier, &caller, now));
    ok(json!({ "page": shown }))
}

/// `DELETE /v1/pages/{identifier}`.
pub(super) async fn delete(State(port): State<Port>, caller: Caller, Path(identifier): Path<String>) -> Answer {
    caller.must_be_admin()?;
    let now = port.now();
    let mut state = port.state();
    if state.pages.remove(&identifier).is_none() {
        return Err(Problem::not_found("Page", &identifier));
    }
    state.audit.push(Event::of("page", "DELETE", &identifier, &caller, now));
    ok(json!({}))
}

fn checked(body: Body) -> Result<Map<String, Value>, Problem> {
    let body = body.checked(&body_schema())?;
    let widgets = body.get("widgets").and_then(Value::as_array).into_iter().flatten();
    widgets.filter(|widget| widget["type"] == "dashboard-widget").try_for_each(check_rows).map_err(Problem::invalid)?;
    Ok(body)
}

/// Every widget has one column, every column a widget; a row is of one to four columns, three to twelve wide, twelve
/// together, and at least 400 high.
fn check_rows(dashboard: &Value) -> Result<(), String> {
    let list = |holder: &Value, key: &str| holder[key].as_array().cloned().unwrap_or_default();
    let mut widgets: Vec<String> = Vec::new();
    for widget in list(dashboard, "widgets") {
        match (widget["id"].as_str(), widget["type"].as_str()) {
            (Some(id), Some(_)) => widgets.push(id.to_owned()),
            _ => return Err("every widget needs an id and a type".to_owned()),
        }
    }
    let mut columns: Vec<String> = Vec::new();
    for row in list(dashboard, "layout") {
        let in_row = list(&row, "columns");
        let sizes: Vec<u64> = in_row.iter().filter_map(|column| column["size"].as_u64()).collect();
        let is_sound = sizes.len() == in_row.len()
            && (1..=4).contains(&sizes.len())
            && sizes.iter().all(|size| (3..=WIDTH).contains(size))
            && sizes.iter().sum::<u64>() == WIDTH
            && row["height"].as_u64().is_some_and(|height| height >= 400);
        if !is_sound {
            return Err(format!("the row {row} is not one of 1 to 4 columns, 3 to 12 wide and 12 together, 400 high"));
        }
        columns.extend(in_row.iter().filter_map(|column| column["id"].as_str()).map(str::to_owned));
    }
    widgets.sort();
    columns.sort();
    let is_twice = widgets.windows(2).any(|pair| pair.first() == pair.last());
    if widgets == columns && !is_twice { Ok(()) } else { Err("every widget needs one column of the layout".to_owned()) }
}
