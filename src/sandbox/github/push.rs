//! Moving a reference, with every check that GitHub makes on the way.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::access;
use super::answer::Refusal;
use super::directory::{Area, Caller, Directory, Level, Rights};
use super::objects::{Commit, FILE_MODE, Files, Signature, TreeEntry};
use super::repository::{BRANCHES, Repository};
use super::rules::{Standing, Update};

/// Folder whose files only a token with the `workflow` scope may change.
pub(super) const WORKFLOWS: &str = ".github/workflows/";

/// Who pushes.
#[derive(Clone, Debug)]
pub(super) struct Pusher {
    pub(super) signature: Signature,
    standing: Standing,
    may_change_workflows: bool,
}

/// Why a push was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PushRefusal {
    NotFastForward,
    /// The sentences of the rules that forbid it.
    Rules(Vec<String>),
    /// The token lacks the `workflow` scope for this file.
    WorkflowScope(String),
}

impl PushRefusal {
    /// Returns the sentence that GitHub says.
    pub(super) fn message(&self) -> String {
        match self {
            Self::NotFastForward => "Update is not a fast forward".to_owned(),
            Self::Rules(sentences) => {
                format!("Repository rule violations found\n\n{}\n\n", sentences.join("\n\n"))
            }
            Self::WorkflowScope(path) => format!(
                "refusing to allow a Personal Access Token to create or update workflow `{path}` without `workflow` scope"
            ),
        }
    }

    /// Returns the answer of the REST API. A missing `workflow` scope is a bare 404 there.
    pub(super) fn refusal(&self, rules_status: u16) -> Refusal {
        match self {
            Self::NotFastForward => Refusal::unprocessable(self.message()),
            Self::Rules(_) => Refusal::new(rules_status, self.message()),
            Self::WorkflowScope(_) => Refusal::not_found(),
        }
    }
}

impl Pusher {
    pub(super) fn new(directory: &Directory, caller: &Caller, repository: &Repository, now: Timestamp) -> Self {
        let account = directory.account(&caller.login);
        let name = account.map_or_else(|| caller.login.clone(), |account| account.name.clone());
        let email = account.and_then(|account| account.email.clone());
        let email = email.unwrap_or_else(|| format!("{}@users.noreply.github.com", caller.login));
        Self {
            signature: Signature { name, email, seconds: now.as_second() },
            standing: Standing {
                level: access::permission(directory, caller, repository).unwrap_or(Level::Read),
                organization_owner: directory.role(&repository.owner, &caller.login) == Some("admin"),
            },
            may_change_workflows: match &caller.rights {
                Rights::Scopes(_) => caller.has_scope("workflow"),
                Rights::Permissions(_) => caller.permits(Area::Workflows, Level::Write) == Some(true),
                Rights::Areas { .. } => false,
            },
        }
    }
}

/// Changes to files by path: the new content, or `None` to delete.
pub(super) type Changes = BTreeMap<String, Option<Vec<u8>>>;

impl Repository {
    /// Makes a commit on top of `parent` that applies `changes`. No reference moves.
    pub(super) fn commit(&mut self, parent: Option<&str>, changes: Changes, message: &str, pusher: &Pusher) -> String {
        let mut files = parent.map(|parent| self.objects.files(parent)).unwrap_or_default();
        for (path, content) in changes {
            match content {
                Some(content) => {
                    let id = self.objects.add_blob(&content);
                    // An executable file stays one.
                    let mode = files.get(&path).map_or_else(|| FILE_MODE.to_owned(), |entry| entry.mode.clone());
                    overlay(&mut files, path, TreeEntry { mode, id });
                }
                None => {
                    files.remove(&path);
                }
            }
        }
        let tree = self.objects.add_files(&files);
        self.objects.add_commit(Commit {
            tree,
            parents: parent.map(str::to_owned).into_iter().collect(),
            author: pusher.signature.clone(),
            committer: pusher.signature.clone(),
            message: message.to_owned(),
            verified: true,
        })
    }

    /// Points `reference` at the commit `new`, or says why not. Nothing is changed on refusal.
    pub(super) fn push(
        &mut self,
        pusher: &Pusher,
        reference: &str,
        new: &str,
        force: bool,
        now: Timestamp,
    ) -> Result<(), PushRefusal> {
        let old = self.references.get(reference).cloned();
        let history = self.objects.history(new);
        let update = match &old {
            None => Update::Create,
            Some(old) if history.contains(old) => {
                let known = self.objects.history(old);
                let fresh = history.iter().filter(|id| !known.contains(id));
                Update::Advance { signed: fresh.filter_map(|id| self.objects.commit(id)).all(|commit| commit.verified) }
            }
            Some(_) if force => Update::Rewrite,
            Some(_) => return Err(PushRefusal::NotFastForward),
        };
        if !pusher.may_change_workflows
            && let Some(path) = self.changed_workflow(old.as_deref(), new)
        {
            return Err(PushRefusal::WorkflowScope(path));
        }
        if let Some(branch) = reference.strip_prefix(BRANCHES) {
            let objections = self.objections(branch, update, pusher.standing);
            if !objections.is_empty() {
                return Err(PushRefusal::Rules(objections));
            }
        }
        self.references.insert(reference.to_owned(), new.to_owned());
        self.pushed_at = now;
        Ok(())
    }

    /// Deletes `reference`, or says which rules forbid it.
    pub(super) fn delete_reference(&mut self, pusher: &Pusher, reference: &str) -> Result<(), PushRefusal> {
        if let Some(branch) = reference.strip_prefix(BRANCHES) {
            let objections = self.objections(branch, Update::Delete, pusher.standing);
            if !objections.is_empty() {
                return Err(PushRefusal::Rules(objections));
            }
        }
        self.references.remove(reference);
        Ok(())
    }

    /// Returns a workflow file that differs between `old` and `new`; commits that lie on a branch already pass.
    fn changed_workflow(&self, old: Option<&str>, new: &str) -> Option<String> {
        if self.references.values().any(|tip| self.objects.history(tip).iter().any(|id| id == new)) {
            return None;
        }
        let workflows =
            |files: Files| -> Files { files.into_iter().filter(|(path, _)| path.starts_with(WORKFLOWS)).collect() };
        let base = old.or_else(|| self.head());
        let before = workflows(base.map(|base| self.objects.files(base)).unwrap_or_default());
        let after = workflows(self.objects.files(new));
        let changed = after.iter().find(|(path, entry)| before.get(*path) != Some(entry));
        let gone = before.keys().find(|path| !after.contains_key(*path));
        changed.map(|(path, _)| path.clone()).or_else(|| gone.cloned())
    }
}

/// Puts a file into a set of files; a file that stands where a directory is needed, or below it, gives way.
pub(super) fn overlay(files: &mut Files, path: String, entry: TreeEntry) {
    let below = format!("{path}/");
    files.retain(|other, _| !other.starts_with(&below) && !path.starts_with(&format!("{other}/")));
    files.insert(path, entry);
}
