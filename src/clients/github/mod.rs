//! GitHub's REST and GraphQL API through octocrab, on our own HTTP client: no redirects, no hidden repetition.
//!
//! Bodies are read as far as they are needed. octocrab's models are strict, and a field that GitHub adds or leaves out
//! must not stop a revocation.

mod code_owners;
mod commit;
mod configuration;
mod environment;
mod error;
mod guard;
mod hosts;
mod oidc;
mod probing;
mod pull_requests;
mod releases;
mod removal;
mod repository;
mod secrets;
mod token;
mod workflows;

use octocrab::Octocrab;
use percent_encoding::utf8_percent_encode;
use secrecy::SecretString;
use serde_json::Value;

pub use code_owners::CodeOwnersError;
pub use commit::blob_hash;
pub use configuration::RepositoryConfiguration;
pub use environment::SecretStore;
use error::api_error;
use hosts::Hosts;
pub use oidc::OidcSubject;
pub use pull_requests::PullRequest;
pub use releases::{Asset, Release};
pub use repository::{Head, Installed, Repository};
pub use token::TokenOwner;
pub use workflows::{Access, Workflow, WorkflowRun};

use super::error::{Api, ApiError, ApiErrorKind, printable};
use super::http::{self, ApiUrl};
use super::retry::{Repeat, retrying};
use crate::domain::url::COMPONENT;
use crate::failure::Failure;
use crate::world::World;

/// A client of one GitHub host.
pub struct GitHub {
    world: World,
    octocrab: Octocrab,
    /// For addresses that are not below the REST API's: octocrab would put its path before them.
    root: Octocrab,
    graphql: &'static str,
}

/// Returns a name as one path segment.
fn segment(name: &str) -> String {
    utf8_percent_encode(name, COMPONENT).to_string()
}

/// Returns a path whose slashes stay.
fn path(path: &str) -> String {
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

impl GitHub {
    /// Creates a client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Fails when HTTP cannot be set up.
    pub fn new(world: &World, base: &ApiUrl, token: SecretString) -> Result<Self, Failure> {
        let (http, hosts) = (http::client(world, base)?, Hosts::of(base));
        let client = |address: &str| {
            let mut builder = Octocrab::builder().base_uri(address).map_err(unusable)?;
            if let Some(uploads) = &hosts.uploads {
                builder = builder.upload_uri(uploads.as_str()).map_err(unusable)?;
            }
            let built = builder.personal_token(token.clone()).build_with_reqwest(http.clone());
            built.map_err(|error| Failure::failed(format!("could not set up the GitHub client: {error}")))
        };
        Ok(Self {
            world: world.clone(),
            octocrab: client(base.as_str())?,
            root: client(&hosts.root)?,
            graphql: hosts.graphql,
        })
    }

    async fn get(&self, operation: &str, route: &str) -> Result<Value, ApiError> {
        retrying(&self.world, Repeat::Safe, || async {
            self.octocrab.get::<Value, _, ()>(route, None).await.map_err(|error| api_error(operation, &error))
        })
        .await
    }

    /// Reads what may not be there.
    async fn find(&self, operation: &str, route: &str) -> Result<Option<Value>, ApiError> {
        match self.get(operation, route).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn post(&self, operation: &str, route: &str, body: &Value, repeat: Repeat) -> Result<Value, ApiError> {
        retrying(&self.world, repeat, || async {
            self.octocrab.post::<_, Value>(route, Some(body)).await.map_err(|error| api_error(operation, &error))
        })
        .await
    }

    async fn patch(&self, operation: &str, route: &str, body: &Value) -> Result<Value, ApiError> {
        retrying(&self.world, Repeat::OnlyIfNothingHappened, || async {
            self.octocrab.patch::<Value, _, _>(route, Some(body)).await.map_err(|error| api_error(operation, &error))
        })
        .await
    }

    /// PUTs and reads no body: GitHub answers some of them without one.
    async fn put(&self, operation: &str, route: &str, body: &Value) -> Result<(), ApiError> {
        retrying(&self.world, Repeat::Safe, || async {
            let answer = self.octocrab._put(route, Some(body)).await.map_err(|error| api_error(operation, &error))?;
            octocrab::map_github_error(answer).await.map(|_| ()).map_err(|error| api_error(operation, &error))
        })
        .await
    }

    async fn delete(&self, operation: &str, route: &str) -> Result<(), ApiError> {
        retrying(&self.world, Repeat::Safe, || async {
            let answer =
                self.octocrab._delete(route, None::<&()>).await.map_err(|error| api_error(operation, &error))?;
            match octocrab::map_github_error(answer).await.map_err(|error| api_error(operation, &error)) {
                Err(error) if !error.is_not_found() => Err(error),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Asks GraphQL. Its errors come with status 200; their `type` is what tells them apart.
    async fn graphql(
        &self,
        operation: &str,
        query: &str,
        variables: &Value,
        repeat: Repeat,
    ) -> Result<Value, ApiError> {
        let body = serde_json::json!({ "query": query, "variables": variables });
        // Read here and not by octocrab, since the id of the request is in the headers.
        let (mut answer, request_id): (Value, Option<String>) = retrying(&self.world, repeat, || async {
            let answer = self.root._post(self.graphql, Some(&body)).await;
            let answer = answer.map_err(|error| api_error(operation, &error))?;
            let answer = octocrab::map_github_error(answer).await.map_err(|error| api_error(operation, &error))?;
            let request_id = answer.headers().get("x-github-request-id").and_then(|value| value.to_str().ok());
            let request_id = request_id.map(printable);
            let text = self.octocrab.body_to_string(answer).await.map_err(|error| api_error(operation, &error))?;
            Ok((serde_json::from_str(&text).map_err(|_| undecodable(operation))?, request_id))
        })
        .await?;
        match answer["errors"].get(0) {
            Some(error) => Err(ApiError { request_id, ..error::graphql_error(operation, error) }),
            None => Ok(answer["data"].take()),
        }
    }
}

fn unusable(error: octocrab::Error) -> Failure {
    Failure::usage(format!("GITHUB_API_URL is not an address: {error}"))
}

fn undecodable(operation: &str) -> ApiError {
    ApiError::new(Api::GitHub, operation, ApiErrorKind::Undecodable, "the answer is not what the API documents")
}
