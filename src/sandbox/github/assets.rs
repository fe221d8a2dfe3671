//! Assets of releases: bytes with a digest.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::GitHub;
use super::access::Need;
use super::answer::{self, Answer, JsonBody, Query, Refusal, created, list, no_content, ok};
use super::directory::Caller;
use super::objects::hexadecimal;
use super::releases::{Release, may_write};
use super::repository::Repository;
use super::shapes::{date, node_id};

/// A file of a release.
#[derive(Clone, Debug)]
pub(super) struct Asset {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) label: Option<String>,
    /// `uploaded`; an upload that broke off leaves `starter`.
    pub(super) state: &'static str,
    pub(super) content_type: String,
    /// Shared and not copied: a runtime may have a hundred megabytes.
    pub(super) content: Bytes,
    /// `sha256:…`, once the upload is complete.
    pub(super) digest: Option<String>,
    pub(super) uploader: String,
    pub(super) created_at: Timestamp,
}

impl Asset {
    /// Gives it other bytes, with their digest.
    pub(super) fn hold(&mut self, content: Bytes) {
        self.digest = Some(format!("sha256:{}", hexadecimal(&Sha256::digest(&content))));
        self.content = content;
    }
}

/// `POST releases/{id}/assets?name=`: the body is the file, whatever its type.
pub(super) async fn upload(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let content = body.collect().await.map_err(|_| Refusal::new(400, "The upload ended early"))?.to_bytes();
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        let name = query.get("name").filter(|name| !name.is_empty());
        let name = stored_name(name.ok_or_else(|| Refusal::invalid("ReleaseAsset", "name", "missing_field"))?);
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.ok_or_else(|| Refusal::new(400, "Content-Type is required"))?;
        if content.is_empty() {
            return Err(Refusal::new(400, "Bad Content-Length: the file is empty"));
        }
        let release = repository.releases.iter_mut().find(|release| release.id == id);
        let release = release.ok_or_else(Refusal::not_found)?;
        if release.immutable {
            return Err(Refusal::unprocessable("Cannot upload assets to an immutable release."));
        }
        if release.assets.iter().any(|asset| asset.name == name) {
            return Err(Refusal::invalid("ReleaseAsset", "name", "already_exists"));
        }
        let asset = Asset {
            id: github.next_id(),
            name,
            label: query.get("label").map(str::to_owned),
            state: "uploaded",
            content_type: content_type.to_owned(),
            digest: Some(format!("sha256:{}", hexadecimal(&Sha256::digest(&content)))),
            content,
            uploader: caller.login.clone(),
            created_at: github.now(),
        };
        release.assets.push(asset.clone());
        let release = release.clone();
        created(shape(&github, repository, &release, &asset))
    })
}

/// GitHub stores a name with its special characters replaced by dots.
fn stored_name(name: &str) -> String {
    let kept = |letter: char| letter.is_ascii_alphanumeric() || "-_.+@~".contains(letter);
    name.chars().map(|letter| if kept(letter) { letter } else { '.' }).collect()
}

/// `GET releases/{id}/assets`
pub(super) async fn list_all(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
    query: Query,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let writer = may_write(&github, &caller, repository);
        let release = repository.releases.iter().find(|release| release.id == id && (writer || !release.draft));
        let release = release.ok_or_else(Refusal::not_found)?;
        let shapes = release.assets.iter().map(|asset| shape(&github, repository, release, asset));
        query.page(github.base_url(), shapes.collect(), list)
    })
}

/// `GET releases/assets/{id}`: JSON, or the file itself for `Accept: application/octet-stream`.
pub(super) async fn show(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
    headers: HeaderMap,
) -> Answer {
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let writer = may_write(&github, &caller, repository);
        let (release, asset) =
            find(repository, id).filter(|(release, _)| writer || !release.draft).ok_or_else(Refusal::not_found)?;
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        if accept.contains("application/octet-stream") {
            if asset.state != "uploaded" {
                return Err(Refusal::not_found());
            }
            return answer::bytes("application/octet-stream", asset.content.clone());
        }
        ok(shape(&github, repository, release, asset))
    })
}

/// `PATCH releases/assets/{id}`
pub(super) async fn update(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
    body: JsonBody,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        let release = changeable(repository, id)?;
        let wanted = body.text("name").map(stored_name);
        if release.assets.iter().any(|asset| asset.id != id && Some(&asset.name) == wanted.as_ref()) {
            return Err(Refusal::invalid("ReleaseAsset", "name", "already_exists"));
        }
        if let Some(asset) = release.assets.iter_mut().find(|asset| asset.id == id) {
            asset.name = wanted.unwrap_or_else(|| asset.name.clone());
            asset.label = body.text("label").map(str::to_owned).or_else(|| asset.label.clone());
        }
        let (release, asset) = find(repository, id).ok_or_else(Refusal::not_found)?;
        ok(shape(&github, repository, release, asset))
    })
}

/// `DELETE releases/assets/{id}`
pub(super) async fn delete(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, id)): Path<(String, String, u64)>,
) -> Answer {
    github.with(&caller, &owner, &name, Need::WRITE_CONTENTS, |repository| {
        changeable(repository, id)?.assets.retain(|asset| asset.id != id);
        no_content()
    })
}

fn find(repository: &Repository, id: u64) -> Option<(&Release, &Asset)> {
    let mut all =
        repository.releases.iter().flat_map(|release| release.assets.iter().map(move |asset| (release, asset)));
    all.find(|(_, asset)| asset.id == id)
}

/// Returns the release of an asset, unless it is immutable.
fn changeable(repository: &mut Repository, id: u64) -> Result<&mut Release, Refusal> {
    let mut releases = repository.releases.iter_mut();
    let release =
        releases.find(|release| release.assets.iter().any(|asset| asset.id == id)).ok_or_else(Refusal::not_found)?;
    if release.immutable {
        Err(Refusal::unprocessable("Cannot change assets of an immutable release."))
    } else {
        Ok(release)
    }
}

pub(super) fn shape(github: &GitHub, repository: &Repository, release: &Release, asset: &Asset) -> Value {
    let Asset { id, name, .. } = asset;
    let tag = if release.draft { format!("untagged-{}", release.id) } else { release.tag.clone() };
    let download = format!("{}/{}/releases/download/{tag}/{name}", github.base_url(), repository.full_name());
    json!({
        "id": id, "node_id": node_id("ReleaseAsset", id), "name": name, "label": asset.label, "state": asset.state,
        "url": github.url(repository, &format!("/releases/assets/{id}")), "browser_download_url": download,
        "content_type": asset.content_type, "size": asset.content.len(), "digest": asset.digest, "download_count": 0,
        "created_at": date(asset.created_at), "updated_at": date(asset.created_at),
        "uploader": github.account_shape(&asset.uploader),
    })
}
