//! The account behind its HTTP endpoint.

mod answer;
mod bucket;
mod looks;
mod staging;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, Unit};
use serde_json::Value;

#[cfg(test)]
pub(super) use answer::Answer;
pub use looks::RoleDocuments;

use super::inhabitants::{settle, settle_second};
use super::lag::Lag;
use super::state::State;
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::issuer::Issuer;
use bucket::Bucket;

/// One AWS account with IAM and STS. Clones share the same state.
#[derive(Clone, Debug)]
pub struct Account {
    clock: SandboxClock,
    issuer: Issuer,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug)]
struct Inside {
    state: State,
    lag: Lag,
    bucket: Option<Bucket>,
}

impl Account {
    /// Creates the account of the cast. `manager_policies` become the inline policies of the workflows' user.
    pub fn new(clock: SandboxClock, manager_policies: &[Value]) -> Self {
        let state = settle(in_seconds(clock.now()), manager_policies);
        Self::of(clock, state)
    }

    /// Creates the second account, in which nothing is set up.
    pub fn second(clock: SandboxClock) -> Self {
        let state = settle_second(in_seconds(clock.now()));
        Self::of(clock, state)
    }

    fn of(clock: SandboxClock, state: State) -> Self {
        let inside = Inside { state, lag: Lag::default(), bucket: None };
        Self { clock, issuer: Issuer::default(), inside: Arc::new(Mutex::new(inside)) }
    }

    /// Lets the account know the keys of this issuer, whose tokens it then takes where it has a provider for them.
    #[must_use]
    pub fn knowing(self, issuer: Issuer) -> Self {
        Self { issuer, ..self }
    }

    /// Returns the account as it is now, for later.
    pub(super) fn copy(&self) -> Self {
        let inside = Inside { state: self.lock().state.clone(), lag: Lag::default(), bucket: None };
        Self { clock: self.clock.clone(), issuer: self.issuer.clone(), inside: Arc::new(Mutex::new(inside)) }
    }

    /// Takes over who calls, and what users may do, from another account.
    pub(super) fn with_callers_of(self, live: &Self) -> Self {
        let now = live.lock().state.clone();
        self.with_state(|state| {
            (state.access_keys, state.users, state.sessions) = (now.access_keys, now.users, now.sessions);
        });
        self
    }

    /// Does something with the state, past every rule.
    pub(super) fn with_state(&self, work: impl FnOnce(&mut State)) {
        work(&mut self.lock().state);
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_seconds(time: Timestamp) -> Timestamp {
    time.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc)).unwrap_or(time)
}
