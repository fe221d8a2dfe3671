//! A stateful stand-in for Port: catalog, self-service actions, automations and their runs.
//!
//! It keeps the documented contract of Port's API and what is known of its habits: one active token per credentials,
//! upserts that wipe unless they merge, runs that end once, timers that fire. Where Port's behaviour is not documented,
//! the place says so. The two GitHub backends and the one that writes an entity are executed; timers and changes of
//! entities set automations off.

mod action_rules;
mod actions;
mod approval;
mod audit;
mod automations;
mod blueprint_rules;
mod blueprints;
mod bulk;
mod crowd;
mod dispatch;
mod entities;
mod entity;
mod entity_delete;
mod entity_write;
mod execute;
mod form;
mod inputs;
mod inventory;
mod limits;
mod organization;
mod pages;
mod policy;
mod problem;
mod query;
mod request;
mod routes;
mod run;
mod runs;
mod schema;
mod search;
mod state;
mod template;
#[cfg(test)]
mod tests;
mod timers;
mod token;
mod trigger;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(crate) use routes::router;

use super::cast::Person;
use super::clock::SandboxClock;
use super::keys::Keys;
use super::past::AsItWas;
use entity::Entity;
use state::State;

/// How Port's GitHub app reaches GitHub.
#[derive(Clone)]
pub struct GitHubApp {
    /// Base address of GitHub's REST API, without a trailing slash.
    pub api_url: String,
    /// Token of the app's installation.
    pub token: String,
    /// Login under which the app acts.
    pub login: String,
}

impl fmt::Debug for GitHubApp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GitHubApp").field("api_url", &self.api_url).field("login", &self.login).finish()
    }
}

/// One Port organisation. Clones share it.
#[derive(Clone, Debug)]
pub struct Port {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: SandboxClock,
    base_url: String,
    github: GitHubApp,
    keys: Keys,
    undocumented_fields: AtomicBool,
    state: Mutex<State>,
}

impl Port {
    /// Creates an organisation with an empty catalog and Port's older GitHub app. `base_url` is its address without
    /// `/v1`, and `keys` are what people and machines log in with.
    pub fn new(clock: SandboxClock, base_url: impl Into<String>, github: GitHubApp, keys: Keys) -> Self {
        let shared = Shared {
            clock,
            base_url: base_url.into(),
            github,
            keys,
            undocumented_fields: AtomicBool::new(false),
            state: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Has GitHub Ocean instead of the older GitHub app: `INTEGRATION_ACTION` works, and `GITHUB` does not.
    #[must_use]
    pub fn with_ocean(self) -> Self {
        self.state().ocean = true;
        self
    }

    /// Lets entities in answers also have `blueprint`, `createdAt`, `createdBy`, `updatedAt` and `updatedBy`, which
    /// the service sends and its contract does not allow.
    #[must_use]
    pub fn with_undocumented_entity_fields(self) -> Self {
        self.shared.undocumented_fields.store(true, Ordering::SeqCst);
        self
    }

    /// Tells Port that a GitHub workflow run has ended, as GitHub's webhook does.
    ///
    /// A run that is still in progress, and whose action has `reportWorkflowStatus`, gets a log line and its end:
    /// `success`, `skipped` and `neutral` are successes. For any other run nothing happens.
    pub async fn workflow_run_completed(&self, workflow_run_id: u64, conclusion: &str) {
        let now = self.now();
        let mut state = self.state();
        match state.runs.iter_mut().find(|run| run.workflow_run_id == Some(workflow_run_id)) {
            Some(run) => run.workflow_completed(conclusion, now),
            // GitHub was quicker than its own answer to the dispatch.
            None => _ = state.early_conclusions.insert(workflow_run_id, conclusion.to_owned()),
        }
    }

    /// Lets the organisation have an allow-list on which this machine's address is not, or none.
    pub fn set_allow_list(&self, has_one: bool) {
        self.state().keeps_out = has_one;
    }

    /// Says in which teams somebody is.
    pub fn set_teams(&self, person: &Person, teams: &[&str]) {
        let teams = teams.iter().map(|team| (*team).to_owned()).collect();
        self.state().teams.insert(person.email.to_owned(), teams);
    }

    /// Lets somebody leave the organisation, or come back: whoever has left is `DISABLED` and can do nothing.
    pub fn set_active(&self, person: &Person, is_active: bool) {
        let left = &mut self.state().left;
        _ = if is_active { left.remove(person.email) } else { left.insert(person.email.to_owned()) };
    }

    /// Returns the entities of a blueprint with all their members, by identifier.
    pub fn entities(&self, blueprint: &str) -> Vec<Value> {
        self.state().entities_of(blueprint).map(Entity::whole).collect()
    }

    /// Returns all access tokens that were given out.
    pub fn tokens(&self) -> Vec<String> {
        self.state().handed_out.all()
    }

    /// Returns all runs in order of creation, as version 2 shows them, each with `logs` (texts) and `workflowRunId`.
    pub fn runs(&self) -> Vec<Value> {
        let state = self.state();
        let shown = |run: &run::Run| {
            let mut shown = run.answer(&state, true);
            shown["logs"] = run.logs.iter().map(|log| log.message.as_str()).collect();
            shown["workflowRunId"] = json!(run.workflow_run_id);
            shown
        };
        state.runs.iter().map(shown).collect()
    }

    /// Returns the organisation as it is now, for later. Who is logged in stays up to date.
    pub(crate) fn as_it_was(&self) -> AsItWas {
        let (live, then) = (self.clone(), self.state().clone());
        Box::new(move || {
            let shared = &live.shared;
            let state = State { tokens: live.state().tokens.clone(), ..then.clone() };
            router(Self {
                shared: Arc::new(Shared {
                    clock: shared.clock.clone(),
                    base_url: shared.base_url.clone(),
                    github: shared.github.clone(),
                    keys: shared.keys.clone(),
                    undocumented_fields: AtomicBool::new(shared.undocumented_fields.load(Ordering::SeqCst)),
                    state: Mutex::new(state),
                }),
            })
        })
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    fn github_url(&self, path: &str) -> String {
        format!("{}{path}", self.shared.github.api_url.trim_end_matches('/'))
    }

    fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    fn github_token(&self) -> &str {
        &self.shared.github.token
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an entity as answers show it.
    fn shown(&self, entity: &Entity) -> Map<String, Value> {
        let mut shown = entity.answer();
        if self.shared.undocumented_fields.load(Ordering::SeqCst) {
            shown.insert("blueprint".to_owned(), entity.blueprint.as_str().into());
            entity.stamps.write(&mut shown);
        }
        shown
    }
}

/// Fires timers that have run out, for as long as it is polled.
pub(crate) async fn background(port: Port) {
    loop {
        timers::fire(&port);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
