//! What guards the repository: its ruleset and the environment of the secrets. Neither has a place for a mark, so that they are
//! told by what they demand and by when they were made.

use jiff::{SignedDuration, Timestamp};

use super::aws::SHARED;
use super::github::{is_our_release, is_our_secret};
use super::plan::{Plan, Removal};
use super::seen::{EnvironmentSeen, RepositorySeen, Seen};
use crate::domain::setup::{RULESET, System};

/// Why what is like ours stays.
const OLDER: &str = "it is older than the oldest release and commit of `init` that are left here, so that it may have been there before";
const UNDATED: &str = "GitHub does not tell when it was made, so that it may have been there before";
const UNTOLD: &str = "no release and no commit is left here that tells since when `init` has worked here, so that it may have been there before";

pub(super) fn ruleset(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    let subject = format!("ruleset {RULESET}");
    const REMEDY: &str = "look at it in the settings of the repository, and delete it there if it is ours: `init` demands a pull request, a review by code owners, no force push, no deletion";
    match &repository.ruleset {
        Some(_) if seen.shares_the_repository() => plan.leave(System::GitHub, subject, SHARED.to_owned(), None),
        Some(ruleset) if !ruleset.is_ours => {
            let reason = "it is not one that `init` makes: somebody else has made it, or has added to it".to_owned();
            plan.leave(System::GitHub, subject, reason, Some(REMEDY.to_owned()));
        }
        // `init` makes it behind the release and the files.
        Some(ruleset) => match may_be_older(ruleset.made, repository, SignedDuration::ZERO) {
            Some(reason) => plan.leave(System::GitHub, subject, reason.to_owned(), Some(REMEDY.to_owned())),
            None => {
                let rules = ruleset.rules.iter().map(|kind| format!("with its rule {kind}")).collect();
                plan.take(System::GitHub, subject, rules, Removal::Ruleset(ruleset.id));
            }
        },
        None => {}
    }
    if repository.has_immutable_releases {
        let reason = "they stay on: whether they were on before is not known, and they only protect; GitHub lets no release have the tag of an immutable one again, and a later `init` with this program takes the next"
            .to_owned();
        plan.leave(System::GitHub, "immutable releases of the repository".to_owned(), reason, None);
    }
}

pub(super) fn environment(seen: &Seen, found: &EnvironmentSeen, repository: &RepositorySeen, plan: &mut Plan) {
    let name = &seen.names.environment;
    let subject = format!("environment {name}");
    let reasons = reasons_to_leave(found, repository);
    if reasons.is_empty() {
        plan.take(System::GitHub, subject, Vec::new(), Removal::Environment(name.clone()));
    } else {
        let remedy = format!(
            "look at it in the settings of the repository, and delete it there if it is ours: `init` demands that the branch {} alone may use it",
            repository.branch
        );
        plan.leave(System::GitHub, subject, reasons.join("; "), Some(remedy));
    }
}

/// Returns what speaks against an environment being one that `init` has made; nothing where it is.
pub(super) fn reasons_to_leave(found: &EnvironmentSeen, repository: &RepositorySeen) -> Vec<String> {
    let secrets = repository.environment_secrets.iter().filter(|name| !is_our_secret(name));
    let others: Vec<&str> = secrets.chain(&repository.environment_variables).map(String::as_str).collect();
    let mut reasons = Vec::new();
    if !others.is_empty() {
        reasons.push(format!("it holds what is not ours: {}", others.join(", ")));
    }
    if !found.beyond.is_empty() {
        reasons.push(format!("it demands what `init` does not: {}", found.beyond.join(", ")));
    }
    // `init` makes it first, and the release a moment later.
    reasons.extend(may_be_older(found.made, repository, SignedDuration::from_hours(1)).map(str::to_owned));
    reasons
}

/// Returns why something may have been there before `init`: it was made before the first thing of `init` that tells when it
/// was made, by more than `slack`, or no such thing is left, as behind a first `uninstall`. In an environment or a ruleset
/// nothing can be written that would tell whose it is, and what was there before may be like ours by now, since `init` has
/// made it so.
fn may_be_older(made: Option<Timestamp>, repository: &RepositorySeen, slack: SignedDuration) -> Option<&'static str> {
    let Some(made) = made else { return Some(UNDATED) };
    let ours = repository.releases.iter().filter(|release| is_our_release(release));
    let first = ours.filter_map(|release| release.published).chain(repository.first_commit).min();
    match first {
        Some(first) => (first.duration_since(made) > slack).then_some(OLDER),
        None => Some(UNTOLD),
    }
}
