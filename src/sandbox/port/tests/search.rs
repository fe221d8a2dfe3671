//! The two searches.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{BUCKET, GRANTS, INSTANCE, World, grant};

async fn found(world: &World, rules: Value) -> Vec<String> {
    let body = json!({ "query": { "combinator": "and", "rules": rules } });
    let reply = world.send("POST", &format!("{GRANTS}/search"), body).await.is(200);
    identifiers(&reply.body)
}

fn identifiers(body: &Value) -> Vec<String> {
    let entities = body["entities"].as_array().unwrap();
    entities.iter().map(|entity| entity["identifier"].as_str().unwrap().to_owned()).collect()
}

async fn three_grants() -> World {
    let world = World::guide().await;
    let soon = world.clock.now().checked_add(SignedDuration::from_hours(1)).unwrap().to_string();
    for (identifier, properties) in [
        ("Permission-1", json!({ "expiry_time": "2020-01-01T00:00:00Z", "role_arn": "arn:1" })),
        ("Permission-2", json!({ "expiry_time": soon, "role_arn": "arn:2" })),
        ("Permission-3", json!({})),
    ] {
        let mut body = grant(identifier, properties);
        if identifier == "Permission-3" {
            body["relations"] = json!({ "aws_resource": INSTANCE, "permissions": [] });
        }
        world.send("POST", &format!("{GRANTS}?upsert=false"), body).await.is(201);
    }
    world
}

#[tokio::test]
async fn expired_is_judged_by_the_sandbox_clock() {
    let world = three_grants().await;
    let expired = json!([{ "property": "expiry_time", "operator": "isExpired" }]);
    assert_eq!(found(&world, expired.clone()).await, ["Permission-1"]);
    let running = json!([{ "property": "expiry_time", "operator": "isNotExpired" }]);
    assert_eq!(found(&world, running).await, ["Permission-2"]);
    world.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(found(&world, expired).await, ["Permission-1", "Permission-2"]);
}

#[tokio::test]
async fn every_operator_says_what_its_name_says() {
    let world = three_grants().await;
    let rule = |property: &str, operator: &str, value: Value| json!([{ "property": property, "operator": operator, "value": value }]);
    for (rules, wanted) in [
        (rule("role_arn", "=", "arn:1".into()), vec!["1"]),
        (rule("role_arn", "!=", "arn:1".into()), vec!["2", "3"]),
        (rule("$identifier", "in", json!(["Permission-2", "x"])), vec!["2"]),
        (rule("$identifier", "notIn", json!(["Permission-2"])), vec!["1", "3"]),
        (rule("$title", "contains", "ion-3".into()), vec!["3"]),
        (rule("role_arn", "beginsWith", "arn".into()), vec!["1", "2"]),
        (rule("role_arn", "endsWith", "2".into()), vec!["2"]),
        (rule("$blueprint", "=", "provisioned_permissions".into()), vec!["1", "2", "3"]),
        (rule("expiry_time", "<", "2021-01-01T00:00:00Z".into()), vec!["1"]),
        (rule("$updatedAt", ">", "2021-01-01T00:00:00Z".into()), vec!["1", "2", "3"]),
        (
            rule("expiry_time", "between", json!({ "from": "2019-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z" })),
            vec!["1"],
        ),
        (json!([{ "property": "role_arn", "operator": "isEmpty" }]), vec!["3"]),
        (json!([{ "property": "role_arn", "operator": "isNotEmpty" }]), vec!["1", "2"]),
        (json!([{ "relation": "aws_resource", "operator": "=", "value": INSTANCE }]), vec!["3"]),
        (
            json!([{ "relation": "permissions", "operator": "containsAny", "value": ["s3:PutObject", "x"] }]),
            vec!["1", "2"],
        ),
        (json!([{ "operator": "relatedTo", "blueprint": "aws_resource", "value": BUCKET }]), vec!["1", "2"]),
        (
            json!([{ "operator": "relatedTo", "blueprint": "aws_resource", "value": BUCKET, "direction": "upstream" }]),
            vec![],
        ),
        (
            json!([{ "combinator": "or", "rules": [rule("role_arn", "=", "arn:2".into())[0],
            { "property": "role_arn", "operator": "isEmpty" }] }]),
            vec!["2", "3"],
        ),
    ] {
        let wanted: Vec<String> = wanted.into_iter().map(|number| format!("Permission-{number}")).collect();
        assert_eq!(found(&world, rules.clone()).await, wanted, "{rules}");
    }
}

#[tokio::test]
async fn a_wrong_rule_is_an_error_even_on_an_empty_catalog() {
    let world = World::guide().await;
    for rule in [
        json!({ "property": "role_arn", "operator": "like", "value": "x" }),
        json!({ "property": "role_arn", "operator": "=" }),
        json!({ "property": "role_arn", "operator": "in", "value": "x" }),
        json!({ "property": { "context": "user", "property": "$identifier" }, "operator": "=", "value": "x" }),
    ] {
        let body = json!({ "query": { "combinator": "and", "rules": [rule] } });
        world.send("POST", &format!("{GRANTS}/search"), body).await.refused(422, "invalid_request");
    }
    let body = json!({ "query": { "rules": [] } });
    world.send("POST", &format!("{GRANTS}/search"), body).await.refused(422, "invalid_request");
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let world = three_grants().await;
    let (mut seen, mut from) = (Vec::new(), Value::Null);
    for page in 0..3 {
        let mut body = json!({ "limit": 1, "query": { "combinator": "and", "rules": [] } });
        if page > 0 {
            body["from"] = from;
        }
        let reply = world.send("POST", &format!("{GRANTS}/search"), body).await.is(200);
        seen.extend(identifiers(&reply.body));
        from = reply.body["next"].clone();
        assert_eq!(from.is_string(), page < 2);
    }
    assert_eq!(seen, ["Permission-1", "Permission-2", "Permission-3"]);
    let too_many = json!({ "limit": 1001 });
    world.send("POST", &format!("{GRANTS}/search"), too_many).await.refused(422, "invalid_request");
}

#[tokio::test]
async fn the_whole_catalog_is_searched_at_once_and_fields_can_be_left_out() {
    let world = three_grants().await;
    let body =
        json!({ "combinator": "and", "rules": [{ "property": "$title", "operator": "contains", "value": "S3" }] });
    let reply = world.send("POST", "/v1/entities/search?include=title", body).await.is(200);
    assert_eq!(reply.body["matchingBlueprints"], json!(["aws_resource", "iam_permissions"]));
    assert_eq!(
        reply.body["entities"][0],
        json!({ "identifier": BUCKET, "title": "My awesome S3 bucket", "properties": {}, "relations": {} })
    );
}
