//! Port, asked as a person: what the page of Port does with the person's own session, over the same API and with the
//! same rights.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::view::{is_folded, segment};
use crate::sandbox::cast::Person;
use crate::sandbox::keys::Keys;

/// Port's API, with a session of everybody who has asked it something.
#[derive(Debug)]
pub(super) struct Port {
    http: Client,
    base: String,
    keys: Keys,
    tokens: Mutex<BTreeMap<&'static str, String>>,
}

/// Why there is no answer, in Port's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Refused {
    /// Port cannot be reached, or answers what is no answer.
    fn unreachable(error: &reqwest::Error) -> Self {
        Self { status: 502, message: format!("Port does not answer: {error}") }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self { status: 404, message: message.into() }
    }
}

impl Port {
    /// Creates the client of the Port at this address, without `/v1`, to which these keys belong.
    ///
    /// # Errors
    ///
    /// Fails when HTTP cannot be set up.
    pub(super) fn new(base: String, keys: Keys) -> std::io::Result<Self> {
        let http = Client::builder().no_proxy().build().map_err(std::io::Error::other)?;
        Ok(Self { http, base, keys, tokens: Mutex::default() })
    }

    /// Reads what lies at a path behind `/v1`.
    pub(super) async fn get(&self, person: Person, path: &str) -> Result<Value, Refused> {
        self.send(person, Method::GET, path, None).await
    }

    /// Starts an action on an entity, and returns the id of the run.
    pub(super) async fn execute(
        &self,
        person: Person,
        action: &str,
        entity: &str,
        form: &Value,
    ) -> Result<String, Refused> {
        let path = format!("/actions/{}/runs", segment(action));
        let body = json!({ "properties": form, "entity": entity });
        let answer = self.send(person, Method::POST, &path, Some(&body)).await?;
        Ok(answer["run"]["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Says yes or no to a run.
    pub(super) async fn decide(&self, person: Person, run: &str, is_approved: bool) -> Result<(), Refused> {
        let path = format!("/actions/runs/{}/approval", segment(run));
        let body = json!({ "status": if is_approved { "APPROVE" } else { "DECLINE" } });
        self.send(person, Method::PATCH, &path, Some(&body)).await.map(|_| ())
    }

    async fn send(&self, person: Person, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
        if is_folded(path) {
            return Err(Refused::not_found("Port can have nothing of this name"));
        }
        let known = self.tokens().get(person.email).cloned();
        if let Some(token) = known {
            match self.send_with(&token, method.clone(), path, body).await {
                // It has run out: in a sandbox, hours pass in a moment.
                Err(Refused { status: 401, .. }) => {}
                answer => return answer,
            }
        }
        let token = self.log_in(person).await?;
        let answer = self.send_with(&token, method, path, body).await;
        self.tokens().insert(person.email, token);
        answer
    }

    async fn send_with(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
        let mut request = self.http.request(method, format!("{}/v1{path}", self.base)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request).await
    }

    async fn log_in(&self, person: Person) -> Result<String, Refused> {
        let body = json!({ "clientId": person.port_client_id, "clientSecret": self.keys.port_client_secret(&person) });
        let answer = read(self.http.post(format!("{}/v1/auth/access_token", self.base)).json(&body)).await?;
        Ok(answer["accessToken"].as_str().unwrap_or_default().to_owned())
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Value, Refused> {
    let response = request.send().await.map_err(|error| Refused::unreachable(&error))?;
    let status = response.status();
    let body: Value = response.json().await.map_err(|error| Refused::unreachable(&error))?;
    if status.is_success() {
        return Ok(body);
    }
    let message = body["message"].as_str().unwrap_or("Port refused without a word").to_owned();
    Err(Refused { status: status.as_u16(), message })
}
