//! Blueprints and entities.

use serde_json::{Value, json};

use super::{BUCKET, GRANTS, INSTANCE, INSTANCE_PATH, World, blueprints, grant};

#[tokio::test]
async fn a_blueprint_is_created_once_and_after_its_targets() {
    let world = World::new();
    let [resource, permissions, grants] = blueprints();
    world.send("POST", "/v1/blueprints", grants.clone()).await.refused(404, "not_found");
    world.send("POST", "/v1/blueprints", resource.clone()).await.is(201);
    world.send("POST", "/v1/blueprints", permissions).await.is(201);
    world.send("POST", "/v1/blueprints", grants).await.is(201);
    world.send("POST", "/v1/blueprints", resource).await.refused(409, "identifier_taken");
}

#[tokio::test]
async fn a_put_replaces_a_blueprint_and_cannot_change_a_format() {
    let world = World::guide().await;
    let mut body = blueprints()[2].clone();
    body["schema"]["properties"]["expiry_time"]["format"] = "date-time".into();
    let refused = world.send("PUT", "/v1/blueprints/provisioned_permissions", body.clone()).await;
    assert_eq!(refused.refused(422, "forbidden_format_change").body["details"]["property"], "expiry_time");
    body["schema"]["properties"].as_object_mut().unwrap().shift_remove("expiry_time");
    world.send("PUT", "/v1/blueprints/provisioned_permissions", body).await.is(200);
    let now = world.get("/v1/blueprints/provisioned_permissions").await.is(200);
    assert_eq!(now.body["blueprint"]["schema"]["properties"].get("expiry_time"), None);
    let patch = json!({ "schema": { "properties": { "run_id": { "type": "string" } } } });
    world.send("PATCH", "/v1/blueprints/provisioned_permissions", patch).await.is(200);
    let now = world.get("/v1/blueprints/provisioned_permissions").await.is(200);
    assert!(now.body["blueprint"]["schema"]["properties"].get("policy_arn").is_some());
}

#[tokio::test]
async fn a_blueprint_goes_only_when_nothing_hangs_on_it() {
    let world = World::guide().await;
    let delete = |path: &str| {
        let path = path.to_owned();
        async {
            let path = path;
            world.send("DELETE", &path, Value::Null).await
        }
    };
    delete("/v1/blueprints/aws_resource").await.refused(403, "has_dependents");
    delete("/v1/blueprints/provisioned_permissions").await.refused(403, "has_dependents");
    delete("/v1/blueprints/provisioned_permissions?delete_actions=true").await.is(200);
    delete("/v1/blueprints/iam_permissions").await.refused(403, "has_dependents");
    delete("/v1/blueprints/iam_permissions/entities/s3:PutObject?delete_dependents=false").await.is(200);
    delete("/v1/blueprints/iam_permissions/entities/ec2:StopInstances?delete_dependents=false").await.is(200);
    delete("/v1/blueprints/iam_permissions").await.is(200);
    world.get("/v1/actions/revoke_permissions").await.refused(404, "not_found");
}

#[tokio::test]
async fn an_encoded_slash_is_part_of_the_identifier_and_a_plain_one_is_not() {
    let world = World::guide().await;
    let path = |identifier: &str| format!("/v1/blueprints/aws_resource/entities/{identifier}");
    let found = world.get(&path(INSTANCE_PATH)).await.is(200);
    assert_eq!(found.body["entity"]["identifier"], INSTANCE);
    world.get(&path(INSTANCE)).await.refused(404, "route_not_found");
    let colons = INSTANCE_PATH.replace(':', "%3A");
    world.send("DELETE", &format!("{}?delete_dependents=false", path(&colons)), Value::Null).await.is(200);
    world.get(&path(INSTANCE_PATH)).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_upsert_without_merge_wipes_what_it_does_not_name() {
    let world = World::guide().await;
    let whole = grant("Permission-1", json!({ "expiry_time": "2999-01-01T00:00:00Z", "role_arn": "r" }));
    let part = json!({ "identifier": "Permission-1", "properties": { "policy_arn": "p" } });
    world.send("POST", &format!("{GRANTS}?upsert=false"), whole.clone()).await.is(201);
    world.send("POST", &format!("{GRANTS}?upsert=false"), whole).await.refused(409, "identifier_taken");
    let merged = world.send("POST", &format!("{GRANTS}?upsert=true&merge=true"), part.clone()).await.is(200);
    assert_eq!(merged.body["entity"]["properties"]["expiry_time"], "2999-01-01T00:00:00Z");
    assert_eq!(merged.body["entity"]["relations"]["aws_resource"], BUCKET);
    let replaced = world.send("POST", &format!("{GRANTS}?upsert=true"), part).await.is(200);
    assert_eq!(replaced.body["entity"]["properties"], json!({ "policy_arn": "p" }));
    assert_eq!(replaced.body["entity"]["relations"], json!({}));
    assert_eq!(replaced.body["entity"].get("title"), None);
}

#[tokio::test]
async fn an_entity_must_fit_its_blueprint() {
    let world = World::guide().await;
    let post = |body: Value| world.send("POST", "/v1/blueprints/aws_resource/entities?upsert=true&merge=true", body);
    let typed = |kind: Value| json!({ "identifier": "arn:aws:s3:::b", "properties": { "resource_type": kind } });
    post(typed("S4".into())).await.refused(422, "blueprint_schema_mismatch");
    post(typed(7.into())).await.refused(422, "blueprint_schema_mismatch");
    post(json!({ "identifier": "arn:aws:s3:::b" })).await.refused(422, "blueprint_schema_mismatch");
    let mut extra = typed("S3".into());
    extra["properties"]["colour"] = "red".into();
    post(extra).await.refused(422, "blueprint_schema_mismatch");
    for identifier in ["s3:*", "a b", "..", "", &"x".repeat(1001)] {
        let mut body = typed("S3".into());
        body["identifier"] = identifier.into();
        post(body).await.refused(422, "invalid_request");
    }
    let expiry = grant("Permission-1", json!({ "expiry_time": "tomorrow" }));
    world.send("POST", &format!("{GRANTS}?upsert=true"), expiry).await.refused(422, "blueprint_schema_mismatch");
    assert!(world.port.entities("provisioned_permissions").is_empty());
}

#[tokio::test]
async fn relations_must_exist_and_have_the_right_number() {
    let world = World::guide().await;
    let post = |query: &'static str, relations: Value| {
        let body = json!({ "identifier": "Permission-1", "relations": relations });
        let (world, path) = (&world, format!("{GRANTS}?upsert=true&merge=true{query}"));
        async move { world.send("POST", &path, body).await }
    };
    post("", json!({ "aws_resource": "arn:aws:s3:::none" })).await.refused(404, "not_found");
    post("", json!({ "nonsense": BUCKET })).await.refused(404, "not_found");
    post("", json!({ "aws_resource": [BUCKET] })).await.refused(422, "relation_many_violation");
    post("", json!({ "permissions": "s3:PutObject" })).await.refused(422, "relation_many_violation");
    post("", json!({ "aws_resource": "" })).await.refused(422, "invalid_request");
    post("", json!({ "aws_resource": BUCKET })).await.is(201);
    let cleared = post("", json!({ "aws_resource": null })).await.is(200);
    assert_eq!(cleared.body["entity"]["relations"], json!({}));
    post("&create_missing_related_entities=true", json!({ "permissions": ["s3:Made"] })).await.is(200);
    let stub = world.get("/v1/blueprints/iam_permissions/entities/s3:Made").await.is(200);
    assert_eq!(stub.body["entity"].get("title"), None);
}

#[tokio::test]
async fn a_patch_of_an_entity_rejects_a_blueprint_and_a_post_takes_it() {
    let world = World::guide().await;
    let mut body = grant("Permission-1", json!({ "role_arn": "r" }));
    body["blueprint"] = "provisioned_permissions".into();
    world.send("POST", &format!("{GRANTS}?upsert=false"), body).await.is(201);
    let path = format!("{GRANTS}/Permission-1");
    let patch = json!({ "blueprint": "provisioned_permissions", "properties": {} });
    world.send("PATCH", &path, patch).await.refused(422, "invalid_request");
    let patched = world.send("PATCH", &path, json!({ "properties": { "policy_arn": "p" } })).await.is(200);
    assert_eq!(patched.body["entity"]["properties"], json!({ "role_arn": "r", "policy_arn": "p" }));
    let replaced = world.send("PUT", &path, json!({ "properties": { "policy_arn": "q" } })).await.is(200);
    assert_eq!(replaced.body["entity"]["properties"], json!({ "policy_arn": "q" }));
    world.send("PUT", &format!("{GRANTS}/other"), json!({ "properties": {} })).await.refused(404, "not_found");
}

#[tokio::test]
async fn validation_only_writes_nothing() {
    let world = World::guide().await;
    let path = format!("{GRANTS}?upsert=false&validation_only=true");
    world.send("POST", &path, grant("Permission-1", json!({}))).await.is(201);
    assert_eq!(world.get("/v1/blueprints/provisioned_permissions/entities-count").await.is(200).body["count"], 0);
}

#[tokio::test]
async fn a_bulk_upsert_with_one_wrong_entity_is_207_and_writes_the_others() {
    let world = World::guide().await;
    let item =
        |identifier: &str, kind: &str| json!({ "identifier": identifier, "properties": { "resource_type": kind } });
    let body = json!({ "entities": [item("s3:GetObject", "S3"), item("s3:*", "S3"), item("s3:PutObject", "S3"),
        item("ec2:X", "Nope")] });
    let path = "/v1/blueprints/iam_permissions/entities/bulk?upsert=true&merge=true";
    let reply = world.send("POST", path, body).await.is(207).body;
    assert_eq!(
        reply["entities"],
        json!([{ "created": true, "identifier": "s3:GetObject", "index": 0 },
        { "created": false, "identifier": "s3:PutObject", "index": 2 }])
    );
    let errors: Vec<_> = reply["errors"].as_array().unwrap().iter().map(|error| &error["error"]).collect();
    assert_eq!(errors, ["invalid_request", "blueprint_schema_mismatch"]);
    let many: Vec<Value> = (0..21).map(|number| item(&format!("s3:N{number}"), "S3")).collect();
    world.send("POST", path, json!({ "entities": many })).await.refused(422, "invalid_request");
}

#[tokio::test]
async fn a_required_relation_holds_its_target_fast() {
    let world = World::guide().await;
    let child = json!({ "identifier": "child", "title": "Child", "schema": { "properties": {} },
        "relations": { "of": { "target": "aws_resource", "required": true, "many": false } } });
    world.send("POST", "/v1/blueprints", child).await.is(201);
    let path = "/v1/blueprints/child/entities?upsert=false";
    world.send("POST", path, json!({ "identifier": "c" })).await.refused(422, "required_relation");
    world.send("POST", path, json!({ "identifier": "c", "relations": { "of": BUCKET } })).await.is(201);
    let bulk = "/v1/blueprints/aws_resource/bulk/entities/delete?delete_dependents";
    let both = json!({ "entities": [INSTANCE, BUCKET] });
    world.send("POST", &format!("{bulk}=false"), both.clone()).await.refused(403, "has_dependents");
    assert_eq!(world.port.entities("aws_resource").len(), 2);
    world.send("POST", &format!("{bulk}=true"), both).await.is(200);
    assert!(world.port.entities("aws_resource").is_empty() && world.port.entities("child").is_empty());
}

#[tokio::test]
async fn an_entity_that_goes_leaves_no_relation_behind() {
    let world = World::guide().await;
    world.send("POST", &format!("{GRANTS}?upsert=false"), grant("Permission-1", json!({}))).await.is(201);
    for path in ["iam_permissions/entities/s3:PutObject", "aws_resource/entities/arn:aws:s3:::my-s3-bucket"] {
        let path = format!("/v1/blueprints/{path}?delete_dependents=false");
        world.send("DELETE", &path, Value::Null).await.is(200);
    }
    assert_eq!(world.port.entities("provisioned_permissions")[0]["relations"], json!({ "permissions": [] }));
}

#[tokio::test]
async fn answers_show_undocumented_members_only_when_asked_to() {
    let world = World::guide().await;
    let plain = world.get("/v1/blueprints/aws_resource/entities").await.is(200);
    assert_eq!(plain.body["entities"][0].get("blueprint"), None);
    let world = World::with(super::Port::with_undocumented_entity_fields);
    world.set_up("GITHUB").await;
    let more = world.get("/v1/blueprints/aws_resource/entities").await.is(200);
    assert_eq!(more.body["entities"][0]["blueprint"], "aws_resource");
    assert!(more.body["entities"][0]["createdAt"].is_string());
}
