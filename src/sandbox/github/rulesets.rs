//! Rulesets: creating, changing and showing them, and the rules that hold for a branch.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Query, Refusal, created, list, no_content, ok};
use super::directory::Caller;
use super::repository::Repository;
use super::rules::Ruleset;
use super::shapes::{date, node_id};

const RULE_TYPES: [&str; 21] = [
    "creation",
    "update",
    "deletion",
    "required_linear_history",
    "merge_queue",
    "required_deployments",
    "required_signatures",
    "pull_request",
    "required_status_checks",
    "non_fast_forward",
    "commit_message_pattern",
    "commit_author_email_pattern",
    "committer_email_pattern",
    "branch_name_pattern",
    "tag_name_pattern",
    "file_path_restriction",
    "max_file_path_length",
    "file_extension_restriction",
    "max_file_size",
    "workflows",
    "code_scanning",
];

/// `GET rules/branches/{branch}`
pub(super) async fn for_branch(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, branch)): Path<(String, String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::METADATA, |repository| {
        github.plan_covers(repository)?;
        query.page(github.base_url(), repository.rules_for(&branch), list)
    })
}

/// `GET rulesets`: without their rules.
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::METADATA, |repository| {
        github.plan_covers(repository)?;
        let shapes = repository.rulesets.iter().map(|ruleset| shape(&github, repository, ruleset, false));
        query.page(github.base_url(), shapes.collect(), list)
    })
}

/// `GET rulesets/{id}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::METADATA, |repository| {
        github.plan_covers(repository)?;
        let ruleset = repository.rulesets.iter().find(|ruleset| ruleset.id == id).ok_or_else(Refusal::not_found)?;
        ok(shape(&github, repository, ruleset, true))
    })
}

/// `POST rulesets`
pub(super) async fn create(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        github.plan_covers(repository)?;
        let now = github.now();
        let ruleset_name = body.required("Ruleset", "name")?.to_owned();
        let enforcement = body.required("Ruleset", "enforcement")?.to_owned();
        unique_name(repository, &ruleset_name, None)?;
        let mut ruleset = Ruleset {
            id: github.next_id(),
            name: ruleset_name,
            target: "branch".to_owned(),
            enforcement,
            conditions: json!({}),
            rules: Vec::new(),
            bypass_actors: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        merge(&mut ruleset, &body)?;
        let answer = shape(&github, repository, &ruleset, true);
        repository.rulesets.push(ruleset);
        created(answer)
    })
}

/// `PUT rulesets/{id}`: fields that are not sent stay.
pub(super) async fn replace(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        github.plan_covers(repository)?;
        let index = repository.rulesets.iter().position(|ruleset| ruleset.id == id).ok_or_else(Refusal::not_found)?;
        let mut ruleset = repository.rulesets[index].clone();
        if let Some(name) = body.text("name") {
            unique_name(repository, name, Some(id))?;
            ruleset.name = name.to_owned();
        }
        merge(&mut ruleset, &body)?;
        ruleset.updated_at = github.now();
        repository.rulesets[index] = ruleset;
        ok(shape(&github, repository, &repository.rulesets[index], true))
    })
}

/// `DELETE rulesets/{id}`
pub(super) async fn delete(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        let before = repository.rulesets.len();
        repository.rulesets.retain(|ruleset| ruleset.id != id);
        if repository.rulesets.len() == before { Err(Refusal::not_found()) } else { no_content() }
    })
}

fn unique_name(repository: &Repository, name: &str, except: Option<u64>) -> Result<(), Refusal> {
    let taken = repository.rulesets.iter().any(|ruleset| ruleset.name == name && Some(ruleset.id) != except);
    if taken { Err(Refusal::custom("Ruleset", "Name must be unique")) } else { Ok(()) }
}

fn merge(ruleset: &mut Ruleset, body: &JsonBody) -> Result<(), Refusal> {
    if let Some(target) = body.text("target") {
        ruleset.target = target.to_owned();
    }
    if let Some(enforcement) = body.text("enforcement") {
        if !["active", "disabled", "evaluate"].contains(&enforcement) {
            return Err(Refusal::invalid("Ruleset", "enforcement", "invalid"));
        }
        ruleset.enforcement = enforcement.to_owned();
    }
    if let Some(conditions) = body.0.get("conditions") {
        ruleset.conditions = conditions.clone();
    }
    if let Some(rules) = body.0["rules"].as_array() {
        for rule in rules {
            if !rule["type"].as_str().is_some_and(|kind| RULE_TYPES.contains(&kind)) {
                return Err(Refusal::unprocessable(format!("Invalid rule '{}'", rule["type"])));
            }
        }
        ruleset.rules.clone_from(rules);
    }
    if let Some(actors) = body.0["bypass_actors"].as_array() {
        ruleset.bypass_actors.clone_from(actors);
    }
    Ok(())
}

fn shape(github: &GitHub, repository: &Repository, ruleset: &Ruleset, whole: bool) -> Value {
    let id = ruleset.id;
    let url = github.url(repository, &format!("/rulesets/{id}"));
    let html = format!("{}/{}/rules/{id}", github.base_url(), repository.full_name());
    let mut shape = json!({
        "id": id, "node_id": node_id("RepositoryRuleset", id), "name": ruleset.name, "target": ruleset.target,
        "source_type": "Repository", "source": repository.full_name(), "enforcement": ruleset.enforcement,
        "_links": { "self": { "href": url }, "html": { "href": html } },
        "created_at": date(ruleset.created_at), "updated_at": date(ruleset.updated_at),
    });
    if whole {
        shape["conditions"] = ruleset.conditions.clone();
        shape["rules"] = json!(ruleset.rules);
        shape["bypass_actors"] = json!(ruleset.bypass_actors);
    }
    shape
}
