//! GitHub: our files, secrets, environment and releases; the repository only where the operator says so.

use super::aws::SHARED;
use super::plan::{Plan, Removal};
use super::seen::{Consent, FileSeen, ReleaseSeen, RepositorySeen, Seen};
use crate::domain::setup::{AWS_SECRETS, PORT_SECRETS, RULESET, SecretStore, System};

/// How the message of every commit of `init` begins.
pub const SETUP_COMMIT: &str = "Set up port-iam ";
/// How the tag of every release of `init` begins, and what its assets are called.
const TAG: &str = "port-iam-v";
const ASSET: &str = "port-iam-";
/// The one file that two installations in one repository have in common.
pub const CODEOWNERS: &str = ".github/CODEOWNERS";

/// What lies in the repository. Where the repository goes, all of it goes with it.
pub(super) fn inside(seen: &Seen, consent: Consent, plan: &mut Plan) {
    let Some(repository) = seen.repository.as_ref() else { return };
    if consent.delete_repository && is_ours(repository) && !seen.shares_the_repository() {
        return;
    }
    // Without an environment nothing but our workflows tells that the secrets are ours: they go before these.
    if !repository.has_environment {
        repository_secrets(seen, repository, plan);
    }
    // The rules forbid the push that takes the files away.
    ruleset(seen, repository, plan);
    files(seen, repository, plan);
    if repository.has_environment {
        environment(seen, repository, plan);
        doubled(repository, plan);
    }
    releases(seen, repository, plan);
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
            plan.leave(System::GitHub, subject, "with its history and branches".to_owned(), Some(remedy.to_owned()));
        }
    }
}

/// Whether `init` has worked in it: a file of ours, a release of ours, or our environment is there.
fn is_ours(repository: &RepositorySeen) -> bool {
    repository.files.iter().any(FileSeen::was_set_up)
        || repository.releases.iter().any(is_our_release)
        || repository.has_environment
}

impl FileSeen {
    /// Whether `init` has ever written it.
    fn was_set_up(&self) -> bool {
        self.is_as_written || self.commits.iter().any(|message| message.starts_with(SETUP_COMMIT))
    }

    /// Whether nobody else has: its digest says so, or, where it carries none, its history.
    fn is_untouched(&self) -> bool {
        let is_ours = |message: &String| message.starts_with(SETUP_COMMIT);
        self.is_as_written || !self.commits.is_empty() && self.commits.iter().all(is_ours)
    }
}

fn ruleset(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    let subject = format!("ruleset {RULESET}");
    match repository.ruleset {
        Some(_) if seen.shares_the_repository() => plan.leave(System::GitHub, subject, SHARED.to_owned(), None),
        Some(id) => plan.take(System::GitHub, subject, Vec::new(), Removal::Ruleset(id)),
        None => {}
    }
    if repository.has_immutable_releases {
        let reason = "they stay on: whether they were on before is not known, and they only protect".to_owned();
        plan.leave(System::GitHub, "immutable releases of the repository".to_owned(), reason, None);
    }
}

fn files(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    let is_shared = |file: &&FileSeen| file.path == CODEOWNERS && seen.shares_the_repository();
    for file in repository.files.iter().filter(is_shared) {
        plan.leave(System::GitHub, format!("file {}", file.path), SHARED.to_owned(), None);
    }
    let (ours, edited): (Vec<&FileSeen>, Vec<&FileSeen>) =
        repository.files.iter().filter(|file| !is_shared(file)).partition(|file| file.is_untouched());
    if !ours.is_empty() {
        let paths: Vec<String> = ours.iter().map(|file| file.path.clone()).collect();
        let subject = format!("files on the branch {}", repository.branch);
        plan.take(System::GitHub, subject, paths.clone(), Removal::Files(paths));
    }
    for file in edited {
        let reason = "somebody else than `init` has committed to it, so it is not deleted".to_owned();
        plan.leave(System::GitHub, format!("file {}", file.path), reason, None);
    }
}

fn is_our_secret(name: &str) -> bool {
    PORT_SECRETS.iter().chain(&AWS_SECRETS).any(|ours| ours.eq_ignore_ascii_case(name))
}

fn environment(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    let name = &seen.names.environment;
    let (ours, others): (Vec<String>, Vec<String>) =
        repository.environment_secrets.iter().cloned().partition(|name| is_our_secret(name));
    if !ours.is_empty() {
        let removal = Removal::Secrets { store: SecretStore::Environment(name.clone()), names: ours.clone() };
        plan.take(System::GitHub, format!("secrets of the environment {name}"), ours, removal);
    }
    let others: Vec<&str> = others.iter().chain(&repository.environment_variables).map(String::as_str).collect();
    let subject = format!("environment {name}");
    if others.is_empty() {
        plan.take(System::GitHub, subject, Vec::new(), Removal::Environment(name.clone()));
    } else {
        let reason = format!("it holds what is not ours: {}", others.join(", "));
        plan.leave(System::GitHub, subject, reason, None);
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

fn is_our_release(release: &ReleaseSeen) -> bool {
    release.tag.starts_with(TAG) && release.assets.iter().all(|asset| asset.starts_with(ASSET))
}

fn releases(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    for release in repository.releases.iter().filter(|release| release.tag.starts_with(TAG)) {
        let subject = format!("release {}", release.tag);
        if seen.shares_the_repository() {
            plan.leave(System::GitHub, subject, SHARED.to_owned(), None);
        } else if is_our_release(release) {
            let tag = (!release.is_draft).then(|| release.tag.clone());
            plan.take(System::GitHub, subject, Vec::new(), Removal::Release { id: release.id, tag });
        } else {
            let reason = "it holds files that are not ours".to_owned();
            plan.leave(System::GitHub, subject, reason, None);
        }
    }
}
