//! Who may execute an action and who may approve its runs, by lists or by a dynamic policy.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::entity::Entity;
use super::inputs::expanded;
use super::organization::triggering_user;
use super::problem::Problem;
use super::query::Catalog;
use super::run::Run;
use super::state::{Stamps, State};
use super::template::{evaluate, render};
use super::token::Caller;
use crate::sandbox::cast::{self, Person};

/// Returns whether `who` may execute what `run` describes. With a policy, the lists only govern who sees the action.
pub(super) fn may_execute(state: &State, run: &Run, who: &Caller, now: Timestamp) -> Result<bool, Problem> {
    let rule = &run.action.permissions["execute"];
    if rule["policy"].is_null() {
        return Ok(who.is_named_by(rule));
    }
    let verdicts = conditions(state, run, &rule["policy"], now)?;
    Ok(verdicts.iter().any(|verdict| verdict == true))
}

/// Returns whether `who` may approve `run`.
pub(super) fn may_approve(state: &State, run: &Run, who: &Caller, now: Timestamp) -> Result<bool, Problem> {
    let rule = &run.action.permissions["approve"];
    if rule["policy"].is_null() {
        return Ok(who.is_named_by(rule));
    }
    let people = approvers(state, run, now)?;
    Ok(people.iter().any(|person| Some(person.email) == who.email()))
}

/// Returns the people who may approve `run`.
pub(super) fn approvers(state: &State, run: &Run, now: Timestamp) -> Result<Vec<Person>, Problem> {
    let rule = &run.action.permissions["approve"];
    let active = cast::port_users().filter(|person| state.is_active(person));
    if rule["policy"].is_null() {
        return Ok(active.filter(|person| Caller::Person(*person).is_named_by(rule)).collect());
    }
    // Each condition yields the e-mail addresses of approvers; there is an "or" between them.
    let verdicts = conditions(state, run, &rule["policy"], now)?;
    let named = |person: &Person| {
        verdicts.iter().any(|list| list.as_array().is_some_and(|list| list.contains(&person.email.into())))
    };
    Ok(active.filter(named).collect())
}

/// Returns a person as an entity of Port's own blueprint `_user`, which queries of policies can find.
fn user_entity(state: &State, person: &Person) -> Entity {
    let mut entity = Entity::blank("_user", person.email, Stamps::new("", Timestamp::UNIX_EPOCH));
    entity.title = Some(person.name.to_owned());
    entity.team = state.teams_of(person);
    entity.properties.insert("port_role".to_owned(), person.port_role.into());
    entity.properties.insert("status".to_owned(), state.status(person).into());
    entity
}

/// Evaluates the conditions. Their context has `.trigger.user`, not the `.trigger.by.user` of templates.
fn conditions(state: &State, run: &Run, policy: &Value, now: Timestamp) -> Result<Vec<Value>, Problem> {
    let failed = |message: String| Problem::unprocessable("invalid_permissions", message);
    let user = triggering_user(&run.created_by).unwrap_or_else(|| json!({}));
    let entity = run.blueprint.as_deref().zip(run.entity.as_deref());
    let entity = entity.and_then(|(blueprint, entity)| state.entity(blueprint, entity).ok()).map(Entity::whole);
    let mut context = json!({ "trigger": { "user": user }, "user": user, "entity": entity,
        "inputs": expanded(state, &run.action, &run.properties),
        "action": { "identifier": run.action.identifier() } });
    let catalog = Catalog { state, now };
    let people: Vec<Entity> = cast::port_users().map(|person| user_entity(state, &person)).collect();
    let mut results = Map::new();
    for (name, query) in policy["queries"].as_object().into_iter().flatten() {
        let query = render(query, &context).map_err(failed)?;
        catalog.check(&query)?;
        let mut found = Vec::new();
        for entity in state.entities.values().chain(&people) {
            if catalog.matches(&query, entity)? {
                found.push(entity.whole());
            }
        }
        results.insert(name.clone(), json!({ "entities": found }));
    }
    context["results"] = results.into();
    let conditions = policy["conditions"].as_array().into_iter().flatten().filter_map(Value::as_str);
    conditions.map(|condition| evaluate(condition, &context).map_err(failed)).collect()
}
