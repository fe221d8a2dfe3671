//! What reaches GitHub, and what comes back from it.

use serde_json::{Value, json};

use super::{BUCKET, GRANTS, World, actions, grant};
use crate::sandbox::cast;

fn input(body: &Value, name: &str) -> Value {
    serde_json::from_str(body["inputs"][name].as_str().expect("inputs are texts")).expect("that hold JSON")
}

#[tokio::test]
async fn the_workflow_gets_whole_entities_and_the_user_as_text() {
    let mut world = World::guide().await;
    let id = world.request_permissions().await;
    let dispatched = world.dispatch().await;
    assert_eq!(dispatched.workflow, "create-iam-permissions.yaml");
    assert_eq!(dispatched.body["ref"], "main");
    assert_eq!(dispatched.body["return_run_details"], true);
    let properties = input(&dispatched.body, "properties");
    let permission = &properties["permissions"][0];
    assert_eq!(permission["identifier"], "s3:PutObject");
    assert_eq!(permission["properties"]["resource_type"], "S3");
    assert_eq!(permission["blueprint"], "iam_permissions");
    assert_eq!(properties["duration"], "1h");
    let context = input(&dispatched.body, "port_context");
    assert_eq!(context["runId"], id.as_str());
    assert_eq!(context["blueprint"], "aws_resource");
    assert_eq!(context["entity"]["identifier"], BUCKET);
    assert_eq!(context["entity"]["properties"]["resource_type"], "S3");
    assert_eq!(context["trigger"]["by"]["user"]["email"], cast::DANA.email);
    assert_eq!(context["trigger"]["by"]["userId"], cast::DANA.port_user_id);
    assert_eq!(context["trigger"]["operation"], "DAY-2");
    let run = world.run_until(&id, |run| run["link"].is_string()).await;
    assert!(run["link"].as_str().unwrap().ends_with("/actions/runs/1000"));
    assert_eq!(run["externalRunId"], "1000");
    let call = world.log.exchanges().into_iter().find(|call| call.path.ends_with("/dispatches")).unwrap();
    assert_eq!(call.headers["authorization"], "present");
}

#[tokio::test]
async fn a_machine_that_runs_an_action_is_no_user() {
    let mut world = World::guide().await;
    let body = json!({ "properties": { "permissions": ["s3:PutObject"] }, "entity": BUCKET });
    world.send("POST", "/v1/actions/request_permissions/runs", body).await.is(202);
    let by = input(&world.dispatch().await.body, "port_context")["trigger"]["by"].clone();
    assert_eq!(by["userId"], cast::WORKFLOW_PORT_CLIENT_ID);
    assert_eq!(by.get("user"), None);
}

#[tokio::test]
async fn a_delete_action_leaves_the_entity_to_the_workflow() {
    let mut world = World::guide().await;
    world
        .send("POST", &format!("{GRANTS}?upsert=false"), grant("Permission-1", json!({ "role_arn": "r" })))
        .await
        .is(201);
    let body = json!({ "properties": {}, "entity": "Permission-1" });
    world.send_as(cast::DANA, "POST", "/v1/actions/revoke_permissions/runs", body).await.is(202);
    let context = input(&world.dispatch().await.body, "port_context");
    assert_eq!(context["entity"]["properties"]["role_arn"], "r");
    assert_eq!(world.port.entities("provisioned_permissions").len(), 1);
}

#[tokio::test]
async fn a_refusal_of_github_fails_the_run_and_is_in_its_log() {
    let world = World::guide().await;
    let mut action = actions("GITHUB")[0].clone();
    action["invocationMethod"]["workflow"] = "no-such-workflow.yaml".into();
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    let id = world.request_permissions().await;
    world.run_until(&id, |run| run["status"] == "FAILURE").await;
    let log = world.logs(&id).await.join("\n");
    assert!(log.contains("no-such-workflow.yaml") && log.contains("404: Not Found"), "{log}");
}

#[tokio::test]
async fn a_template_that_fails_leaves_no_run_behind() {
    let world = World::guide().await;
    let mut action = actions("GITHUB")[0].clone();
    action["invocationMethod"]["workflowInputs"]["properties"] = "{{ .inputs.permissions.identifier }}".into();
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    let body = json!({ "properties": { "permissions": ["s3:PutObject"] }, "entity": BUCKET });
    let reply = world.send("POST", "/v1/actions/request_permissions/runs", body).await;
    reply.refused(422, "evaluate_invocation_method_error");
    assert!(world.port.runs().is_empty());
}

#[tokio::test]
async fn the_ref_is_taken_out_of_the_inputs() {
    let mut world = World::guide().await;
    let mut action = actions("GITHUB")[0].clone();
    action["invocationMethod"]["workflowInputs"]["ref"] = "trunk".into();
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    world.request_permissions().await;
    let body = world.dispatch().await.body;
    assert_eq!(body["ref"], "trunk");
    assert_eq!(body["inputs"].get("ref"), None);
}

#[tokio::test]
async fn github_ocean_takes_the_default_branch_and_names_the_run_by_three_ids() {
    let mut world = World::with(super::Port::with_ocean);
    world.set_up("INTEGRATION_ACTION").await;
    let id = world.request_permissions().await;
    let body = world.dispatch().await.body;
    assert_eq!(body["ref"], "trunk");
    assert_eq!(input(&body, "properties")["permissions"][0]["identifier"], "s3:PutObject");
    let run = world.run_until(&id, |run| run["externalRunId"].is_string()).await;
    assert_eq!(run["externalRunId"], "gh_3_7_1000");
    assert_eq!(run["installationId"], super::super::organization::OCEAN_INSTALLATION_ID);
    let listed = world.get("/v1/integration?actionsProcessingEnabled=true").await.is(200);
    assert_eq!(listed.body["integrations"][0]["installationId"], run["installationId"]);
}

#[tokio::test]
async fn a_backend_whose_app_is_not_installed_fails_the_run() {
    let world = World::new();
    world.set_up("INTEGRATION_ACTION").await;
    let id = world.request_permissions().await;
    world.run_until(&id, |run| run["status"] == "FAILURE").await;
    assert!(world.logs(&id).await[0].contains("not installed"));
}

#[tokio::test]
async fn the_end_of_the_workflow_ends_a_run_that_is_still_open() {
    let mut world = World::guide().await;
    for (conclusion, status) in [("success", "SUCCESS"), ("failure", "FAILURE")] {
        let id = world.request_permissions().await;
        world.dispatch().await;
        world.run_until(&id, |run| run["link"].is_string()).await;
        let workflow_run = world.port.runs().last().unwrap()["workflowRunId"].as_u64().unwrap();
        world.port.workflow_run_completed(workflow_run, conclusion).await;
        assert_eq!(world.run(&id).await["status"], status);
        assert_eq!(world.logs(&id).await, [format!("Workflow completed: {conclusion}")]);
    }
}

#[tokio::test]
async fn a_workflow_that_ends_before_port_knows_it_ends_the_run_all_the_same() {
    let world = World::guide().await;
    world.port.workflow_run_completed(1000, "failure").await;
    let id = world.request_permissions().await;
    world.run_until(&id, |run| run["status"] == "FAILURE").await;
    assert_eq!(world.logs(&id).await, ["Workflow completed: failure"]);
}

#[tokio::test]
async fn the_end_of_the_workflow_does_not_touch_a_run_that_has_ended_or_does_not_report() {
    let mut world = World::guide().await;
    let id = world.request_permissions().await;
    world.dispatch().await;
    world.run_until(&id, |run| run["link"].is_string()).await;
    world.send("PATCH", &format!("/v1/actions/runs/{id}"), json!({ "status": "SUCCESS" })).await.is(200);
    world.port.workflow_run_completed(1000, "failure").await;
    assert_eq!(world.run(&id).await["status"], "SUCCESS");
    let mut action = actions("GITHUB")[0].clone();
    action["invocationMethod"]["reportWorkflowStatus"] = false.into();
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    let id = world.request_permissions().await;
    world.dispatch().await;
    world.run_until(&id, |run| run["link"].is_string()).await;
    world.port.workflow_run_completed(1001, "failure").await;
    assert_eq!(world.run(&id).await["status"], "IN_PROGRESS");
}
