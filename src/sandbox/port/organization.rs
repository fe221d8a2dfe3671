//! The organisation itself: its name, its people, its integrations, and what the caller may do.

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::Port;
use super::problem::{Answer, Problem, ok};
use super::request::Query;
use super::token::Caller;
use crate::sandbox::cast::{self, Person};

/// The organisation's name.
pub(super) const NAME: &str = "Acme";
/// Installation id of Port's older GitHub app.
const LEGACY_INSTALLATION_ID: &str = "40000001";
/// Installation id of GitHub Ocean.
pub(super) const OCEAN_INSTALLATION_ID: &str = "github-ocean-acme";
/// When everything that is there from the start was made.
const FOUNDED: &str = "2024-06-06T05:21:00.565Z";

/// `GET /v1/organization`.
pub(super) async fn get(_: Caller) -> Answer {
    ok(
        json!({ "organization": { "id": cast::PORT_ORGANIZATION_ID, "name": NAME, "featureFlags": [], "settings": {} } }),
    )
}

/// Returns the one GitHub integration there is.
fn integrations(ocean: bool) -> Vec<Value> {
    let (kind, installation, version) = if ocean {
        ("github-ocean", OCEAN_INSTALLATION_ID, "3.0.0")
    } else {
        // The real value for the older app is not documented; clients look for "github" in it.
        ("github", LEGACY_INSTALLATION_ID, "v1.0.0")
    };
    vec![json!({ "_id": "integration_1", "identifier": installation, "installationId": installation,
        "installationAppType": kind, "integrationType": kind, "installationType": "saas", "title": "GitHub",
        "version": version, "config": {}, "actionsProcessingEnabled": ocean, "createdAt": FOUNDED,
        "updatedAt": FOUNDED })]
}

/// `GET /v1/integration`, for administrators only.
pub(super) async fn list_integrations(State(port): State<Port>, caller: Caller, query: Query) -> Answer {
    caller.must_be_admin()?;
    let wanted = query.flag("actionsProcessingEnabled")?;
    let mut found = integrations(port.state().ocean);
    found.retain(|integration| wanted.is_none_or(|wanted| integration["actionsProcessingEnabled"] == wanted));
    ok(json!({ "integrations": found }))
}

/// `GET /v1/integration/{identifier}`, for administrators only.
pub(super) async fn get_integration(
    State(port): State<Port>,
    caller: Caller,
    Path(identifier): Path<String>,
) -> Answer {
    caller.must_be_admin()?;
    let found = integrations(port.state().ocean)
        .into_iter()
        .find(|integration| integration["installationId"] == identifier.as_str())
        .ok_or_else(|| Problem::not_found("Integration", &identifier))?;
    ok(json!({ "integration": found }))
}

/// Returns a user as `GET /v1/users` shows it.
pub(super) fn user(person: &Person) -> Map<String, Value> {
    let (first, last) = person.name.split_once(' ').unwrap_or((person.name, ""));
    let value = json!({ "id": person.port_user_id, "email": person.email, "firstName": first, "lastName": last,
        "status": person.port_status, "type": "STANDARD", "providers": [], "teams": [],
        "roles": [{ "name": person.port_role }], "orgs": [{ "id": cast::PORT_ORGANIZATION_ID }],
        "createdAt": FOUNDED, "updatedAt": FOUNDED });
    match value {
        Value::Object(user) => user,
        _ => Map::new(),
    }
}

/// Returns the user of an id, in the shape of `trigger.by.user`.
pub(super) fn triggering_user(user_id: &str) -> Option<Value> {
    let person = cast::port_users().find(|person| person.port_user_id == user_id)?;
    let mut user = user(&person);
    for member in ["type", "teams", "roles", "orgs"] {
        user.shift_remove(member);
    }
    user.insert("phoneNumber".to_owned(), "".into());
    user.insert("picture".to_owned(), "".into());
    Some(user.into())
}

/// Returns the human with this e-mail address.
pub(super) fn person(email: &str) -> Option<Person> {
    cast::port_users().find(|person| person.email == email)
}

/// `GET /v1/users`. `fields` cuts each user down; a dotted field keeps the list it starts with.
pub(super) async fn list_users(State(port): State<Port>, _: Caller, query: Query) -> Answer {
    let state = port.state();
    let fields: Vec<&str> =
        query.texts("fields").iter().map(|field| field.split('.').next().unwrap_or_default()).collect();
    let users: Vec<Value> = cast::port_users()
        .map(|person| {
            let mut user = user(&person);
            user.insert("status".to_owned(), state.status(&person).into());
            user.insert("teams".to_owned(), state.teams_of(&person).into());
            user.retain(|name, _| fields.is_empty() || fields.contains(&name.as_str()));
            user.into()
        })
        .collect();
    ok(json!({ "users": users }))
}

/// `GET /v1/users/{user_email}`.
pub(super) async fn get_user(State(port): State<Port>, _: Caller, Path(email): Path<String>) -> Answer {
    let person = person(&email).ok_or_else(|| Problem::not_found("User", &email))?;
    let mut user = user(&person);
    let state = port.state();
    user.insert("status".to_owned(), state.status(&person).into());
    user.insert("teams".to_owned(), state.teams_of(&person).into());
    user.insert("teamsIdentifiers".to_owned(), json!([]));
    ok(json!({ "user": user }))
}

/// `GET /v1/auth/permissions`: undocumented, used by Port's own agents.
pub(super) async fn permissions(State(port): State<Port>, caller: Caller) -> Answer {
    let state = port.state();
    let mut permissions: Vec<String> = state
        .actions
        .values()
        .filter(|action| !action.is_automation() && caller.is_named_by(&action.permissions["execute"]))
        .map(|action| format!("execute:actions:{}", action.identifier()))
        .collect();
    if caller.is_admin() {
        permissions.extend(["manage:blueprints", "manage:actions", "manage:integrations"].map(str::to_owned));
    }
    ok(json!({ "permissions": permissions }))
}
