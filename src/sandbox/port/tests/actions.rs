//! The contract of actions and automations.

use serde_json::{Value, json};

use super::{World, actions, blueprints};

/// Changes a good action and returns what Port says to it.
async fn refused(world: &World, which: usize, change: impl FnOnce(&mut Value)) {
    let mut body = actions("GITHUB")[which].clone();
    change(&mut body);
    world.send("POST", "/v1/actions", body).await.refused(422, "invalid_request");
}

#[tokio::test]
async fn a_body_that_the_contract_does_not_allow_is_refused() {
    let world = World::new();
    for blueprint in blueprints() {
        world.send("POST", "/v1/blueprints", blueprint).await.is(201);
    }
    refused(&world, 0, |body| body["requiredApproval"] = "ANY".into()).await;
    refused(&world, 0, |body| body["approvalNotification"] = json!({ "type": "webhook" })).await;
    refused(&world, 0, |body| body["approvalNotification"] = json!({ "type": "slack" })).await;
    refused(&world, 0, |body| body["identifier"] = "a/b".into()).await;
    refused(&world, 0, |body| body["createdAt"] = "2024-01-01T00:00:00Z".into()).await;
    refused(&world, 0, |body| body["trigger"]["userInputs"]["steps"] = json!([])).await;
    refused(&world, 0, |body| body["trigger"]["userInputs"] = Value::Null).await;
    refused(&world, 0, |body| body["trigger"]["operation"] = "DAY2".into()).await;
    refused(&world, 0, |body| body["trigger"]["userInputs"]["properties"]["duration"]["format"] = "timer".into()).await;
    refused(&world, 0, |body| body["invocationMethod"]["branch"] = "main".into()).await;
    refused(&world, 0, |body| body["invocationMethod"]["org"] = Value::Null).await;
    refused(&world, 2, |body| body["trigger"]["event"]["extra"] = 1.into()).await;
    refused(&world, 2, |body| body["trigger"]["event"]["propertyIdentifier"] = Value::Null).await;
    assert_eq!(world.get("/v1/actions").await.is(200).body["actions"], json!([]));
    // Placeholders are for the client to refuse.
    let mut body = actions("GITHUB")[0].clone();
    body["invocationMethod"]["org"] = "<YOUR_GITHUB_ORG>".into();
    world.send("POST", "/v1/actions", body).await.is(201);
}

#[tokio::test]
async fn an_answer_cannot_be_put_back_without_losing_its_read_only_members() {
    let world = World::guide().await;
    let path = "/v1/actions/request_permissions";
    world.send("POST", "/v1/actions", actions("GITHUB")[0].clone()).await.refused(409, "identifier_taken");
    let mut body = world.get(path).await.is(200).body["action"].clone();
    world.send("PUT", path, body.clone()).await.refused(422, "invalid_request");
    for name in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
        assert!(body.as_object_mut().unwrap().shift_remove(name).is_some(), "{name} is read only and shown");
    }
    body["title"] = "Another title".into();
    let replaced = world.send("PUT", path, body).await.is(200);
    assert_eq!(replaced.body["action"]["title"], "Another title");
    world.send("PUT", "/v1/actions/none", actions("GITHUB")[0].clone()).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_list_is_narrowed_by_its_query() {
    let world = World::guide().await;
    let found = |query: &'static str| {
        let world = &world;
        async move { world.get(&format!("/v1/actions?{query}")).await.is(200).body["actions"].as_array().unwrap().len() }
    };
    assert_eq!(found("").await, 3);
    assert_eq!(found("trigger_type=automation").await, 1);
    assert_eq!(found("trigger_event[]=TIMER_PROPERTY_EXPIRED").await, 1);
    assert_eq!(found("operation=DAY-2&operation=DELETE").await, 2);
    assert_eq!(found("blueprint_identifier[]=provisioned_permissions").await, 2);
    assert_eq!(found("published=true").await, 1);
}

#[tokio::test]
async fn each_permission_key_that_is_sent_replaces_the_old_one() {
    let world = World::guide().await;
    let path = "/v1/actions/request_permissions/permissions";
    let body = json!({ "execute": { "roles": ["Admin"] } });
    let shown = world.send("PATCH", path, body).await.is(200).body["permissions"].clone();
    assert_eq!(shown["execute"]["roles"], json!(["Admin"]));
    assert_eq!(shown["approve"]["roles"], json!(["Admin"]));
    let run = json!({ "properties": { "permissions": ["s3:PutObject"] }, "entity": super::BUCKET });
    let dana = crate::sandbox::cast::DANA;
    let refused = world.send_as(dana, "POST", "/v1/actions/request_permissions/runs", run).await;
    refused.refused(403, "missing_permissions");
    world.send("PATCH", path, json!({ "execute": { "role": [] } })).await.refused(422, "invalid_request");
}
