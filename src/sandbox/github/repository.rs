//! One repository: all that GitHub keeps about it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::directory::Level;
use super::objects::Objects;
use super::pulls::PullRequest;
use super::releases::Release;
use super::rules::Ruleset;
use super::run::WorkflowRun;
use super::vault::Vault;
use crate::sandbox::pattern::matches;

/// Prefix of the full names of branches.
pub(super) const BRANCHES: &str = "refs/heads/";

/// A repository.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) private: bool,
    /// Whether the whole enterprise can read it; it is called private all the same.
    pub(super) internal: bool,
    pub(super) default_branch: String,
    pub(super) created_at: Timestamp,
    pub(super) pushed_at: Timestamp,
    /// Fields that are kept as they were sent: description, switches of features.
    pub(super) settings: Map<String, Value>,
    pub(super) collaborators: BTreeMap<String, Level>,
    pub(super) objects: Objects,
    /// Object id by full name (`refs/heads/main`).
    pub(super) references: BTreeMap<String, String>,
    pub(super) rulesets: Vec<Ruleset>,
    /// Classic protection by branch.
    pub(super) protection: BTreeMap<String, Value>,
    pub(super) vault: Vault,
    pub(super) environments: BTreeMap<String, Environment>,
    pub(super) workflows: Vec<WorkflowFile>,
    pub(super) runs: Vec<WorkflowRun>,
    pub(super) releases: Vec<Release>,
    pub(super) pulls: Vec<PullRequest>,
    pub(super) actions_permissions: Value,
    pub(super) workflow_permissions: Value,
    pub(super) oidc_subject: Value,
    pub(super) immutable_releases: bool,
}

/// A deployment environment.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) branches: BranchPolicy,
    /// Custom policies: id, pattern, `branch` or `tag`.
    pub(super) policies: Vec<(u64, String, String)>,
    pub(super) vault: Vault,
}

/// Which branches may use an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BranchPolicy {
    All,
    Protected,
    Custom,
}

/// What is remembered of a workflow file, once it was seen on the default branch.
#[derive(Clone, Debug)]
pub(super) struct WorkflowFile {
    pub(super) id: u64,
    pub(super) path: String,
    pub(super) created_at: Timestamp,
    pub(super) disabled: bool,
    /// Number of the newest run.
    pub(super) runs: u64,
}

impl Repository {
    pub(super) fn new(id: u64, owner: &str, name: &str, private: bool, default_branch: &str, now: Timestamp) -> Self {
        Self {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            private,
            internal: false,
            default_branch: default_branch.to_owned(),
            created_at: now,
            pushed_at: now,
            settings: Map::new(),
            collaborators: BTreeMap::new(),
            objects: Objects::default(),
            references: BTreeMap::new(),
            rulesets: Vec::new(),
            protection: BTreeMap::new(),
            vault: Vault::new(id),
            environments: BTreeMap::new(),
            workflows: Vec::new(),
            runs: Vec::new(),
            releases: Vec::new(),
            pulls: Vec::new(),
            workflow_permissions: json!({ "default_workflow_permissions": "read", "can_approve_pull_request_reviews": false }),
            actions_permissions: json!({ "enabled": true, "allowed_actions": "all", "sha_pinning_required": false }),
            oidc_subject: json!({ "use_default": true }),
            immutable_releases: false,
        }
    }

    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Returns the e-mail of the author of the newest commit of the default branch that changed a file.
    pub(super) fn last_author(&self, path: &str) -> Option<String> {
        let history = self.objects.history(self.branch(&self.default_branch)?);
        let blob = |commit: &String| self.objects.files(commit).get(path).map(|entry| entry.id.clone());
        let changed =
            history.iter().enumerate().find(|(at, commit)| history.get(at + 1).and_then(blob) != blob(commit));
        Some(self.objects.commit(changed?.1)?.author.email.clone())
    }

    /// Returns whether nothing was ever committed: git data then answers 409.
    pub(super) fn is_empty(&self) -> bool {
        self.references.is_empty()
    }

    pub(super) fn branch(&self, branch: &str) -> Option<&str> {
        self.references.get(&format!("{BRANCHES}{branch}")).map(String::as_str)
    }

    /// Returns the head of the default branch.
    pub(super) fn head(&self) -> Option<&str> {
        self.branch(&self.default_branch)
    }

    /// Returns the commit that a branch, a tag, a full reference or a commit id names.
    pub(super) fn resolve(&self, revision: &str) -> Option<String> {
        if revision == "HEAD" {
            return self.head().map(str::to_owned);
        }
        [revision.to_owned(), format!("{BRANCHES}{revision}"), format!("refs/tags/{revision}")]
            .iter()
            .find_map(|name| self.references.get(name).cloned())
            .or_else(|| self.objects.commit(revision).map(|_| revision.to_owned()))
    }

    /// Returns the full name of the branch or tag that `reference` means.
    pub(super) fn full_reference(&self, reference: &str) -> Option<String> {
        [reference.to_owned(), format!("{BRANCHES}{reference}"), format!("refs/tags/{reference}")]
            .into_iter()
            .find(|name| self.references.contains_key(name))
    }

    /// Returns the content of a file at a revision.
    pub(super) fn file(&self, revision: &str, path: &str) -> Option<&[u8]> {
        let entry = self.objects.find(&self.resolve(revision)?, path)?;
        self.objects.blob(&entry.id)
    }

    pub(super) fn run(&self, id: u64) -> Option<&WorkflowRun> {
        self.runs.iter().find(|run| run.id == id)
    }

    pub(super) fn run_mut(&mut self, id: u64) -> Option<&mut WorkflowRun> {
        self.runs.iter_mut().find(|run| run.id == id)
    }
}

impl Environment {
    /// Returns whether a run on `reference` may use the environment of `repository`.
    pub(super) fn admits(&self, repository: &Repository, reference: &str) -> bool {
        let (kind, name) = match reference.strip_prefix(BRANCHES) {
            Some(branch) => ("branch", branch),
            None => ("tag", reference.strip_prefix("refs/tags/").unwrap_or(reference)),
        };
        match self.branches {
            BranchPolicy::All => true,
            BranchPolicy::Protected => kind == "branch" && repository.is_protected(name),
            BranchPolicy::Custom => {
                self.policies.iter().any(|(_, pattern, policy_kind)| policy_kind == kind && matches(pattern, name))
            }
        }
    }
}
