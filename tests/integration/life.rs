//! The whole life of an installation in an organisation that is not empty: set up, edited by hand, planned, repaired,
//! examined with fifteen faults, taken away. What others had before is the same behind it, and was never written to.

mod drift;
mod faults;
mod kept;
mod places;
pub(crate) mod planted;

use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Harness;
use crate::installed::REPOSITORY;
use crate::oidc;

const WORKFLOW: &str = ".github/workflows/create-iam-permissions.yaml";
/// What is not as it was, and what of the answer of `uninstall` names it.
const NAMED: [(&str, &str); 10] = [
    ("~ github acme/port-iam-permissions history", "repository acme/port-iam-permissions"),
    ("~ github acme/port-iam-permissions reference refs/heads/main", "repository acme/port-iam-permissions"),
    ("+ github acme/port-iam-permissions reference refs/heads/port-iam/", "repository acme/port-iam-permissions"),
    ("+ github acme/port-iam-permissions pull request ", "repository acme/port-iam-permissions"),
    ("~ github acme/port-iam-permissions runs", "repository acme/port-iam-permissions"),
    // GitHub remembers a workflow whose file is gone.
    ("+ github acme/port-iam-permissions workflow .github/workflows/", "repository acme/port-iam-permissions"),
    ("~ github acme/port-iam-permissions immutable releases", "immutable releases of the repository"),
    ("+ github acme/port-iam-permissions used tag port-iam-v", "immutable releases of the repository"),
    ("~ port audit log", "audit log, and the runs of the actions"),
    ("~ port runs", "audit log, and the runs of the actions"),
];

/// What of a plan is not as it shall be: system, subject and change, then its lines.
fn open(plan: &Value) -> Vec<Value> {
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["change"] != "keep");
    let told = |step: &Value| {
        let text = |key: &str| step[key].as_str().unwrap();
        json!([format!("{} {}: {}", text("system"), text("subject"), text("change")), step["differences"]])
    };
    steps.map(told).collect()
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

fn blueprint(harness: &Harness, identifier: &str) -> Option<Value> {
    let mut all = Vec::new();
    harness.with_port(async |port| all = port.blueprints().await.unwrap());
    all.into_iter().find(|blueprint| blueprint["identifier"] == identifier)
}

/// What `doctor` finds that is not as it should be, as `severity check`; what it exits with has to fit.
#[track_caller]
fn not_green(harness: &Harness) -> Vec<String> {
    let ran = harness.run(&["doctor", "--output", "json"]);
    let told = ran.json();
    let findings = told["findings"].as_array().unwrap();
    assert!(findings.len() > 35, "{} findings", findings.len());
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let odd = findings.iter().filter(|finding| finding["severity"] != "ok");
    let odd: Vec<String> = odd.map(|it| format!("{} {}", text(it, "severity"), text(it, "check"))).collect();
    let has_error = odd.iter().any(|odd| odd.starts_with("error"));
    assert_eq!((ran.exit_code, told["healthy"] == json!(true)), (u8::from(has_error), odd.is_empty()), "{odd:?}");
    odd
}

#[test]
fn a_whole_life_by_oidc_is_planned_repaired_examined_and_taken_away_and_nothing_of_others_is_touched() {
    lives(oidc::harness(), &["--aws-setup"], &faults::FAULTS);
}

#[test]
fn a_whole_life_with_an_access_key_is_planned_repaired_and_taken_away_and_nothing_of_others_is_touched() {
    lives(Harness::for_installation(), &[], &[]);
}

fn lives(mut harness: Harness, flags: &[&str], faults: &[faults::Fault]) {
    // The services' clock is looked at too.
    harness.clock_ahead = Some(jiff::SignedDuration::ZERO);
    planted::plant(&harness);
    let harness = &harness;
    let (before, since) = (harness.sandbox.inventory(), harness.sandbox.log.len());
    let init = [&["init", "--yes"], flags].concat();
    harness.run(&init).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    harness.run(&["plan"]).exits(0);

    let github = &harness.sandbox.github;
    let ours = github.file(REPOSITORY, "main", WORKFLOW).unwrap();
    edit_five_things(harness, &ours);
    let plan = harness.run(&["plan", "--output", "json"]).exits(3).json();
    assert_eq!(
        open(&plan),
        [
            json!(["port blueprint provisioned_permissions: change", ["+ property reason (string)"]]),
            json!([
                "port permissions of the blueprint aws_resource: change",
                ["~ update: roles Admin, Member · user max@acme.example -> role Admin · user max@acme.example"]
            ]),
            json!([
                format!("github file {WORKFLOW}: left"),
                ["  @@ -33 +33 @@", "  -    timeout-minutes: 360", "  +    timeout-minutes: 10"]
            ]),
            json!(["github workflow sweep-iam-permissions.yaml: change", ["~ state: disabled_manually -> active"]]),
            json!([
                "port action request_permissions: change",
                ["~ invocationMethod.reportWorkflowStatus: false -> true"]
            ]),
        ]
    );

    // The branch may not be pushed to: what is ours comes by a pull request.
    harness.run(&["init", "--yes", "--force"]).exits(3);
    let pulls = github.open_pull_requests(REPOSITORY);
    let (number, ..) = pulls.iter().find(|(_, head, _)| head.starts_with("port-iam/")).unwrap();
    assert!(github.merge_pull_request(REPOSITORY, *number));
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["plan"]).exits(0);
    assert_eq!(not_green(harness), [""; 0]);
    assert_eq!(github.file(REPOSITORY, "main", WORKFLOW).unwrap(), ours);
    assert_additions_are_kept(harness);

    let wrong: Vec<String> = faults.iter().flat_map(|fault| fault.is_found_and_mended(harness)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    harness.run(&["plan"]).exits(0);
    assert_additions_are_kept(harness);

    let ran = harness.run(&["uninstall", "--yes", "--delete-entities", "--output", "json"]).exits(0);
    let left: Vec<Value> = ran.json()["left"].as_array().unwrap().iter().map(|left| left["subject"].clone()).collect();
    assert_eq!(
        left,
        [
            "immutable releases of the repository",
            "repository acme/port-iam-permissions",
            "audit log, and the runs of the actions"
        ]
    );
    let is_named = |change: &String| {
        NAMED.iter().any(|(begins, by)| change.starts_with(begins) && left.iter().any(|subject| subject == by))
    };
    let changes = before.changes(&harness.sandbox.inventory());
    let unnamed: Vec<&String> = changes.iter().filter(|change| !is_named(change)).collect();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    for api in [Api::Port, Api::Github, Api::Aws] {
        for exchange in harness.writes(api, since) {
            let sent = format!("{} {}?{} {}", exchange.method, exchange.path, exchange.query, exchange.body);
            assert!(!sent.contains(planted::THEIRS), "it was written to: {sent}");
        }
    }
}

/// Changes five things that are ours, and adds to each of them what is the user's to add.
fn edit_five_things(harness: &Harness, workflow: &str) {
    let grants = edit(blueprint(harness, "provisioned_permissions"), |body| {
        let properties = body["schema"]["properties"].as_object_mut().unwrap();
        properties.insert("ticket".to_owned(), json!({ "type": "string" }));
        properties.shift_remove("reason");
        properties["state"]["enum"].as_array_mut().unwrap().push(json!("on-hold"));
        body["relations"]["asked_before"] = json!({ "target": "iam_permissions", "required": false, "many": true });
    });
    harness.with_port(async |port| {
        port.replace_blueprint("provisioned_permissions", &grants).await.unwrap();
        let body = edit(port.action("request_permissions").await.unwrap(), |body| {
            body["trigger"]["userInputs"]["properties"]["ticket"] = json!({ "type": "string" });
            body["invocationMethod"]["reportWorkflowStatus"] = json!(false);
        });
        port.replace_action("request_permissions", &body).await.unwrap();
        let wider = json!({ "entities": { "update": {
            "roles": ["Admin", "Member"], "users": ["max@acme.example"], "teams": [] } } });
        port.set_blueprint_permissions("aws_resource", &wider).await.unwrap();
    });
    let github = &harness.sandbox.github;
    let theirs = workflow.replace("timeout-minutes: 10", "timeout-minutes: 360");
    github.commit_file(REPOSITORY, "main", WORKFLOW, Some(theirs.as_bytes())).unwrap();
    assert!(github.disable_workflow(REPOSITORY, "sweep-iam-permissions.yaml"));
}

#[track_caller]
fn assert_additions_are_kept(harness: &Harness) {
    let grants = blueprint(harness, "provisioned_permissions").unwrap();
    assert_eq!(grants["schema"]["properties"]["ticket"], json!({ "type": "string" }));
    let states = grants["schema"]["properties"]["state"]["enum"].as_array().unwrap();
    assert!(states.contains(&json!("on-hold")), "{states:?}");
    assert_eq!(grants["relations"]["asked_before"]["target"], "iam_permissions");
    harness.with_port(async |port| {
        let action = port.action("request_permissions").await.unwrap().unwrap();
        assert_eq!(action["trigger"]["userInputs"]["properties"]["ticket"], json!({ "type": "string" }));
        let permissions = port.blueprint_permissions("aws_resource").await.unwrap().unwrap();
        let update = &permissions["entities"]["update"];
        assert_eq!((&update["users"], &update["roles"]), (&json!(["max@acme.example"]), &json!(["Admin"])));
    });
}
