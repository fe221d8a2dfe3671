//! Commits by GraphQL and by REST, and the rules that refuse them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::{REPOSITORY, Sandbox};
use crate::sandbox::cast;

const COMMIT: &str = "mutation($input: CreateCommitOnBranchInput!) {
    createCommitOnBranch(input: $input) { commit { oid url } }
}";

fn input(head: &str, files: &[(&str, &str)]) -> Value {
    let additions: Vec<Value> =
        files.iter().map(|(path, text)| json!({ "path": path, "contents": STANDARD.encode(text) })).collect();
    json!({ "input": {
        "branch": { "repositoryNameWithOwner": REPOSITORY, "branchName": "main" },
        "message": { "headline": "Set up", "body": "By hand." }, "expectedHeadOid": head,
        "fileChanges": { "additions": additions },
    } })
}

async fn commit(sandbox: &Sandbox, files: &[(&str, &str)]) -> Value {
    sandbox.graphql(COMMIT, input(&sandbox.head(), files)).await
}

#[tokio::test]
async fn one_graphql_commit_holds_all_files() {
    let sandbox = Sandbox::start().await;
    let answer = commit(&sandbox, &[(".github/workflows/a.yaml", "on: push\n"), ("a/b.json", "{}")]).await;
    assert_eq!(answer["errors"], Value::Null);
    assert_eq!(answer["data"]["createCommitOnBranch"]["commit"]["oid"], sandbox.head());
    let files = sandbox.github.files(REPOSITORY, "main").unwrap();
    assert_eq!(files.keys().collect::<Vec<_>>(), [".github/workflows/a.yaml", "README.md", "a/b.json"]);
    assert_eq!(sandbox.github.commits(REPOSITORY, "main").len(), 2);
}

#[tokio::test]
async fn a_commit_on_a_moved_head_is_stale() {
    let sandbox = Sandbox::start().await;
    let old = sandbox.head();
    sandbox.github.commit_file(REPOSITORY, "main", "other.txt", Some(b"x")).unwrap();
    let answer = sandbox.graphql(COMMIT, input(&old, &[("a", "x")])).await;
    assert_eq!(answer["errors"][0]["type"], "STALE_DATA");
    assert_eq!(answer["data"]["createCommitOnBranch"], Value::Null);
    assert!(sandbox.github.file(REPOSITORY, "main", "a").is_none());
}

#[tokio::test]
async fn a_token_without_the_workflow_scope_commits_no_workflow() {
    let sandbox = Sandbox::start().await;
    sandbox.github.set_token_scopes(cast::ADA.github_token, cast::ADA.github_login, "repo");
    let answer = commit(&sandbox, &[(".github/workflows/a.yaml", "on: push\n")]).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("refusing to allow ") && message.ends_with("without `workflow` scope"), "{message}");
    let body = json!({ "message": "m", "content": STANDARD.encode("on: push\n") });
    let path = format!("/repos/{REPOSITORY}/contents/.github/workflows/a.yaml");
    assert_eq!(sandbox.put(&path, body).await.0, 404);
    assert_eq!(commit(&sandbox, &[("a", "x")]).await["errors"], Value::Null);
}

#[tokio::test]
async fn a_protected_branch_refuses_every_way_of_pushing() {
    let sandbox = Sandbox::start().await;
    let head = sandbox.head();
    assert!(sandbox.github.protect_branch(REPOSITORY, "main"));
    let answer = commit(&sandbox, &[("a", "x")]).await;
    assert_eq!(answer["errors"][0]["type"], "FORBIDDEN");
    let body = json!({ "message": "m", "content": STANDARD.encode("x") });
    let (status, answer) = sandbox.put(&format!("/repos/{REPOSITORY}/contents/a"), body).await;
    assert_eq!(status, 409);
    assert!(answer["message"].as_str().unwrap().starts_with("Repository rule violations found"));
    assert_eq!(sandbox.head(), head);
}

#[tokio::test]
async fn a_ruleset_asks_for_a_pull_request_and_spares_those_who_bypass_it() {
    let sandbox = Sandbox::start().await;
    let base = format!("/repos/{REPOSITORY}");
    let ruleset = json!({
        "name": "default branch", "target": "branch", "enforcement": "active",
        "conditions": { "ref_name": { "include": ["~DEFAULT_BRANCH"], "exclude": [] } },
        "rules": [{ "type": "pull_request" }, { "type": "non_fast_forward" }, { "type": "deletion" }],
    });
    let (status, made) = sandbox.post(&format!("{base}/rulesets"), ruleset).await;
    assert_eq!(status, 201);
    let (_, rules) = sandbox.get(&format!("{base}/rules/branches/main")).await;
    assert_eq!(rules.as_array().unwrap().len(), 3);
    assert_eq!(sandbox.get(&format!("{base}/branches/main")).await.1["protected"], true);

    let head = sandbox.head();
    let tree = sandbox.get(&format!("{base}/git/commits/{head}")).await.1["tree"]["sha"].clone();
    let body = json!({ "message": "m", "tree": tree, "parents": [head] });
    let commit = sandbox.post(&format!("{base}/git/commits"), body).await.1["sha"].clone();
    let (status, refusal) = sandbox.patch(&format!("{base}/git/refs/heads/main"), json!({ "sha": commit })).await;
    assert_eq!(status, 422);
    assert!(refusal["message"].as_str().unwrap().contains("Changes must be made through a pull request."));
    assert_eq!(sandbox.delete(&format!("{base}/git/refs/heads/main")).await, 422);

    let bypass =
        json!({ "bypass_actors": [{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" }] });
    assert_eq!(sandbox.put(&format!("{base}/rulesets/{}", made["id"]), bypass).await.0, 200);
    assert_eq!(sandbox.patch(&format!("{base}/git/refs/heads/main"), json!({ "sha": commit })).await.0, 200);
}

#[tokio::test]
async fn a_pull_request_brings_to_a_protected_branch_what_a_push_may_not() {
    let sandbox = Sandbox::start().await;
    sandbox.github.protect_branch(REPOSITORY, "main");
    let base = format!("/repos/{REPOSITORY}");
    let body = json!({ "ref": "refs/heads/port-iam/abc", "sha": sandbox.head() });
    assert_eq!(sandbox.post(&format!("{base}/git/refs"), body).await.0, 201);
    let nothing = json!({ "title": "t", "head": "port-iam/abc", "base": "main" });
    let (status, answer) = sandbox.post(&format!("{base}/pulls"), nothing.clone()).await;
    assert_eq!((status, &answer["errors"][0]["message"]), (422, &json!("No commits between main and port-iam/abc")));
    let file = json!({ "message": "m", "content": STANDARD.encode("x"), "branch": "port-iam/abc" });
    assert_eq!(sandbox.put(&format!("{base}/contents/a"), file).await.0, 201);
    let (status, pull) = sandbox.post(&format!("{base}/pulls"), nothing.clone()).await;
    assert_eq!((status, &pull["number"], &pull["changed_files"]), (201, &json!(1), &json!(1)));
    assert_eq!(sandbox.post(&format!("{base}/pulls"), nothing).await.0, 422);
    let (_, listed) = sandbox.get(&format!("{base}/pulls?head=acme:port-iam/abc&state=open")).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert!(sandbox.github.merge_pull_request(REPOSITORY, 1));
    assert_eq!(sandbox.github.file(REPOSITORY, "main", "a").unwrap(), "x");
    assert_eq!(sandbox.get(&format!("{base}/pulls/1")).await.1["merged"], true);
}

#[tokio::test]
async fn one_query_reads_the_repository_and_several_files() {
    let sandbox = Sandbox::start().await;
    sandbox.github.commit_file(REPOSITORY, "main", ".github/port-iam.yaml", Some(b"rules: []\n")).unwrap();
    let query = r#"query($owner: String!, $name: String!, $rules: String!) {
        repository(owner: $owner, name: $name) {
            databaseId isPrivate defaultBranchRef { name target { oid } }
            rules: object(expression: $rules) { ... on Blob { text } }
            readme: object(expression: "main:README.md") { __typename ... on Blob { text } ... on Tree { oid } }
            missing: object(expression: "HEAD:missing") { ... on Blob { text } }
        }
    }"#;
    let variables =
        json!({ "owner": "acme", "name": "tools", "rules": format!("{}:.github/port-iam.yaml", sandbox.head()) });
    let answer = sandbox.graphql(query, variables).await;
    let repository = &answer["data"]["repository"];
    assert_eq!(repository["isPrivate"], true);
    assert_eq!(repository["defaultBranchRef"], json!({ "name": "main", "target": { "oid": sandbox.head() } }));
    assert_eq!(repository["rules"], json!({ "text": "rules: []\n" }));
    assert_eq!(repository["readme"], json!({ "__typename": "Blob", "text": "# tools\n" }));
    assert_eq!(repository["missing"], Value::Null);
}

#[tokio::test]
async fn graphql_names_what_it_does_not_know() {
    let sandbox = Sandbox::start().await;
    let ask = async |query: &str| sandbox.graphql(query, json!({})).await["errors"][0]["message"].clone();
    let field = ask(r#"{ repository(owner: "acme", name: "tools") { stars } }"#).await;
    assert_eq!(field, "Field 'stars' doesn't exist on type 'Repository'");
    let gone = ask(r#"{ repository(owner: "acme", name: "gone") { id } }"#).await;
    assert_eq!(gone, "Could not resolve to a Repository with the name 'acme/gone'.");
    assert_eq!(
        ask("query($name: String!) { viewer { login } }").await,
        "Variable $name of a required type was provided invalid value"
    );
    assert_eq!(ask("{ viewer { login }").await, "Unexpected end of document");
    assert_eq!(ask("{ viewer { login @skip(if: true) } }").await, "Directives are not supported by the sandbox");
}

#[tokio::test]
async fn a_private_repository_is_not_there_for_others() {
    let sandbox = Sandbox::start().await;
    let path = format!("/repos/{REPOSITORY}");
    let as_dana = async || sandbox.call(cast::DANA.github_token, Method::GET, &path, None).await.0;
    assert_eq!(as_dana().await, 200);
    sandbox.github.set_base_permission(None);
    assert_eq!(as_dana().await, 404);
    assert_eq!(
        sandbox.call("ghp_wrong", Method::GET, &path, None).await,
        (
            401,
            json!({
                "message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401",
            })
        )
    );
    sandbox.github.set_token_scopes(cast::ADA.github_token, cast::ADA.github_login, "admin:org");
    assert_eq!(sandbox.get(&path).await.0, 404);
}
