//! Tokens, rights, and what is refused before anything is looked at.

use base64::Engine as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::World;
use crate::sandbox::cast;

#[tokio::test]
async fn the_same_credentials_get_the_same_token_until_it_expires() {
    let world = World::new();
    let token = || world.token(cast::WORKFLOW_PORT_CLIENT_ID, cast::WORKFLOW_PORT_CLIENT_SECRET);
    let first = token().await;
    world.clock.advance(SignedDuration::from_mins(179));
    let body = json!({ "clientId": cast::WORKFLOW_PORT_CLIENT_ID, "clientSecret": cast::WORKFLOW_PORT_CLIENT_SECRET });
    let again = world.send("POST", "/v1/auth/access_token", body).await.is(200);
    assert_eq!(again.body["accessToken"], first.as_str());
    let left = again.body["expiresIn"].as_i64().unwrap();
    assert!((1..=60).contains(&left), "{left} s left of a token that is 179 minutes old");
    world.clock.advance(SignedDuration::from_mins(2));
    world.send_with(&first, "GET", "/v1/organization", Value::Null).await.refused(401, "unauthorized");
    assert_ne!(token().await, first);
}

#[tokio::test]
async fn a_token_says_whose_it_is() {
    let world = World::new();
    for (id, secret, machine) in [
        (cast::WORKFLOW_PORT_CLIENT_ID, cast::WORKFLOW_PORT_CLIENT_SECRET, true),
        (cast::DANA.port_client_id, cast::DANA.port_client_secret, false),
    ] {
        let token = world.token(id, secret).await;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((&claims["isMachine"], &claims["personalToken"]), (&json!(machine), &json!(!machine)));
        assert_eq!(claims["orgId"], cast::PORT_ORGANIZATION_ID);
        let audience = claims["aud"].as_str().unwrap();
        assert_eq!(claims[format!("{audience}/orgId")], cast::PORT_ORGANIZATION_ID);
        assert_eq!(claims["email"], if machine { Value::Null } else { cast::DANA.email.into() });
    }
}

#[tokio::test]
async fn wrong_secrets_disabled_users_and_missing_tokens_are_401() {
    let world = World::new();
    for (id, secret) in
        [(cast::ADA.port_client_id, "wrong"), (cast::GONE.port_client_id, cast::GONE.port_client_secret)]
    {
        let body = json!({ "clientId": id, "clientSecret": secret });
        world.send("POST", "/v1/auth/access_token", body).await.refused(401, "unauthorized");
    }
    world.send_with("eyJ.no.token", "GET", "/v1/blueprints", Value::Null).await.refused(401, "unauthorized");
}

#[tokio::test]
async fn whoever_has_left_is_disabled_and_can_do_nothing_until_she_is_back() {
    let world = World::new();
    let person = cast::DANA;
    let path = format!("/v1/users/{}", person.email);
    let token = world.token(person.port_client_id, person.port_client_secret).await;
    let login = json!({ "clientId": person.port_client_id, "clientSecret": person.port_client_secret });
    world.port.set_active(&person, false);
    assert_eq!(world.get(&path).await.is(200).body["user"]["status"], "DISABLED");
    let users = world.get("/v1/users").await.is(200).body["users"].clone();
    let of_dana = users.as_array().unwrap().iter().find(|user| user["email"] == person.email).unwrap();
    assert_eq!(of_dana["status"], "DISABLED");
    world.send("POST", "/v1/auth/access_token", login).await.refused(401, "unauthorized");
    world.send_with(&token, "GET", "/v1/organization", Value::Null).await.refused(401, "unauthorized");
    world.port.set_active(&person, true);
    assert_eq!(world.get(&path).await.is(200).body["user"]["status"], "ACTIVE");
    world.send_with(&token, "GET", "/v1/organization", Value::Null).await.is(200);
}

#[tokio::test]
async fn members_neither_see_integrations_nor_build() {
    let world = World::guide().await;
    for (method, path, body) in [
        ("GET", "/v1/integration", Value::Null),
        ("DELETE", "/v1/actions/request_permissions", Value::Null),
        ("POST", "/v1/blueprints", json!({ "identifier": "x", "title": "x", "schema": { "properties": {} } })),
        (
            "DELETE",
            "/v1/blueprints/aws_resource/entities/arn:aws:s3:::my-s3-bucket?delete_dependents=false",
            Value::Null,
        ),
    ] {
        world.send_as(cast::DANA, method, path, body).await.refused(403, "missing_permissions");
    }
    let seen = world.send_as(cast::ADA, "GET", "/v1/integration", Value::Null).await.is(200);
    assert!(seen.body["integrations"][0]["installationAppType"].as_str().unwrap().contains("github"));
}

#[tokio::test]
async fn granular_permissions_keep_the_expiry_from_members() {
    let world = World::guide().await;
    let everybody = json!({ "users": [], "roles": ["Admin", "Member"], "teams": [] });
    let rules = json!({ "entities": { "updateProperties": { "requester": everybody } } });
    world.send("PATCH", "/v1/blueprints/provisioned_permissions/permissions", rules).await.is(200);
    let body = super::grant("Permission-1", json!({ "expiry_time": "2999-01-01T00:00:00Z" }));
    world.send("POST", &format!("{}?upsert=false", super::GRANTS), body).await.is(201);
    let path = format!("{}/Permission-1", super::GRANTS);
    let patch = |name: &str, value: &str| json!({ "properties": { name: value } });
    world.send_as(cast::DANA, "PATCH", &path, patch("requester", cast::DANA.email)).await.is(200);
    let later = patch("expiry_time", "3000-01-01T00:00:00Z");
    world.send_as(cast::DANA, "PATCH", &path, later.clone()).await.refused(403, "missing_permissions");
    world.send_as(cast::ADA, "PATCH", &path, later).await.is(200);
    let unknown = json!({ "entities": { "updateProperties": { "nope": everybody } } });
    let refused = world.send("PATCH", "/v1/blueprints/provisioned_permissions/permissions", unknown).await;
    assert_eq!(refused.refused(422, "invalid_permissions").body["details"]["invalidProperties"], json!(["nope"]));
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_413_and_broken_json_is_422() {
    let world = World::new();
    let body = json!({ "message": "x".repeat(1024 * 1024) });
    world.send("POST", "/v1/actions/runs/r_1/logs", body).await.refused(413, "bad_request");
    let token = world.token(cast::ADA.port_client_id, cast::ADA.port_client_secret).await;
    let request = world.client.post(format!("{}/v1/blueprints", world.server.url())).bearer_auth(token);
    let response = request.header("content-type", "application/json").body("{\"identifier\":").send().await.unwrap();
    assert_eq!(response.status(), 422);
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "invalid_request");
}

#[tokio::test]
async fn an_unknown_route_and_a_wrong_method_are_route_not_found() {
    let world = World::new();
    world.get("/v1/nothing").await.refused(404, "route_not_found");
    world.send("PATCH", "/v1/actions/request_permissions", json!({})).await.refused(404, "route_not_found");
}

#[tokio::test]
async fn a_user_is_found_by_the_exact_address() {
    let world = World::new();
    let user = world.get("/v1/users/dana%40acme.example").await.is(200).body["user"].clone();
    assert_eq!((&user["id"], &user["status"]), (&json!(cast::DANA.port_user_id), &json!("ACTIVE")));
    world.get("/v1/users/Dana%40acme.example").await.refused(404, "not_found");
    let fields = world.get("/v1/users?fields=email&fields=status").await.is(200);
    assert_eq!(fields.body["users"][3], json!({ "email": cast::GONE.email, "status": "DISABLED" }));
}
