//! Secrets, environments, releases, dispatches, and who may do what.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::PublicKey;
use crypto_box::aead::OsRng;
use reqwest::Method;
use serde_json::{Value, json};

use super::{REPOSITORY, Sandbox};
use crate::sandbox::cast;
use crate::sandbox::gh;

/// Seals `value` with the key that the API answers at `place`.
pub(crate) async fn sealed(sandbox: &Sandbox, place: &str, value: &str) -> Value {
    let (status, key) = sandbox.get(&format!("/repos/{REPOSITORY}/{place}/secrets/public-key")).await;
    assert_eq!(status, 200);
    let bytes: [u8; 32] = STANDARD.decode(key["key"].as_str().unwrap()).unwrap().try_into().unwrap();
    let sealed = PublicKey::from(bytes).seal(&mut OsRng, value.as_bytes()).unwrap();
    json!({ "encrypted_value": STANDARD.encode(sealed), "key_id": key["key_id"] })
}

pub(crate) async fn environment(sandbox: &Sandbox, branch: &str) {
    let place = format!("/repos/{REPOSITORY}/environments/port-iam");
    let policy = json!({ "deployment_branch_policy": { "protected_branches": false, "custom_branch_policies": true } });
    assert_eq!(sandbox.put(&place, policy).await.0, 200);
    let body = json!({ "name": branch, "type": "branch" });
    assert_eq!(sandbox.post(&format!("{place}/deployment-branch-policies"), body).await.0, 200);
}

#[tokio::test]
async fn a_sealed_secret_is_opened_with_the_key_of_its_place() {
    let sandbox = Sandbox::start().await;
    environment(&sandbox, "main").await;
    let body = sealed(&sandbox, "environments/port-iam", "s3cret").await;
    let of_repository = format!("/repos/{REPOSITORY}/actions/secrets/TOKEN");
    let of_environment = format!("/repos/{REPOSITORY}/environments/port-iam/secrets/TOKEN");
    assert_eq!(sandbox.put(&of_repository, body.clone()).await.0, 422);
    assert_eq!(sandbox.put(&of_environment, body.clone()).await.0, 201);
    assert_eq!(sandbox.put(&of_environment, body).await.0, 204);
    assert_eq!(sandbox.github.secret(REPOSITORY, Some("port-iam"), "TOKEN").unwrap(), "s3cret");
    assert_eq!(sandbox.github.secret(REPOSITORY, None, "TOKEN"), None);
    let (_, listed) = sandbox.get(&format!("/repos/{REPOSITORY}/environments/port-iam/secrets")).await;
    assert_eq!((&listed["total_count"], &listed["secrets"][0]["name"]), (&json!(1), &json!("TOKEN")));
}

#[tokio::test]
async fn a_value_that_cannot_be_opened_is_refused() {
    let sandbox = Sandbox::start().await;
    let mut body = sealed(&sandbox, "actions", "s3cret").await;
    body["encrypted_value"] = json!(STANDARD.encode([7; 60]));
    assert_eq!(sandbox.put(&format!("/repos/{REPOSITORY}/actions/secrets/TOKEN"), body).await.0, 422);
    let body = sealed(&sandbox, "actions", "s3cret").await;
    assert_eq!(sandbox.put(&format!("/repos/{REPOSITORY}/actions/secrets/GITHUB_X"), body).await.0, 422);
}

#[tokio::test]
async fn without_the_plan_a_private_repository_has_no_environments_and_no_rules() {
    let sandbox = Sandbox::start().await;
    sandbox.github.set_plan(false);
    let base = format!("/repos/{REPOSITORY}");
    assert_eq!(sandbox.put(&format!("{base}/environments/port-iam"), json!({})).await.0, 403);
    assert_eq!(sandbox.get(&format!("{base}/environments/port-iam")).await.0, 404);
    let ruleset = json!({ "name": "r", "enforcement": "active" });
    assert_eq!(sandbox.post(&format!("{base}/rulesets"), ruleset).await.0, 403);
}

#[tokio::test]
async fn variables_are_made_once_and_then_changed() {
    let sandbox = Sandbox::start().await;
    let place = format!("/repos/{REPOSITORY}/actions/variables");
    assert_eq!(sandbox.patch(&format!("{place}/REGION"), json!({ "value": "eu-west-1" })).await.0, 404);
    let body = json!({ "name": "REGION", "value": "us-east-1" });
    assert_eq!(sandbox.post(&place, body.clone()).await.0, 201);
    assert_eq!(sandbox.post(&place, body).await.0, 409);
    assert_eq!(sandbox.patch(&format!("{place}/REGION"), json!({ "value": "eu-west-1" })).await.0, 204);
    assert_eq!(sandbox.get(&format!("{place}/region")).await.1["value"], "eu-west-1");
}

async fn upload(sandbox: &Sandbox, release: &Value, name: &str, content: &'static str) -> (u16, Value) {
    let upload_url = release["upload_url"].as_str().unwrap().replace("{?name,label}", &format!("?name={name}"));
    let request = sandbox.client.post(upload_url).bearer_auth(cast::ADA.github_token);
    let response = request.header("content-type", "application/octet-stream").body(content).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_draft_is_filled_and_then_published_and_its_tag_appears() {
    let sandbox = Sandbox::start().await;
    let base = format!("/repos/{REPOSITORY}");
    assert_eq!(sandbox.put(&format!("{base}/immutable-releases"), json!(null)).await.0, 204);
    let (status, draft) = sandbox.post(&format!("{base}/releases"), json!({ "tag_name": "v1", "draft": true })).await;
    assert_eq!(status, 201);
    assert_eq!(sandbox.get(&format!("{base}/releases/tags/v1")).await.0, 404);
    assert_eq!(sandbox.get(&format!("{base}/git/ref/tags/v1")).await.0, 404);
    let (status, asset) = upload(&sandbox, &draft, "tool", "abc").await;
    assert_eq!(status, 201);
    assert_eq!(asset["state"], "uploaded");
    // SHA-256 of "abc", from the standard's own example.
    assert_eq!(asset["digest"], "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let (status, refusal) = upload(&sandbox, &draft, "tool", "other").await;
    assert_eq!((status, &refusal["errors"][0]["code"]), (422, &json!("already_exists")));
    let place = format!("{base}/releases/{}", draft["id"]);
    assert_eq!(sandbox.patch(&place, json!({ "draft": false })).await.1["immutable"], true);
    assert_eq!(sandbox.get(&format!("{base}/releases/tags/v1")).await.1["assets"][0]["name"], "tool");
    assert_eq!(sandbox.get(&format!("{base}/git/ref/tags/v1")).await.1["object"]["sha"], sandbox.head());
    assert_eq!(upload(&sandbox, &draft, "late", "x").await.0, 422);
    assert_eq!(sandbox.delete(&format!("{base}/releases/assets/{}", asset["id"])).await, 422);
    assert_eq!(sandbox.post(&format!("{base}/releases"), json!({ "tag_name": "v1" })).await.0, 422);
}

#[tokio::test]
async fn no_release_gets_the_tag_of_an_immutable_one_again_not_even_in_a_new_repository_of_that_name() {
    let sandbox = Sandbox::start().await;
    let base = format!("/repos/{REPOSITORY}");
    let publish = async |tag: &str| {
        let (status, draft) =
            sandbox.post(&format!("{base}/releases"), json!({ "tag_name": tag, "draft": true })).await;
        assert_eq!(status, 201, "a draft may have any");
        let place = format!("{base}/releases/{}", draft["id"]);
        let (status, answer) = sandbox.patch(&place, json!({ "draft": false })).await;
        (status, answer, place)
    };
    // Before releases are immutable, a tag is free once its release is gone.
    let (_, _, place) = publish("v1").await;
    assert_eq!(sandbox.delete(&place).await, 204);
    assert_eq!(sandbox.put(&format!("{base}/immutable-releases"), json!(null)).await.0, 204);
    let (status, _, place) = publish("v1").await;
    assert_eq!(status, 200);
    let used = |answer: &serde_json::Value| {
        let errors = answer["errors"].as_array().unwrap();
        errors.iter().any(|error| error["message"] == "tag_name was used by an immutable release")
    };
    let (status, answer, _) = publish("v1").await;
    assert_eq!((status, used(&answer)), (422, true), "{answer}");
    assert_eq!(sandbox.delete(&place).await, 204);
    let (status, answer, _) = publish("v1").await;
    assert_eq!((status, used(&answer), answer["errors"].as_array().unwrap().len()), (422, true, 1), "{answer}");
    assert_eq!(sandbox.delete(&format!("{base}/git/refs/tags/v1")).await, 204);
    let (status, answer, _) = publish("v1").await;
    assert_eq!((status, used(&answer)), (422, true), "{answer}");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("creations being restricted"), "{answer}");
    let reference = json!({ "ref": "refs/tags/v1", "sha": sandbox.head() });
    assert_eq!(sandbox.post(&format!("{base}/git/refs"), reference).await.0, 422);
    assert_eq!(sandbox.post(&format!("{base}/releases"), json!({ "tag_name": "v1" })).await.0, 422);
    // Nor is it when the setting is off again, nor when the repository is another one.
    assert_eq!(sandbox.delete(&format!("{base}/immutable-releases")).await, 204);
    assert_eq!(publish("v1").await.0, 422);
    assert_eq!(publish("v1-2").await.0, 200);
}

#[tokio::test]
async fn gh_downloads_a_release_asset_with_the_token_of_a_job_and_not_after_it() {
    let sandbox = Sandbox::start().await;
    let (_, release) = sandbox.post(&format!("/repos/{REPOSITORY}/releases"), json!({ "tag_name": "v1" })).await;
    upload(&sandbox, &release, "tool", "the bytes").await;
    dispatched(&sandbox).await;
    let run = sandbox.github.runs(REPOSITORY).remove(0);
    let rights = sandbox.github.job_rights(&run, None, true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("tool");
    let words = ["release", "download", "v1", "--repo", REPOSITORY, "--pattern", "to*", "-O", output.to_str().unwrap()];
    let arguments: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let environment = BTreeMap::from([
        ("GITHUB_API_URL".to_owned(), sandbox.server.url().to_owned()),
        ("GH_TOKEN".to_owned(), rights.token.clone()),
    ]);
    assert_eq!(gh::run(&arguments, &environment).await, 0);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "the bytes");
    assert_eq!(gh::run(&arguments, &environment).await, 1, "the file is there already");
    let write = json!({ "message": "m", "content": "eA==" });
    let path = format!("/repos/{REPOSITORY}/contents/x");
    assert_eq!(sandbox.call(&rights.token, Method::PUT, &path, Some(write)).await.0, 403);
    sandbox.github.revoke_job_token(&rights.token);
    // It opens nothing any more, and is still none that may be printed.
    assert!(sandbox.github.tokens().contains(&rights.token));
    std::fs::remove_file(&output).unwrap();
    assert_eq!(gh::run(&arguments, &environment).await, 1);
    assert!(!output.exists());
}

const WORKFLOW: &[u8] = b"
name: Grant
on:
  workflow_dispatch:
    inputs:
      port_context: {required: true, type: string}
jobs: {grant: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}
";

async fn dispatched(sandbox: &Sandbox) -> (u16, Value) {
    sandbox.github.commit_file(REPOSITORY, "main", ".github/workflows/grant.yaml", Some(WORKFLOW)).unwrap();
    let body = json!({ "ref": "main", "inputs": { "port_context": "{}" }, "return_run_details": true });
    let path = format!("/repos/{REPOSITORY}/actions/workflows/grant.yaml/dispatches");
    sandbox.call(cast::PORT_APP_TOKEN, Method::POST, &path, Some(body)).await
}

#[tokio::test]
async fn ports_app_dispatches_and_can_do_nothing_else() {
    let sandbox = Sandbox::start().await;
    let (status, answer) = dispatched(&sandbox).await;
    assert_eq!(status, 200);
    let run = sandbox.github.runs(REPOSITORY).remove(0);
    assert_eq!((answer["workflow_run_id"].as_u64(), run.actor.as_str()), (Some(run.id), cast::PORT_APP_LOGIN));
    let (_, listed) = sandbox.get(&format!("/repos/{REPOSITORY}/actions/runs?status=queued")).await;
    assert_eq!(listed["workflow_runs"][0]["actor"]["type"], "Bot");
    let path = format!("/repos/{REPOSITORY}/contents/README.md");
    assert_eq!(sandbox.call(cast::PORT_APP_TOKEN, Method::GET, &path, None).await.0, 403);
    let path = format!("/repos/{REPOSITORY}/actions/workflows/grant.yaml/dispatches");
    let body = json!({ "ref": "main", "inputs": { "port_context": "{}" } });
    assert_eq!(sandbox.call(cast::DANA.github_token, Method::POST, &path, Some(body)).await.0, 403);
}

#[tokio::test]
async fn a_workflow_is_dispatched_only_when_it_is_on_the_default_branch() {
    let sandbox = Sandbox::start().await;
    let body = json!({ "ref": "refs/heads/side", "sha": sandbox.head() });
    sandbox.post(&format!("/repos/{REPOSITORY}/git/refs"), body).await;
    sandbox.github.commit_file(REPOSITORY, "side", ".github/workflows/grant.yaml", Some(WORKFLOW)).unwrap();
    let path = format!("/repos/{REPOSITORY}/actions/workflows/grant.yaml");
    let body = json!({ "ref": "side", "inputs": { "port_context": "{}" } });
    assert_eq!(sandbox.post(&format!("{path}/dispatches"), body.clone()).await.0, 404);
    sandbox.github.commit_file(REPOSITORY, "main", ".github/workflows/grant.yaml", Some(WORKFLOW)).unwrap();
    assert_eq!(sandbox.post(&format!("{path}/dispatches"), body.clone()).await.0, 204);
    assert_eq!(sandbox.get(&path).await.1["state"], "active");
    assert!(sandbox.github.disable_workflow(REPOSITORY, "grant.yaml"));
    assert_eq!(sandbox.post(&format!("{path}/dispatches"), body).await.0, 422);
    assert_eq!(sandbox.put(&format!("{path}/enable"), json!(null)).await.0, 204);
    let long = json!({ "ref": "main", "inputs": { "port_context": "x".repeat(65_536) } });
    assert_eq!(sandbox.post(&format!("{path}/dispatches"), long).await.0, 422);
}

#[tokio::test]
async fn installations_are_told_to_owners_with_the_scope() {
    let sandbox = Sandbox::start().await;
    let (_, told) = sandbox.get("/orgs/acme/installations").await;
    assert_eq!(told["installations"][0]["app_slug"], cast::PORT_APP_SLUG);
    assert_eq!(told["installations"][0]["permissions"]["actions"], "write");
    let dana = sandbox.call(cast::DANA.github_token, Method::GET, "/orgs/acme/installations", None).await.0;
    assert_eq!(dana, 404);
    sandbox.github.set_token_scopes(cast::ADA.github_token, cast::ADA.github_login, "repo, workflow");
    assert_eq!(sandbox.get("/orgs/acme/installations").await.0, 404);
    assert_eq!(sandbox.get("/user/memberships/orgs/acme").await.1["role"], "admin");
}

#[tokio::test]
async fn both_schemes_are_taken_and_the_scopes_are_told() {
    let sandbox = Sandbox::empty();
    for scheme in ["token", "Bearer"] {
        let value = format!("{scheme} {}", cast::ADA.github_token);
        let request = sandbox.client.get(format!("{}/user", sandbox.server.url())).header("authorization", value);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["x-oauth-scopes"], "admin:org, repo, workflow");
        assert_eq!(response.json::<Value>().await.unwrap()["login"], "ada");
    }
}

#[tokio::test]
async fn an_unknown_route_can_be_told_from_a_missing_thing() {
    let sandbox = Sandbox::empty();
    for (path, unknown) in [("/repos/acme/gone", false), ("/repos/acme/gone/wiki", true), ("/nothing", true)] {
        let request = sandbox.client.get(format!("{}{path}", sandbox.server.url())).bearer_auth(cast::ADA.github_token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 404);
        assert_eq!(response.headers().contains_key("x-sandbox"), unknown, "{path}");
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let sandbox = Sandbox::start().await;
    for number in 0..4 {
        sandbox.github.commit_file(REPOSITORY, "main", "a", Some(format!("{number}").as_bytes())).unwrap();
    }
    let url = format!("{}/repos/{REPOSITORY}/commits?per_page=3", sandbox.server.url());
    let response = sandbox.client.get(&url).bearer_auth(cast::ADA.github_token).send().await.unwrap();
    assert_eq!(response.headers()["link"], format!("<{url}&page=2>; rel=\"next\""));
    let (_, rest) = sandbox.get(&format!("/repos/{REPOSITORY}/commits?per_page=3&page=2")).await;
    assert_eq!(rest.as_array().unwrap().len(), 2);
}
