//! The audit log: what happened in the catalog, by whom, and in which run.

use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Port;
use super::entity::Entity;
use super::problem::{Answer, Problem, ok};
use super::request::Query;
use super::schema::timestamp;
use super::state::written;
use super::token::Caller;
use crate::sandbox::cast;

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) action: &'static str,
    pub(super) resource: &'static str,
    pub(super) identifier: String,
    pub(super) message: Option<&'static str>,
    pub(super) by: Value,
    pub(super) at: Timestamp,
    pub(super) blueprint: Option<String>,
    pub(super) entity: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) before: Value,
    pub(super) after: Value,
}

impl Event {
    /// An event of a resource that is no entity.
    pub(super) fn of(
        resource: &'static str,
        action: &'static str,
        identifier: &str,
        caller: &Caller,
        at: Timestamp,
    ) -> Self {
        let (by, identifier) = (caller.by(), identifier.to_owned());
        Self {
            action,
            resource,
            identifier,
            message: None,
            by,
            at,
            blueprint: None,
            entity: None,
            run_id: None,
            before: Value::Null,
            after: Value::Null,
        }
    }

    /// An event of an entity, with its state before and after.
    pub(super) fn of_entity(
        action: &'static str,
        (before, after): (Option<&Entity>, Option<&Entity>),
        by: Value,
        at: Timestamp,
        run_id: Option<&str>,
    ) -> Self {
        let subject = after.or(before);
        let identifier = subject.map(|entity| entity.identifier.clone()).unwrap_or_default();
        Self {
            action,
            resource: "entity",
            message: None,
            by,
            at,
            blueprint: subject.map(|entity| entity.blueprint.clone()),
            entity: Some(identifier.clone()),
            identifier,
            run_id: run_id.map(str::to_owned),
            before: before.map_or(Value::Null, Entity::whole),
            after: after.map_or(Value::Null, Entity::whole),
        }
    }

    fn answer(&self) -> Value {
        json!({ "identifier": self.identifier, "action": self.action, "resourceType": self.resource,
            "status": "SUCCESS", "message": self.message,
            "trigger": { "by": self.by, "origin": "API", "at": written(self.at) },
            "context": { "blueprint": self.blueprint, "entity": self.entity, "runId": self.run_id },
            "diff": { "before": self.before, "after": self.after } })
    }
}

/// Returns `trigger.by` of what Port does of its own accord.
pub(super) fn by_port() -> Value {
    json!({ "byPort": true, "orgId": cast::PORT_ORGANIZATION_ID })
}

/// `GET /v1/audit-log`, newest first.
pub(super) async fn list(State(port): State<Port>, caller: Caller, query: Query) -> Answer {
    let named = ["identifier", "entity", "run_id"].iter().any(|name| query.text(name).is_some());
    if !caller.is_admin() && !named {
        return Err(Problem::missing_permissions("only administrators may read the whole audit log"));
    }
    let time = |name: &str| match query.text(name) {
        None => Ok(None),
        Some(text) => {
            timestamp(text).map(Some).ok_or_else(|| Problem::invalid(format!("querystring/{name} must be date-time")))
        }
    };
    let (from, to) = (time("from")?, time("to")?);
    let limit = query.number("limit", 1, usize::MAX)?.unwrap_or(1000);
    let resources = query.texts("resources");
    let same = |name: &str, value: Option<&str>| query.text(name).is_none_or(|wanted| value == Some(wanted));
    let state = port.state();
    let audits: Vec<Value> = state
        .audit
        .iter()
        .rev()
        .filter(|event| {
            same("identifier", Some(&event.identifier))
                && same("entity", event.entity.as_deref())
                && same("blueprint", event.blueprint.as_deref())
                && same("run_id", event.run_id.as_deref())
                && same("action", Some(event.action))
                && (resources.is_empty() || resources.contains(&event.resource))
                && from.is_none_or(|from| event.at >= from)
                && to.is_none_or(|to| event.at <= to)
        })
        .take(limit)
        .map(Event::answer)
        .collect();
    ok(json!({ "audits": audits }))
}
