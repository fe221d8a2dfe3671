//! Trees of the git data API.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, JsonBody, Query, Refusal, created, ok};
use super::directory::Caller;
use super::git_data::not_empty;
use super::objects::{FILE_MODE, Files, TreeEntry};
use super::push::overlay;
use super::repository::Repository;

/// `POST git/trees`
pub(super) async fn create(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        not_empty(repository)?;
        let mut files = match body.text("base_tree") {
            Some(base) if repository.objects.tree_id(base).is_some() => repository.objects.files(base),
            Some(_) => return Err(Refusal::unprocessable("base_tree is not a valid tree oid")),
            None => Files::new(),
        };
        let entries = body.0["tree"].as_array().ok_or_else(|| Refusal::invalid("Tree", "tree", "missing_field"))?;
        for entry in entries {
            put(repository, &mut files, entry)?;
        }
        let id = repository.objects.add_files(&files);
        created(shape(&github, repository, &id, false))
    })
}

fn put(repository: &mut Repository, files: &mut Files, given: &Value) -> Result<(), Refusal> {
    let path = given["path"].as_str().ok_or_else(|| Refusal::invalid("Tree", "path", "missing_field"))?;
    if path.split('/').any(|name| ["", ".", "..", ".git"].contains(&name)) {
        return Err(Refusal::unprocessable("tree.path contains a malformed path component"));
    }
    let mode = given["mode"].as_str().unwrap_or(FILE_MODE);
    if !["100644", "100755", "120000", "040000", "160000"].contains(&mode) {
        return Err(Refusal::unprocessable("Must supply a valid tree.mode"));
    }
    let id = match (given["content"].as_str(), given.get("sha")) {
        (Some(content), None | Some(Value::Null)) => repository.objects.add_blob(content.as_bytes()),
        (Some(_), Some(_)) => {
            return Err(Refusal::unprocessable("Must supply either tree.sha or tree.content, not both"));
        }
        (None, Some(Value::Null)) => {
            let below = format!("{path}/");
            files.retain(|other, _| other != path && !other.starts_with(&below));
            return Ok(());
        }
        (None, Some(Value::String(id))) => id.clone(),
        (None, _) => return Err(Refusal::unprocessable("Must supply tree.sha or tree.content")),
    };
    let missing =
        || Refusal::unprocessable(format!("tree.sha {id} is not a valid {}", given["type"].as_str().unwrap_or("blob")));
    if mode == "040000" {
        repository.objects.tree(&id).ok_or_else(missing)?;
        for (name, entry) in repository.objects.files(&id) {
            overlay(files, format!("{path}/{name}"), entry);
        }
        return Ok(());
    }
    repository.objects.blob(&id).ok_or_else(missing)?;
    overlay(files, path.to_owned(), TreeEntry { mode: mode.to_owned(), id });
    Ok(())
}

/// `GET git/trees/{sha}`: a tree, a commit, a branch or a tag; any value of `recursive` is a yes.
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, revision)): Path<(String, String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        not_empty(repository)?;
        let commit = repository.resolve(&revision);
        let id = repository.objects.tree_id(&commit.unwrap_or(revision)).ok_or_else(Refusal::not_found)?;
        ok(shape(&github, repository, &id, query.get("recursive").is_some()))
    })
}

fn shape(github: &GitHub, repository: &Repository, id: &str, recursive: bool) -> Value {
    let listed = if recursive {
        repository.objects.listing(id)
    } else {
        repository.objects.tree(id).cloned().unwrap_or_default()
    };
    let entries: Vec<Value> = listed
        .iter()
        .map(|(path, entry)| {
            let kind = entry.kind();
            let mut shape = json!({
                "path": path, "mode": entry.api_mode(), "type": kind, "sha": entry.id,
                "url": github.url(repository, &format!("/git/{kind}s/{}", entry.id)),
            });
            if let Some(content) = repository.objects.blob(&entry.id) {
                shape["size"] = json!(content.len());
            }
            shape
        })
        .collect();
    json!({ "sha": id, "url": github.url(repository, &format!("/git/trees/{id}")), "tree": entries, "truncated": false })
}
