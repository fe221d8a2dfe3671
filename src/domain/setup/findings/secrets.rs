//! Where the secrets lie, and who can read them.

use super::super::entering::is_workflow;
use super::super::files::is_misattributed;
use super::super::finding::{Finding, SECRETS_EXPOSED, Severity};
use super::super::generated::Origin;
use super::super::seen::Seen;
use super::super::wanted::{SecretStore, Wanted};
use super::branch::who_writes;

/// That secrets are there, and a workflow could use them that this tool did not write so: it may have taken them.
pub(super) fn exposed(wanted: &Wanted, seen: &Seen) -> Option<Finding> {
    let repository = seen.repository.as_ref()?;
    let held = match &wanted.store {
        SecretStore::Environment(_) => &repository.environment_secrets,
        SecretStore::Repository => &repository.repository_secrets,
    };
    let is_held = |name: &&str| held.iter().any(|known| known.eq_ignore_ascii_case(name));
    if wanted.consent.rotate_secrets || !wanted.access.secret_pairs().iter().flatten().any(is_held) {
        return None;
    }
    let is_of_others = |path: &&String| {
        repository.differing.get(*path).is_some_and(|found| found.is_forged || found.origin != Origin::AsWritten)
            || is_misattributed(wanted, seen, path)
    };
    let paths = wanted.files.iter().map(|file| &file.path).filter(|path| is_workflow(path)).filter(is_of_others);
    let paths: Vec<&str> = paths.map(String::as_str).collect();
    (!paths.is_empty()).then(|| {
        Finding::new(
            Severity::Warning,
            SECRETS_EXPOSED,
            format!("{} is not as this tool wrote it, and could use the secrets that are there", paths.join(", ")),
            "once it is as it shall be: `port-iam init --rotate-secrets`, with new ones, and delete the old ones in Port and AWS",
        )
    })
}

pub(super) fn secrets(wanted: &Wanted, seen: &Seen) -> Vec<Finding> {
    let names = wanted.access.secret_pairs();
    match &wanted.store {
        SecretStore::Repository => vec![Finding::new(
            Severity::Warning,
            "secrets-in-repository",
            "the secrets lie in the repository, not in an environment: everybody who can push a branch to it can read them",
            format!(
                "{}, or use a GitHub plan with environments for private repositories and run `port-iam init` again",
                who_writes(wanted)
            ),
        )],
        SecretStore::Environment(environment) => {
            let Some(repository) = &seen.repository else { return Vec::new() };
            let doubled =
                |name: &&&str| repository.repository_secrets.iter().any(|known| known.eq_ignore_ascii_case(name));
            let doubled: Vec<&str> = names.iter().flatten().filter(doubled).copied().collect();
            if doubled.is_empty() {
                return Vec::new();
            }
            vec![Finding::new(
                Severity::Warning,
                "secrets-doubled",
                format!(
                    "{} also lie in the repository's own secrets, where everybody who can push a branch can read them",
                    doubled.join(", ")
                ),
                format!(
                    "gh secret delete {} --repo {}/{} (and so on, each of those); the workflows use the ones of the environment {environment}",
                    doubled[0], wanted.owner, wanted.repository
                ),
            )]
        }
    }
}
