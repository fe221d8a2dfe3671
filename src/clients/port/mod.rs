//! Port's REST API (OpenAPI 2026-01).
//!
//! Identifiers are one path segment, whatever they hold; a rejected token is renewed once; errors are told apart by
//! Port's code.

mod actions;
mod allowance;
mod answer;
mod blueprints;
mod bulk;
mod dashboards;
pub mod decoding;
mod entities;
#[cfg(feature = "full")]
mod history;
mod organization;
mod pages;
mod runs;
mod token;

use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use allowance::Allowance;
pub use bulk::MOST_AT_ONCE;
pub use entities::{SearchRule, Upsert};
#[cfg(feature = "full")]
pub use history::MOST_RUNS;
pub use organization::Integration;
pub use runs::RunPatch;
use token::Token;

use super::answered::Answered;
use super::error::{Api, ApiError, ApiErrorKind};
use super::http::{self, ApiUrl};
use super::retry::{Repeat, retrying, until_there_is_room};
use crate::domain::url::COMPONENT;
use crate::failure::Failure;
use crate::world::World;

/// A client of one Port organisation.
pub struct Port {
    world: World,
    http: reqwest::Client,
    base: ApiUrl,
    client_id: String,
    client_secret: SecretString,
    token: Mutex<Option<Token>>,
    /// What is left of the limit on bulk writes.
    bulk: Allowance,
    /// Held by whoever takes from it: where nothing is left one waits for all, and the others look again behind it.
    bulk_turn: Mutex<()>,
}

/// One request, before it is sent.
struct Call<'a> {
    /// What is being done, as in "read the run".
    operation: &'a str,
    method: Method,
    /// Path behind `/v1`, identifiers encoded.
    path: String,
    query: &'a [(&'a str, &'a str)],
    body: Option<&'a Value>,
    repeat: Repeat,
    /// Whether it is a bulk write, of which Port takes so many at a time.
    is_bulk: bool,
}

impl<'a> Call<'a> {
    fn new(operation: &'a str, method: Method, path: String) -> Self {
        let repeat = if method == Method::POST || method == Method::PATCH {
            Repeat::OnlyIfNothingHappened
        } else {
            Repeat::Safe
        };
        Self { operation, method, path, query: &[], body: None, repeat, is_bulk: false }
    }

    fn query(mut self, query: &'a [(&'a str, &'a str)]) -> Self {
        self.query = query;
        self
    }

    fn body(mut self, body: &'a Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Says that it is a bulk write.
    fn bulk(mut self) -> Self {
        self.is_bulk = true;
        self
    }

    /// Says that sending it twice is the same as sending it once, although it is a POST or PATCH.
    fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }
}

/// Returns whether a path has a segment that is none: `.` and `..` are folded away before anything is sent, encoded or not,
/// so that something else would be asked than is meant.
fn is_folded(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// Returns an identifier as one path segment.
fn segment(identifier: &str) -> String {
    utf8_percent_encode(identifier, COMPONENT).to_string()
}

impl Port {
    /// Creates a client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Fails when HTTP cannot be set up.
    pub fn new(world: &World, base: &ApiUrl, client_id: String, client_secret: SecretString) -> Result<Self, Failure> {
        let base = base.without_suffix("/v1");
        let http = http::client(world, &base)?;
        Ok(Self {
            world: world.clone(),
            http,
            base,
            client_id,
            client_secret,
            token: Mutex::new(None),
            bulk: Allowance::default(),
            bulk_turn: Mutex::default(),
        })
    }

    /// Returns whether both log in as the same client.
    pub fn is_of_the_client_of(&self, other: &Self) -> bool {
        self.client_id == other.client_id
    }

    /// Returns the address, without `/v1`.
    pub fn address(&self) -> &str {
        self.base.as_str()
    }

    /// Logs in, so that later calls need not.
    ///
    /// # Errors
    ///
    /// Fails when the credentials are rejected or Port cannot be reached.
    pub async fn log_in(&self) -> Result<(), ApiError> {
        self.access_token(false).await.map(|_| ())
    }

    /// Sends a call, with one new login when the token is rejected.
    async fn send(&self, call: Call<'_>) -> Result<Answered, ApiError> {
        if is_folded(&call.path) {
            let message = "`.` and `..` name nothing in Port; nothing was sent";
            return Err(ApiError::new(Api::Port, call.operation, ApiErrorKind::Invalid, message));
        }
        let token = self.access_token(false).await?;
        match self.send_with(&call, &token).await {
            Err(error) if error.kind == ApiErrorKind::Unauthorized => {
                // Port hands out one token for all logins of a client, so a fresh one may be about to end.
                let token = self.access_token(true).await?;
                self.send_with(&call, &token).await
            }
            other => other,
        }
    }

    async fn send_with(&self, call: &Call<'_>, token: &SecretString) -> Result<Answered, ApiError> {
        retrying(&self.world, call.repeat, || async {
            let mut request = self.request(&call.method, &call.path).bearer_auth(token.expose_secret());
            if !call.query.is_empty() {
                request = request.query(call.query);
            }
            if let Some(body) = call.body {
                request = request.json(body);
            }
            if call.is_bulk {
                let _turn = self.bulk_turn.lock().await;
                until_there_is_room(&self.world, || self.bulk.take(self.world.now())).await;
            }
            let sent = self.world.now();
            let answer = request.send().await;
            match &answer {
                Ok(answer) if call.is_bulk => {
                    self.bulk.note(answer.status().as_u16(), answer.headers(), sent, self.world.now());
                }
                Err(_) if call.is_bulk => self.bulk.is_unanswered(),
                _ => {}
            }
            let read = answer::read(call.operation, answer, self.world.now()).await;
            // How long to wait is known from what is left.
            read.map_err(|error| if call.is_bulk { ApiError { retry_after: None, ..error } } else { error })
        })
        .await
    }

    fn request(&self, method: &Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.clone(), format!("{}/v1{path}", self.base))
    }

    async fn access_token(&self, renew: bool) -> Result<SecretString, ApiError> {
        let mut held = self.token.lock().await;
        let now = self.world.now();
        if let Some(token) = held.as_ref().filter(|token| !renew && token.is_good_at(now)) {
            return Ok(token.secret.clone());
        }
        let body =
            serde_json::json!({ "clientId": self.client_id, "clientSecret": self.client_secret.expose_secret() });
        // Logging in changes nothing, and answers with the token that is already active.
        let answer = retrying(&self.world, Repeat::Safe, || async {
            let request = self.request(&Method::POST, "/auth/access_token").json(&body);
            answer::read("log in to Port", request.send().await, self.world.now()).await
        })
        .await
        .map_err(unauthorized)?;
        let token = Token::from_answer(&answer, now).ok_or_else(|| {
            let message = "the answer holds no token";
            answer.identified(ApiError::new(Api::Port, "log in to Port", ApiErrorKind::Undecodable, message))
        })?;
        let secret = token.secret.clone();
        *held = Some(token);
        Ok(secret)
    }
}

/// A login that Port calls not found or invalid is one with wrong credentials.
fn unauthorized(mut error: ApiError) -> ApiError {
    if matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Invalid | ApiErrorKind::Forbidden) {
        error.kind = ApiErrorKind::Unauthorized;
    }
    error
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::world::Sink;

    #[tokio::test]
    async fn a_name_that_a_path_folds_away_is_refused_before_anything_is_sent() {
        let sink = || Sink::new(std::io::sink());
        let world = World::isolated(BTreeMap::new(), "port-iam".into(), sink(), sink());
        // Nobody listens there: whatever is sent fails otherwise.
        let base = ApiUrl::parse("PORT_API_URL", "http://127.0.0.1:9").unwrap();
        let port = Port::new(&world, &base, "id".to_owned(), "secret".to_owned().into()).unwrap();
        for name in [".", ".."] {
            let error = port.entity("aws_resource", name).await.unwrap_err();
            assert_eq!((error.kind, error.status), (ApiErrorKind::Invalid, None), "{error}");
        }
        assert!(!is_folded("/blueprints/a..b/entities/...") && !is_folded("/blueprints/%2e%2e%2f"));
    }
}
