//! The emulator over real HTTP. What GitHub is asked comes out of a channel.

mod access;
mod actions;
mod catalog;
mod contract;
mod dispatches;
mod forms;
mod guide;
mod runs;
mod search;
mod templates;
mod timers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use guide::{BUCKET, GRANTS, INSTANCE, INSTANCE_PATH, actions, blueprints, grant};

use super::{GitHubApp, Port, router};
use crate::sandbox::cast::{self, Person};
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::keys::Keys;
use crate::sandbox::request_log::{Api, RequestLog};
use crate::sandbox::wire::{Server, Wire, listen, serve};

/// One call of the dispatch, as GitHub saw it.
#[derive(Debug)]
struct Dispatched {
    workflow: String,
    body: Value,
}

#[derive(Clone)]
struct FakeGitHub {
    dispatched: mpsc::UnboundedSender<Dispatched>,
    next_run: Arc<AtomicU64>,
}

/// GitHub knows one repository, `acme/port-iam-permissions`, whose default branch is `trunk`.
fn github_router(github: FakeGitHub) -> axum::Router {
    let repository = json!({ "id": 7, "owner": { "id": 3 }, "default_branch": "trunk" });
    axum::Router::new()
        .route("/repos/acme/port-iam-permissions", get(|| async move { Json(repository) }))
        .route(
            "/repos/acme/port-iam-permissions/actions/workflows/{workflow}/dispatches",
            post(
                |State(github): State<FakeGitHub>, Path(workflow): Path<String>, Json(body): Json<Value>| async move {
                    if workflow == "no-such-workflow.yaml" {
                        return (StatusCode::NOT_FOUND, Json(json!({ "message": "Not Found" })));
                    }
                    let id = github.next_run.fetch_add(1, Ordering::SeqCst);
                    github.dispatched.send(Dispatched { workflow, body }).expect("the test listens");
                    let url = format!("https://github.example/acme/port-iam-permissions/actions/runs/{id}");
                    (StatusCode::OK, Json(json!({ "workflow_run_id": id, "run_url": url, "html_url": url })))
                },
            ),
        )
        .with_state(github)
}

struct World {
    clock: SandboxClock,
    port: Port,
    log: Arc<RequestLog>,
    dispatched: mpsc::UnboundedReceiver<Dispatched>,
    client: reqwest::Client,
    server: Server,
    _github: Server,
}

/// An answer.
struct Reply {
    status: u16,
    body: Value,
}

impl World {
    fn new() -> Self {
        Self::with(|port| port)
    }

    fn with(configure: impl FnOnce(Port) -> Port) -> Self {
        let clock = SandboxClock::default();
        let log = Arc::new(RequestLog::default());
        let wire = Wire { clock: clock.clone(), log: Arc::clone(&log), faults: Arc::default(), past: Arc::default() };
        let (sender, dispatched) = mpsc::unbounded_channel();
        let (listener, api_url) = listen().unwrap();
        let github = github_router(FakeGitHub { dispatched: sender, next_run: Arc::new(AtomicU64::new(1000)) });
        let github = serve(Api::Github, listener, github, wire.clone(), async {}).unwrap();
        let app = GitHubApp { api_url, token: cast::PORT_APP_TOKEN.to_owned(), login: cast::PORT_APP_LOGIN.to_owned() };
        let (listener, url) = listen().unwrap();
        let port = configure(Port::new(clock.clone(), url, app, Keys::default()));
        let server = serve(Api::Port, listener, router(port.clone()), wire, super::background(port.clone())).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { clock, port, log, dispatched, client, server, _github: github }
    }

    /// A world with the guide's blueprints, two resources, two permissions and the actions.
    async fn guide() -> Self {
        let world = Self::new();
        world.set_up("GITHUB").await;
        world
    }

    async fn set_up(&self, backend: &str) {
        for blueprint in blueprints() {
            self.send("POST", "/v1/blueprints", blueprint).await.is(201);
        }
        for action in actions(backend) {
            self.send("POST", "/v1/actions", action).await.is(201);
        }
        let entity = |identifier: &str, title: &str, kind: &str| json!({ "identifier": identifier, "title": title, "properties": { "resource_type": kind } });
        for body in [entity(BUCKET, "My awesome S3 bucket", "S3"), entity(INSTANCE, "My awesome EC2 machine", "EC2")] {
            self.send("POST", "/v1/blueprints/aws_resource/entities?upsert=false", body).await.is(201);
        }
        for body in [entity("s3:PutObject", "Put S3 objects", "S3"), entity("ec2:StopInstances", "Stop EC2", "EC2")] {
            self.send("POST", "/v1/blueprints/iam_permissions/entities?upsert=false", body).await.is(201);
        }
    }

    async fn token(&self, id: &str, secret: &str) -> String {
        let body = json!({ "clientId": id, "clientSecret": secret });
        let request = self.client.post(format!("{}/v1/auth/access_token", self.server.url())).json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["accessToken"].as_str().unwrap_or_default().to_owned()
    }

    /// Sends a request as the machine.
    async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        let token = self.token(cast::WORKFLOW_PORT_CLIENT_ID, cast::WORKFLOW_PORT_CLIENT_SECRET).await;
        self.send_with(&token, method, path, body).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, Value::Null).await
    }

    async fn send_as(&self, person: Person, method: &str, path: &str, body: Value) -> Reply {
        let token = self.token(person.port_client_id, person.port_client_secret).await;
        self.send_with(&token, method, path, body).await
    }

    async fn send_with(&self, token: &str, method: &str, path: &str, body: Value) -> Reply {
        let method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.server.url())).bearer_auth(token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("x-trace-id"), "{path} has no trace id");
        let status = response.status().as_u16();
        Reply { status, body: response.json().await.unwrap() }
    }

    /// Dana asks for `s3:PutObject` on the bucket.
    async fn request_permissions(&self) -> String {
        let body = json!({ "properties": { "permissions": ["s3:PutObject"], "duration": "1h" }, "entity": BUCKET });
        let reply = self.send_as(cast::DANA, "POST", "/v1/actions/request_permissions/runs", body).await;
        reply.is(202).body["run"]["id"].as_str().unwrap().to_owned()
    }

    async fn run(&self, id: &str) -> Value {
        self.get(&format!("/v1/actions/runs/{id}?version=v2")).await.is(200).body["run"].clone()
    }

    /// Returns the next dispatch that GitHub sees.
    async fn dispatch(&mut self) -> Dispatched {
        let wait = tokio::time::timeout(Duration::from_secs(20), self.dispatched.recv());
        wait.await.expect("nothing was dispatched").expect("GitHub is there")
    }

    /// Asks for the run until it shows what is wanted: Port goes on after its answer.
    async fn run_until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            loop {
                let run = self.run(id).await;
                if wanted(&run) {
                    return run;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), asking).await.expect("the run never got there")
    }

    async fn logs(&self, id: &str) -> Vec<String> {
        let reply = self.get(&format!("/v1/actions/runs/{id}/logs?limit=50&offset=0")).await.is(200);
        let logs = reply.body["runLogs"].as_array().unwrap().clone();
        logs.iter().map(|log| log["message"].as_str().unwrap().to_owned()).collect()
    }
}

impl Reply {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    #[track_caller]
    fn refused(self, status: u16, error: &str) -> Self {
        let reply = self.is(status);
        assert_eq!(reply.body["error"], error, "{}", reply.body);
        assert_eq!(reply.body["ok"], false);
        reply
    }
}
