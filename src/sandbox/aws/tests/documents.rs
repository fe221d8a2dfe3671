//! What IAM refuses to store.

use super::*;

fn created(document: &Value) -> String {
    Office::new().ada().create_policy("/", "p", document).outcome()
}

fn trusted(document: &Value) -> String {
    Office::new().ada().create_role("/", "r", document).outcome()
}

fn with(element: &str, value: Value) -> Value {
    let mut document = allow("s3:GetObject", "arn:aws:s3:::b/*");
    document["Statement"][0][element] = value;
    document
}

#[test]
fn a_document_is_stored_as_it_was_sent() {
    let office = Office::new();
    let text = "{ \"Version\": \"2012-10-17\",\n \"Statement\": { \"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\" } }";
    office.ada().iam("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", text)]).succeeded();
    let answer =
        office.ada().iam("GetPolicyVersion", &[("PolicyArn", &arn("policy/p")), ("VersionId", "v1")]).succeeded();
    let document = percent_encoding::percent_decode_str(answer.value("Document").unwrap()).decode_utf8().unwrap();
    assert_eq!(document, text);
}

#[test]
fn resources_must_be_whole_arns() {
    for resource in
        ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:us-east-1:123456789012:accesspoint/a"]
    {
        assert_eq!(created(&with("Resource", json!(resource))), "200", "{resource}");
    }
    for resource in [
        "",
        "b",
        "arn:aws:s3",
        "arn:aws:s3:::",
        "arn:aws:*:::b",
        "arn:aws:s3:us-east-1::b/*",
        "arn:aws:iam:us-east-1:123456789012:role/r",
    ] {
        assert_eq!(created(&with("Resource", json!(resource))), "400 MalformedPolicyDocument", "{resource}");
    }
}

#[test]
fn actions_must_have_one_vendor_and_one_colon() {
    for action in ["*", "s3:*", "s3:Get*", "S3:getobject"] {
        assert_eq!(created(&with("Action", json!(action))), "200", "{action}");
    }
    for action in ["", "GetObject", "s3:", ":GetObject", "s3:s3:GetObject", "s3:Get Object", "s*:GetObject"] {
        assert_eq!(created(&with("Action", json!(action))), "400 MalformedPolicyDocument", "{action}");
    }
}

#[test]
fn unknown_elements_effects_and_operators_are_refused() {
    let cases = [
        with("Effect", json!("allow")),
        with("Ressource", json!("*")),
        with("Principal", json!("*")),
        with("Sid", json!("not a sid")),
        with("Condition", json!({ "DateBefore": { "aws:CurrentTime": "2026-11-23T20:00:00Z" } })),
        with("Condition", json!({ "StringEquals": { "nonsense": "x" } })),
    ];
    for document in cases {
        assert_eq!(created(&document), "400 MalformedPolicyDocument", "{document}");
    }
    assert_eq!(created(&with("Condition", json!({ "StringEquals": { "aws:RequestTag/port-iam:run": "r" } }))), "200");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let office = Office::new();
    let text =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let answer = office.ada().iam("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", text)]);
    assert_eq!(answer.outcome(), "400 MalformedPolicyDocument");
}

#[test]
fn white_space_does_not_count_towards_the_size() {
    let long = |length: usize| {
        let document = with("Resource", json!(format!("arn:aws:s3:::{}", "a".repeat(length)))).to_string();
        let size = document.len();
        (document, size)
    };
    let (_, frame) = long(0);
    let office = Office::new();
    let create = |name: &str, document: &str| {
        office.ada().iam("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", document)]).outcome()
    };
    assert_eq!(create("full", &format!("{}{}", long(6144 - frame).0, " ".repeat(500))), "200");
    assert_eq!(create("over", &long(6145 - frame).0), "409 LimitExceeded");
}

#[test]
fn characters_beyond_latin_1_are_refused() {
    assert_eq!(created(&with("Resource", json!("arn:aws:s3:::b/\u{fc}"))), "200");
    assert_eq!(created(&with("Resource", json!("arn:aws:s3:::b/\u{436}"))), "400 ValidationError");
}

#[test]
fn a_trust_policy_names_somebody_who_can_be_there() {
    for principal in
        ["*", "123456789012", "999999999999", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/dana"]
    {
        assert_eq!(trusted(&trust(principal)), "200", "{principal}");
    }
    for principal in [
        "<YOUR_AWS_ACCOUNT_ID>",
        "arn:aws:iam::<YOUR_AWS_ACCOUNT_ID>:root",
        "arn:aws:iam::123456789012:user/greta",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::12345678:root",
        "arn:aws:s3:::bucket",
    ] {
        assert_eq!(trusted(&trust(principal)), "400 MalformedPolicyDocument", "{principal}");
    }
}

#[test]
fn a_trust_policy_is_about_assuming_and_about_no_resource() {
    for (element, value) in [("Action", json!("s3:GetObject")), ("Action", json!("*")), ("Resource", json!("*"))] {
        let mut document = trust("*");
        document["Statement"][0][element] = value;
        assert_eq!(trusted(&document), "400 MalformedPolicyDocument", "{document}");
    }
}
