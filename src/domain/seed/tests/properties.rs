//! What the catalog is told of AWS's reference, and how a title names its action.

use serde_json::{Value, json};

use super::*;

/// Returns the properties of the one entity of a file.
fn properties(text: &str) -> Value {
    let checked = checked(text);
    assert_eq!((checked.mistakes.len(), checked.entities.len()), (0, 1), "{checked:?}");
    let properties = checked.entities[0].properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(properties.collect())
}

#[test]
fn a_resource_gets_its_kind_and_one_of_no_known_kind_is_left_to_others() {
    for (arn, kind) in [
        ("arn:aws:s3:::b", json!({ "resource_kind": "bucket" })),
        ("arn:aws:s3:::b/k", json!({ "resource_kind": "object" })),
        ("arn:aws:ec2:us-east-1:123456789012:instance/i-1", json!({ "resource_kind": "instance" })),
        ("arn:aws:ec2:us-east-1:123456789012:no-such-kind/1", json!({})),
    ] {
        assert_eq!(properties(&format!("resources:\n  - identifier: {arn}\n")), kind, "{arn}");
    }
}

#[test]
fn a_permission_gets_what_its_approver_should_know() {
    for (action, level, set, kinds) in [
        ("s3:GetObject", "Read", Some("sensitive"), Some("bucket")),
        ("s3:PutObject", "Write", None, Some("object")),
        ("s3:PutObjectTagging", "Tagging", None, Some("object")),
        ("s3:PutBucketPolicy", "Permissions management", None, Some("bucket")),
        ("s3:PutReplicationConfiguration", "Write", Some("leaves_behind"), Some("bucket")),
        ("ec2:DescribeInstances", "List", Some("account_wide"), None),
        ("ec2:RunInstances", "Write", Some("pass_role"), Some("instance")),
        ("ec2:AttachVolume", "Write", None, Some("volume")),
    ] {
        let found = properties(&format!("permissions:\n  - identifier: {action}\n"));
        assert_eq!(found["access_level"], level, "{action}");
        for flag in ["sensitive", "account_wide", "leaves_behind", "pass_role"] {
            assert_eq!(found[flag], json!(set == Some(flag)), "{action} {flag}");
        }
        match kinds {
            Some(kind) => assert!(found["resource_kinds"].as_array().unwrap().contains(&json!(kind)), "{action}"),
            None => assert_eq!(found["resource_kinds"], Value::Null, "{action}"),
        }
    }
}

#[test]
fn what_the_blueprint_lacks_is_not_written() {
    let mut older = facts();
    older.lacking = properties_of(Kind::Permission).iter().map(|name| (Kind::Permission, *name)).collect();
    let text = "resources:\n  - identifier: arn:aws:s3:::b\npermissions:\n  - identifier: s3:GetObject\n";
    let entities = checked_with(text, &older).entities;
    assert_eq!((entities[0].properties.len(), entities[1].properties.len()), (1, 0));
}

fn permission(title: Title) -> SeedEntity {
    SeedEntity {
        kind: Kind::Permission,
        identifier: "s3:PutObject".to_owned(),
        title,
        resource_type: "S3".to_owned(),
        properties: vec![("sensitive", json!(false)), ("resource_kinds", Value::Null)],
        is_marked: true,
    }
}

fn seen_permission(title: Option<&str>, more: Value) -> (Kind, Entity) {
    let mut properties = json!({ "resource_type": "S3", "sensitive": false });
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (identifier, title) = ("s3:PutObject".to_owned(), title.map(str::to_owned));
    (Kind::Permission, Entity { identifier, title, properties, relations: json!({}) })
}

#[test]
fn the_title_of_a_permission_always_names_the_action() {
    let exactly = |title: &str| Title::Exactly(title.to_owned());
    for (title, expected) in [
        (Title::Any, "s3:PutObject"),
        (exactly("Write files"), "Write files (s3:PutObject)"),
        (Title::WhenNew("Write files".to_owned()), "Write files (s3:PutObject)"),
        (exactly("s3:PutObject, to write"), "s3:PutObject, to write"),
        // A longer action's name is another action.
        (exactly("s3:PutObjectAcl"), "s3:PutObjectAcl (s3:PutObject)"),
        (exactly("not-s3:PutObject"), "not-s3:PutObject (s3:PutObject)"),
    ] {
        assert_eq!(permission(title).title_of_new().unwrap(), expected);
    }
    for (title, found, expected) in [
        (Title::Any, Some("Theirs"), Some("Theirs (s3:PutObject)")),
        (Title::Any, Some("Theirs (s3:PutObject)"), None),
        (Title::Any, None, Some("s3:PutObject")),
        (Title::WhenNew("W".to_owned()), Some("s3:PutObject!"), None),
        (exactly("W"), Some("s3:PutObject!"), Some("W (s3:PutObject)")),
    ] {
        let step = compare(vec![permission(title)], &[seen_permission(found, json!({}))]).remove(0);
        assert_eq!(step.body().get("title").and_then(Value::as_str), expected, "{found:?}");
    }
}

#[test]
fn a_title_that_is_too_long_with_its_action_is_a_mistake() {
    let text = format!("permissions:\n  - {{identifier: s3:PutObject, title: '{}'}}\n", "x".repeat(90));
    mistakes(&text, &[(2, "105 characters, with the identifier")]);
}

#[test]
fn a_property_that_differs_is_sent_and_what_there_is_not_is_only_taken_away_where_it_stands() {
    let named = Some("s3:PutObject");
    let step = |more: Value| compare(vec![permission(Title::Any)], &[seen_permission(named, more)]).remove(0);
    assert_eq!(step(json!({})).difference, Difference::Same);
    let stale = step(json!({ "sensitive": true, "resource_kinds": ["bucket"] }));
    assert_eq!(
        stale.difference,
        Difference::Changed(vec![
            FieldChange { field: "sensitive", from: json!(true), to: json!(false) },
            FieldChange { field: "resource_kinds", from: json!(["bucket"]), to: Value::Null },
        ])
    );
    assert_eq!(
        stale.body(),
        json!({ "identifier": "s3:PutObject",
            "properties": { "resource_type": "S3", "sensitive": false, "resource_kinds": null } })
    );
    let new = compare(vec![permission(Title::Any)], &[]).remove(0);
    assert_eq!(new.body()["properties"], json!({ "resource_type": "S3", "sensitive": false, "seeded": true }));
    // What somebody else made is never taken for ours.
    let without_place = SeedEntity { is_marked: false, ..permission(Title::Any) };
    let new = compare(vec![without_place], &[]).remove(0);
    assert_eq!(new.body()["properties"], json!({ "resource_type": "S3", "sensitive": false }));
}
