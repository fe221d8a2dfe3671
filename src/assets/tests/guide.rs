//! What the guide asks for is there, field by field; the fixture is our own list of the guide's facts.

use serde_json::{Value, json};

use super::{account, rendering};
use crate::assets::{Backend, actions, blueprints, samples};
use crate::domain::duration::GrantDuration;
use crate::domain::names::Names;
use crate::domain::resource_types::ResourceTypes;

fn guide() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/guide.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn by_identifier<'a>(bodies: &'a [Value], identifier: &str) -> &'a Value {
    bodies.iter().find(|body| body["identifier"] == identifier).unwrap()
}

/// Collects where `got` lacks or contradicts `expected`; what `got` has besides is additive and allowed in objects.
fn missing(expected: &Value, got: &Value, at: &str, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(fields), Value::Object(others)) => {
            for (key, field) in fields {
                match others.get(key) {
                    Some(other) => missing(field, other, &format!("{at}.{key}"), found),
                    None => found.push(format!("{at}.{key} is missing")),
                }
            }
        }
        // A further rule narrows a query whose rules must all hold, so it is additive too.
        (Value::Array(rules), Value::Array(others)) if at.ends_with(".rules") => {
            for rule in rules.iter().filter(|rule| !others.contains(rule)) {
                found.push(format!("{at} lacks {rule}"));
            }
        }
        _ if expected == got => {}
        _ => found.push(format!("{at}: expected {expected}, got {got}")),
    }
}

fn compare(kind: &str, bodies: &[Value]) {
    let guide = guide();
    let mut found = Vec::new();
    for (identifier, expected) in guide[kind].as_object().unwrap() {
        missing(expected, by_identifier(bodies, identifier), identifier, &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_property_colour_format_and_relation_of_the_guides_blueprints_is_there() {
    compare("blueprints", &blueprints(&Names::default(), &ResourceTypes::default()).unwrap());
}

#[test]
fn every_input_and_template_of_the_guides_actions_is_there() {
    compare("actions", &actions(&rendering()).unwrap());
}

#[test]
fn a_blueprint_comes_after_the_targets_of_its_relations() {
    let mut created: Vec<Value> = Vec::new();
    for blueprint in blueprints(&Names::default(), &ResourceTypes::default()).unwrap() {
        for relation in blueprint["relations"].as_object().unwrap().values() {
            assert!(created.contains(&relation["target"]), "{} before its target", blueprint["identifier"]);
        }
        created.push(blueprint["identifier"].clone());
    }
    assert_eq!(created.len(), 4);
}

#[test]
fn the_permanent_record_relates_to_nothing_that_could_be_deleted() {
    let blueprints = blueprints(&Names::default(), &ResourceTypes::default()).unwrap();
    assert_eq!(by_identifier(&blueprints, "permission_records")["relations"], json!({}));
    for blueprint in &blueprints {
        for relation in blueprint["relations"].as_object().unwrap().values() {
            assert_ne!(relation["target"], "permission_records");
        }
    }
}

#[test]
fn every_value_of_an_enum_has_a_colour_and_no_colour_is_for_another_value() {
    for blueprint in blueprints(&Names::default(), &ResourceTypes::default()).unwrap() {
        for (name, property) in blueprint["schema"]["properties"].as_object().unwrap() {
            let values: Vec<&str> =
                property["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let colours: Vec<&str> =
                property["enumColors"].as_object().into_iter().flatten().map(|(value, _)| value.as_str()).collect();
            assert_eq!(values, colours, "{name}");
        }
    }
}

/// Port's names of colours (Port OpenAPI, blueprints, `enumColors`).
const COLOURS: [&str; 17] = [
    "blue",
    "turquoise",
    "orange",
    "purple",
    "pink",
    "yellow",
    "green",
    "red",
    "gold",
    "silver",
    "paleBlue",
    "darkGray",
    "lightGray",
    "bronze",
    "lime",
    "olive",
    "brown",
];

#[test]
fn every_colour_is_one_of_port_s() {
    let fifty = (0..50).map(|number| format!("T{number}")).collect::<Vec<_>>().join(",");
    for blueprint in blueprints(&Names::default(), &ResourceTypes::parse("f", &fifty).unwrap()).unwrap() {
        for (name, property) in blueprint["schema"]["properties"].as_object().unwrap() {
            for (value, colour) in property["enumColors"].as_object().into_iter().flatten() {
                assert!(COLOURS.contains(&colour.as_str().unwrap()), "{name} {value}: {colour}");
            }
        }
    }
}

#[test]
fn both_blueprints_take_the_chosen_types_and_the_guide_s_keep_their_colours() {
    let types = ResourceTypes::parse("f", "Lambda,EC2,DynamoDB,S3,Step Functions").unwrap();
    let blueprints = blueprints(&Names::default(), &types).unwrap();
    for identifier in ["aws_resource", "iam_permissions"] {
        let property = &by_identifier(&blueprints, identifier)["schema"]["properties"]["resource_type"];
        assert_eq!(property["enum"], json!(types.names()));
        let colours = property["enumColors"].as_object().unwrap();
        assert_eq!((&colours["S3"], &colours["EC2"]), (&json!("blue"), &json!("green")));
        let different: std::collections::BTreeSet<_> = colours.values().map(Value::to_string).collect();
        assert_eq!(different.len(), 5, "{colours:?}");
    }
}

#[test]
fn the_form_takes_every_duration_that_a_grant_can_have_and_begins_with_the_default() {
    let actions = actions(&rendering()).unwrap();
    for action in ["request_permissions", "extend_permissions"] {
        let duration = &by_identifier(&actions, action)["trigger"]["userInputs"]["properties"]["duration"];
        let pattern = regex::Regex::new(duration["pattern"].as_str().unwrap()).unwrap();
        assert_eq!(duration["default"], GrantDuration::DEFAULT.to_string());
        for text in ["15m", "4h", "7d", "1d12h"] {
            assert!(pattern.is_match(text) && GrantDuration::parse("duration", text).is_ok(), "{text}");
        }
        assert!(!pattern.is_match("soon"));
    }
}

#[test]
fn whoever_extends_says_for_how_long_and_whoever_returns_says_nothing() {
    let actions = actions(&rendering()).unwrap();
    let inputs = |action: &str| by_identifier(&actions, action)["trigger"]["userInputs"].clone();
    assert_eq!(inputs("extend_permissions")["order"], json!(["duration", "reason"]));
    assert_eq!(inputs("extend_permissions")["required"], json!(["duration"]));
    assert_eq!(inputs("return_permissions"), json!({ "properties": {}, "required": [], "order": [] }));
}

#[test]
fn extensions_go_to_the_workflow_that_grants_and_returns_to_the_one_that_revokes() {
    let actions = actions(&rendering()).unwrap();
    let dispatched = |action: &str| {
        let action = by_identifier(&actions, action);
        let mut invocation = action["invocationMethod"].clone();
        invocation.as_object_mut().unwrap().remove("workflowInputs");
        (action["trigger"]["blueprintIdentifier"] == "provisioned_permissions", invocation)
    };
    assert_eq!(dispatched("extend_permissions"), (true, dispatched("request_permissions").1));
    assert_eq!(dispatched("return_permissions"), dispatched("revoke_permissions"));
}

#[test]
fn the_form_shows_every_input_and_asks_only_for_the_permissions() {
    let actions = actions(&rendering()).unwrap();
    let inputs = &by_identifier(&actions, "request_permissions")["trigger"]["userInputs"];
    let names: Vec<Value> = inputs["properties"].as_object().unwrap().keys().map(|name| json!(name)).collect();
    assert_eq!(inputs["order"], Value::Array(names));
    assert_eq!(inputs["required"], json!(["permissions"]));
}

#[test]
fn the_automation_sends_an_empty_form_since_it_has_no_inputs() {
    let actions = actions(&rendering()).unwrap();
    let automation = by_identifier(&actions, "revoke_expired_permissions");
    assert_eq!(automation["invocationMethod"]["workflowInputs"]["properties"], "{}");
}

#[test]
fn another_default_branch_is_named_and_main_is_not() {
    let mut rendering = rendering();
    for action in actions(&rendering).unwrap() {
        assert_eq!(action["invocationMethod"]["workflowInputs"].get("ref"), None);
    }
    rendering.default_branch = "release/2026".to_owned();
    for action in actions(&rendering).unwrap() {
        assert_eq!(action["invocationMethod"]["workflowInputs"]["ref"], "release/2026");
    }
}

#[test]
fn the_integration_dispatches_the_same_workflow_with_the_same_inputs_as_the_app() {
    let mut rendering = rendering();
    rendering.default_branch = "trunk".to_owned();
    let by_app = actions(&rendering).unwrap();
    rendering.backend = Backend::IntegrationAction { installation_id: "github-ocean-1".to_owned() };
    for (app, integration) in by_app.iter().zip(actions(&rendering).unwrap()) {
        let (app, integration) = (&app["invocationMethod"], &integration["invocationMethod"]);
        assert_eq!(integration["type"], "INTEGRATION_ACTION");
        assert_eq!(integration["installationId"], "github-ocean-1");
        assert_eq!(integration["integrationActionType"], "dispatch_workflow");
        assert_eq!(integration.as_object().unwrap().len(), 4);
        let mut dispatch = integration["integrationActionExecutionProperties"].clone();
        dispatch.as_object_mut().unwrap().insert("type".to_owned(), json!("GITHUB"));
        assert_eq!(&dispatch, app);
    }
}

#[test]
fn the_samples_are_the_guides_with_the_real_account_and_region() {
    let samples = samples(&account("aws"), "eu-west-1").unwrap();
    let facts = |entities: &[Value]| -> Vec<Value> {
        let fact = |entity: &Value| json!([entity["identifier"], entity["title"], entity["properties"]]);
        entities.iter().map(fact).collect()
    };
    let expected = [
        json!(["arn:aws:s3:::my-s3-bucket", "My awesome S3 bucket", { "resource_type": "S3" }]),
        json!([
            "arn:aws:ec2:eu-west-1:012345678901:instance/i-abc123456789",
            "My awesome EC2 machine",
            { "resource_type": "EC2" }
        ]),
    ];
    assert_eq!(facts(&samples.resources), expected);
    let expected = [
        json!(["s3:PutObject", "Put S3 objects", { "resource_type": "S3" }]),
        json!(["ec2:StopInstances", "Stop EC2 Instance", { "resource_type": "EC2" }]),
    ];
    assert_eq!(facts(&samples.permissions), expected);
}
