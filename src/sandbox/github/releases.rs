//! Releases. A draft is found by its id only; publishing it makes the tag.

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::GitHub;
use super::access::{self, Need};
use super::answer::{Answer, JsonBody, Query, Refusal, created, list, no_content, ok};
use super::assets::{self, Asset};
use super::directory::{Caller, Level};
use super::repository::Repository;
use super::shapes::{date, node_id};

/// A release.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) id: u64,
    pub(super) tag: String,
    pub(super) target: String,
    pub(super) name: Option<String>,
    pub(super) body: Option<String>,
    pub(super) draft: bool,
    pub(super) prerelease: bool,
    /// Published while immutable releases were on: neither assets nor tag can change.
    pub(super) immutable: bool,
    pub(super) author: String,
    pub(super) assets: Vec<Asset>,
    pub(super) created_at: Timestamp,
    pub(super) published_at: Option<Timestamp>,
}

/// `POST releases`
pub(super) async fn create(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        let tag = body.required("Release", "tag_name")?.to_owned();
        if repository.is_empty() {
            return Err(Refusal::custom("Release", "Repository is empty."));
        }
        let mut release = Release {
            id: github.next_id(),
            tag,
            target: repository.default_branch.clone(),
            name: None,
            body: None,
            draft: true,
            prerelease: false,
            immutable: false,
            author: caller.login.clone(),
            assets: Vec::new(),
            created_at: github.now(),
            published_at: None,
        };
        merge(&mut release, &body);
        if !body.flag("draft").unwrap_or(false) {
            publish(&github, repository, &mut release)?;
        }
        let answer = shape(&github, repository, &release);
        repository.releases.push(release);
        created(answer)
    })
}

fn merge(release: &mut Release, body: &JsonBody) {
    for (field, value) in [("tag_name", &mut release.tag), ("target_commitish", &mut release.target)] {
        if let Some(text) = body.text(field) {
            text.clone_into(value);
        }
    }
    for (field, value) in [("name", &mut release.name), ("body", &mut release.body)] {
        if let Some(text) = body.text(field) {
            *value = Some(text.to_owned());
        }
    }
    release.prerelease = body.flag("prerelease").unwrap_or(release.prerelease);
}

/// Publishes: one published release a tag, and the tag points at a commit that exists. No release gets the tag that an
/// immutable one had before it, be that deleted or not.
fn publish(github: &GitHub, repository: &mut Repository, release: &mut Release) -> Result<(), Refusal> {
    let taken = |other: &Release| !other.draft && other.tag == release.tag && other.id != release.id;
    let is_taken = repository.releases.iter().any(taken);
    let reference = format!("refs/tags/{}", release.tag);
    if github.is_used_tag(repository, &release.tag) {
        return Err(Refusal::used_tag(is_taken, repository.references.contains_key(&reference)));
    }
    if is_taken {
        return Err(Refusal::invalid("Release", "tag_name", "already_exists"));
    }
    if !repository.references.contains_key(&reference) {
        let commit = repository.resolve(&release.target);
        let commit = commit.ok_or_else(|| Refusal::invalid("Release", "target_commitish", "invalid"))?;
        repository.references.insert(reference, commit);
    }
    release.draft = false;
    release.published_at = Some(github.now());
    release.immutable = repository.immutable_releases;
    if release.immutable {
        github.remember_tag(repository, &release.tag);
    }
    Ok(())
}

/// `GET releases`: drafts only for those who may write.
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name)): Path<(String, String)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let writer = may_write(&github, &caller, repository);
        let visible = repository.releases.iter().rev().filter(|release| writer || !release.draft);
        query.page(github.base_url(), visible.map(|release| shape(&github, repository, release)).collect(), list)
    })
}

/// `GET releases/tags/{tag}`: published releases only.
pub(super) async fn by_tag(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, tag)): Path<(String, String, String)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let release = repository.releases.iter().find(|release| !release.draft && release.tag == tag);
        ok(shape(&github, repository, release.ok_or_else(Refusal::not_found)?))
    })
}

/// `GET releases/{id}`
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let writer = may_write(&github, &caller, repository);
        let release = repository.releases.iter().find(|release| release.id == id && (writer || !release.draft));
        ok(shape(&github, repository, release.ok_or_else(Refusal::not_found)?))
    })
}

/// `PATCH releases/{id}`: `draft: false` publishes.
pub(super) async fn update(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        let index = repository.releases.iter().position(|release| release.id == id).ok_or_else(Refusal::not_found)?;
        let mut release = repository.releases[index].clone();
        if release.immutable && body.text("tag_name").is_some_and(|tag| tag != release.tag) {
            return Err(Refusal::custom("Release", "tag_name cannot be changed on an immutable release"));
        }
        merge(&mut release, &body);
        if release.draft && body.flag("draft") == Some(false) {
            publish(&github, repository, &mut release)?;
        }
        repository.releases[index] = release;
        ok(shape(&github, repository, &repository.releases[index]))
    })
}

/// `DELETE releases/{id}`: the tag stays.
pub(super) async fn delete(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        let before = repository.releases.len();
        repository.releases.retain(|release| release.id != id);
        if repository.releases.len() == before { Err(Refusal::not_found()) } else { no_content() }
    })
}

/// Whether the caller sees drafts.
pub(super) fn may_write(github: &GitHub, caller: &Caller, repository: &Repository) -> bool {
    access::permission(&github.directory(), caller, repository) >= Some(Level::Write)
        && access::check(&github.directory(), caller, repository, Need::WRITE_CONTENTS).is_ok()
}

fn shape(github: &GitHub, repository: &Repository, release: &Release) -> Value {
    let Release { id, tag, .. } = release;
    let url = github.url(repository, &format!("/releases/{id}"));
    let shown = if release.draft { format!("untagged-{id}") } else { tag.clone() };
    let archive = |kind: &str| match release.draft {
        true => Value::Null,
        false => Value::from(github.url(repository, &format!("/{kind}/{tag}"))),
    };
    let assets: Vec<Value> =
        release.assets.iter().map(|asset| assets::shape(github, repository, release, asset)).collect();
    json!({
        "id": id, "node_id": node_id("Release", id), "url": url, "assets_url": format!("{url}/assets"),
        "html_url": format!("{}/{}/releases/tag/{shown}", github.base_url(), repository.full_name()),
        "upload_url": format!("{}/releases/{id}/assets{{?name,label}}", github.uploads_url(repository)),
        "tarball_url": archive("tarball"), "zipball_url": archive("zipball"), "tag_name": tag,
        "target_commitish": release.target, "name": release.name, "body": release.body, "draft": release.draft,
        "prerelease": release.prerelease, "immutable": release.immutable, "created_at": date(release.created_at),
        "updated_at": date(release.created_at), "published_at": release.published_at.map(date),
        "author": github.account_shape(&release.author), "assets": assets,
    })
}
