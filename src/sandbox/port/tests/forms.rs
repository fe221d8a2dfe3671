//! What a form offers.

use super::*;

const BLUEPRINT: &str = "aws_resource";

/// Gives the permissions of the action a dataset.
async fn with_dataset(dataset: Value) -> World {
    let world = World::guide().await;
    let mut action = actions("GITHUB")[0].clone();
    action["trigger"]["userInputs"]["properties"]["permissions"]["items"]["dataset"] = dataset;
    world.send("PUT", "/v1/actions/request_permissions", action).await.is(200);
    world
}

fn offered(world: &World, entity: &str) -> Result<Vec<String>, String> {
    world.port.offered("request_permissions", "permissions", BLUEPRINT, entity)
}

#[tokio::test]
async fn without_a_dataset_every_entity_of_the_blueprint_is_offered() {
    let world = World::guide().await;
    assert_eq!(offered(&world, BUCKET).unwrap(), ["ec2:StopInstances", "s3:PutObject"]);
}

#[tokio::test]
async fn a_query_of_the_entity_narrows_what_is_offered_in_groups_of_rules_too() {
    let rule = json!({ "property": "resource_type", "operator": "=",
        "value": { "jqQuery": ".entity.properties.resource_type" } });
    for rules in [json!([rule]), json!([{ "combinator": "or", "rules": [rule] }])] {
        let world = with_dataset(json!({ "combinator": "and", "rules": rules })).await;
        assert_eq!(offered(&world, BUCKET).unwrap(), ["s3:PutObject"]);
        assert_eq!(offered(&world, INSTANCE).unwrap(), ["ec2:StopInstances"]);
    }
}

#[tokio::test]
async fn a_dataset_that_cannot_be_evaluated_is_an_error_and_no_empty_form() {
    for rule in [
        json!({ "property": "resource_type", "operator": "=", "value": { "jqQuery": ".entity | nonsense" } }),
        json!({ "property": "resource_type", "operator": "resembles", "value": "S3" }),
        json!({ "property": "resource_type", "operator": "containsAny", "value": { "jqQuery": ".entity.title" } }),
    ] {
        let world = with_dataset(json!({ "combinator": "and", "rules": [rule] })).await;
        assert!(offered(&world, BUCKET).is_err(), "{rule}");
    }
    let world = World::guide().await;
    assert!(offered(&world, "arn:aws:s3:::other").is_err());
    assert!(world.port.offered("request_permissions", "nothing", BLUEPRINT, BUCKET).is_err());
}
