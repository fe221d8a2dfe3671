//! The whole life of an installation: set up, edited by hand, planned, repaired, examined, taken away.

use serde_json::{Value, json};

use crate::harness::Harness;
use crate::installed::REPOSITORY;
use crate::oidc;
use crate::uninstall::state;

const WORKFLOW: &str = ".github/workflows/create-iam-permissions.yaml";

/// What of a plan is not as it shall be: its systems and subjects.
fn open(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["change"] != "keep");
    steps.map(|step| format!("{} {}", step["system"].as_str().unwrap(), step["subject"].as_str().unwrap())).collect()
}

/// Edits an action, or a blueprint, as somebody does in Port's user interface.
fn edit(value: Option<Value>, change: impl FnOnce(&mut Value)) -> Value {
    let mut value = value.unwrap();
    for key in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
        value.as_object_mut().unwrap().shift_remove(key);
    }
    change(&mut value);
    value
}

/// How the workflows reach AWS: what the platform engineer works in, and the flags of a first `init`.
type Access = (fn() -> Harness, &'static [&'static str]);

const BOTH: [Access; 2] = [(Harness::for_installation, &[]), (oidc::harness, &["--aws-setup"])];

#[test]
fn five_edits_are_planned_ours_are_repaired_the_user_s_are_kept_and_nothing_is_left_behind() {
    for (harness, flags) in BOTH {
        let mut harness = harness();
        // The services' clock is looked at too.
        harness.clock_ahead = Some(jiff::SignedDuration::ZERO);
        lives(&harness, flags);
    }
}

fn lives(harness: &Harness, flags: &[&str]) {
    let before = state(harness);
    harness.run(&[&["init", "--yes"], flags].concat()).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);

    let github = &harness.sandbox.github;
    let ours = github.file(REPOSITORY, "main", WORKFLOW).unwrap();
    let theirs = ours.replace("timeout-minutes: 10", "timeout-minutes: 360");
    harness.with_port(async |port| {
        let blueprints = port.blueprints().await.unwrap();
        let grants = blueprints.into_iter().find(|blueprint| blueprint["identifier"] == "provisioned_permissions");
        let body = edit(grants, |body| {
            body["schema"]["properties"]["ticket"] = json!({ "type": "string" });
            body["schema"]["properties"].as_object_mut().unwrap().shift_remove("reason");
        });
        port.replace_blueprint("provisioned_permissions", &body).await.unwrap();
        let body = edit(port.action("request_permissions").await.unwrap(), |body| {
            body["trigger"]["userInputs"]["properties"]["ticket"] = json!({ "type": "string" });
            body["invocationMethod"]["workflow"] = json!("create-iam-permissions.yaml");
            body["invocationMethod"]["reportWorkflowStatus"] = json!(false);
        });
        port.replace_action("request_permissions", &body).await.unwrap();
        let everybody = json!({ "entities": { "update": { "roles": ["Admin", "Member"], "users": [], "teams": [] } } });
        port.set_blueprint_permissions("aws_resource", &everybody).await.unwrap();
    });
    github.commit_file(REPOSITORY, "main", WORKFLOW, Some(theirs.as_bytes())).unwrap();
    assert!(github.disable_workflow(REPOSITORY, "sweep-iam-permissions.yaml"));

    let plan = harness.run(&["plan", "--output", "json"]).exits(3).json();
    assert_eq!(
        open(&plan),
        [
            "port blueprint provisioned_permissions",
            "port permissions of the blueprint aws_resource",
            &format!("github file {WORKFLOW}"),
            "github workflow sweep-iam-permissions.yaml",
            "port action request_permissions",
        ]
    );

    // The branch may not be pushed to: what is ours comes by a pull request.
    harness.run(&["init", "--yes", "--force"]).exits(3);
    assert!(github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["plan"]).exits(0);
    let told = harness.run(&["doctor", "--output", "json"]).exits(0).json();
    let findings = told["findings"].as_array().unwrap();
    let odd: Vec<&Value> = findings.iter().filter(|finding| finding["severity"] != "ok").collect();
    assert!(odd.is_empty() && findings.len() > 35, "{} findings: {odd:#?}", findings.len());
    assert_eq!((&told["healthy"], &told["errors"]), (&json!(true), &json!(0)));
    assert_eq!(github.file(REPOSITORY, "main", WORKFLOW).unwrap(), ours);
    harness.with_port(async |port| {
        let action = port.action("request_permissions").await.unwrap().unwrap();
        assert_eq!(action["trigger"]["userInputs"]["properties"]["ticket"], json!({ "type": "string" }));
        let blueprints = port.blueprints().await.unwrap();
        let grants = blueprints.iter().find(|it| it["identifier"] == "provisioned_permissions").unwrap();
        assert_eq!(grants["schema"]["properties"]["ticket"], json!({ "type": "string" }));
    });

    let scopes = "repo, workflow, read:org, delete_repo";
    let ada = port_iam::sandbox::cast::ADA;
    github.set_token_scopes(ada.github_token, ada.github_login, scopes);
    let flags = ["--delete-repository", "--delete-entities"];
    harness.run(&[&["uninstall", "--yes"], &flags[..]].concat()).exits(0);
    assert_eq!(state(harness), before);
}
