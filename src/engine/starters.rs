//! Who started a workflow, held against the list of the rules file, where the job fails towards going on.

use std::time::Duration;

use super::Engine;
use crate::clients::github::GitHub;
use crate::domain::rules::Rules;

/// A revocation waits for the list no longer than this: access must not go on because GitHub does not answer.
const LISTED_WITHIN: Duration = Duration::from_secs(10);

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
        let reading = starters.github.configuration(&starters.owner, &starters.repository, self.names);
        let Ok(repository) = tokio::time::timeout(LISTED_WITHIN, reading).await else {
            return Err("GitHub did not answer in time".to_owned());
        };
        let rules = repository.map_err(|error| error.to_string())?.rules;
        let rules = rules.ok_or_else(|| "the rules file is not there".to_owned())?;
        Rules::parse(&rules).map_err(|error| error.to_string())
    }
}
