//! The repository itself: there or not, empty or not, private or not; and Port's app on the organisation.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::rest::PAGE;
use super::{GitHub, Repeat, segment};
use crate::clients::answered::Answered;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::patience::{Patience, is_there};
use crate::domain::setup::Visibility;

/// How often the first commit of a new repository is looked for.
const PATIENCE: Patience = Patience { looks: 15, pause: Duration::from_secs(1) };

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Owner, spelt as GitHub spells it.
    pub owner: String,
    /// Name, spelt as GitHub spells it.
    pub name: String,
    /// The repository's number.
    pub id: u64,
    /// Name of the default branch, even of an empty repository.
    pub default_branch: String,
    /// Who can read it.
    pub visibility: Visibility,
    /// Whether the token's user administers it; none where GitHub does not tell.
    pub is_administered: Option<bool>,
}

/// The newest commit of a branch and what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub commit: String,
    /// Git blob hash of every file, by path.
    pub blobs: BTreeMap<String, String>,
}

/// Whether Port's app is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// It is, and may start workflows.
    Yes,
    /// It is not.
    No,
    /// It is, but suspended or without the right to start workflows.
    Powerless,
    /// The token may not see installations.
    CannotTell,
}

impl Repository {
    /// Returns the path of the repository in the API.
    pub(super) fn route(&self) -> String {
        format!("/repos/{}/{}", segment(&self.owner), segment(&self.name))
    }

    /// Returns `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

impl GitHub {
    /// Returns a repository; none when there is none or the token cannot see it.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn repository(&self, owner: &str, name: &str) -> Result<Option<Repository>, ApiError> {
        let route = format!("/repos/{}/{}", segment(owner), segment(name));
        let answer = self.find("read the repository", &route).await?;
        answer.map(|value| repository(&value)).transpose()
    }

    /// Returns whether there is an organisation of this name that the token can see.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn organization_exists(&self, organization: &str) -> Result<bool, ApiError> {
        let route = format!("/orgs/{}", segment(organization));
        Ok(self.find("read the organisation", &route).await?.is_some())
    }

    /// Creates a private repository with a first commit, in an organisation or for the token's own user.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn create_repository(
        &self,
        owner: &str,
        name: &str,
        owner_is_user: bool,
    ) -> Result<Repository, ApiError> {
        let route = if owner_is_user { "/user/repos".to_owned() } else { format!("/orgs/{}/repos", segment(owner)) };
        let body = json!({
            "name": name,
            "private": true,
            "auto_init": true,
            "has_wiki": false,
            "has_projects": false,
            "description": "IAM permissions on request: rules, workflows and templates of port-iam",
        });
        let answer = self.post("create the repository", &route, &body, Repeat::OnlyIfNothingHappened).await?;
        repository(&answer)
    }

    /// Returns the newest commit of `branch` and its files; none while the repository has no commit.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn head(&self, repository: &Repository, branch: &str) -> Result<Option<Head>, ApiError> {
        let route = format!("{}/git/ref/heads/{}", repository.route(), super::path(branch));
        let reference = match self.get("read the branch", &route).await {
            Ok(reference) => reference,
            Err(error) if matches!(error.kind, ApiErrorKind::EmptyRepository | ApiErrorKind::NotFound) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let commit =
            reference["object"]["sha"].as_str().ok_or_else(|| reference.undecodable("read the branch"))?.to_owned();
        self.files_at(repository, commit).await.map(Some)
    }

    /// Returns a commit with its files.
    pub(super) async fn files_at(&self, repository: &Repository, commit: String) -> Result<Head, ApiError> {
        // A commit is accepted where the API asks for a tree.
        let route = format!("{}/git/trees/{commit}?recursive=1", repository.route());
        let tree = self.get("read the files", &route).await?;
        let entries = tree["tree"].as_array().ok_or_else(|| tree.undecodable("read the files"))?;
        // What is left out of the list could be a workflow (GitHub Docs, "Get a tree": 100,000 entries, 7 MB).
        if tree["truncated"] == true {
            let why = "it holds more files than GitHub lists at once, and what is not seen is not trusted";
            return Err(ApiError::new(super::Api::GitHub, "read the files", ApiErrorKind::Undecodable, why));
        }
        let blob = |entry: &Value| {
            let is_blob = entry["type"] == "blob";
            is_blob.then(|| Some((entry["path"].as_str()?.to_owned(), entry["sha"].as_str()?.to_owned())))?
        };
        Ok(Head { commit, blobs: entries.iter().filter_map(blob).collect() })
    }

    /// Waits until a repository that was just created has its first commit.
    ///
    /// # Errors
    ///
    /// Fails when it has none after a quarter of a minute.
    pub async fn first_head(&self, repository: &Repository) -> Result<Head, ApiError> {
        let head = async || self.head(repository, &repository.default_branch).await;
        PATIENCE.until(&self.world, is_there, head).await?.ok_or_else(|| {
            let why = "it still has no commit";
            ApiError::new(super::Api::GitHub, "read the new repository", ApiErrorKind::NoAnswer, why)
        })
    }

    /// Returns the text of a file; none when it is not there.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked; as undecodable where the file is no text, or has more than the megabyte whose
    /// contents GitHub hands out (GitHub Docs, "Get repository content").
    pub async fn file(&self, repository: &Repository, path: &str) -> Result<Option<String>, ApiError> {
        let route = format!("{}/contents/{}", repository.route(), super::path(path));
        let Some(answer) = self.find("read the file", &route).await? else { return Ok(None) };
        if answer["encoding"] != "base64" {
            return Err(answer.undecodable("read the file"));
        }
        let encoded: String = answer["content"].as_str().unwrap_or_default().split_whitespace().collect();
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded);
        bytes
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(Some)
            .ok_or_else(|| answer.undecodable("read the file"))
    }

    /// Returns the text of a file; none when it is not there, or when it is no text that GitHub hands out.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn readable_file(&self, repository: &Repository, path: &str) -> Result<Option<String>, ApiError> {
        match self.file(repository, path).await {
            Err(error) if error.kind == ApiErrorKind::Undecodable => Ok(None),
            text => text,
        }
    }

    /// Returns whether a GitHub app is installed on an organisation.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn app_installed(&self, organization: &str, slug: &str) -> Result<Installed, ApiError> {
        let route = format!("/orgs/{}/installations?per_page={PAGE}", segment(organization));
        for page in 1.. {
            let answer = match self.find("read the organisation's apps", &format!("{route}&page={page}")).await {
                Ok(Some(answer)) => answer,
                // GitHub answers "not found" to a token that may not look.
                Ok(None) => return Ok(Installed::CannotTell),
                Err(error) if error.kind == ApiErrorKind::Forbidden => return Ok(Installed::CannotTell),
                Err(error) => return Err(error),
            };
            // A list that cannot be read does not say that the app is not on it.
            let Some(apps) = answer["installations"].as_array() else { return Ok(Installed::CannotTell) };
            if let Some(app) = apps.iter().find(|app| app["app_slug"] == slug) {
                let can_start = app["permissions"]["actions"] == "write" && app["suspended_at"].is_null();
                return Ok(if can_start { Installed::Yes } else { Installed::Powerless });
            }
            if apps.len() < PAGE {
                break;
            }
        }
        Ok(Installed::No)
    }
}

fn repository(value: &Answered) -> Result<Repository, ApiError> {
    let decoded = || {
        let (owner, name) = value["full_name"].as_str()?.split_once('/')?;
        Some(Repository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            id: value["id"].as_u64()?,
            default_branch: value["default_branch"].as_str().unwrap_or("main").to_owned(),
            visibility: match value["visibility"].as_str() {
                Some("internal") => Visibility::Internal,
                // What GitHub calls by a word that is not known here is not taken for private.
                Some("private") => Visibility::Private,
                Some(_) => Visibility::Public,
                None if value["private"].as_bool()? => Visibility::Private,
                None => Visibility::Public,
            },
            is_administered: value["permissions"]["admin"].as_bool(),
        })
    };
    decoded().ok_or_else(|| value.undecodable("read the repository"))
}
