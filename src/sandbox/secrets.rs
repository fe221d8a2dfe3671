//! The secrets of a sandbox, for tests that look whether one of them got out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::aws::Account;
use super::cast;
use super::github::GitHub;
use super::port::Port;

/// Knows the secrets of a sandbox, those among them that are given out later.
#[derive(Clone, Debug)]
pub struct Secrets {
    port: Port,
    github: GitHub,
    aws: Vec<Account>,
}

/// The secrets that one system has handed out, whatever became of them. Clones share one list, so that nothing is lost that a
/// system hands out which answers as it was.
#[derive(Clone, Debug, Default)]
pub(super) struct HandedOut(Arc<Mutex<BTreeSet<String>>>);

impl HandedOut {
    /// Remembers a secret for good.
    pub(super) fn keep(&self, secret: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
    }

    /// Returns all of them.
    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Secrets {
    pub(super) fn new(port: &Port, github: &GitHub, aws: &[&Account]) -> Self {
        Self { port: port.clone(), github: github.clone(), aws: aws.iter().map(|&account| account.clone()).collect() }
    }

    /// Returns all secrets that there are by now: those of the cast, and the tokens and keys that the three systems
    /// gave out.
    pub fn known(&self) -> Vec<String> {
        let people = cast::port_users();
        let of_people = people
            .flat_map(|person| [person.port_client_secret, person.github_token, person.aws_secret_access_key])
            .chain([cast::WORKFLOW_PORT_CLIENT_SECRET, cast::MANAGER_SECRET_ACCESS_KEY, cast::PORT_APP_TOKEN]);
        let mut all: Vec<String> = of_people.map(str::to_owned).collect();
        all.extend(self.port.tokens());
        all.extend(self.github.tokens());
        all.extend(self.github.id_tokens());
        all.extend(cast::IN_SECOND_ACCOUNT.map(|(_, _, secret)| secret.to_owned()));
        all.extend(self.aws.iter().flat_map(Account::secrets_handed_out));
        all.sort();
        all.dedup();
        all
    }
}
