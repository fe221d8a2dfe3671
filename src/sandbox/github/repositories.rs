//! Creating, showing, changing and deleting repositories.

use axum::extract::{Path, State};
use serde_json::Value;

use super::GitHub;
use super::access::{self, Need};
use super::answer::{Answer, JsonBody, Query, Refusal, created, list, no_content, ok};
use super::directory::{Area, Caller, Level};
use super::push::Changes;
use super::repository::{BRANCHES, Repository};
use super::shapes;

/// `POST /orgs/{org}/repos`
pub(super) async fn create_in_organization(
    State(github): State<GitHub>,
    caller: Caller,
    Path(organization): Path<String>,
    body: JsonBody,
) -> Answer {
    caller.human()?;
    let (owner, role) = {
        let directory = github.directory();
        let account = directory.account(&organization).filter(|account| account.kind == "Organization");
        let owner = account.map(|account| account.login.clone()).ok_or_else(Refusal::not_found)?;
        (owner, directory.role(&organization, &caller.login))
    };
    if role.is_none() {
        return Err(Refusal::new(403, "You need admin access to the organization before adding a repository to it."));
    }
    create(&github, &caller, &owner, &body)
}

/// `POST /user/repos`
pub(super) async fn create_for_user(State(github): State<GitHub>, caller: Caller, body: JsonBody) -> Answer {
    caller.human()?;
    let owner = caller.login.clone();
    create(&github, &caller, &owner, &body)
}

fn create(github: &GitHub, caller: &Caller, owner: &str, body: &JsonBody) -> Answer {
    let name = body.required("Repository", "name")?;
    let private = body.flag("private").unwrap_or(body.text("visibility").is_some_and(|shown| shown != "public"));
    match caller.permits(Area::Administration, Level::Write) {
        Some(true) => {}
        Some(false) => return Err(Refusal::lacks_permission("administration=write".to_owned())),
        None if caller.has_scope("repo") || (!private && caller.has_scope("public_repo")) => {}
        None => return Err(Refusal::not_found().for_want_of("public_repo, repo")),
    }
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    if name.is_empty() || !plain {
        return Err(Refusal::invalid("Repository", "name", "invalid"));
    }
    let mut repositories = github.repositories();
    if super::find(&mut repositories, owner, name).is_some() {
        return Err(Refusal::custom("Repository", "name already exists on this account"));
    }
    let now = github.now();
    let mut repository = Repository::new(github.next_id(), owner, name, private, &github.default_branch(), now);
    repository.settings = shapes::remembered_settings(&body.0);
    repository.collaborators.insert(caller.login.clone(), Level::Admin);
    if body.flag("auto_init") == Some(true) {
        let pusher = github.pusher(caller, &repository);
        let readme = Changes::from([("README.md".to_owned(), Some(format!("# {name}\n").into_bytes()))]);
        let commit = repository.commit(None, readme, "Initial commit", &pusher);
        let reference = format!("{BRANCHES}{}", repository.default_branch);
        repository.references.insert(reference, commit);
    }
    let shape = github.repository_shape(caller, &repository);
    repositories.push(repository);
    created(shape)
}

/// `GET /orgs/{org}/repos`
pub(super) async fn list_of_organization(
    State(github): State<GitHub>,
    caller: Caller,
    Path(organization): Path<String>,
    query: Query,
) -> Answer {
    if github.directory().account(&organization).is_none_or(|account| account.kind != "Organization") {
        return Err(Refusal::not_found());
    }
    let repositories = github.repositories();
    let visible = repositories.iter().filter(|repository| {
        repository.owner.eq_ignore_ascii_case(&organization)
            && access::check(&github.directory(), &caller, repository, Need::METADATA).is_ok()
    });
    let shapes: Vec<Value> = visible.map(|repository| github.repository_shape(&caller, repository)).collect();
    query.page(github.base_url(), shapes, list)
}

/// `GET /repos/{owner}/{repo}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::METADATA, |repository| ok(github.repository_shape(&caller, repository)))
}

/// `PATCH /repos/{owner}/{repo}`
pub(super) async fn update(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| {
        if let Some(branch) = body.text("default_branch") {
            if repository.branch(branch).is_none() {
                return Err(Refusal::invalid("Repository", "default_branch", "invalid"));
            }
            repository.default_branch = branch.to_owned();
        }
        if let Some(private) = body.flag("private").or(body.text("visibility").map(|shown| shown != "public")) {
            repository.private = private;
            repository.internal = body.text("visibility") == Some("internal");
        }
        repository.settings.extend(shapes::remembered_settings(&body.0));
        ok(github.repository_shape(&caller, repository))
    })
}

/// `DELETE /repos/{owner}/{repo}`: classic tokens need `delete_repo`.
pub(super) async fn delete(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
) -> Answer {
    let id = github.with(&caller, &owner, &name, Need::ADMINISTRATION, |repository| Ok(repository.id))?;
    // A fine-grained token needs the right of administration, which it has been asked for.
    if caller.permits(Area::Administration, Level::Write).is_none() && !caller.has_scope("delete_repo") {
        return Err(Refusal::new(403, "Must have admin rights to Repository.").for_want_of("delete_repo"));
    }
    github.repositories().retain(|repository| repository.id != id);
    no_content()
}
