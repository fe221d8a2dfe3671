//! Branches, their classic protection, and the commits of a branch.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Query, Refusal, list, no_content, ok};
use super::directory::Caller;
use super::git_data::not_empty;
use super::repository::{BRANCHES, Repository};
use super::shapes;

/// What follows the name of a branch in the addresses of its protection.
const PROTECTION: &str = "/protection";

/// `GET branches`
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let branches = repository.references.iter().filter_map(|(full, id)| Some((full.strip_prefix(BRANCHES)?, id)));
        let shapes = branches.map(|(branch, id)| {
            let commit = json!({ "sha": id, "url": github.url(repository, &format!("/commits/{id}")) });
            json!({ "name": branch, "commit": commit, "protected": repository.is_protected(branch) })
        });
        query.page(github.base_url(), shapes.collect(), list)
    })
}

/// `GET branches/{branch}` and `GET branches/{branch}/protection`; a branch may have slashes in its name.
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, rest)): Path<(String, String, String)>,
) -> Answer {
    if let Some(branch) = rest.strip_suffix(PROTECTION) {
        return github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
            github.plan_covers(repository)?;
            existing(repository, branch)?;
            let protection = repository.protection.get(branch);
            let protection = protection.ok_or_else(|| Refusal::new(404, "Branch not protected"))?;
            ok(protection_shape(&github.url(repository, &format!("/branches/{branch}/protection")), protection))
        });
    }
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let id = existing(repository, &rest)?;
        let url = github.url(repository, &format!("/branches/{rest}"));
        let protected = repository.protection.contains_key(&rest);
        ok(json!({
            "name": rest, "commit": commit_shape(&github, repository, &id),
            "_links": { "self": url, "html": format!("{}/{}/tree/{rest}", github.base_url(), repository.full_name()) },
            "protected": repository.is_protected(&rest), "protection": { "enabled": protected },
            "protection_url": format!("{url}{PROTECTION}"),
        }))
    })
}

/// `PUT branches/{branch}/protection`
pub(super) async fn protect(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, rest)): Path<(String, String, String)>,
    body: JsonBody,
) -> Answer {
    let branch = rest.strip_suffix(PROTECTION).ok_or_else(Refusal::not_found)?;
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        github.plan_covers(repository)?;
        existing(repository, branch)?;
        repository.protection.insert(branch.to_owned(), body.0.clone());
        ok(protection_shape(&github.url(repository, &format!("/branches/{branch}/protection")), &body.0))
    })
}

/// `DELETE branches/{branch}/protection`
pub(super) async fn unprotect(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, rest)): Path<(String, String, String)>,
) -> Answer {
    let branch = rest.strip_suffix(PROTECTION).ok_or_else(Refusal::not_found)?;
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| match repository.protection.remove(branch) {
        Some(_) => no_content(),
        None => Err(Refusal::new(404, "Branch not protected")),
    })
}

fn existing(repository: &Repository, branch: &str) -> Result<String, Refusal> {
    repository.branch(branch).map(str::to_owned).ok_or_else(|| Refusal::new(404, "Branch not found"))
}

fn protection_shape(url: &str, protection: &Value) -> Value {
    let switch = |name: &str| json!({ "url": format!("{url}/{name}"), "enabled": protection[name] == true });
    let mut shape = json!({
        "url": url, "enforce_admins": switch("enforce_admins"), "required_linear_history": { "enabled": false },
        "allow_force_pushes": { "enabled": false }, "allow_deletions": { "enabled": false },
    });
    if let Some(reviews) = protection["required_pull_request_reviews"].as_object() {
        let count = reviews.get("required_approving_review_count").cloned().unwrap_or(json!(1));
        shape["required_pull_request_reviews"] = json!({
            "url": format!("{url}/required_pull_request_reviews"), "dismiss_stale_reviews": false,
            "require_code_owner_reviews": reviews.get("require_code_owner_reviews") == Some(&json!(true)),
            "required_approving_review_count": count, "require_last_push_approval": false,
        });
    }
    shape
}

/// `GET commits`: `sha` (branch or commit) and `path` are honoured.
pub(super) async fn commits(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        not_empty(repository)?;
        let start = repository.resolve(query.get("sha").unwrap_or("HEAD")).ok_or_else(Refusal::not_found)?;
        let mut history = repository.objects.history(&start);
        if let Some(path) = query.get("path") {
            history.retain(|id| changes(repository, id, path));
        }
        let shapes = history.iter().map(|id| commit_shape(&github, repository, id));
        query.page(github.base_url(), shapes.collect(), list)
    })
}

/// Returns whether a commit changed what lies at `path`.
fn changes(repository: &Repository, id: &str, path: &str) -> bool {
    let here = repository.objects.find(id, path);
    let parents = repository.objects.commit(id).map(|commit| commit.parents.clone()).unwrap_or_default();
    match parents.first() {
        Some(parent) => repository.objects.find(parent, path) != here,
        None => here.is_some(),
    }
}

fn commit_shape(github: &GitHub, repository: &Repository, id: &str) -> Value {
    let Some(commit) = repository.objects.commit(id) else { return Value::Null };
    let author = github.account_of(&commit.author.email);
    shapes::commit(github.base_url(), &repository.full_name(), id, commit, &author)
}
