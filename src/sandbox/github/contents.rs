//! The contents API: files and folders by path, one commit a change.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::GitHub;
use super::access::Need;
use super::answer::{self, Answer, JsonBody, Query, Refusal, created, ok};
use super::directory::Caller;
use super::objects::TreeEntry;
use super::push::Changes;
use super::repository::{BRANCHES, Repository};
use super::shapes;

/// Files above this size come without their content.
const LARGEST_INLINE: usize = 1024 * 1024;

/// `GET /repos/{owner}/{repo}/contents`
pub(super) async fn root(
    state: State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
    headers: HeaderMap,
) -> Answer {
    show(state, caller, Path((owner, name, String::new())), query, headers).await
}

/// `GET /repos/{owner}/{repo}/contents/{path}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, path)): Path<(String, String, String)>,
    query: Query,
    headers: HeaderMap,
) -> Answer {
    let path = path.trim_matches('/');
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        if repository.is_empty() {
            return Err(Refusal::new(404, "This repository is empty."));
        }
        let revision = query.get("ref").unwrap_or("HEAD");
        let commit = repository
            .resolve(revision)
            .ok_or_else(|| Refusal::new(404, format!("No commit found for the ref {revision}")))?;
        let entry = repository.objects.find(&commit, path).ok_or_else(Refusal::not_found)?;
        if let Some(entries) = repository.objects.tree(&entry.id) {
            let shapes = entries.iter().map(|(name, entry)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                file_shape(&github, repository, &path, entry, &commit, false)
            });
            return ok(shapes.collect());
        }
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        if accept.contains("raw") {
            let content = repository.objects.blob(&entry.id).unwrap_or_default();
            return answer::bytes("application/vnd.github.raw+json; charset=utf-8", content.to_vec());
        }
        ok(file_shape(&github, repository, path, &entry, &commit, true))
    })
}

fn file_shape(
    github: &GitHub,
    repository: &Repository,
    path: &str,
    entry: &TreeEntry,
    revision: &str,
    with_content: bool,
) -> Value {
    let url = github.url(repository, &format!("/contents/{path}?ref={revision}"));
    let kind = if entry.is_directory() { "tree" } else { "blob" };
    let git = github.url(repository, &format!("/git/{kind}s/{}", entry.id));
    let html = format!("{}/{}/{kind}/{revision}/{path}", github.base_url(), repository.full_name());
    let content = repository.objects.blob(&entry.id);
    let mut shape = json!({
        "type": if entry.is_directory() { "dir" } else { "file" }, "name": path.rsplit('/').next(), "path": path,
        "sha": entry.id, "size": content.map_or(0, <[u8]>::len), "url": url, "git_url": git, "html_url": html,
        "download_url": if entry.is_directory() { Value::Null } else { Value::from(html.replacen("/blob/", "/raw/", 1)) },
        "_links": { "self": url, "git": git, "html": html },
    });
    if let (true, Some(content)) = (with_content, content) {
        let inline = content.len() <= LARGEST_INLINE;
        shape["encoding"] = Value::from(if inline { "base64" } else { "none" });
        shape["content"] = Value::from(if inline { wrapped_base64(content) } else { String::new() });
    }
    shape
}

/// Base64 in lines of 60 characters, each with a line feed, as GitHub sends it.
pub(super) fn wrapped_base64(content: &[u8]) -> String {
    let text = STANDARD.encode(content);
    let mut wrapped = String::new();
    for (index, letter) in text.chars().enumerate() {
        if index > 0 && index % 60 == 0 {
            wrapped.push('\n');
        }
        wrapped.push(letter);
    }
    wrapped.push('\n');
    wrapped
}

/// `PUT /repos/{owner}/{repo}/contents/{path}`
pub(super) async fn put(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, path)): Path<(String, String, String)>,
    body: JsonBody,
) -> Answer {
    let content = body.required("Content", "content")?.split_whitespace().collect::<String>();
    let content = STANDARD.decode(content).map_err(|_| Refusal::unprocessable("content is not valid Base64"))?;
    change(&github, &caller, (&owner, &name, &path), &body, Some(content))
}

/// `DELETE /repos/{owner}/{repo}/contents/{path}`; some clients put the fields into the query.
pub(super) async fn delete(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, path)): Path<(String, String, String)>,
    query: Query,
    body: JsonBody,
) -> Answer {
    let mut fields = body.0.as_object().cloned().unwrap_or_default();
    for name in ["message", "sha", "branch"] {
        if let (false, Some(value)) = (fields.contains_key(name), query.get(name)) {
            fields.insert(name.to_owned(), Value::from(value));
        }
    }
    change(&github, &caller, (&owner, &name, &path), &JsonBody(Value::Object(fields)), None)
}

fn change(
    github: &GitHub,
    caller: &Caller,
    (owner, name, path): (&str, &str, &str),
    body: &JsonBody,
    content: Option<Vec<u8>>,
) -> Answer {
    let message = body.required("Content", "message")?;
    github.with(caller, owner, name, Need::WRITE_CONTENTS, |repository| {
        let branch = body.text("branch").unwrap_or(&repository.default_branch).to_owned();
        let head = repository.branch(&branch).map(str::to_owned);
        let was_empty = repository.is_empty();
        if head.is_none() && !was_empty {
            return Err(Refusal::new(404, format!("Branch {branch} not found")));
        }
        let present = head.as_deref().and_then(|head| repository.objects.find(head, path));
        match (&present, body.text("sha")) {
            (None, _) if content.is_none() => return Err(Refusal::not_found()),
            (Some(_), None) => return Err(Refusal::unprocessable("Invalid request.\n\n\"sha\" wasn't supplied.")),
            (Some(entry), Some(sha)) if entry.id != sha => {
                return Err(Refusal::new(409, format!("{path} does not match {sha}")));
            }
            _ => {}
        }
        let pusher = github.pusher(caller, repository);
        let deletes = content.is_none();
        let changes = Changes::from([(path.to_owned(), content)]);
        let commit = repository.commit(head.as_deref(), changes, message, &pusher);
        let reference = format!("{BRANCHES}{branch}");
        let pushed = repository.push(&pusher, &reference, &commit, false, github.now());
        pushed.map_err(|refusal| refusal.refusal(409))?;
        if was_empty {
            // The first branch of an empty repository becomes its default branch.
            repository.default_branch = branch;
        }
        let entry = repository.objects.find(&commit, path);
        let file = entry.map(|entry| file_shape(github, repository, path, &entry, &commit, false));
        let made = repository.objects.commit(&commit);
        let made = made.map(|made| shapes::git_commit(github.base_url(), &repository.full_name(), &commit, made));
        let shape = json!({ "content": file, "commit": made });
        if present.is_none() && !deletes { created(shape) } else { ok(shape) }
    })
}
