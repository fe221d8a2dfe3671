//! Is what we send and answer legal by the vendor's OpenAPI document? Judged by a program outside this repository.

use std::io::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use super::{BUCKET, GRANTS, INSTANCE, INSTANCE_PATH, World, actions, blueprints, grant};
use crate::counterparts::named;
use crate::sandbox::cast;
use crate::sandbox::request_log::Api;

/// Names the folder that holds `contract/check.py` and `contract/port.json`.
const SHARED: &str = "PORT_IAM_SHARED";
/// Names the Python interpreter with the checker's packages.
const PYTHON: &str = "PORT_IAM_PYTHON";

#[tokio::test]
async fn requests_and_answers_are_legal_by_the_vendors_contract() {
    let world = World::guide().await;
    drive(&world).await;
    let exchanges: Vec<_> = world.log.exchanges().into_iter().filter(|exchange| exchange.api == Api::Port).collect();
    assert!(exchanges.iter().all(|exchange| (200..300).contains(&exchange.status)), "only legal calls are driven");
    let kinds: std::collections::BTreeSet<_> =
        exchanges.iter().map(|exchange| (exchange.method.clone(), exchange.path.clone())).collect();
    assert!(kinds.len() >= 40, "only {} kinds of calls", kinds.len());
    let Some(shared) = named(SHARED, "the vendor's contract, against which the emulator of Port is held") else {
        return;
    };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for exchange in &exchanges {
        writeln!(file, "{}", serde_json::to_string(exchange).unwrap()).unwrap();
    }
    let contract = shared.join("contract");
    let output = Command::new(std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned()))
        .arg(contract.join("check.py"))
        .arg("--spec")
        .arg(contract.join("port.json"))
        .arg("--responses")
        .arg(file.path())
        .output()
        .unwrap();
    let (verdict, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{verdict}\n{errors}");
    // The document has no success answer at all for actions, permissions and the organisation: that is its own gap.
    let broken = |line: &&str| line.contains("note:") && !line.contains("is not documented");
    let judged = verdict.lines().filter(|line| line.starts_with("legal ")).count();
    assert_eq!(judged, exchanges.len(), "{verdict}\n{errors}");
    let notes: Vec<&str> = verdict.lines().filter(broken).collect();
    assert!(notes.is_empty(), "{notes:#?}");
}

async fn drive(world: &World) {
    let get = async |path: &str| {
        world.get(path).await.is(200);
    };
    let send = async |method: &str, path: &str, body: Value| world.send(method, path, body).await;
    read_the_organization(world).await;
    get("/v1/blueprints").await;
    get("/v1/blueprints/aws_resource").await;
    get("/v1/blueprints/aws_resource/permissions").await;
    send("PUT", "/v1/blueprints/aws_resource", blueprints()[0].clone()).await.is(200);
    send("PATCH", "/v1/blueprints/aws_resource", json!({ "description": "Something of ours" })).await.is(200);
    let rules = json!({ "entities": { "updateProperties": { "expiry_time": { "roles": ["Admin"] } } } });
    send("PATCH", "/v1/blueprints/provisioned_permissions/permissions", rules).await.is(200);
    get("/v1/actions?version=v2").await;
    get("/v1/actions/request_permissions").await;
    get("/v1/actions/request_permissions/permissions").await;
    send("PUT", "/v1/actions/request_permissions", actions("GITHUB")[0].clone()).await.is(200);
    let rules = json!({ "execute": { "roles": ["Admin", "Member"] }, "approve": { "users": [cast::ADA.email] } });
    send("PATCH", "/v1/actions/revoke_permissions/permissions", rules).await.is(200);
    entities(world).await;
    runs(world).await;
    send("DELETE", "/v1/actions/revoke_expired_permissions", Value::Null).await.is(200);
    send("DELETE", "/v1/blueprints/provisioned_permissions?delete_actions=true", Value::Null).await.is(200);
}

async fn read_the_organization(world: &World) {
    for path in [
        "/v1/organization",
        "/v1/integration?actionsProcessingEnabled=false",
        "/v1/integration/40000001?byField=installationId",
        "/v1/users?fields=email&fields=status&fields=roles.name",
        "/v1/users",
        "/v1/users/dana%40acme.example",
        "/v1/audit-log?limit=5",
    ] {
        world.get(path).await.is(200);
    }
}

async fn entities(world: &World) {
    let send = async |method: &str, path: &str, body: Value| world.send(method, path, body).await;
    let properties = json!({ "requester": cast::DANA.email, "iam_policy": { "Version": "2012-10-17" },
        "sign_in_url": "https://signin.aws.amazon.com/switchrole?account=123456789012", "role_arn": "r",
        "expiry_time": "2999-01-01T00:00:00.000Z" });
    let flags = "create_missing_related_entities=false&validation_only=false";
    let path = format!("{GRANTS}?upsert=true&merge=true&{flags}");
    send("POST", &path, grant("Permission-1", properties)).await.is(201);
    send("POST", &format!("{GRANTS}?upsert=false"), json!({ "identifier": "Permission-2" })).await.is(201);
    for path in [
        "/v1/blueprints/aws_resource/entities".to_owned(),
        format!("/v1/blueprints/aws_resource/entities/{INSTANCE_PATH}"),
        format!("{GRANTS}/Permission-1?attach_title_to_relation=false"),
        "/v1/blueprints/provisioned_permissions/entities-count".to_owned(),
    ] {
        world.get(&path).await.is(200);
    }
    let one = format!("{GRANTS}/Permission-1");
    send("PATCH", &one, json!({ "title": null, "properties": { "policy_arn": "p" } })).await.is(200);
    send("PUT", &format!("{GRANTS}/Permission-2"), json!({ "title": "Two", "team": ["a"] })).await.is(200);
    let body = json!({ "entities": [grant("Permission-3", json!({})), { "identifier": "Permission-3" }] });
    send("POST", &format!("{GRANTS}/bulk?upsert=true&merge=true"), body).await.is(200);
    let body = json!({ "entities": [grant("Permission-4", json!({})),
        { "identifier": "Permission-5", "properties": { "nonsense": 1 } }] });
    send("POST", &format!("{GRANTS}/bulk?upsert=true&merge=false"), body).await.is(207);
    let expired = json!([{ "property": "expiry_time", "operator": "isNotExpired" },
        { "operator": "relatedTo", "blueprint": "aws_resource", "value": BUCKET, "direction": "downstream" }]);
    let body = json!({ "query": { "combinator": "and", "rules": expired }, "limit": 1 });
    send("POST", &format!("{GRANTS}/search"), body).await.is(200);
    let body = json!({ "query": { "combinator": "or", "rules": [] }, "limit": 1, "include": ["$title"] });
    send("POST", &format!("{GRANTS}/search"), body).await.is(200);
    let rules = json!([{ "property": "$identifier", "operator": "in", "value": [BUCKET, INSTANCE] }]);
    send("POST", "/v1/entities/search", json!({ "combinator": "and", "rules": rules })).await.is(200);
}

async fn runs(world: &World) {
    let send = async |method: &str, path: &str, body: Value| world.send(method, path, body).await;
    let id = world.request_permissions().await;
    let run = format!("/v1/actions/runs/{id}");
    world.get("/v1/actions/runs?version=v2&limit=10&source=API&active=true").await.is(200);
    send("PATCH", &format!("{run}?version=v2"), json!({ "statusLabel": "working", "link": "https://a.example" }))
        .await
        .is(200);
    world.get(&format!("{run}?version=v2")).await.is(200);
    send("POST", &format!("{run}/logs"), json!({ "message": "a line" })).await.is(201);
    world.get(&format!("{run}/logs?limit=50&offset=0")).await.is(200);
    let tied = format!("{GRANTS}/Permission-4?run_id={id}");
    send("PATCH", &tied, json!({ "properties": { "role_arn": "r" } })).await.is(200);
    world.get(&format!("/v1/audit-log?run_id={id}&resources=entity&includes=context")).await.is(200);
    let last = json!({ "message": "done", "terminationStatus": "FAILURE", "statusLabel": "failed" });
    send("POST", &format!("{run}/logs"), last).await.is(201);
    world.get(&format!("{run}?version=v2")).await.is(200);
    approve(world).await;
    let delete = format!("{GRANTS}/Permission-1?delete_dependents=false");
    send("DELETE", &delete, Value::Null).await.is(200);
    let body = json!({ "entities": ["Permission-2", "Permission-3", "Permission-4"] });
    let path = "/v1/blueprints/provisioned_permissions/bulk/entities/delete?delete_dependents=false";
    send("POST", path, body).await.is(200);
}

async fn approve(world: &World) {
    let mut action = actions("GITHUB")[0].clone();
    action["requiredApproval"] = json!({ "type": "ANY" });
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    let body = json!({ "properties": { "permissions": ["s3:PutObject"] }, "entity": BUCKET });
    let path = "/v1/actions/request_permissions/runs?run_as=dana%40acme.example";
    let id = world.send("POST", path, body).await.is(202).body["run"]["id"].as_str().unwrap().to_owned();
    let run = format!("/v1/actions/runs/{id}");
    world.get(&format!("{run}/approvers?include_pending_approvers=true")).await.is(200);
    let word = json!({ "status": "APPROVE", "description": "for the release" });
    world.send_as(cast::ADA, "PATCH", &format!("{run}/approval?version=v2"), word).await.is(201);
    world.get(&format!("{run}/approvers?include_pending_approvers=false")).await.is(200);
}
