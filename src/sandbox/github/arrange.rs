//! What tests and the demo arrange without going over the wire: people, plans, accidents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use serde_json::json;

use super::super::cast;
use super::GitHub;
use super::assets::Asset;
use super::definition::Definition;
use super::directory::{Caller, Level, Rights};
use super::push::Changes;
use super::repository::BRANCHES;
use super::run::{Conclusion, RunStatus};

impl GitHub {
    /// Sets whether the plan has environments, rulesets and protected branches for private repositories.
    pub fn set_plan(&self, allows_environments: bool) {
        self.shared.plan_covers_private.store(allows_environments, Ordering::SeqCst);
    }

    /// Makes this an Enterprise Server: whoever asks it uses the address of the sandbox with `/api/v3` behind it.
    pub fn set_enterprise_server(&self) {
        self.shared.is_enterprise_server.store(true, Ordering::SeqCst);
    }

    /// Sets the name of the default branch of repositories created from now on.
    pub fn set_default_branch(&self, name: &str) {
        name.clone_into(&mut super::lock(&self.shared.default_branch));
    }

    /// Makes `token` a classic token of `login` with `scopes` (comma-separated), replacing what it was.
    pub fn set_token_scopes(&self, token: &str, login: &str, scopes: &str) {
        self.directory().set_scopes(token, login, scopes);
    }

    /// Makes `token` a fine-grained token of `login` with these permissions, such as `contents=write`, replacing what it
    /// was. Words are those of `X-Accepted-GitHub-Permissions` (GitHub Docs, "Permissions required for fine-grained
    /// personal access tokens").
    pub fn set_token_permissions(&self, token: &str, login: &str, permissions: &[&str]) {
        self.directory().set_permissions(token, login, permissions);
    }

    /// Ends a token.
    pub fn revoke_token(&self, token: &str) {
        self.directory().revoke_token(token);
    }

    /// Sets what every member of the organisation may do with every repository, at first [`Level::Read`].
    pub fn set_base_permission(&self, level: Option<Level>) {
        self.directory().base_permission = level;
    }

    /// Installs or uninstalls Port's app.
    pub fn set_port_app_installed(&self, installed: bool) {
        self.directory().port_app_installed = installed;
    }

    /// Sets how many apps of others the organisation has installed, before Port's.
    pub fn set_other_apps(&self, count: u64) {
        self.directory().other_apps = count;
    }

    /// Makes `login` a collaborator. Returns whether the repository is there.
    pub fn add_collaborator(&self, repository: &str, login: &str, level: Level) -> bool {
        self.peek(repository, |repository| repository.collaborators.insert(login.to_owned(), level)).is_some()
    }

    /// Protects a branch against pushes by anybody, owners too. Returns whether the repository is there.
    pub fn protect_branch(&self, repository: &str, branch: &str) -> bool {
        let protection = json!({
            "required_pull_request_reviews": {}, "enforce_admins": true, "required_status_checks": null,
            "restrictions": null,
        });
        self.peek(repository, |repository| repository.protection.insert(branch.to_owned(), protection)).is_some()
    }

    /// Commits a file past all rules, as somebody else would between two steps of ours: a moved head, an edited file,
    /// the first commit of an empty repository. `None` deletes. Returns the new commit.
    pub fn commit_file(&self, repository: &str, branch: &str, path: &str, content: Option<&[u8]>) -> Option<String> {
        let caller = Caller { login: cast::DANA.github_login.to_owned(), rights: Rights::Scopes(BTreeSet::new()) };
        self.peek(repository, |repository| {
            let pusher = self.pusher(&caller, repository);
            let head = repository.branch(branch).map(str::to_owned);
            let changes = Changes::from([(path.to_owned(), content.map(<[u8]>::to_vec))]);
            let commit = repository.commit(head.as_deref(), changes, &format!("Change {path}"), &pusher);
            repository.references.insert(format!("{BRANCHES}{branch}"), commit.clone());
            repository.pushed_at = self.now();
            commit
        })
    }

    /// Merges an open pull request by moving its base to its head, whatever rules ask for: somebody has reviewed it.
    /// Returns whether it could be done.
    pub fn merge_pull_request(&self, repository: &str, number: u64) -> bool {
        let now = self.now();
        self.peek(repository, |repository| repository.merge(number, now)).flatten().is_some()
    }

    /// Lets somebody leave the organisation, and with it all its repositories.
    pub fn remove_member(&self, login: &str) {
        self.directory().remove_member(login);
        for repository in self.repositories().iter_mut() {
            repository.collaborators.remove(login);
        }
    }

    /// Starts a workflow by its schedule, in the name of whoever committed its file last, and ends the run as
    /// `conclusion` says. Returns the run; none when the workflow is not there, has no schedule or is disabled.
    pub fn run_by_schedule(&self, repository: &str, file_name: &str, conclusion: Conclusion) -> Option<u64> {
        let now = self.now();
        self.peek(repository, |repository| {
            let index = self.workflow_index(repository, file_name).ok()?;
            let (path, disabled) = (repository.workflows[index].path.clone(), repository.workflows[index].disabled);
            let reference = format!("{BRANCHES}{}", repository.default_branch);
            let definition = Definition::parse(repository.file(&reference, &path)?).ok()?;
            if disabled || !definition.has_schedule() {
                return None;
            }
            let email = repository.last_author(&path)?;
            let actor = self.directory().by_email(&email)?.login.clone();
            let id = self.queue_run(repository, index, reference, ("schedule", &actor), BTreeMap::new());
            let run = repository.run_mut(id)?;
            run.status = RunStatus::Completed;
            run.conclusion = Some(conclusion);
            (run.started_at, run.updated_at) = (Some(now), now);
            Some(id)
        })?
    }

    /// Disables a workflow file, as a person does in the web page. Returns whether it is there.
    pub fn disable_workflow(&self, repository: &str, file_name: &str) -> bool {
        let found = self.peek(repository, |repository| {
            let index = self.workflow_index(repository, file_name).ok()?;
            repository.workflows[index].disabled = true;
            Some(())
        });
        found.flatten().is_some()
    }

    /// Leaves what an upload that broke off leaves: an asset in state `starter`. Returns whether the release is there.
    pub fn leave_broken_upload(&self, repository: &str, tag: &str, name: &str) -> bool {
        let (id, created_at) = (self.next_id(), self.now());
        let left = self.peek(repository, |repository| {
            let release = repository.releases.iter_mut().find(|release| release.tag == tag)?;
            release.assets.push(Asset {
                id,
                name: name.to_owned(),
                label: None,
                state: "starter",
                content_type: "application/octet-stream".to_owned(),
                content: Bytes::new(),
                digest: None,
                uploader: release.author.clone(),
                created_at,
            });
            Some(())
        });
        left.flatten().is_some()
    }

    /// Queues a completed run again, as "Re-run all jobs" does: same run, commit and inputs, the next attempt.
    pub fn rerun(&self, repository: &str, run_id: u64, login: &str) -> bool {
        let now = self.now();
        let queued = self.peek(repository, |repository| {
            let run = repository.run_mut(run_id).filter(|run| run.status == RunStatus::Completed)?;
            run.attempt += 1;
            login.clone_into(&mut run.triggering_actor);
            run.status = RunStatus::Queued;
            run.conclusion = None;
            run.message = None;
            run.steps.clear();
            run.started_at = None;
            run.updated_at = now;
            run.cancel_requested = false;
            Some(())
        });
        self.shared.queued.notify_one();
        queued.flatten().is_some()
    }

    /// Puts other bytes in the place of an asset of a published release, as whoever may write to a repository can while its
    /// releases are not immutable. Returns whether there is one.
    pub fn swap_asset(&self, repository: &str, tag: &str, name: &str, content: &'static [u8]) -> bool {
        let swapped = self.peek(repository, |repository| {
            let release = repository.releases.iter_mut().find(|release| !release.draft && release.tag == tag)?;
            let asset = release.assets.iter_mut().find(|asset| asset.name == name)?;
            asset.hold(Bytes::from_static(content));
            Some(())
        });
        swapped.flatten().is_some()
    }

    /// Asks for the end of a run that is queued or running. Returns whether there is one.
    pub fn cancel_run(&self, repository: &str, run_id: u64) -> bool {
        let asked = self.peek(repository, |repository| {
            let run = repository.run_mut(run_id).filter(|run| run.status != RunStatus::Completed)?;
            run.cancel_requested = true;
            Some(())
        });
        asked.flatten().is_some()
    }
}
