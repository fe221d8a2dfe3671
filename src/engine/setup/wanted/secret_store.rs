//! Where the secrets are kept: in an environment, where there can be one.

use super::super::accounts::Accounts;
use super::super::{Identity, Setup};
use crate::clients::github::Repository;
use crate::domain::runtime::PinnedRuntime;
use crate::domain::setup::{Likeness, RuntimeConsent, SecretStore, Seen, Wanted, WorkflowAccess, likeness};
use crate::failure::Failure;

impl Setup<'_> {
    /// Returns the store that is wanted: the environment of our name.
    pub(in crate::engine::setup) fn environment(&self) -> SecretStore {
        SecretStore::Environment(self.names.environment.clone())
    }

    /// Returns what is wanted: with the environment, unless there can be none, as `store` may tell. Whether there can be one
    /// is only learnt by making one; workflows that do without say that this was learnt before.
    pub(in crate::engine::setup) fn wanted_in(
        &self,
        (identity, repository, seen): (&Identity, Option<&Repository>, &Seen),
        store: &SecretStore,
        access: WorkflowAccess,
        accounts: &Accounts,
    ) -> Result<Wanted, Failure> {
        let Some(held) = &seen.repository else {
            return self.wanted((identity, repository, seen), store.clone(), access, accounts);
        };
        if held.environment.is_some() {
            return self.wanted((identity, repository, seen), self.environment(), access, accounts);
        }
        let fallback = self.wanted((identity, repository, seen), SecretStore::Repository, access, accounts)?;
        let is_held =
            |path: &String, blob: &String| held.blobs.as_ref().and_then(|blobs| blobs.get(path)) == Some(blob);
        let learnt =
            fallback.files.iter().filter(|file| !file.only_if_missing).all(|file| is_held(&file.path, &file.blob));
        if *store == SecretStore::Repository || learnt {
            Ok(fallback)
        } else {
            self.wanted((identity, repository, seen), self.environment(), access, accounts)
        }
    }

    /// Returns where the secrets are kept, unless more is learnt: in the environment, but for the workflows that are there
    /// and stay with the runtime that they pin, where they do without one, and where it was `found` that there can be none.
    pub(in crate::engine::setup) fn presumed_store(
        &self,
        found: &SecretStore,
        workflow: Option<&str>,
        look: (&Identity, Option<&Repository>, &Seen),
        accounts: &Accounts,
    ) -> Result<SecretStore, Failure> {
        let is_kept =
            *found == SecretStore::Repository || self.is_kept_without_environment(workflow, look, accounts)?;
        Ok(if is_kept { SecretStore::Repository } else { self.environment() })
    }

    /// Returns whether the workflows that are there, and stay with the runtime that they pin, do without an environment:
    /// whoever wrote them has learnt that there can be none. A text is believed only where this program would write just
    /// that without an environment: anybody can take those lines out of one.
    fn is_kept_without_environment(
        &self,
        workflow: Option<&str>,
        look: (&Identity, Option<&Repository>, &Seen),
        accounts: &Accounts,
    ) -> Result<bool, Failure> {
        let Some(text) = workflow.filter(|_| self.asked.consent.runtime == RuntimeConsent::Keep) else {
            return Ok(false);
        };
        let is_another =
            PinnedRuntime::of_workflow(text).is_some_and(|pinned| pinned.sha256 != self.found.runtime.runtime.sha256);
        if !is_another {
            return Ok(false);
        }
        for access in [WorkflowAccess::Oidc, WorkflowAccess::AccessKey] {
            let without = self.wanted(look, SecretStore::Repository, access, accounts)?;
            let path = self.grant_workflow();
            let mut ours = without.files.iter().filter(|file| file.path == path);
            if ours.any(|file| likeness(&file.contents, &without.release, text) == Likeness::Same) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
