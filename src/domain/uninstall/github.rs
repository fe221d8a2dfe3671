//! GitHub: our files, secrets, environment and releases; the repository only where the operator says so.

use super::aws::SHARED;
use super::guard;
use super::plan::{Plan, Removal};
use super::seen::{Consent, FileSeen, ReleaseSeen, RepositorySeen, Seen};
use crate::domain::setup::{AWS_SECRETS, Origin, PORT_SECRETS, SecretStore, System};

/// How the tag of every release of `init` begins, and what its assets are called.
const TAG: &str = "port-iam-v";
const ASSET: &str = "port-iam-";
/// What is said of the tag of an immutable release, which not even the deletion of the repository sets free.
const USED_TAG: &str =
    "with its tag, which GitHub lets no release have again: a later `init` with that program takes the next";
/// The one file that two installations in one repository have in common.
pub const CODEOWNERS: &str = ".github/CODEOWNERS";

/// What of the repository has power: the workflows' secrets. They go while rules still guard it.
pub(super) fn power(seen: &Seen, consent: Consent, plan: &mut Plan) {
    let Some(repository) = staying(seen, consent) else { return };
    if repository.environment.is_some() {
        environment_secrets(seen, repository, plan);
        doubled(repository, plan);
    } else {
        // Nothing but our workflows tells that they are ours, which go later.
        repository_secrets(seen, repository, plan);
    }
}

/// What else lies in the repository.
pub(super) fn inside(seen: &Seen, consent: Consent, plan: &mut Plan) {
    let Some(repository) = staying(seen, consent) else { return };
    if let Some(found) = &repository.environment {
        guard::environment(seen, found, repository, plan);
    }
    // The rules forbid the push that takes the files away.
    guard::ruleset(seen, repository, plan);
    files(seen, repository, consent, plan);
    releases(seen, repository, plan);
}

/// Returns the repository, unless it goes with all that is in it.
fn staying(seen: &Seen, consent: Consent) -> Option<&RepositorySeen> {
    let goes = |repository: &&RepositorySeen| {
        consent.delete_repository && is_ours(repository) && !seen.shares_the_repository()
    };
    seen.repository.as_ref().filter(|repository| !goes(repository))
}

/// The repository itself, which is the last to go: its number names what is ours in AWS.
pub(super) fn repository(seen: &Seen, consent: Consent, plan: &mut Plan) {
    let (owner, name) = &seen.target;
    let Some(repository) = seen.repository.as_ref() else { return };
    let subject = format!("repository {owner}/{name}");
    match (consent.delete_repository, is_ours(repository)) {
        (true, _) if seen.shares_the_repository() => {
            plan.leave(System::GitHub, subject, SHARED.to_owned(), None);
        }
        (true, true) => {
            let mut lines = vec!["with its history, secrets and releases".to_owned()];
            if repository.releases.iter().any(|release| release.is_immutable) {
                lines.push("with the tags of its immutable releases, which GitHub lets no release have again, in a repository of this name neither: a later `init` with that program takes the next".to_owned());
            }
            if repository.other_files > 0 {
                lines.push(format!("with {} files that are not ours", repository.other_files));
            }
            plan.take(System::GitHub, subject, lines, Removal::Repository);
        }
        (true, false) => {
            let reason = "nothing in it is of this installation, so it is not deleted".to_owned();
            plan.leave(System::GitHub, subject, reason, None);
        }
        (false, _) => {
            let remedy = "pass --delete-repository to delete it";
            plan.leave(
                System::GitHub,
                subject,
                "with its history, branches, pull requests and workflow runs".to_owned(),
                Some(remedy.to_owned()),
            );
        }
    }
}

/// Whether `init` has worked in it: a file of ours, a release of ours, or an environment that nobody else can have made.
fn is_ours(repository: &RepositorySeen) -> bool {
    repository.files.iter().any(FileSeen::was_set_up)
        || repository.releases.iter().any(is_our_release)
        || repository.environment.as_ref().is_some_and(|found| guard::reasons_to_leave(found, repository).is_empty())
}

impl FileSeen {
    /// Whether `init` has ever written it.
    fn was_set_up(&self) -> bool {
        self.origin != Origin::Foreign
    }
}

fn files(seen: &Seen, repository: &RepositorySeen, consent: Consent, plan: &mut Plan) {
    let is_shared = |file: &&FileSeen| file.path == CODEOWNERS && seen.shares_the_repository();
    for file in repository.files.iter().filter(is_shared) {
        plan.leave(System::GitHub, format!("file {}", file.path), SHARED.to_owned(), None);
    }
    let goes = |file: &&FileSeen| match file.origin {
        Origin::AsWritten => true,
        Origin::Edited => consent.force,
        Origin::Foreign => false,
    };
    let (going, staying): (Vec<&FileSeen>, Vec<&FileSeen>) =
        repository.files.iter().filter(|file| !is_shared(file)).partition(goes);
    if !going.is_empty() {
        let line = |file: &&FileSeen| match file.origin {
            Origin::Edited => format!("{}: what was edited in it is lost", file.path),
            Origin::AsWritten | Origin::Foreign => file.path.clone(),
        };
        let subject = format!("files on the branch {}", repository.branch);
        let paths = going.iter().map(|file| file.path.clone()).collect();
        plan.take(System::GitHub, subject, going.iter().map(line).collect(), Removal::Files(paths));
    }
    for file in staying {
        let (reason, remedy) = match file.origin {
            Origin::Foreign => ("`init` did not write it", None),
            Origin::AsWritten | Origin::Edited => (
                "somebody has edited it since `init` wrote it, or has committed it for it, so it is not deleted",
                Some("look at it, and pass --force to delete it all the same".to_owned()),
            ),
        };
        plan.leave(System::GitHub, format!("file {}", file.path), reason.to_owned(), remedy);
    }
}

pub(super) fn is_our_secret(name: &str) -> bool {
    PORT_SECRETS.iter().chain(&AWS_SECRETS).any(|ours| ours.eq_ignore_ascii_case(name))
}

fn environment_secrets(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    let name = &seen.names.environment;
    let ours: Vec<String> = repository.environment_secrets.iter().filter(|name| is_our_secret(name)).cloned().collect();
    if !ours.is_empty() {
        let removal = Removal::Secrets { store: SecretStore::Environment(name.clone()), names: ours.clone() };
        plan.take(System::GitHub, format!("secrets of the environment {name}"), ours, removal);
    }
}

/// Beside an environment the repository's own secrets of these names are somebody else's.
fn doubled(repository: &RepositorySeen, plan: &mut Plan) {
    for name in repository.repository_secrets.iter().filter(|name| is_our_secret(name)) {
        let reason = "our workflows had theirs in the environment; look whether anybody uses this one".to_owned();
        plan.leave(System::GitHub, format!("secret {name} of the repository"), reason, None);
    }
}

fn repository_secrets(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    let names: Vec<String> = repository.repository_secrets.iter().filter(|name| is_our_secret(name)).cloned().collect();
    if names.is_empty() {
        return;
    }
    let has_workflow =
        repository.files.iter().any(|file| file.path.starts_with(".github/workflows/") && file.was_set_up());
    if has_workflow && !seen.shares_the_repository() {
        let removal = Removal::Secrets { store: SecretStore::Repository, names: names.clone() };
        plan.take(System::GitHub, "secrets of the repository".to_owned(), names, removal);
        return;
    }
    for name in names {
        let reason = if has_workflow {
            SHARED.to_owned()
        } else {
            "no workflow of ours is there that would use it; look whether anybody else does".to_owned()
        };
        plan.leave(System::GitHub, format!("secret {name} of the repository"), reason, None);
    }
}

pub(super) fn is_our_release(release: &ReleaseSeen) -> bool {
    release.tag.starts_with(TAG) && release.assets.iter().all(|asset| asset.starts_with(ASSET))
}

fn releases(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    for release in repository.releases.iter().filter(|release| release.tag.starts_with(TAG)) {
        let subject = format!("release {}", release.tag);
        if seen.shares_the_repository() {
            plan.leave(System::GitHub, subject, SHARED.to_owned(), None);
        } else if is_our_release(release) {
            let tag = (!release.is_draft).then(|| release.tag.clone());
            let lines = if release.is_immutable { vec![USED_TAG.to_owned()] } else { Vec::new() };
            plan.take(System::GitHub, subject, lines, Removal::Release { id: release.id, tag });
        } else {
            let reason = "it holds files that are not ours".to_owned();
            plan.leave(System::GitHub, subject, reason, None);
        }
    }
}
