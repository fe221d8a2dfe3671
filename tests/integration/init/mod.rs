//! `port-iam init` against the sandbox.

mod approval;
mod boundary;
mod creates;
mod emitted_for_aws;
mod emitted_for_github;
mod enterprise_server;
mod faults;
mod golden;
mod guard;
mod keeps;
mod merged_by_api;
mod page;
mod plan;
mod pull_request;
mod refuses;
mod resource_types;
mod share;
mod upgrade;
mod wizard;

use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use crate::harness::Harness;
pub(crate) use upgrade::program;
pub(crate) use wizard::at_a_terminal;

const REPOSITORY: &str = "acme/port-iam-permissions";
const ENVIRONMENT: Option<&str> = Some("port-iam");
const ACTIONS: [&str; 5] = [
    "request_permissions",
    "extend_permissions",
    "return_permissions",
    "revoke_permissions",
    "revoke_expired_permissions",
];
const SECRETS: [&str; 4] = ["PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Returns what may have changed something anywhere, since the first `since` exchanges.
fn writes(harness: &Harness, since: usize) -> Vec<Exchange> {
    [Api::Port, Api::Github, Api::Aws].into_iter().flat_map(|api| harness.writes(api, since)).collect()
}

fn method_and_path(exchanges: &[Exchange]) -> Vec<String> {
    exchanges.iter().map(|exchange| format!("{} {}", exchange.method, exchange.path)).collect()
}

/// Runs `init --yes`, which must have nothing to do.
#[track_caller]
fn assert_done(harness: &Harness) {
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(method_and_path(&writes(harness, since)), Vec::<String>::new(), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("Everything is set up already; nothing was changed."), "{}", ran.stdout);
}

fn action(harness: &Harness, identifier: &str) -> Value {
    let mut found = Value::Null;
    harness.with_port(async |port| found = port.action(identifier).await.unwrap().unwrap_or_default());
    found
}

fn blueprint(harness: &Harness, identifier: &str) -> Value {
    let mut found = Vec::new();
    harness.with_port(async |port| found = port.blueprints().await.unwrap());
    found.into_iter().find(|blueprint| blueprint["identifier"] == identifier).unwrap_or_default()
}

/// Returns a body that Port takes back, with `edit` done to it.
pub(crate) fn edited(mut value: Value, edit: impl FnOnce(&mut Value)) -> Value {
    for key in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
        value.as_object_mut().unwrap().shift_remove(key);
    }
    edit(&mut value);
    value
}

/// Asks GitHub for something by hand, as the platform engineer.
fn github(harness: &Harness, method: &str, path: &str, body: &Value) -> Value {
    let variable = |name: &str| harness.environment.iter().find(|(key, _)| *key == name).unwrap().1.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().user_agent("by hand").build().unwrap();
        let url = format!("{}{path}", variable("GITHUB_API_URL"));
        let request = client.request(method.parse().unwrap(), url).bearer_auth(variable("GH_TOKEN")).json(body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    })
}

fn make_repository(harness: &Harness, private: bool, with_commit: bool) {
    let body = json!({ "name": "port-iam-permissions", "private": private, "auto_init": with_commit });
    github(harness, "POST", "/orgs/acme/repos", &body);
}

fn environment_branches(harness: &Harness) -> Vec<Value> {
    let path = format!("/repos/{REPOSITORY}/environments/port-iam/deployment-branch-policies");
    github(harness, "GET", &path, &json!({}))["branch_policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| policy["name"].clone())
        .collect()
}
