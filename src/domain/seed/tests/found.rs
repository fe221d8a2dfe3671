//! What is found in AWS and in other blueprints.

use super::*;
use crate::domain::arn::Arn;

fn arn(text: &str) -> Arn {
    Arn::parse("identifier", text).unwrap()
}

#[test]
fn a_service_is_known_by_its_name_in_arns_and_in_the_console() {
    for (text, filter) in [
        ("s3", "s3"),
        ("Lambda", "lambda"),
        ("DynamoDB", "dynamodb"),
        ("CloudWatchLogs", "logs"),
        ("ec2:instance", "ec2:instance"),
        ("aoss", "aoss"),
        ("elasticloadbalancing:loadbalancer/app", "elasticloadbalancing:loadbalancer/app"),
    ] {
        assert_eq!(Sought::parse(text).unwrap().filter(), filter, "{text}");
    }
    for text in ["", "s4", "s3:", "ec2:*", "ec2:a b", "*"] {
        assert!(Sought::parse(text).unwrap_err().to_string().starts_with(&format!("--discover {text}: ")), "{text}");
    }
}

#[test]
fn a_kind_holds_its_own_resources_alone() {
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1";
    for (sought, text, expected) in [
        ("ec2", instance, true),
        ("ec2:instance", instance, true),
        ("ec2:inst", instance, false),
        ("ec2:volume", instance, false),
        ("s3", instance, false),
        ("s3:bucket", "arn:aws:s3:::b", true),
        ("lambda:function", "arn:aws:lambda:us-east-1:123456789012:function:f", true),
    ] {
        assert_eq!(Sought::parse(sought).unwrap().holds(&arn(text)), expected, "{sought} {text}");
    }
}

fn found(arn: &str, name: Option<&str>) -> FoundResource {
    FoundResource { arn: arn.to_owned(), name: name.map(str::to_owned), region: "us-east-1".into() }
}

#[test]
fn what_is_found_twice_is_one_entry_and_keeps_its_name() {
    let log = "arn:aws:logs:us-east-1:123456789012:log-group:a";
    let all = [
        found("arn:aws:s3:::b", None),
        found(&format!("{log}:*"), None),
        found("arn:aws:s3:::b", Some("Name")),
        found(log, None),
    ];
    let entries = entries_of_discovery(&all, &facts(), &[]);
    let shown: Vec<_> = entries
        .iter()
        .map(|entry| (entry.identifier.text.as_str(), entry.title.as_ref().map(|title| title.text.as_str())))
        .collect();
    assert_eq!(shown, [(log, None), ("arn:aws:s3:::b", Some("Name (b)"))]);
    // The catalog has no type for log groups: they are left out, and the bucket is not.
    let checked = check(&entries, &facts());
    assert_eq!((checked.entities.len(), checked.mistakes.len(), checked.left_out.len()), (1, 0, 1));
    assert_eq!(checked.entities[0].title, Title::WhenNew("Name (b)".to_owned()));
}

#[test]
fn a_source_needs_a_property_that_holds_text() {
    let definition = json!({ "schema": { "properties": { "arn": { "type": "string" }, "n": { "type": "number" } } } });
    let of = |arn_property| Source { blueprint: "b", arn_property, resource_type: None }.check(&definition);
    assert_eq!((of("arn"), of("$identifier")), (Ok(()), Ok(())));
    assert!(of("n").unwrap_err().contains("is no text") && of("x").unwrap_err().contains("`arn`, `n`"));
}

#[test]
fn only_what_was_looked_for_can_be_gone() {
    let seeded = [
        "arn:aws:s3:::a",
        "arn:aws:s3:::b",
        "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
        "arn:aws:ec2:eu-west-1:123456789012:instance/i-2",
        "nonsense",
    ]
    .map(str::to_owned);
    let sought = |texts: &[&str]| texts.iter().map(|text| Sought::parse(text).unwrap()).collect();
    let asked = |texts: &[&str]| Extent::Asked { sought: sought(texts), regions: vec!["us-east-1".to_owned()] };
    let gone = |extent| gone(&seeded, &[extent], &["arn:aws:s3:::a"].into()).into_iter().collect::<Vec<_>>();
    assert_eq!(gone(asked(&["s3"])), ["arn:aws:s3:::b"]);
    assert_eq!(gone(asked(&["ec2:instance"])), [seeded[2].as_str()]);
    assert_eq!(gone(asked(&["ec2:volume", "lambda"])), Vec::<String>::new());
    assert_eq!(gone(Extent::of_kinds(["arn:aws:s3:::any", "nonsense"])), ["arn:aws:s3:::b"]);
    assert_eq!(gone(Extent::of_kinds([])), Vec::<String>::new());
}
