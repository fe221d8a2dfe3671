//! What guards the repository: rules of its default branch, and releases that nobody can change.

use serde_json::{Value, json};

use super::difference::{differences, shown};
use super::plan::{Outcome, Step, System, Write};
use super::seen::{BranchRules, RepositorySeen};
use super::subject::Thing;
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

/// Returns a ruleset of our name that is there, with what it lacks of ours: its other rules and stricter parameters stay,
/// and so does who may pass it by, as far as ours lets anybody.
pub(super) fn strengthened(theirs: &Value) -> Value {
    let mut body = ruleset();
    let mut rules = theirs["rules"].as_array().cloned().unwrap_or_default();
    for ours in body["rules"].as_array().cloned().unwrap_or_default() {
        match rules.iter_mut().find(|rule| rule["type"] == ours["type"]) {
            None => rules.push(ours),
            Some(rule) if ours["parameters"].is_object() => strengthen(&mut rule["parameters"], &ours["parameters"]),
            Some(_) => {}
        }
    }
    body["rules"] = rules.into();
    for pattern in theirs.pointer("/conditions/ref_name/include").and_then(Value::as_array).into_iter().flatten() {
        let Some(include) = body["conditions"]["ref_name"]["include"].as_array_mut() else { continue };
        if !include.contains(pattern) {
            include.push(pattern.clone());
        }
    }
    if let Some(theirs) = theirs["bypass_actors"].as_array() {
        let agreed: Vec<Value> = theirs.iter().filter(|actor| is_agreed(actor)).cloned().collect();
        // Where all of it was wider, somebody must still be able to merge.
        if theirs.is_empty() || !agreed.is_empty() {
            body["bypass_actors"] = agreed.into();
        }
    }
    body
}

/// Makes parameters at least as strict as ours.
fn strengthen(theirs: &mut Value, ours: &Value) {
    for (key, own) in ours.as_object().into_iter().flatten() {
        let their = &mut theirs[key];
        match own {
            Value::Number(least) => {
                let count = their.as_u64().unwrap_or_default().max(least.as_u64().unwrap_or_default());
                *their = json!(count);
            }
            Value::Bool(true) => *their = json!(true),
            // GitHub wants every parameter.
            _ if their.is_null() => *their = own.clone(),
            _ => {}
        }
    }
}

/// Returns whether whoever may pass a ruleset by is an administrator, and by a pull request alone.
fn is_agreed(actor: &Value) -> bool {
    actor["actor_type"] == "RepositoryRole"
        && actor["actor_id"] == ADMINISTRATORS
        && actor["bypass_mode"] == "pull_request"
}

/// Returns whether a ruleset of our name is one of ours, be it of another version or changed: it is about the default
/// branch, and most of its rules are there.
pub fn is_our_ruleset(theirs: &Value) -> bool {
    let rules = theirs["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = ruleset();
    let ours = body["rules"].as_array().into_iter().flatten();
    let held = ours.filter(|ours| rules.iter().any(|rule| rule["type"] == ours["type"])).count();
    let include = theirs.pointer("/conditions/ref_name/include").and_then(Value::as_array);
    theirs["target"] == "branch"
        && held >= 2
        && include.is_some_and(|include| include.iter().any(|pattern| pattern == "~DEFAULT_BRANCH"))
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
    Some(Step { system: System::GitHub, subject: Thing::ImmutableReleases.into(), lines, outcome })
}

/// Returns the step of the branch's rules; none where the GitHub plan has none. It comes after the files, so that the
/// first of them need no review.
pub(super) fn branch_rules(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Option<Step> {
    let nothing = BranchRules::InForce(Vec::new());
    let BranchRules::InForce(rules) = seen.map_or(&nothing, |seen| &seen.rules) else { return None };
    let rulesets = seen.map(|seen| seen.rulesets.as_slice()).unwrap_or_default();
    let mut lines = missing(rules, rulesets);
    let subject = Thing::BranchRules(wanted.default_branch.clone()).into();
    let step = |lines, outcome| Some(Step { system: System::GitHub, subject, lines, outcome });
    if lines.is_empty() {
        return step(lines, Outcome::Keep);
    }
    let Some(theirs) = rulesets.iter().find(|ruleset| ruleset["name"] == RULESET) else {
        return step(lines, Outcome::Create(Write::Ruleset { id: None, body: ruleset() }));
    };
    let body = strengthened(theirs);
    lines.extend(differences(&writable(theirs, &body), &body));
    if !is_our_ruleset(theirs) && !wanted.consent.adopt {
        let outcome = Outcome::Refused {
            reason: format!("a ruleset named {RULESET} exists and is not of this system"),
            remedy: "port-iam init --adopt changes it: look first at what would change, below; or give it another name"
                .to_owned(),
        };
        return step(lines, outcome);
    }
    step(lines, Outcome::Change(Write::Ruleset { id: theirs["id"].as_u64(), body }))
}

/// Returns of theirs what is sent for ours.
fn writable(theirs: &Value, body: &Value) -> Value {
    let keys = body.as_object().into_iter().flatten().map(|(key, _)| key);
    keys.map(|key| (key.clone(), theirs[key].clone())).collect()
}

/// Returns whether GitHub hides who may pass by what guards the branch: it tells that to administrators alone (GitHub REST
/// API, "Rules").
pub(super) fn bypass_is_hidden(seen: &RepositorySeen) -> bool {
    let BranchRules::InForce(rules) = &seen.rules else { return false };
    let is_told = |rule: &&Value| {
        ruleset_of(rule, &seen.rulesets)
            .is_some_and(|ruleset| ruleset["bypass_actors"].is_array() && beyond(ruleset).is_empty())
    };
    let told: Vec<&Value> = rules.iter().filter(is_told).collect();
    missing(rules, &seen.rulesets).is_empty() && !not_in_force(&told).is_empty()
}

fn ruleset_of<'a>(rule: &Value, rulesets: &'a [Value]) -> Option<&'a Value> {
    rulesets.iter().find(|ruleset| ruleset["id"].is_u64() && ruleset["id"] == rule["ruleset_id"])
}

/// Returns who may pass a ruleset by whom ours lets not.
fn beyond(ruleset: &Value) -> Vec<&Value> {
    ruleset["bypass_actors"].as_array().into_iter().flatten().filter(|actor| !is_agreed(actor)).collect()
}

/// Returns what of our rules is not in force, whoever made the rules that are, or can be passed by.
fn missing(in_force: &[Value], rulesets: &[Value]) -> Vec<String> {
    let is_tight = |rule: &&Value| ruleset_of(rule, rulesets).is_none_or(|ruleset| beyond(ruleset).is_empty());
    let tight: Vec<&Value> = in_force.iter().filter(is_tight).collect();
    let mut lines = not_in_force(&in_force.iter().collect::<Vec<_>>());
    if not_in_force(&tight).len() > lines.len() {
        let loose = rulesets.iter().filter(|ruleset| {
            let holds = in_force.iter().any(|rule| ruleset_of(rule, std::slice::from_ref(ruleset)).is_some());
            holds && !beyond(ruleset).is_empty()
        });
        lines.extend(loose.map(|ruleset| {
            let who: Vec<String> = beyond(ruleset).into_iter().map(actor).collect();
            format!(
                "~ the ruleset {} lets more than administrators with a pull request pass it by: {}",
                shown(&ruleset["name"]),
                who.join(", ")
            )
        }));
    }
    lines
}

/// Returns who it is that may pass a ruleset by, for people.
fn actor(actor: &Value) -> String {
    let word = |key: &str| shown(&actor[key]).trim_matches('"').to_owned();
    format!("{} {} ({})", word("actor_type"), word("actor_id"), word("bypass_mode"))
}

fn not_in_force(rules: &[&Value]) -> Vec<String> {
    let is_there = |kind: &str| rules.iter().any(|rule| rule["type"] == kind);
    // Of several rulesets the strictest word holds (GitHub Docs, "About rulesets").
    let demands = |holds: fn(&Value) -> bool| {
        rules.iter().any(|rule| rule["type"] == "pull_request" && holds(&rule["parameters"]))
    };
    let demanded = [
        (is_there("pull_request"), "+ changes need a pull request"),
        (
            demands(|it| {
                it["require_code_owner_review"] == true
                    && it["required_approving_review_count"].as_u64().is_some_and(|count| count > 0)
            }),
            "+ a code owner reviews what changes under .github/",
        ),
        (demands(|it| it["dismiss_stale_reviews_on_push"] == true), "+ a further push takes approvals back"),
        (demands(|it| it["require_last_push_approval"] == true), "+ nobody approves a push of their own"),
        (is_there("non_fast_forward"), "+ nobody force-pushes"),
        (is_there("deletion"), "+ nobody deletes it"),
    ];
    demanded.into_iter().filter(|(holds, _)| !holds).map(|(_, line)| line.to_owned()).collect()
}
