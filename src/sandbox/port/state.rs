//! The one model of Port's state. Everything else reads or changes it under its lock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::audit::Event;
use super::entity::Entity;
use super::limits::Limits;
use super::problem::Problem;
use super::run::{Run, Status};
use super::token::Token;
use crate::sandbox::cast::Person;
use crate::sandbox::secrets::HandedOut;

/// Everything that Port remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Active token by client id.
    pub(super) tokens: BTreeMap<String, Token>,
    /// Their texts, and those of former ones.
    pub(super) handed_out: HandedOut,
    pub(super) blueprints: BTreeMap<String, Blueprint>,
    /// By blueprint, then identifier.
    pub(super) entities: BTreeMap<(String, String), Entity>,
    /// Self-service actions and automations share one namespace.
    pub(super) actions: BTreeMap<String, Action>,
    pub(super) pages: BTreeMap<String, Page>,
    /// In order of creation.
    pub(super) runs: Vec<Run>,
    pub(super) audit: Vec<Event>,
    /// Conclusions of workflow runs that ended before Port knew which run of an action they belong to.
    pub(super) early_conclusions: BTreeMap<u64, String>,
    pub(super) ocean: bool,
    /// How callers are held to Port's limits on requests, if they are.
    pub(super) limits: Option<Limits>,
    /// Whether the organisation has an allow-list, and nobody here is on it.
    pub(super) keeps_out: bool,
    /// E-mails of people who were active at the start and are no longer.
    pub(super) left: BTreeSet<String>,
    /// Names of the teams that people are in, by e-mail.
    pub(super) teams: BTreeMap<String, Vec<String>>,
}

/// Who made and last changed something, and when.
#[derive(Clone, Debug)]
pub(super) struct Stamps {
    pub(super) created_at: Timestamp,
    pub(super) created_by: String,
    pub(super) updated_at: Timestamp,
    pub(super) updated_by: String,
}

impl Stamps {
    pub(super) fn new(by: &str, now: Timestamp) -> Self {
        Self { created_at: now, created_by: by.to_owned(), updated_at: now, updated_by: by.to_owned() }
    }

    pub(super) fn touched(&self, by: &str, now: Timestamp) -> Self {
        Self { updated_at: now, updated_by: by.to_owned(), ..self.clone() }
    }

    /// Writes the four read-only members into an answer.
    pub(super) fn write(&self, into: &mut Map<String, Value>) {
        into.insert("createdAt".to_owned(), written(self.created_at).into());
        into.insert("createdBy".to_owned(), self.created_by.as_str().into());
        into.insert("updatedAt".to_owned(), written(self.updated_at).into());
        into.insert("updatedBy".to_owned(), self.updated_by.as_str().into());
    }
}

/// The names of read-only members that [`Stamps::write`] and ids add.
pub(super) const READ_ONLY: [&str; 5] = ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"];

/// Writes a time as Port does: UTC with milliseconds.
pub(super) fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A blueprint.
#[derive(Clone, Debug)]
pub(super) struct Blueprint {
    pub(super) body: Map<String, Value>,
    pub(super) stamps: Stamps,
    pub(super) permissions: Value,
}

impl Blueprint {
    pub(super) fn answer(&self) -> Value {
        let mut answer = self.body.clone();
        self.stamps.write(&mut answer);
        answer.into()
    }

    /// Returns the schemas of the properties by key.
    pub(super) fn properties(&self) -> Map<String, Value> {
        member(&self.body, &["schema", "properties"])
    }

    pub(super) fn relations(&self) -> Map<String, Value> {
        member(&self.body, &["relations"])
    }

    pub(super) fn required(&self) -> Vec<&str> {
        self.body
            .get("schema")
            .and_then(|schema| schema.get("required"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// Returns the object at `path`, empty when there is none.
pub(super) fn member(body: &Map<String, Value>, path: &[&str]) -> Map<String, Value> {
    let mut found = body.get(path.first().copied().unwrap_or_default());
    for name in path.iter().skip(1) {
        found = found.and_then(|value| value.get(name));
    }
    found.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// A self-service action or an automation.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) id: String,
    pub(super) body: Map<String, Value>,
    pub(super) stamps: Stamps,
    pub(super) permissions: Value,
}

impl Action {
    pub(super) fn identifier(&self) -> &str {
        self.body.get("identifier").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn trigger(&self, name: &str) -> Option<&Value> {
        self.body.get("trigger").and_then(|trigger| trigger.get(name))
    }

    pub(super) fn trigger_text(&self, name: &str) -> &str {
        self.trigger(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is_automation(&self) -> bool {
        self.trigger_text("type") == "automation"
    }

    pub(super) fn answer(&self) -> Value {
        let mut answer = self.body.clone();
        answer.insert("id".to_owned(), self.id.as_str().into());
        self.stamps.write(&mut answer);
        answer.into()
    }
}

/// A page of the portal.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) id: String,
    pub(super) body: Map<String, Value>,
    pub(super) stamps: Stamps,
}

impl Page {
    pub(super) fn identifier(&self) -> &str {
        self.body.get("identifier").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn answer(&self) -> Value {
        let mut answer = self.body.clone();
        answer.insert("id".to_owned(), self.id.as_str().into());
        self.stamps.write(&mut answer);
        answer.into()
    }
}

impl State {
    /// Refuses everybody while an allow-list keeps them out, as Port does (Port API, "Security").
    pub(super) fn must_let_in(&self) -> Result<(), Problem> {
        if !self.keeps_out {
            return Ok(());
        }
        let message = "IP not whitelisted. Found x-forwarded-for header: 192.0.2.1, orgId: org_sandboxacme";
        Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "forbidden", message))
    }

    /// Returns a person's status, `ACTIVE` or `DISABLED`.
    pub(super) fn status(&self, person: &Person) -> &'static str {
        if self.left.contains(person.email) { "DISABLED" } else { person.port_status }
    }

    /// Returns the names of the teams that somebody is in.
    pub(super) fn teams_of(&self, person: &Person) -> Vec<String> {
        self.teams.get(person.email).cloned().unwrap_or_default()
    }

    pub(super) fn is_active(&self, person: &Person) -> bool {
        self.status(person) == "ACTIVE"
    }

    pub(super) fn blueprint(&self, identifier: &str) -> Result<&Blueprint, Problem> {
        self.blueprints.get(identifier).ok_or_else(|| Problem::not_found("Blueprint", identifier))
    }

    pub(super) fn entity(&self, blueprint: &str, identifier: &str) -> Result<&Entity, Problem> {
        self.entities
            .get(&(blueprint.to_owned(), identifier.to_owned()))
            .ok_or_else(|| Problem::no_entity(blueprint, identifier))
    }

    /// Returns the entities of one blueprint, by identifier.
    pub(super) fn entities_of(&self, blueprint: &str) -> impl Iterator<Item = &Entity> {
        let from = (blueprint.to_owned(), String::new());
        self.entities.range(from..).map(|(_, entity)| entity).take_while(move |entity| entity.blueprint == blueprint)
    }

    pub(super) fn action(&self, identifier: &str) -> Result<&Action, Problem> {
        self.actions.get(identifier).ok_or_else(|| Problem::not_found("Action", identifier))
    }

    pub(super) fn run(&self, id: &str) -> Result<&Run, Problem> {
        self.runs.iter().find(|run| run.id == id).ok_or_else(|| Problem::not_found("Action run", id))
    }

    pub(super) fn run_mut(&mut self, id: &str) -> Result<&mut Run, Problem> {
        self.runs.iter_mut().find(|run| run.id == id).ok_or_else(|| Problem::not_found("Action run", id))
    }

    /// Refuses a `run_id` that a catalog change cannot be tied to. Here, and only here, a finished run is a 400.
    pub(super) fn check_tie(&self, run_id: Option<&str>) -> Result<(), Problem> {
        let Some(run_id) = run_id else { return Ok(()) };
        if self.run(run_id)?.status == Status::InProgress {
            return Ok(());
        }
        let message = "The action run with the provided `runId` has already finished execution";
        Err(Problem::new(axum::http::StatusCode::BAD_REQUEST, "run_exhausted", message))
    }
}

/// Returns `count` random characters for an id.
pub(super) fn random_id(count: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..count)
        .map(|_| {
            let drawn = getrandom::u32().unwrap_or_default() as usize % ALPHABET.len();
            char::from(ALPHABET[drawn])
        })
        .collect()
}
