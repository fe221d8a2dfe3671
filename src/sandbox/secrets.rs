//! The secrets of a sandbox, for tests that look whether one of them got out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::aws::Account;
use super::cast;
use super::github::GitHub;
use super::keys::Keys;
use super::port::Port;

/// Knows the secrets of a sandbox, those among them that are given out later.
#[derive(Clone, Debug)]
pub struct Secrets {
    keys: Keys,
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
    pub(super) fn new(keys: &Keys, port: &Port, github: &GitHub, aws: &[&Account]) -> Self {
        let aws = aws.iter().map(|&account| account.clone()).collect();
        Self { keys: keys.clone(), port: port.clone(), github: github.clone(), aws }
    }

    /// Returns all secrets that there are by now: those of the cast, and the tokens and keys that the three systems
    /// gave out.
    pub fn known(&self) -> Vec<String> {
        let mut all = self.keys.all();
        let of_aws = cast::port_users().map(|person| person.aws_secret_access_key);
        all.extend(of_aws.chain([cast::MANAGER_SECRET_ACCESS_KEY]).map(str::to_owned));
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
