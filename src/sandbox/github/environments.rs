//! Environments and the branches that may use them.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Query, Refusal, counted, no_content, ok};
use super::directory::Caller;
use super::repository::{BranchPolicy, Environment, Repository};
use super::shapes::{date, node_id};
use super::vault::Vault;

/// `GET environments`
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let shapes = repository.environments.values().map(|environment| shape(&github, repository, environment));
        query.page(github.base_url(), shapes.collect(), counted("environments"))
    })
}

/// `GET environments/{environment}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, environment)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let environment = repository.environments.get(&environment.to_lowercase()).ok_or_else(Refusal::not_found)?;
        ok(shape(&github, repository, environment))
    })
}

/// `PUT environments/{environment}`
pub(super) async fn put(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, environment)): Path<(String, String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        github.plan_covers(repository)?;
        let branches = branch_policy(&body.0["deployment_branch_policy"])?;
        let (now, key) = (github.now(), environment.to_lowercase());
        let kept = repository.environments.entry(key).or_insert_with(|| {
            let id = github.next_id();
            let (name, vault) = (environment.clone(), Vault::new(id));
            let policies = Vec::new();
            Environment { id, name, created_at: now, updated_at: now, branches, policies, vault }
        });
        kept.updated_at = now;
        kept.branches = branches;
        let kept = kept.clone();
        ok(shape(&github, repository, &kept))
    })
}

/// Both switches alike are refused; `null` admits every branch.
fn branch_policy(given: &Value) -> Result<BranchPolicy, Refusal> {
    if given.is_null() {
        return Ok(BranchPolicy::All);
    }
    match (given["protected_branches"].as_bool(), given["custom_branch_policies"].as_bool()) {
        (Some(true), Some(false)) => Ok(BranchPolicy::Protected),
        (Some(false), Some(true)) => Ok(BranchPolicy::Custom),
        _ => Err(Refusal::unprocessable("protected_branches and custom_branch_policies cannot have the same value")),
    }
}

/// `DELETE environments/{environment}`
pub(super) async fn delete(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, environment)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        let gone = repository.environments.remove(&environment.to_lowercase());
        if gone.is_some() { no_content() } else { Err(Refusal::not_found()) }
    })
}

/// `GET environments/{environment}/deployment-branch-policies`
pub(super) async fn policies(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, environment)): Path<(String, String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_ACTIONS, |repository| {
        let environment = repository.environments.get(&environment.to_lowercase()).ok_or_else(Refusal::not_found)?;
        query.page(
            github.base_url(),
            environment.policies.iter().map(policy_shape).collect(),
            counted("branch_policies"),
        )
    })
}

/// `POST environments/{environment}/deployment-branch-policies`: only for environments with custom policies.
pub(super) async fn add_policy(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, environment)): Path<(String, String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        let key = environment.to_lowercase();
        let environment = repository.environments.get_mut(&key).ok_or_else(Refusal::not_found)?;
        if environment.branches != BranchPolicy::Custom {
            return Err(Refusal::not_found());
        }
        let pattern = body.required("DeploymentBranchPolicy", "name")?.to_owned();
        let kind = body.text("type").unwrap_or("branch").to_owned();
        // GitHub answers a policy that is there already with 303 to it; the fields are the same.
        if let Some(known) = environment.policies.iter().find(|(_, known, of)| *known == pattern && *of == kind) {
            return ok(policy_shape(known));
        }
        let policy = (github.next_id(), pattern, kind);
        let answer = policy_shape(&policy);
        environment.policies.push(policy);
        ok(answer)
    })
}

fn policy_shape((id, pattern, kind): &(u64, String, String)) -> Value {
    json!({ "id": id, "node_id": node_id("DeploymentBranchPolicy", id), "name": pattern, "type": kind })
}

fn shape(github: &GitHub, repository: &Repository, environment: &Environment) -> Value {
    let Environment { id, name, created_at, updated_at, branches, .. } = environment;
    let policy = match branches {
        BranchPolicy::All => Value::Null,
        BranchPolicy::Protected => json!({ "protected_branches": true, "custom_branch_policies": false }),
        BranchPolicy::Custom => json!({ "protected_branches": false, "custom_branch_policies": true }),
    };
    let rules: Vec<Value> = if policy.is_null() {
        Vec::new()
    } else {
        vec![json!({ "id": id, "node_id": node_id("GateRule", id), "type": "branch_policy" })]
    };
    json!({
        "id": id, "node_id": node_id("Environment", id), "name": name,
        "url": github.url(repository, &format!("/environments/{name}")),
        "html_url": format!("{}/{}/deployments", github.base_url(), repository.full_name()),
        "created_at": date(*created_at), "updated_at": date(*updated_at), "can_admins_bypass": true,
        "protection_rules": rules, "deployment_branch_policy": policy,
    })
}
