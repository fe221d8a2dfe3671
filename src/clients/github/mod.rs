//! GitHub's REST and GraphQL API through octocrab, on our own HTTP client: no redirects, no hidden repetition.
//!
//! Bodies are read as far as they are needed. octocrab's models are strict, and a field that GitHub adds or leaves out
//! must not stop a revocation.

#[cfg(feature = "full")]
mod code_owners;
#[cfg(feature = "full")]
mod commit;
mod configuration;
#[cfg(feature = "full")]
mod environment;
mod error;
#[cfg(feature = "full")]
mod guard;
mod hosts;
mod limit;
#[cfg(feature = "full")]
mod oidc;
#[cfg(feature = "full")]
mod probing;
#[cfg(feature = "full")]
mod pull_requests;
#[cfg(feature = "full")]
mod releases;
#[cfg(feature = "full")]
mod removal;
#[cfg(feature = "full")]
mod repository;
#[cfg(feature = "full")]
mod rest;
#[cfg(feature = "full")]
mod secrets;
#[cfg(feature = "full")]
mod token;
#[cfg(feature = "full")]
mod workflows;

use ::http::HeaderMap;
use octocrab::Octocrab;
use secrecy::SecretString;
use serde_json::Value;

#[cfg(feature = "full")]
pub use code_owners::CodeOwnersError;
#[cfg(feature = "full")]
pub use commit::blob_hash;
pub use configuration::RepositoryConfiguration;
#[cfg(feature = "full")]
pub use environment::EnvironmentFacts;
use error::api_error;
use hosts::Hosts;
use limit::Limit;
#[cfg(feature = "full")]
pub use oidc::OidcSubject;
#[cfg(feature = "full")]
pub use pull_requests::PullRequest;
#[cfg(feature = "full")]
pub use releases::{Asset, Release};
#[cfg(feature = "full")]
pub use repository::{Head, Installed, Repository};
#[cfg(feature = "full")]
use rest::{path, segment};
#[cfg(feature = "full")]
pub use token::TokenOwner;
#[cfg(feature = "full")]
pub use workflows::{Access, Workflow, WorkflowRun};

use super::answered::Answered;
use super::error::{Api, ApiError, ApiErrorKind, printable};
use super::http::{self, ApiUrl};
use super::retry::{Repeat, retrying};
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

    /// Asks GraphQL. Its errors come with status 200; their `type` is what tells them apart.
    async fn graphql(
        &self,
        operation: &str,
        query: &str,
        variables: &Value,
        repeat: Repeat,
    ) -> Result<Answered, ApiError> {
        let body = serde_json::json!({ "query": query, "variables": variables });
        // Read here and not by octocrab, since the id of the request is in the headers.
        let mut answer = retrying(&self.world, repeat, || async {
            let answer = self.root._post(self.graphql, Some(&body)).await;
            let answer = answer.map_err(|error| api_error(operation, &error))?;
            let answer = octocrab::map_github_error(answer).await.map_err(|error| api_error(operation, &error))?;
            let (request_id, limit) = (request_id(answer.headers()), Limit::of(answer.headers()));
            let text = self.octocrab.body_to_string(answer).await.map_err(|error| api_error(operation, &error))?;
            let answer = read(operation, &text, request_id)?;
            // One of them may be that nothing was done, since it was too many.
            match answer["errors"].get(0) {
                Some(error) => Err(limit.told(answer.identified(error::graphql_error(operation, error)))),
                None => Ok(answer),
            }
        })
        .await?;
        *answer = answer["data"].take();
        Ok(answer)
    }
}

fn unusable(error: octocrab::Error) -> Failure {
    Failure::usage(format!("GITHUB_API_URL is not an address: {error}"))
}

/// Reads the body of an answer.
fn read(operation: &str, text: &str, request_id: Option<String>) -> Result<Answered, ApiError> {
    match serde_json::from_str(text) {
        Ok(body) => Ok(Answered::new(Api::GitHub, body, request_id)),
        Err(_) => Err(ApiError { request_id, ..undecodable(operation) }),
    }
}

/// Returns the id under which GitHub has logged the request.
fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-github-request-id").and_then(|value| value.to_str().ok()).map(printable)
}

fn undecodable(operation: &str) -> ApiError {
    ApiError::new(Api::GitHub, operation, ApiErrorKind::Undecodable, "the answer is not what the API documents")
}
