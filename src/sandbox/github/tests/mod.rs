//! The emulator over HTTP, as a client sees it.

mod commits;
mod probe;
pub(crate) mod settings;

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, router};
use crate::sandbox::cast;
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::fault::Faults;
use crate::sandbox::keys::Keys;
use crate::sandbox::request_log::{Api, RequestLog};
use crate::sandbox::wire::{self, Server, Wire};

/// A listening GitHub with one repository, `acme/tools`, that has a first commit.
pub(crate) struct Sandbox {
    pub(crate) github: GitHub,
    pub(crate) server: Server,
    client: reqwest::Client,
}

pub(crate) const REPOSITORY: &str = "acme/tools";

impl Sandbox {
    /// Starts a GitHub without a repository.
    pub(crate) fn empty() -> Self {
        let clock = SandboxClock::default();
        let (listener, url) = wire::listen().unwrap();
        let github = GitHub::new(clock.clone(), url, &Keys::default());
        // The log is what the contract checker reads: PORT_IAM_REQUEST_LOG keeps it.
        let log = match std::env::var_os("PORT_IAM_REQUEST_LOG") {
            Some(folder) => {
                let name = std::thread::current().name().unwrap_or("test").replace(':', "_");
                RequestLog::to_file(&std::path::Path::new(&folder).join(format!("{name}.jsonl"))).unwrap()
            }
            None => RequestLog::default(),
        };
        let wire = Wire { clock, log: Arc::new(log), faults: Arc::new(Faults::default()), past: Arc::default() };
        let server = wire::serve(Api::Github, listener, router(github.clone()), wire, std::future::pending()).unwrap();
        Self { github, server, client: reqwest::Client::new() }
    }

    pub(crate) async fn start() -> Self {
        let sandbox = Self::empty();
        let body = json!({ "name": "tools", "private": true, "auto_init": true });
        assert_eq!(sandbox.post("/orgs/acme/repos", body).await.0, 201);
        sandbox
    }

    /// Calls the API as `token` and returns status and body; `null` when there is none.
    pub(crate) async fn call(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.server.url())).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::from(text)) })
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(cast::ADA.github_token, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(cast::ADA.github_token, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(cast::ADA.github_token, Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(cast::ADA.github_token, Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> u16 {
        self.call(cast::ADA.github_token, Method::DELETE, path, None).await.0
    }

    /// Sends a GraphQL document and returns the whole answer.
    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Value {
        let (status, answer) = self.post("/graphql", json!({ "query": query, "variables": variables })).await;
        assert_eq!(status, 200);
        answer
    }

    pub(crate) fn head(&self) -> String {
        self.github.commits(REPOSITORY, "main").remove(0)
    }
}
