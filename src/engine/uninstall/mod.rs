//! Takes an installation away: look, plan, apply, look again.
//!
//! What goes and what stays is decided by [`domain::uninstall`](crate::domain::uninstall) alone.

mod accounts;
mod apply;
mod observe;
mod page;

pub use apply::Uninstalled;

use std::collections::BTreeSet;

use super::Engine;
use crate::clients::aws::{Aws, Caller, ReachedAccount};
use crate::clients::github::{GitHub, Head, Repository};
use crate::domain::identifier::AccountId;
use crate::domain::uninstall::{Consent, Plan, Removal, Seen};
use crate::failure::Failure;

/// The scope without which a classic token deletes no repository (GitHub Docs, "Scopes for OAuth apps").
const DELETE_REPOSITORIES: &str = "delete_repo";

/// What was seen, and what its removal is locked by.
#[derive(Clone, Debug)]
pub struct Looked {
    /// What was seen.
    pub seen: Seen,
    /// The target repository.
    pub repository: Option<Repository>,
    /// The newest commit of its default branch when it was looked at: files are deleted on top of that one alone.
    pub head: Option<Head>,
}

/// What the removal works with.
pub struct Uninstalling<'a> {
    /// Port and AWS.
    pub engine: Engine<'a>,
    /// GitHub.
    pub github: &'a GitHub,
    /// Whose AWS credentials these are.
    pub caller: &'a Caller,
    /// Further accounts whose credentials were given, and whose they are.
    pub further: &'a [ReachedAccount],
    /// Further accounts that the operator leaves as they are.
    pub left_accounts: &'a BTreeSet<AccountId>,
    /// Owner and name of the target repository.
    pub target: (String, String),
    /// What the operator agreed to.
    pub consent: Consent,
}

impl Uninstalling<'_> {
    /// Returns all accounts with their clients, that of the credentials first.
    fn accounts(&self) -> impl Iterator<Item = (&Aws, &Caller)> {
        std::iter::once((self.engine.aws, self.caller))
            .chain(self.further.iter().map(|further| (&further.aws, &further.caller)))
    }

    /// Returns the client of an account that was looked at; that of the credentials for any other.
    fn aws_in(&self, account: &AccountId) -> &Aws {
        let found = self.accounts().find(|(_, caller)| caller.account.id == *account);
        found.map_or(self.engine.aws, |(aws, _)| aws)
    }

    /// Asks whether the repository can be deleted at the end, before anything else goes. A token with permissions
    /// instead of scopes does not tell what it may.
    ///
    /// # Errors
    ///
    /// Fails with "login needed" when the token lacks the right, and when GitHub cannot be asked.
    pub async fn check_rights(&self, looked: &Looked, plan: &Plan) -> Result<(), Failure> {
        let deletes = plan.steps.iter().any(|step| step.removal == Removal::Repository);
        let Some(repository) = looked.repository.as_ref().filter(|_| deletes) else { return Ok(()) };
        let token = self.github.token_owner().await?;
        let has_scope = |scopes: &Vec<String>| scopes.iter().any(|scope| scope == DELETE_REPOSITORIES);
        if token.scopes.as_ref().is_some_and(|scopes| !has_scope(scopes)) {
            return Err(Failure::login(format!(
                "nothing was removed: the token of {} lacks the scope {DELETE_REPOSITORIES}, and could not delete the repository",
                token.login
            ))
            .hint(format!("gh auth refresh -s {DELETE_REPOSITORIES}")));
        }
        if repository.is_administered == Some(false) {
            return Err(Failure::login(format!(
                "nothing was removed: {} does not administer {}, and could not delete it",
                token.login,
                repository.full_name()
            ))
            .hint("use the token of an administrator of the repository, or leave --delete-repository out"));
        }
        Ok(())
    }
}
