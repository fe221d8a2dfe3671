//! What guards the repository: its ruleset and the environment of the secrets. Neither has a place for a mark, so that they are
//! told by what they demand and by when they were made.

use jiff::{SignedDuration, Timestamp};

use super::aws::SHARED;
use super::github::{is_our_release, is_our_secret};
use super::plan::{Plan, Removal};
use super::seen::{EnvironmentSeen, RepositorySeen, Seen};
use crate::domain::setup::{RULESET, System};

/// Why what is like ours stays.
const BEFORE: &str = "it is older than the first release and the first commit of `init` here, so it was there before";

pub(super) fn ruleset(seen: &Seen, repository: &RepositorySeen, plan: &mut Plan) {
    let subject = format!("ruleset {RULESET}");
    const REMEDY: &str = "look at it in the settings of the repository; what is ours of it is: a pull request, a review by code owners, no force push, no deletion";
    match &repository.ruleset {
        Some(_) if seen.shares_the_repository() => plan.leave(System::GitHub, subject, SHARED.to_owned(), None),
        Some(ruleset) if !ruleset.is_ours => {
            let reason = "it is not one that `init` makes: somebody else has made it, or has added to it".to_owned();
            plan.leave(System::GitHub, subject, reason, Some(REMEDY.to_owned()));
        }
        // `init` makes it behind the release and the files.
        Some(ruleset) if was_there_before(ruleset.made, repository, SignedDuration::ZERO) => {
            plan.leave(System::GitHub, subject, BEFORE.to_owned(), Some(REMEDY.to_owned()));
        }
        Some(ruleset) => {
            let rules = ruleset.rules.iter().map(|kind| format!("with its rule {kind}")).collect();
            plan.take(System::GitHub, subject, rules, Removal::Ruleset(ruleset.id));
        }
        None => {}
    }
    if repository.has_immutable_releases {
        let reason = "they stay on: whether they were on before is not known, and they only protect".to_owned();
        plan.leave(System::GitHub, "immutable releases of the repository".to_owned(), reason, None);
    }
}

pub(super) fn environment(seen: &Seen, found: &EnvironmentSeen, repository: &RepositorySeen, plan: &mut Plan) {
    let name = &seen.names.environment;
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
    if was_there_before(found.made, repository, SignedDuration::from_hours(1)) {
        reasons.push(BEFORE.to_owned());
    }
    let subject = format!("environment {name}");
    if reasons.is_empty() {
        plan.take(System::GitHub, subject, Vec::new(), Removal::Environment(name.clone()));
    } else {
        let remedy = format!(
            "look at it in the settings of the repository; what is ours of it is that the branch {} alone may use it",
            repository.branch
        );
        plan.leave(System::GitHub, subject, reasons.join("; "), Some(remedy));
    }
}

/// Returns whether something was made before the first thing of `init` that tells when it was made, by more than `slack`. In an
/// environment or a ruleset nothing can be written that would tell whose it is, and what was there before may be like ours by
/// now, since `init` has made it so.
fn was_there_before(made: Option<Timestamp>, repository: &RepositorySeen, slack: SignedDuration) -> bool {
    let ours = repository.releases.iter().filter(|release| is_our_release(release));
    let first = ours.filter_map(|release| release.published).chain(repository.first_commit).min();
    made.zip(first).is_some_and(|(made, first)| first.duration_since(made) > slack)
}
