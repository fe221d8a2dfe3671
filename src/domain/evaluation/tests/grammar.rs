//! What is refused before anything is judged.

use serde_json::{Value, json};

use super::super::{PolicyDocument, Problem};
use super::{allow, document, parse};

fn refused(text: &str) -> Problem {
    text.parse::<PolicyDocument>().expect_err(text).problem
}

#[test]
fn one_statement_needs_no_list() {
    assert!(parse(allow("*", "*")).is_ok());
    assert!(parse(json!([allow("*", "*")])).is_ok());
}

#[test]
fn what_the_grammar_does_not_know_is_refused() {
    let base = || allow("*", "*");
    let with = |key: &str, value: Value| {
        let mut statement = base();
        statement[key] = value;
        statement
    };
    for statement in [
        with("Effect", json!("allow")),
        with("Effect", json!("Maybe")),
        with("Effect", json!(["Allow"])),
        with("Conditions", json!({})),
        with("condition", json!({})),
        with("Action", json!([])),
        with("Action", json!("PutObject")),
        with("Action", json!("s3:")),
        with("Action", json!("s*:PutObject")),
        with("Action", json!("*:PutObject")),
        with("Action", json!(["s3:*", 7])),
        with("NotAction", json!("s3:*")),
        with("NotResource", json!("*")),
        with("Resource", json!([])),
        with("Resource", json!("bucket/*")),
        with("Resource", json!("**")),
        with("Resource", json!("arn")),
        with("Resource", json!("arn:*:s3:::bucket")),
        with("Resource", json!("arn:aws:*:::bucket")),
        with("Sid", json!("not alphanumeric")),
        with("Sid", json!(1)),
        with("Condition", json!([])),
        with("Condition", json!({"StringEquals": "x"})),
        json!("Allow"),
        json!({"Action": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Resource": "*"}),
        json!([]),
        json!([base(), []]),
    ] {
        assert!(parse(statement.clone()).is_err(), "{statement}");
    }
}

#[test]
fn unknown_versions_and_elements_of_the_document_are_refused() {
    assert!(PolicyDocument::parse(&json!({"Version": "2012-10-17", "Id": "x", "Statement": allow("*", "*")})).is_ok());
    for value in [
        json!({"Version": "2025-01-01", "Statement": allow("*", "*")}),
        json!({"Version": 2012, "Statement": allow("*", "*")}),
        json!({"Version": "2012-10-17"}),
        json!({"Statements": [], "Statement": allow("*", "*")}),
        json!([]),
        json!(null),
    ] {
        assert!(PolicyDocument::parse(&value).is_err(), "{value}");
    }
}

#[test]
fn a_sid_stands_only_once_unless_it_is_empty() {
    let statement = |sid: &str| json!({"Sid": sid, "Effect": "Allow", "Action": "*", "Resource": "*"});
    assert_eq!(
        parse(json!([statement("A"), statement("A")])).expect_err("twice").problem,
        Problem::RepeatedSid("A".into())
    );
    assert!(parse(json!([statement("A"), statement("B"), statement(""), statement("")])).is_ok());
}

#[test]
fn a_key_that_stands_twice_in_the_text_is_refused() {
    for text in [
        r#"{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#,
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:a": "true"}, "Bool": {"aws:b": "true"}}}}"#,
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "\u0045ffect": "Deny"}}"#,
    ] {
        let problem = refused(text);
        assert!(matches!(&problem, Problem::Json(why) if why.contains("twice")), "{problem}");
    }
}

#[test]
fn text_that_is_no_json_is_refused() {
    for text in ["", "{", "Allow", r#"{"Statement": {}} {}"#] {
        assert!(matches!(refused(text), Problem::Json(_)), "{text}");
    }
}

#[test]
fn deep_nesting_is_refused_and_overflows_nothing() {
    let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(refused(&text), Problem::Json(_)));
}

#[test]
fn a_huge_document_is_read_and_judged() {
    let resources: Vec<_> = (0..20_000).map(|number| format!("arn:aws:s3:::bucket-{number}/*")).collect();
    let statement = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": resources});
    assert!(super::allows(statement, "s3:PutObject", "arn:aws:s3:::bucket-19999/a"));
}

#[test]
fn an_identity_policy_has_resources_and_no_principal() {
    assert!(document(allow("*", "*")).require_identity_policy().is_ok());
    let error =
        document(json!([allow("*", "*"), {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]))
            .require_identity_policy()
            .expect_err("has a principal");
    assert_eq!(error.to_string(), "policy document: Statement[1] must not have a principal in an identity policy");
    assert!(document(json!({"Effect": "Allow", "Action": "*"})).require_identity_policy().is_err());
}

#[test]
fn a_trust_policy_has_principals_and_no_resource() {
    let trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"});
    assert!(document(trust).require_trust_policy().is_ok());
    assert!(document(json!({"Effect": "Allow", "Action": "sts:AssumeRole"})).require_trust_policy().is_err());
    assert!(document(allow("sts:AssumeRole", "*")).require_trust_policy().is_err());
}

#[test]
fn principals_are_named_in_full_and_of_a_known_kind() {
    let with = |principal: Value| parse(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}));
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ["123456789012", "arn:aws:iam::123456789012:root"]}),
        json!({"AWS": "arn:aws:iam::123456789012:user/team/dana"}),
        json!({"AWS": "arn:aws:sts::123456789012:assumed-role/Role/session"}),
        json!({"AWS": "AIDAEXAMPLE1234567890"}),
        json!({"Service": "ec2.amazonaws.com", "Federated": "arn:aws:iam::123456789012:saml-provider/p"}),
        json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
    ] {
        assert!(with(principal.clone()).is_ok(), "{principal}");
    }
    for principal in [
        json!("arn:aws:iam::123456789012:root"),
        json!({}),
        json!({"AWS": []}),
        json!({"AWS": "arn:aws:iam::123456789012:role/*"}),
        json!({"AWS": "arn:aws:iam::12345678:root"}),
        json!({"AWS": "arn:aws:iam::123456789012:group/g"}),
        json!({"AWS": "dana"}),
        json!({"AWS": "12345678901"}),
        json!({"Service": "*.amazonaws.com"}),
        json!({"Federated": ""}),
        json!({"aws": "*"}),
        json!({"Human": "dana"}),
    ] {
        assert!(with(principal.clone()).is_err(), "{principal}");
    }
    let both = json!({"Effect": "Allow", "Action": "*", "Principal": "*", "NotPrincipal": "*"});
    assert!(parse(both).is_err());
}
