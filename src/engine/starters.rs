//! Who started a workflow, held against the list of the rules file, where the job fails towards going on.

use std::time::Duration;

use super::Engine;
use crate::clients::github::GitHub;
use crate::domain::names::Names;
use crate::domain::revocation::other_dispatcher;
use crate::domain::rules::Rules;
use crate::failure::{Failure, FailureKind};

/// A revocation waits for the list no longer than this: access must not go on because GitHub does not answer.
const LISTED_WITHIN: Duration = Duration::from_secs(10);

/// The same once a signal has come: seven seconds are all there is.
const STOPPED_WITHIN: Duration = Duration::from_secs(1);

/// Who started a workflow, and where the list of those who may is found.
pub struct Starters<'a> {
    /// GitHub, which has the rules file.
    pub github: &'a GitHub,
    /// Owner of the target repository.
    pub owner: String,
    /// Name of the target repository.
    pub repository: String,
    /// GitHub logins that started or repeated the workflow.
    pub logins: Vec<String>,
}

impl Starters<'_> {
    /// Returns what a revocation fails with whose job AWS did not let in. It ends the run only where the rules file names
    /// everybody who started the workflow: a stranger may have named another person's run.
    pub async fn not_let_in(&self, names: &Names, failure: Failure) -> Failure {
        match self.rules(names, LISTED_WITHIN).await {
            Ok(rules) => match rules.stranger(&self.logins) {
                Some(login) => other_dispatcher(login).into(),
                None if rules.dispatchers.is_empty() => failure.leaving_run_open(),
                None => failure,
            },
            Err(_) => failure.leaving_run_open(),
        }
    }

    /// Returns a failure of a revocation as the run may hear of it: it ends the run unless a stranger may have named it. Where
    /// nobody is listed, or the list cannot be read, that is whatever Port does not bear out.
    pub async fn failing(&self, names: &Names, failure: Failure) -> Failure {
        let patience = if failure.kind.is_of_a_signal() { STOPPED_WITHIN } else { LISTED_WITHIN };
        let may_be_a_strangers = match self.rules(names, patience).await {
            Ok(rules) if !rules.dispatchers.is_empty() => rules.stranger(&self.logins).is_some(),
            _ => failure.kind == FailureKind::Refused,
        };
        if may_be_a_strangers { failure.leaving_run_open() } else { failure }
    }

    /// Returns the rules at the head of the default branch.
    ///
    /// # Errors
    ///
    /// Tells why they cannot be read.
    async fn rules(&self, names: &Names, patience: Duration) -> Result<Rules, String> {
        let reading = self.github.configuration(&self.owner, &self.repository, names);
        let Ok(repository) = tokio::time::timeout(patience, reading).await else {
            return Err("GitHub did not answer in time".to_owned());
        };
        let rules = repository.map_err(|error| error.to_string())?.rules;
        let rules = rules.ok_or_else(|| "the rules file is not there".to_owned())?;
        Rules::parse(&rules).map_err(|error| error.to_string())
    }
}

impl Engine<'_> {
    /// Returns the first of those who started the workflow whom the rules file does not name.
    ///
    /// A list that cannot be read is no list: revocations fail towards removal.
    pub(super) async fn stranger(&self, starters: Option<&Starters<'_>>) -> Option<String> {
        let starters = starters?;
        match self.rules_of(starters).await {
            Ok(rules) => rules.stranger(&starters.logins).map(str::to_owned),
            Err(unread) => {
                tracing::warn!(%unread, "the list of dispatchers was not read");
                self.say("The list of those who may start workflows cannot be read; going on");
                None
            }
        }
    }

    /// Returns the rules at the head of the default branch.
    ///
    /// # Errors
    ///
    /// Tells why they cannot be read.
    pub(super) async fn rules_of(&self, starters: &Starters<'_>) -> Result<Rules, String> {
        starters.rules(self.names, LISTED_WITHIN).await
    }
}
