//! Files as people write them, with their mistakes.

mod found;
mod offers;
mod properties;

use proptest::prelude::*;

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::identifier::AccountId;
use serde_json::json;

fn facts() -> Facts {
    let guide = Types::OneOf(vec!["S3".to_owned(), "EC2".to_owned()]);
    Facts {
        account: Some(AwsAccount {
            id: AccountId::parse("account", "123456789012").unwrap(),
            partition: "aws".to_owned(),
        }),
        resource_types: guide.clone(),
        permission_types: guide,
        lacking: Vec::new(),
    }
}

/// Parses and checks; the mistakes in the order of the lines.
fn checked(text: &str) -> Checked {
    checked_with(text, &facts())
}

fn checked_with(text: &str, facts: &Facts) -> Checked {
    let parsed = parse("catalog.yaml", text);
    let mut checked = check(&parsed.entries, facts);
    checked.mistakes.extend(parsed.mistakes);
    checked.mistakes.sort();
    checked
}

/// Returns the lines of the mistakes, asserting that each sentence holds its word.
#[track_caller]
fn mistakes(text: &str, wanted: &[(u64, &str)]) {
    let found = checked(text).mistakes;
    let shown: Vec<_> = found.iter().map(Remark::to_string).collect();
    assert_eq!(found.len(), wanted.len(), "{shown:#?}");
    for (mistake, (line, word)) in shown.iter().zip(wanted) {
        assert!(mistake.starts_with(&format!("catalog.yaml:{line}: ")), "{mistake} is not in line {line}");
        assert!(mistake.contains(word), "{mistake} does not say {word}");
    }
}

#[test]
fn yaml_and_json_say_the_same() {
    let yaml = "resources:\n  - identifier: arn:aws:s3:::b\n    title: B\npermissions:\n  - identifier: s3:GetObject\n";
    let json = r#"{
	"resources": [{"identifier": "arn:aws:s3:::b", "title": "B", "resource_type": null}],
	"permissions": [{"identifier": "s3:GetObject"}]
}"#;
    let one = checked(yaml);
    assert_eq!(one.mistakes, []);
    assert_eq!(one.entities, checked(json).entities);
    let [bucket, action] = &one.entities[..] else { panic!("{one:?}") };
    assert_eq!((bucket.kind, bucket.resource_type.as_str()), (Kind::Resource, "S3"));
    assert_eq!(bucket.title, Title::Exactly("B".to_owned()));
    assert_eq!((action.kind, action.resource_type.as_str()), (Kind::Permission, "S3"));
    assert_eq!(action.title, Title::Any);
}

#[test]
fn every_mistake_is_told_with_its_line_in_one_go() {
    let text = "\
resources:
  - identifier: arn:aws:s3:::bucket/*
  - identifier: arn:aws:ec2:us-east-1:12345678:instance/i-abc123456789
    colour: red
  - identifier: arn:aws:ec2:us-east-1:999999999999:instance/i-abc
  - title: nothing
  - identifier: arn:aws:s3:::good
    resource_type: S4
    title: \"a\\eb\"
  - identifier: arn:aws:lambda:us-east-1:123456789012:function:f
  - identifier: arn:aws-cn:s3:::china
permissions:
  - identifier: s3:*
  - identifier: 12
  - just text
permision: []
";
    mistakes(
        text,
        &[
            (2, "wildcard"),
            (3, "account"),
            (4, "`colour`"),
            (5, "account 999999999999"),
            (6, "no `identifier`"),
            (8, "`S4`"),
            (9, "control character"),
            (10, "`resource_type`"),
            (11, "partition aws-cn"),
            (13, "wildcard"),
            (14, "must be text"),
            (15, "text"),
            (16, "`permision`"),
        ],
    );
}

#[test]
fn json_has_lines_too() {
    mistakes(
        "{\n \"resources\": [\n  {\n   \"identifier\": \"arn:aws:s3:::b\",\n   \"titel\": \"x\"\n  }\n ]\n}",
        &[(5, "`titel`")],
    );
}

#[test]
fn what_is_no_yaml_ends_at_its_first_mistake() {
    let broken = checked("resources:\n  - identifier: [1\n    x: y: z\n");
    assert_eq!(broken.mistakes.len(), 1, "{broken:?}");
    mistakes("resources: []\nresources: []\n", &[(2, "resources")]);
    mistakes("resources: []\n!own resources: []\n", &[(1, "again in line 2")]);
    mistakes("", &[(1, "nothing")]);
    mistakes("- identifier: s3:GetObject\n", &[(1, "a list")]);
    mistakes("resources: 7\n", &[(1, "a list of entries")]);
}

#[test]
fn a_file_that_is_nested_without_end_is_a_mistake() {
    for text in ["[".repeat(60_000), "- ".repeat(30_000), "{a: ".repeat(15_000), "a:\n ".repeat(15_000)] {
        assert_eq!(parse("deep", &text).mistakes.len(), 1);
    }
}

#[test]
fn an_identifier_that_port_does_not_take_is_a_mistake() {
    mistakes(
        "resources:\n  - {identifier: 'arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST', resource_type: S3}\n",
        &[(2, "entity in Port")],
    );
}

#[test]
fn the_second_naming_is_a_mistake_within_and_across_files() {
    mistakes(
        "permissions:\n  - identifier: s3:GetObject\n  - identifier: s3:GetObject\n",
        &[(3, "the first is at catalog.yaml:2")],
    );
    let mut entries = parse("one.yaml", "resources:\n  - identifier: arn:aws:s3:::b\n").entries;
    entries.extend(parse("two.json", "{\"resources\": [\n{\"identifier\": \"arn:aws:s3:::b\"}]}").entries);
    let found = check(&entries, &facts()).mistakes;
    assert_eq!(found[0].to_string(), "two.json:2: `arn:aws:s3:::b` is named a second time; the first is at one.yaml:2");
    assert_eq!(found.len(), 1);
}

#[test]
fn one_action_has_one_spelling() {
    mistakes("permissions:\n  - identifier: s3:getobject\n", &[(2, "`s3:GetObject`")]);
}

#[test]
fn what_no_request_will_be_granted_is_a_warning() {
    let text = "resources:\n  - {identifier: 'arn:aws:ec2:us-east-1:123456789012:no-such-kind/1'}\npermissions:\n  - identifier: s3:PutBucketPolicy\n  - {identifier: s3:GetObject, resource_type: EC2}\n  - identifier: ec2:DescribeInstances\n";
    let checked = checked(text);
    assert_eq!((checked.mistakes.len(), checked.entities.len()), (0, 4));
    let told: Vec<_> = checked.warnings.iter().map(Remark::to_string).collect();
    for (told, (line, word)) in told.iter().zip([
        ("catalog.yaml:2: ", "no permission on it"),
        ("catalog.yaml:4: ", "`allow-actions`"),
        ("catalog.yaml:5: ", "`EC2`"),
        ("catalog.yaml:6: ", "`account-wide-actions`"),
    ]) {
        assert!(told.starts_with(line) && told.contains(word), "{told}");
    }
    assert_eq!(told.len(), 4);
}

#[test]
fn an_action_that_aws_does_not_have_is_a_mistake() {
    mistakes("permissions:\n  - identifier: s3:PutObjekt\n", &[(2, "`s3:PutObjekt`")]);
}

#[test]
fn a_type_that_was_added_to_the_blueprint_is_a_default_too() {
    let text = "resources:\n  - identifier: arn:aws:lambda:us-east-1:123456789012:function:f\n";
    let mut more = facts();
    more.resource_types = Types::OneOf(vec!["S3".to_owned(), "LAMBDA".to_owned()]);
    assert_eq!(checked_with(text, &more).entities[0].resource_type, "LAMBDA");
}

#[test]
fn without_the_outside_only_what_is_surely_wrong_is_a_mistake() {
    let text =
        "resources:\n  - {identifier: 'arn:aws:lambda:us-east-1:999999999999:function:f'}\n  - {identifier: x}\n";
    let found = checked_with(text, &Facts::default());
    assert_eq!(found.mistakes.iter().map(|mistake| mistake.place.to_string()).collect::<Vec<_>>(), ["catalog.yaml:3"]);
}

#[test]
fn titles_are_text_and_nothing_more() {
    let crafted = "'; touch pwned; echo '";
    let text = format!("resources:\n  - identifier: arn:aws:s3:::b\n    title: \"{crafted}\"\n");
    assert_eq!(checked(&text).entities[0].title, Title::Exactly(crafted.to_owned()));
    mistakes(
        &format!(
            "resources:\n  - {{identifier: 'arn:aws:s3:::b', title: ' '}}\n  - {{identifier: 'arn:aws:s3:::c', title: '{}'}}\n  - {{identifier: 'arn:aws:s3:::d', title: \"a\\u202eb\"}}\n",
            "x".repeat(101)
        ),
        &[(2, "empty"), (3, "101 characters"), (4, "control character")],
    );
}

fn seen(identifier: &str, title: Option<&str>, resource_type: &str) -> (Kind, Entity) {
    let properties = json!({ "resource_type": resource_type, "tags": [{ "team": "a" }] });
    let title = title.map(str::to_owned);
    (Kind::Resource, Entity { identifier: identifier.to_owned(), title, properties, relations: json!({}) })
}

fn wanted(title: Title) -> Vec<SeedEntity> {
    let (kind, identifier) = (Kind::Resource, "arn:aws:s3:::b".to_owned());
    vec![SeedEntity {
        kind,
        identifier,
        title,
        resource_type: "S3".to_owned(),
        properties: Vec::new(),
        is_marked: true,
    }]
}

#[test]
fn only_what_differs_is_a_change() {
    let exactly = |title: &str| Title::Exactly(title.to_owned());
    let difference = |title: Title, seen: (Kind, Entity)| compare(wanted(title), &[seen]).remove(0);
    let bucket = |title| seen("arn:aws:s3:::b", title, "S3");
    assert_eq!(difference(exactly("B"), bucket(Some("B"))).difference, Difference::Same);
    assert_eq!(difference(Title::Any, bucket(Some("Theirs"))).difference, Difference::Same);
    assert_eq!(difference(Title::WhenNew("B".to_owned()), bucket(Some("Theirs"))).difference, Difference::Same);
    let renamed = difference(exactly("B"), bucket(Some("Theirs")));
    assert_eq!(
        renamed.body(),
        json!({"identifier": "arn:aws:s3:::b", "properties": {"resource_type": "S3"}, "title": "B"})
    );
    let retyped = difference(Title::WhenNew("B".to_owned()), seen("arn:aws:s3:::b", Some("Theirs"), "EC2"));
    assert_eq!(retyped.body(), json!({"identifier": "arn:aws:s3:::b", "properties": {"resource_type": "S3"}}));
    let change = FieldChange { field: "resource_type", from: json!("EC2"), to: json!("S3") };
    assert_eq!(retyped.difference, Difference::Changed(vec![change]));
}

#[test]
fn an_entity_of_the_same_name_in_the_other_blueprint_is_another_one() {
    let (_, entity) = seen("arn:aws:s3:::b", None, "S3");
    let steps = compare(wanted(Title::WhenNew("B".to_owned())), &[(Kind::Permission, entity)]);
    assert_eq!(steps[0].difference, Difference::New);
    assert_eq!(steps[0].body()["title"], "B");
}

/// Texts between noise and a file: fragments that the reader knows, in any order.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        Just("resources:"),
        Just("permissions:"),
        Just("\n"),
        Just("\n  "),
        Just("- "),
        Just("identifier: "),
        Just("title: "),
        Just("resource_type: "),
        Just("arn:aws:s3:::b"),
        Just("arn:aws:ec2:us-east-1:123456789012:instance/i-1"),
        Just("s3:GetObject"),
        Just("&a "),
        Just("*a"),
        Just("<<: "),
        Just("!!binary "),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just("\""),
        Just("'"),
        Just("\\u"),
        Just("# "),
        Just("| "),
        Just("---\n"),
        Just("\t"),
        Just("é\u{0}"),
    ];
    prop::collection::vec(fragment, 0..400).prop_map(|fragments| fragments.concat())
}

fn has_a_line(mistake: &Remark) -> bool {
    matches!(mistake.place, Place::Line { line: 1.., .. })
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![fragments(), ".{0,2000}", "(?s).{0,16384}"]) {
        let checked = checked(&text);
        let is_placed = checked.mistakes.iter().all(has_a_line);
        prop_assert!(is_placed, "a mistake without a line");
    }
}
