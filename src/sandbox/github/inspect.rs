//! What tests and the demo look at without going over the wire.

use std::collections::BTreeMap;

use super::run::WorkflowRun;
use super::{GitHub, lock};

impl GitHub {
    /// Returns all tokens that are good now.
    pub fn tokens(&self) -> Vec<String> {
        self.directory().tokens()
    }

    /// Returns what jobs were given to ask for OIDC tokens with, and the tokens that they got, good or not any more.
    pub fn id_tokens(&self) -> Vec<String> {
        lock(&self.shared.id_tokens_given).clone()
    }

    /// Returns the full names of all repositories.
    pub fn repository_names(&self) -> Vec<String> {
        self.repositories().iter().map(super::repository::Repository::full_name).collect()
    }

    /// Returns the files of a branch by path; `None` when there is no such repository or branch.
    pub fn files(&self, repository: &str, branch: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        self.peek(repository, |repository| {
            let head = repository.branch(branch)?;
            let files = repository.objects.files(head).into_iter();
            Some(files.filter_map(|(path, entry)| Some((path, repository.objects.blob(&entry.id)?.to_vec()))).collect())
        })?
    }

    /// Returns a file of a branch as text; `None` when it is not there or no UTF-8.
    pub fn file(&self, repository: &str, branch: &str, path: &str) -> Option<String> {
        self.peek(repository, |repository| {
            let content = repository.file(repository.branch(branch)?, path)?;
            String::from_utf8(content.to_vec()).ok()
        })?
    }

    /// Returns the number of a repository.
    pub fn repository_id(&self, repository: &str) -> Option<u64> {
        self.peek(repository, |repository| repository.id)
    }

    /// Returns the commit ids of a branch, newest first.
    pub fn commits(&self, repository: &str, branch: &str) -> Vec<String> {
        let history = self.peek(repository, |repository| Some(repository.objects.history(repository.branch(branch)?)));
        history.flatten().unwrap_or_default()
    }

    /// Returns the name of the default branch.
    pub fn default_branch_of(&self, repository: &str) -> Option<String> {
        self.peek(repository, |repository| repository.default_branch.clone())
    }

    /// Returns a secret as it was opened with the real key: of the environment, or of the repository for `None`.
    pub fn secret(&self, repository: &str, environment: Option<&str>, name: &str) -> Option<String> {
        self.peek(repository, |repository| {
            let vault = match environment {
                None => &repository.vault,
                Some(environment) => &repository.environments.get(&environment.to_lowercase())?.vault,
            };
            vault.secret(name).map(str::to_owned)
        })?
    }

    /// Returns the names of the environments.
    pub fn environments(&self, repository: &str) -> Vec<String> {
        let names = self.peek(repository, |repository| {
            repository.environments.values().map(|environment| environment.name.clone()).collect()
        });
        names.unwrap_or_default()
    }

    /// Returns the names of the rulesets.
    pub fn rulesets(&self, repository: &str) -> Vec<String> {
        let names = self
            .peek(repository, |repository| repository.rulesets.iter().map(|ruleset| ruleset.name.clone()).collect());
        names.unwrap_or_default()
    }

    /// Returns the tags of the published releases, oldest first.
    pub fn releases(&self, repository: &str) -> Vec<String> {
        let tags = self.peek(repository, |repository| {
            let published = repository.releases.iter().filter(|release| !release.draft);
            published.map(|release| release.tag.clone()).collect()
        });
        tags.unwrap_or_default()
    }

    /// Returns the content of an asset of a published release.
    pub fn asset(&self, repository: &str, tag: &str, name: &str) -> Option<Vec<u8>> {
        self.peek(repository, |repository| {
            let release = repository.releases.iter().find(|release| !release.draft && release.tag == tag)?;
            release.assets.iter().find(|asset| asset.name == name).map(|asset| asset.content.to_vec())
        })?
    }

    /// Returns the numbers of the open pull requests with head and base branch.
    pub fn open_pull_requests(&self, repository: &str) -> Vec<(u64, String, String)> {
        let pulls = self.peek(repository, |repository| {
            let open = repository.pulls.iter().filter(|pull| pull.open);
            open.map(|pull| (pull.number, pull.head.clone(), pull.base.clone())).collect()
        });
        pulls.unwrap_or_default()
    }

    /// Returns all runs of a repository, oldest first.
    pub fn runs(&self, repository: &str) -> Vec<WorkflowRun> {
        self.peek(repository, |repository| repository.runs.clone()).unwrap_or_default()
    }

    /// Returns one run.
    pub fn run(&self, repository: &str, id: u64) -> Option<WorkflowRun> {
        self.peek(repository, |repository| repository.run(id).cloned())?
    }
}
