//! The git data API: blobs, commits and references. All of it answers 409 on an empty repository.

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Refusal, created, no_content, ok};
use super::contents::wrapped_base64;
use super::directory::Caller;
use super::objects::{Commit, Signature};
use super::repository::Repository;
use super::shapes::{self, node_id};

/// Refuses an empty repository.
pub(super) fn not_empty(repository: &Repository) -> Result<(), Refusal> {
    if repository.is_empty() { Err(Refusal::empty_repository()) } else { Ok(()) }
}

/// `POST git/blobs`
pub(super) async fn create_blob(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        not_empty(repository)?;
        let content = body.required("Blob", "content")?;
        let content = match body.text("encoding").unwrap_or("utf-8") {
            "base64" => STANDARD
                .decode(content.split_whitespace().collect::<String>())
                .map_err(|_| Refusal::unprocessable("content is not valid Base64"))?,
            _ => content.as_bytes().to_vec(),
        };
        let id = repository.objects.add_blob(&content);
        created(json!({ "sha": id, "url": github.url(repository, &format!("/git/blobs/{id}")) }))
    })
}

/// `GET git/blobs/{sha}`
pub(super) async fn blob(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        not_empty(repository)?;
        let content = repository.objects.blob(&id).ok_or_else(Refusal::not_found)?;
        ok(json!({
            "sha": id, "node_id": node_id("Blob", &id), "size": content.len(), "encoding": "base64",
            "url": github.url(repository, &format!("/git/blobs/{id}")), "content": wrapped_base64(content),
        }))
    })
}

/// `POST git/commits`: such a commit is unsigned.
pub(super) async fn create_commit(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        not_empty(repository)?;
        let message = body.required("Commit", "message")?.to_owned();
        let tree = body.required("Commit", "tree")?.to_owned();
        if repository.objects.tree(&tree).is_none() {
            return Err(Refusal::unprocessable("Tree SHA does not exist"));
        }
        let parents: Vec<String> =
            body.0["parents"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if parents.iter().any(|parent| repository.objects.commit(parent).is_none()) {
            return Err(Refusal::unprocessable("Parent SHA does not exist or is not a commit object"));
        }
        let own = github.pusher(&caller, repository).signature;
        let author = signature(&body.0["author"], &own);
        let committer = signature(&body.0["committer"], &author);
        let commit = Commit { tree, parents, author, committer, message, verified: false };
        let id = repository.objects.add_commit(commit.clone());
        created(shapes::git_commit(github.base_url(), &repository.full_name(), &id, &commit))
    })
}

fn signature(given: &Value, fallback: &Signature) -> Signature {
    let text = |field: &str, fallback: &str| given[field].as_str().unwrap_or(fallback).to_owned();
    let when = given["date"].as_str().and_then(|date| date.parse::<Timestamp>().ok());
    Signature {
        name: text("name", &fallback.name),
        email: text("email", &fallback.email),
        seconds: when.map_or(fallback.seconds, Timestamp::as_second),
    }
}

/// `GET git/commits/{sha}`
pub(super) async fn commit(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        not_empty(repository)?;
        let commit = repository.objects.commit(&id).ok_or_else(Refusal::not_found)?;
        ok(shapes::git_commit(github.base_url(), &repository.full_name(), &id, commit))
    })
}

/// `GET git/ref/{ref}`
pub(super) async fn reference(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, reference)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        not_empty(repository)?;
        let full = format!("refs/{reference}");
        let id = repository.references.get(&full).ok_or_else(Refusal::not_found)?;
        ok(reference_shape(&github, repository, &full, id))
    })
}

/// `POST git/refs`
pub(super) async fn create_reference(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        not_empty(repository)?;
        let full = body.required("Reference", "ref")?.to_owned();
        let id = body.required("Reference", "sha")?.to_owned();
        if !full.starts_with("refs/") || full.split('/').count() < 3 || full.split('/').any(str::is_empty) {
            return Err(Refusal::unprocessable(
                "Reference name is not valid: it must start with refs/ and have two slashes",
            ));
        }
        if repository.references.contains_key(&full) {
            return Err(Refusal::unprocessable("Reference already exists"));
        }
        if full.strip_prefix("refs/tags/").is_some_and(|tag| github.is_used_tag(repository, tag)) {
            return Err(Refusal::unprocessable(
                "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n",
            ));
        }
        existing_commit(repository, &id)?;
        let pusher = github.pusher(&caller, repository);
        let pushed = repository.push(&pusher, &full, &id, false, github.now());
        pushed.map_err(|refusal| refusal.refusal(422))?;
        created(reference_shape(&github, repository, &full, &id))
    })
}

/// `PATCH git/refs/{ref}`
pub(super) async fn update_reference(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, reference)): Path<(String, String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        not_empty(repository)?;
        let full = format!("refs/{reference}");
        let id = body.required("Reference", "sha")?.to_owned();
        existing_reference(repository, &full)?;
        existing_commit(repository, &id)?;
        let pusher = github.pusher(&caller, repository);
        let force = body.flag("force").unwrap_or(false);
        let pushed = repository.push(&pusher, &full, &id, force, github.now());
        pushed.map_err(|refusal| refusal.refusal(422))?;
        ok(reference_shape(&github, repository, &full, &id))
    })
}

/// `DELETE git/refs/{ref}`
pub(super) async fn delete_reference(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, reference)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        let full = format!("refs/{reference}");
        existing_reference(repository, &full)?;
        let pusher = github.pusher(&caller, repository);
        repository.delete_reference(&pusher, &full).map_err(|refusal| refusal.refusal(422))?;
        no_content()
    })
}

fn existing_reference(repository: &Repository, full: &str) -> Result<(), Refusal> {
    let known = repository.references.contains_key(full);
    if known { Ok(()) } else { Err(Refusal::unprocessable("Reference does not exist")) }
}

fn existing_commit(repository: &Repository, id: &str) -> Result<(), Refusal> {
    if repository.objects.commit(id).is_some() {
        return Ok(());
    }
    let message = if repository.objects.contains(id) { "Object is not a commit" } else { "Object does not exist" };
    Err(Refusal::unprocessable(message))
}

fn reference_shape(github: &GitHub, repository: &Repository, full: &str, id: &str) -> Value {
    json!({
        "ref": full, "node_id": node_id("Ref", full), "url": github.url(repository, &format!("/git/{full}")),
        "object": { "type": "commit", "sha": id, "url": github.url(repository, &format!("/git/commits/{id}")) },
    })
}
