//! The release that carries the runtime: draft, upload, compare, publish.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rest::moment;
use super::{GitHub, Repeat, Repository, api_error, read, request_id, segment, undecodable};
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::domain::runtime_tag::{first, next};

const CREATE: &str = "create the release";
const LIST: &str = "list the releases";
const PUBLISH: &str = "publish the release";
const READ: &str = "read the release";
/// How many tags are tried: each costs a request that GitHub counts.
const MOST_TAGS: usize = 50;

/// An asset of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its number.
    pub id: u64,
    /// Its file name.
    pub name: String,
    /// `sha256:` and hexadecimal digits, where GitHub tells.
    pub digest: Option<String>,
    /// Whether the upload is complete.
    pub is_complete: bool,
}

/// A release, published or a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its number.
    pub id: u64,
    /// Its tag; of a draft the one that it would get.
    pub tag: String,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Whether nobody can change it any more; not told by every GitHub.
    pub is_immutable: bool,
    /// Where its assets are uploaded.
    upload_url: String,
    /// When everybody could see it; none of a draft.
    pub published: Option<Timestamp>,
    /// Its assets.
    pub assets: Vec<Asset>,
}

impl GitHub {
    /// Returns the assets of the published release of `tag`; none when there is no such release.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn release_assets(&self, repository: &Repository, tag: &str) -> Result<Option<Vec<Asset>>, ApiError> {
        Ok(self.published(repository, tag).await?.map(|release| release.assets))
    }

    /// Publishes a release of `tag` with one asset, whose digest GitHub must confirm before anybody can see it, and returns
    /// the tag that it got: where an immutable release has had that one, the next.
    ///
    /// A draft that an earlier attempt left is used again.
    ///
    /// # Errors
    ///
    /// Fails when GitHub holds other bytes than were sent, refuses or cannot be asked.
    pub async fn publish_release(
        &self,
        repository: &Repository,
        tag: &str,
        asset: &str,
        bytes: Vec<u8>,
        digest: &str,
    ) -> Result<String, ApiError> {
        let draft = match self.draft(repository, tag).await? {
            Some(draft) => draft,
            None => self.create_draft(repository, tag).await?,
        };
        for stale in draft.assets.iter().filter(|found| found.name == asset) {
            let route = format!("{}/releases/assets/{}", repository.route(), stale.id);
            self.delete("remove the stale asset", &route).await?;
        }
        let uploaded = self.upload(&draft, asset, bytes).await?;
        // Where GitHub tells no digest, the workflow's own pin still holds.
        if uploaded.digest.as_deref().is_some_and(|held| held != digest) {
            let message = "GitHub holds other bytes than were sent; the draft release was not published";
            return Err(ApiError::new(Api::GitHub, "upload the runtime", ApiErrorKind::Undecodable, message));
        }
        let route = format!("{}/releases/{}", repository.route(), draft.id);
        let mut tag = tag.to_owned();
        // That a tag was used cannot be read anywhere: the refusal is what tells it.
        for _ in 0..MOST_TAGS {
            let body = json!({ "tag_name": tag, "name": tag, "draft": false });
            match self.patch(PUBLISH, &route, &body).await {
                Err(error) if was_used(&error) => {}
                other => return other.map(|_| tag),
            }
            // Another run may have published the very same meanwhile, out of this draft or another one.
            if let Some(id) = self.holds(repository, &tag, asset, digest).await? {
                if id != draft.id {
                    self.delete("remove the draft", &route).await?;
                }
                return Ok(tag);
            }
            tag = next(&tag);
        }
        let message = format!("immutable releases have had {MOST_TAGS} tags of this program; `{tag}` would be next");
        Err(ApiError::new(Api::GitHub, PUBLISH, ApiErrorKind::Invalid, message))
    }

    /// Returns the id of the release of a tag, where it is published with these very bytes.
    async fn holds(
        &self,
        repository: &Repository,
        tag: &str,
        name: &str,
        digest: &str,
    ) -> Result<Option<u64>, ApiError> {
        let is_it = |asset: &Asset| asset.name == name && asset.is_complete && asset.digest.as_deref() == Some(digest);
        let published = self.published(repository, tag).await?;
        Ok(published.filter(|release| release.assets.iter().any(is_it)).map(|release| release.id))
    }

    async fn published(&self, repository: &Repository, tag: &str) -> Result<Option<Release>, ApiError> {
        let route = format!("{}/releases/tags/{}", repository.route(), segment(tag));
        let answer = self.find(READ, &route).await?;
        answer.map(|answer| release(&answer).ok_or_else(|| answer.undecodable(READ))).transpose()
    }

    async fn draft(&self, repository: &Repository, tag: &str) -> Result<Option<Release>, ApiError> {
        let route = format!("{}/releases?per_page=100", repository.route());
        let answer = self.get(LIST, &route).await?;
        let releases = answer.as_array().ok_or_else(|| answer.undecodable(LIST))?;
        let is_ours = |value: &&Value| {
            value["draft"] == true && value["tag_name"].as_str().is_some_and(|other| first(other) == first(tag))
        };
        let ours = releases.iter().find(is_ours);
        ours.map(|ours| release(ours).ok_or_else(|| answer.undecodable(LIST))).transpose()
    }

    async fn create_draft(&self, repository: &Repository, tag: &str) -> Result<Release, ApiError> {
        let body = json!({
            "tag_name": tag,
            "name": tag,
            "draft": true,
            "body": "The program that the workflows of this repository run. They pin its SHA-256; keep this release.",
        });
        let route = format!("{}/releases", repository.route());
        let answer = self.post(CREATE, &route, &body, Repeat::OnlyIfNothingHappened).await?;
        release(&answer).ok_or_else(|| answer.undecodable(CREATE))
    }

    async fn upload(&self, draft: &Release, name: &str, bytes: Vec<u8>) -> Result<Asset, ApiError> {
        const OPERATION: &str = "upload the runtime";
        let request = http::Request::post(format!("{}?name={}", draft.upload_url, segment(name)))
            .header(http::header::CONTENT_TYPE, "application/octet-stream")
            .header(http::header::CONTENT_LENGTH, bytes.len())
            .body(bytes)
            .map_err(|_| undecodable(OPERATION))?;
        let failed = |error: octocrab::Error| api_error(OPERATION, &error);
        let answer = octocrab::map_github_error(self.root.execute(request).await.map_err(failed)?).await;
        let answer = answer.map_err(failed)?;
        let request_id = request_id(answer.headers());
        let answer = read(OPERATION, &self.root.body_to_string(answer).await.map_err(failed)?, request_id)?;
        asset(&answer).ok_or_else(|| answer.undecodable(OPERATION))
    }
}

/// Returns whether GitHub refuses a tag since an immutable release has had it. Its sentence alone tells that from a rule of
/// the repository that forbids the tag.
fn was_used(error: &ApiError) -> bool {
    error.status == Some(422) && error.message.contains("was used by an immutable release")
}

pub(super) fn release(value: &Value) -> Option<Release> {
    let assets = value["assets"].as_array().map(Vec::as_slice).unwrap_or_default();
    Some(Release {
        id: value["id"].as_u64()?,
        tag: value["tag_name"].as_str()?.to_owned(),
        is_draft: value["draft"].as_bool()?,
        is_immutable: value["immutable"] == true,
        // It ends in a template of its parameters (RFC 6570).
        upload_url: value["upload_url"].as_str()?.split('{').next()?.to_owned(),
        published: moment(&value["published_at"]),
        assets: assets.iter().filter_map(asset).collect(),
    })
}

fn asset(value: &Value) -> Option<Asset> {
    Some(Asset {
        id: value["id"].as_u64()?,
        name: value["name"].as_str()?.to_owned(),
        digest: value["digest"].as_str().map(str::to_owned),
        is_complete: value["state"] == "uploaded",
    })
}
