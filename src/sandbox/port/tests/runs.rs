//! The life of a run.

use serde_json::{Value, json};

use super::{BUCKET, GRANTS, World, actions, grant};
use crate::sandbox::cast;

fn request() -> Value {
    json!({ "properties": { "permissions": ["s3:PutObject"] }, "entity": BUCKET })
}

const EXECUTE: &str = "/v1/actions/request_permissions/runs";

#[tokio::test]
async fn a_run_is_in_progress_in_the_very_answer_and_belongs_to_whoever_asked() {
    let world = World::guide().await;
    let run = world.send_as(cast::DANA, "POST", EXECUTE, request()).await.is(202).body["run"].clone();
    assert_eq!(run["status"], "IN_PROGRESS");
    assert_eq!(run["createdBy"], cast::DANA.port_user_id);
    assert_eq!(run.get("impersonatedBy"), None);
    assert_eq!(run["properties"], json!({ "permissions": ["s3:PutObject"] }));
    let path = format!("/v1/actions/runs/{}", run["id"].as_str().unwrap());
    let plain = world.get(&path).await.is(200).body["run"].clone();
    assert_eq!(
        [&plain["action"], &plain["blueprint"], &plain["entity"]],
        ["request_permissions", "aws_resource", BUCKET]
    );
    let objects = world.get(&format!("{path}?version=v2")).await.is(200).body["run"].clone();
    assert_eq!(objects["entity"]["identifier"], BUCKET);
    assert_eq!(objects["action"]["title"], "Request permissions");
}

#[tokio::test]
async fn only_a_machine_runs_in_somebody_elses_name_and_it_shows() {
    let world = World::guide().await;
    let path = format!("{EXECUTE}?run_as=dana%40acme.example");
    let run = world.send("POST", &path, request()).await.is(202).body["run"].clone();
    assert_eq!(run["createdBy"], cast::DANA.port_user_id);
    assert_eq!(run["impersonatedBy"], cast::WORKFLOW_PORT_CLIENT_ID);
    world.send_as(cast::ADA, "POST", &path, request()).await.refused(403, "missing_permissions");
    let gone = format!("{EXECUTE}?run_as=greta%40acme.example");
    world.send("POST", &gone, request()).await.refused(403, "missing_permissions");
}

#[tokio::test]
async fn inputs_are_judged_by_the_action() {
    let world = World::guide().await;
    let post = |properties: Value, entity: Value| {
        let mut body = json!({ "properties": properties });
        if !entity.is_null() {
            body["entity"] = entity;
        }
        world.send("POST", EXECUTE, body)
    };
    let good = json!({ "permissions": ["s3:PutObject"] });
    post(json!({}), BUCKET.into()).await.refused(422, "user_inputs_schema_invalid");
    post(json!({ "permissions": "s3:PutObject" }), BUCKET.into()).await.refused(422, "user_inputs_schema_invalid");
    post(json!({ "permissions": [7] }), BUCKET.into()).await.refused(422, "user_inputs_schema_invalid");
    post(json!({ "permissions": ["s3:PutObject"], "x": 1 }), BUCKET.into())
        .await
        .refused(422, "user_inputs_schema_invalid");
    post(json!({ "permissions": ["s3:None"] }), BUCKET.into()).await.refused(404, "not_found");
    post(good.clone(), Value::Null).await.refused(422, "missing_self_service_action_entity");
    post(good.clone(), "arn:aws:s3:::none".into()).await.refused(404, "not_found");
    world.send("POST", "/v1/actions/none/runs", request()).await.refused(404, "not_found");
    let automation = world.send("POST", "/v1/actions/revoke_expired_permissions/runs", json!({ "properties": {} }));
    automation.await.refused(422, "run_non_self_service_error");
    world.send("POST", EXECUTE, json!({ "entity": BUCKET })).await.refused(422, "invalid_request");
    assert!(world.port.runs().is_empty());
}

#[tokio::test]
async fn what_comes_after_the_end_is_run_exhausted_by_two_statuses() {
    let world = World::guide().await;
    let id = world.request_permissions().await;
    let (run, logs) = (format!("/v1/actions/runs/{id}"), format!("/v1/actions/runs/{id}/logs"));
    let tied = format!("{GRANTS}?upsert=true&merge=true&run_id={id}");
    world.send("POST", &logs, json!({ "message": "working" })).await.is(201);
    world.send("PATCH", &run, json!({ "statusLabel": "attached", "summary": "s" })).await.is(200);
    world.send("POST", &tied, grant("Permission-1", json!({}))).await.is(201);
    let last = json!({ "message": "done", "terminationStatus": "SUCCESS" });
    world.send("POST", &logs, last).await.is(201);
    assert_eq!(world.run(&id).await["status"], "SUCCESS");
    world.send("PATCH", &run, json!({ "status": "SUCCESS" })).await.refused(422, "run_exhausted");
    world.send("POST", &logs, json!({ "message": "late" })).await.refused(422, "run_exhausted");
    world.send("POST", &tied, grant("Permission-2", json!({}))).await.refused(400, "run_exhausted");
    let delete = format!("{GRANTS}/Permission-1?delete_dependents=false&run_id={id}");
    world.send("DELETE", &delete, Value::Null).await.refused(400, "run_exhausted");
    let unknown = format!("{GRANTS}/Permission-1?delete_dependents=false&run_id=r_none");
    world.send("DELETE", &unknown, Value::Null).await.refused(404, "not_found");
    assert_eq!(world.port.entities("provisioned_permissions").len(), 1);
    let audit = world.get(&format!("/v1/audit-log?run_id={id}&resources=entity")).await.is(200);
    assert_eq!(audit.body["audits"].as_array().unwrap().len(), 1);
    assert_eq!(audit.body["audits"][0]["context"]["entity"], "Permission-1");
}

#[tokio::test]
async fn a_patch_takes_only_what_the_contract_names() {
    let world = World::guide().await;
    let path = format!("/v1/actions/runs/{}", world.request_permissions().await);
    for body in [json!({ "status": "IN_PROGRESS" }), json!({ "logs": [] }), json!({ "link": 7 })] {
        world.send("PATCH", &path, body).await.refused(422, "invalid_request");
    }
    let body = json!({ "link": ["https://a.example", "https://b.example"] });
    assert_eq!(world.send("PATCH", &path, body.clone()).await.is(200).body["run"]["link"], body["link"]);
    world.send_as(cast::MAX, "PATCH", &path, json!({ "status": "FAILURE" })).await.refused(403, "missing_permissions");
    let no_message = json!({ "terminationStatus": "SUCCESS" });
    world.send("POST", &format!("{path}/logs"), no_message).await.refused(422, "invalid_request");
}

#[tokio::test]
async fn logs_come_in_pages_of_at_most_fifty() {
    let world = World::guide().await;
    let id = world.request_permissions().await;
    let path = format!("/v1/actions/runs/{id}/logs");
    for number in 0..3 {
        world.send("POST", &path, json!({ "message": format!("line {number}") })).await.is(201);
    }
    world.get(&format!("{path}?limit=51")).await.refused(422, "invalid_request");
    let page = world.get(&format!("{path}?limit=1&offset=1")).await.is(200);
    assert_eq!(page.body["runLogs"][0]["message"], "line 1");
    assert_eq!(world.logs(&id).await.len(), 3);
}

#[tokio::test]
async fn a_run_that_needs_approval_waits_and_is_dispatched_only_then() {
    let mut world = World::guide().await;
    let mut action = actions("GITHUB")[0].clone();
    action["requiredApproval"] = json!({ "type": "ANY" });
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    let id = world.request_permissions().await;
    let run = format!("/v1/actions/runs/{id}");
    assert_eq!(world.run(&id).await["status"], "WAITING_FOR_APPROVAL");
    let tied = format!("{GRANTS}?upsert=true&merge=true&run_id={id}");
    world.send("POST", &tied, grant("Permission-1", json!({}))).await.refused(400, "run_exhausted");
    let approvers = world.get(&format!("{run}/approvers?include_pending_approvers=true")).await.is(200);
    assert_eq!(approvers.body["approvers"], json!([{ "userId": cast::ADA.port_user_id, "state": "PENDING" }]));
    world.get(&format!("{run}/approvers")).await.refused(422, "invalid_request");
    let approval = format!("{run}/approval?version=v2");
    let word = json!({ "status": "APPROVE", "description": "fine" });
    world.send_as(cast::DANA, "PATCH", &approval, word.clone()).await.refused(403, "missing_permissions");
    world.send_as(cast::ADA, "PATCH", &approval, json!({ "status": "APPROVED" })).await.refused(422, "invalid_request");
    assert!(world.dispatched.try_recv().is_err(), "nothing is dispatched before the approval");
    let approved = world.send_as(cast::ADA, "PATCH", &approval, word.clone()).await.is(201).body["run"].clone();
    assert_eq!(approved["status"], "IN_PROGRESS");
    assert_eq!(approved["approval"]["userId"], cast::ADA.port_user_id);
    assert_eq!(world.dispatch().await.workflow, "create-iam-permissions.yaml");
    world.send_as(cast::ADA, "PATCH", &approval, word).await.refused(422, "run_not_waiting_for_approval");
}

#[tokio::test]
async fn a_declined_run_is_over_and_a_waiting_one_can_be_withdrawn() {
    let mut world = World::guide().await;
    let mut action = actions("GITHUB")[0].clone();
    action["requiredApproval"] = true.into();
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    let id = world.request_permissions().await;
    let path = format!("/v1/actions/runs/{id}/approval");
    world.send_as(cast::ADA, "PATCH", &path, json!({ "status": "DECLINE" })).await.is(201);
    assert_eq!(world.run(&id).await["status"], "DECLINED");
    let id = world.request_permissions().await;
    let withdrawn = json!({ "status": "FAILURE" });
    world.send_as(cast::DANA, "PATCH", &format!("/v1/actions/runs/{id}"), withdrawn).await.is(200);
    assert_eq!(world.run(&id).await["status"], "FAILURE");
    assert!(world.dispatched.try_recv().is_err());
}

#[tokio::test]
async fn a_policy_decides_who_executes_and_who_approves() {
    let world = World::guide().await;
    let mut action = actions("GITHUB")[0].clone();
    action["requiredApproval"] = json!({ "type": "ALL" });
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    let query = json!({ "combinator": "and", "rules": [
        { "property": "$blueprint", "operator": "=", "value": "aws_resource" }] });
    let policy = |condition: &str| json!({ "queries": { "all": query }, "conditions": [condition] });
    let rules = json!({
        "execute": { "policy": policy("(.results.all.entities | length) == 2 and .trigger.user.email != \"max@acme.example\"") },
        "approve": { "policy": policy("[\"max@acme.example\", \"ada@acme.example\"] - [.trigger.user.email]") } });
    world.send("PATCH", "/v1/actions/request_permissions/permissions", rules).await.is(200);
    world.send_as(cast::MAX, "POST", EXECUTE, request()).await.refused(403, "missing_permissions");
    let id = world.request_permissions().await;
    let path = format!("/v1/actions/runs/{id}/approval");
    let word = json!({ "status": "APPROVE" });
    world.send_as(cast::DANA, "PATCH", &path, word.clone()).await.refused(403, "missing_permissions");
    world.send_as(cast::MAX, "PATCH", &path, word.clone()).await.is(201);
    assert_eq!(world.run(&id).await["status"], "WAITING_FOR_APPROVAL");
    world.send_as(cast::ADA, "PATCH", &path, word).await.is(201);
    assert_eq!(world.run(&id).await["status"], "IN_PROGRESS");
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_by_their_traits() {
    let world = World::guide().await;
    let first = world.request_permissions().await;
    let second = world.send("POST", EXECUTE, request()).await.is(202).body["run"]["id"].clone();
    world.send("PATCH", &format!("/v1/actions/runs/{first}"), json!({ "status": "FAILURE" })).await.is(200);
    let ids = |query: &'static str| {
        let world = &world;
        async move {
            let reply = world.get(&format!("/v1/actions/runs?version=v2&{query}")).await.is(200);
            reply.body["runs"].as_array().unwrap().iter().map(|run| run["id"].clone()).collect::<Vec<_>>()
        }
    };
    assert_eq!(ids("action=request_permissions").await, [second.clone(), first.clone().into()]);
    assert_eq!(ids("active=true").await, [second]);
    assert_eq!(ids("user_email=dana@acme.example").await, [Value::from(first)]);
    assert_eq!(ids("source[]=AUTOMATION").await, [] as [Value; 0]);
    assert_eq!(ids("limit=1").await.len(), 1);
}
