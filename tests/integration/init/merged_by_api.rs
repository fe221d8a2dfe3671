//! Behind a protected branch: what is merged by the API is what a second run finds.

use port_iam::sandbox::cast;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Harness;
use crate::installed::{Installed, REPOSITORY};

/// Asks GitHub for something about the repository by hand, as the platform engineer; returns status and answer.
fn asked(harness: &Harness, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/repos/{REPOSITORY}{path}", harness.variable("GITHUB_API_URL"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().user_agent("by hand").build().unwrap();
        let request = client.request(method.parse().unwrap(), url).bearer_auth(cast::ADA.github_token).json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    })
}

#[test]
fn what_a_protected_branch_held_up_is_merged_by_the_api_and_a_second_run_converges() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let workflow = "sweep-iam-permissions.yaml";
    let path = format!(".github/workflows/{workflow}");
    harness.sandbox.github.commit_file(REPOSITORY, "main", &path, None).unwrap();
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("waits for a pull request to be merged"), "{}", ran.stdout);
    // Our own ruleset asks for somebody else's approval first.
    let (status, answer) = asked(harness, "PUT", "/pulls/1/merge", &json!({}));
    assert!(status == 405 && answer["message"].to_string().contains("approving review"), "{status} {answer}");
    let (_, rulesets) = asked(harness, "GET", "/rulesets", &json!({}));
    let ruleset = format!("/rulesets/{}", rulesets[0]["id"]);
    let (_, mut body) = asked(harness, "GET", &ruleset, &json!({}));
    let ours = body["rules"].clone();
    let rules = body["rules"].as_array_mut().unwrap();
    let rule = rules.iter_mut().find(|rule| rule["type"] == "pull_request").unwrap();
    rule["parameters"]["required_approving_review_count"] = json!(0);
    rule["parameters"]["require_code_owner_review"] = json!(false);
    assert_eq!(asked(harness, "PUT", &ruleset, &body).0, 200);
    let (status, answer) = asked(harness, "PUT", "/pulls/1/merge", &json!({ "merge_method": "merge" }));
    assert_eq!((status, &answer["merged"]), (200, &json!(true)), "{answer}");
    assert_eq!(asked(harness, "PUT", "/pulls/1/merge", &json!({})).0, 405, "it is merged already");
    assert!(harness.sandbox.github.file(REPOSITORY, "main", &path).is_some());
    body["rules"] = ours;
    assert_eq!(asked(harness, "PUT", &ruleset, &body).0, 200);
    let since = harness.sandbox.log.len();
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(harness.writes(Api::Github, since).len(), 0);
    harness.run(&["plan"]).exits(0);
    // A workflow that somebody has switched off is switched on again.
    assert_eq!(asked(harness, "PUT", &format!("/actions/workflows/{workflow}/disable"), &json!({})).0, 204);
    harness.run(&["plan"]).exits(3);
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(asked(harness, "GET", &format!("/actions/workflows/{workflow}"), &json!({})).1["state"], "active");
}
