//! What guards the repository: rules of its default branch, and releases that nobody can change.

use serde_json::{Value, json};

use super::plan::{Outcome, Step, System, Write};
use super::seen::{BranchRules, RepositorySeen};
use super::wanted::Wanted;

/// Name of our ruleset.
pub const RULESET: &str = "port-iam";
/// Number of the repository role of administrators in a ruleset's list of who may bypass it (GitHub REST API, "Rules").
const ADMINISTRATORS: u64 = 5;

/// Returns the ruleset of the default branch, as GitHub takes it.
///
/// An administrator may merge without a review, since a team of one could otherwise change nothing; nobody pushes.
pub(super) fn ruleset() -> Value {
    json!({
        "name": RULESET,
        "target": "branch",
        "enforcement": "active",
        "conditions": { "ref_name": { "include": ["~DEFAULT_BRANCH"], "exclude": [] } },
        "bypass_actors": [{
            "actor_id": ADMINISTRATORS,
            "actor_type": "RepositoryRole",
            "bypass_mode": "pull_request",
        }],
        "rules": [
            { "type": "deletion" },
            { "type": "non_fast_forward" },
            { "type": "pull_request", "parameters": {
                "required_approving_review_count": 1,
                "require_code_owner_review": true,
                "dismiss_stale_reviews_on_push": true,
                "require_last_push_approval": true,
                "required_review_thread_resolution": false,
            } },
        ],
    })
}

/// Returns the settings of the environment, as GitHub takes them: the branches that may use it are named one by one.
pub fn environment() -> Value {
    json!({ "deployment_branch_policy": { "protected_branches": false, "custom_branch_policies": true } })
}

/// Returns a ruleset of our name that is there, with what it lacks of ours: its other rules, stricter parameters and its
/// list of who may bypass it stay.
pub fn strengthened(theirs: &Value) -> Value {
    let mut body = ruleset();
    let rules = theirs["rules"].as_array().cloned().unwrap_or_default();
    let mut merged = rules.clone();
    for ours in body["rules"].as_array().cloned().unwrap_or_default() {
        match merged.iter_mut().find(|rule| rule["type"] == ours["type"]) {
            None => merged.push(ours),
            Some(rule) if ours["parameters"].is_object() => {
                let count = rule["parameters"]["required_approving_review_count"].as_u64().unwrap_or_default();
                rule["parameters"]["required_approving_review_count"] = json!(count.max(1));
                rule["parameters"]["require_code_owner_review"] = json!(true);
            }
            Some(_) => {}
        }
    }
    body["rules"] = merged.into();
    if theirs["bypass_actors"].is_array() {
        body["bypass_actors"] = theirs["bypass_actors"].clone();
    }
    body
}

/// Returns the step of the releases: it comes before the release, which is then one that nobody can change.
pub(super) fn immutable_releases(seen: Option<&RepositorySeen>) -> Option<Step> {
    let enabled = seen.map_or(Some(false), |seen| seen.immutable_releases)?;
    let outcome = match (enabled, seen) {
        (true, _) => Outcome::Keep,
        (false, Some(_)) => Outcome::Change(Write::ImmutableReleases),
        (false, None) => Outcome::Create(Write::ImmutableReleases),
    };
    let lines = if enabled { Vec::new() } else { vec!["~ enabled: false -> true".to_owned()] };
    Some(Step { system: System::GitHub, subject: "immutable releases".to_owned(), lines, outcome })
}

/// Returns the step of the branch's rules; none where the GitHub plan has none. It comes after the files, so that the
/// first of them need no review.
pub(super) fn branch_rules(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Option<Step> {
    let nothing = BranchRules::InForce(Vec::new());
    let BranchRules::InForce(rules) = seen.map_or(&nothing, |seen| &seen.rules) else { return None };
    let missing = missing(rules);
    let outcome = match missing.is_empty() {
        true => Outcome::Keep,
        false if seen.is_some_and(|seen| seen.has_ruleset) => Outcome::Change(Write::Ruleset(ruleset())),
        false => Outcome::Create(Write::Ruleset(ruleset())),
    };
    let subject = format!("rules of the branch {}", wanted.default_branch);
    Some(Step { system: System::GitHub, subject, lines: missing, outcome })
}

/// Returns whether rules that hold for a branch guard it as our ruleset would.
pub fn guards(in_force: &[Value]) -> bool {
    missing(in_force).is_empty()
}

/// Returns what of our rules is not in force, whoever made the rules that are.
fn missing(in_force: &[Value]) -> Vec<String> {
    let of_type = |kind: &'static str| in_force.iter().filter(move |rule| rule["type"] == kind);
    let mut missing = Vec::new();
    if of_type("pull_request").next().is_none() {
        missing.push("+ changes need a pull request".to_owned());
    }
    let reviewed = of_type("pull_request").any(|rule| {
        let parameters = &rule["parameters"];
        parameters["require_code_owner_review"] == true
            && parameters["required_approving_review_count"].as_u64().is_some_and(|count| count > 0)
    });
    if !reviewed {
        missing.push("+ a code owner reviews what changes under .github/".to_owned());
    }
    for (kind, line) in [("non_fast_forward", "+ nobody force-pushes"), ("deletion", "+ nobody deletes it")] {
        if of_type(kind).next().is_none() {
            missing.push(line.to_owned());
        }
    }
    missing
}
