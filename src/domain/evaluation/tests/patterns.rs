//! Wildcards and policy variables.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::{Context, Decision, PolicyDocument, Request, evaluate};
use super::{allow, judge_in, parse};
use crate::domain::glob::{Case, Token, matches};

fn glob(pattern: &str, text: &str) -> bool {
    let tokens: Vec<Token> = pattern
        .chars()
        .map(|character| match character {
            '*' => Token::AnyRun,
            '?' => Token::AnyCharacter,
            other => Token::Character(other),
        })
        .collect();
    matches(&tokens, &text.chars().collect::<Vec<_>>(), Case::Sensitive)
}

#[test]
fn a_glob_matches_the_whole_text() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "a:b/c", true),
        ("?", "", false),
        ("?", "ä", true),
        ("a*", "ba", false),
        ("*a", "ab", false),
        ("a*b*c", "abcbc", true),
        ("a*b*c", "abcb", false),
        ("a*?c", "ac", false),
        ("a*?c", "abc", true),
        ("**a**", "a", true),
        ("*ab", "aab", true),
        ("a*a", "a", false),
    ] {
        assert_eq!(glob(pattern, text), expected, "{pattern} on {text}");
    }
}

#[test]
fn a_hostile_pattern_takes_no_exponential_time() {
    let pattern = format!("{}b", "a*".repeat(2_000));
    let text = "a".repeat(20_000);
    let begun = Instant::now();
    assert!(!glob(&pattern, &text));
    // Far above what two pointers need, far below what backtracking over 2,000 stars would.
    assert!(begun.elapsed() < Duration::from_secs(20));
}

fn home_of(context: Context) -> Decision {
    judge_in(
        allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*"),
        "s3:GetObject",
        "arn:aws:s3:::home/dana/a",
        context,
    )
}

#[test]
fn a_variable_stands_for_the_value_in_the_request() {
    assert!(home_of(Context::new().with("AWS:UserName", "dana")).is_allowed());
    assert_eq!(home_of(Context::new().with("aws:username", "max")), Decision::NotAllowed);
}

#[test]
fn a_variable_without_a_single_value_matches_nothing() {
    assert_eq!(home_of(Context::new()), Decision::NotAllowed);
    assert_eq!(home_of(Context::new().with_all("aws:username", ["dana", "max"])), Decision::NotAllowed);
}

#[test]
fn a_wildcard_in_the_value_of_a_variable_is_literal() {
    assert_eq!(home_of(Context::new().with("aws:username", "*")), Decision::NotAllowed);
    assert_eq!(home_of(Context::new().with("aws:username", "????")), Decision::NotAllowed);
}

#[test]
fn a_variable_in_the_value_of_a_variable_is_literal() {
    let context = Context::new().with("aws:username", "${aws:userid}").with("aws:userid", "dana");
    assert_eq!(home_of(context), Decision::NotAllowed);
}

#[test]
fn a_default_stands_in_for_a_missing_value_only() {
    let judged = |context| {
        let statement = allow("s3:GetObject", "arn:aws:s3:::home/${aws:PrincipalTag/team, 'all, of }us'}/*");
        judge_in(statement, "s3:GetObject", "arn:aws:s3:::home/all, of }us/a", context).is_allowed()
    };
    assert!(judged(Context::new()));
    assert!(!judged(Context::new().with("aws:PrincipalTag/team", "red")));
}

#[test]
fn escaped_characters_are_no_wildcards() {
    let judged = |resource: &str| {
        judge_in(allow("s3:GetObject", "arn:aws:s3:::b/${*}${?}${$}{x"), "s3:GetObject", resource, Context::new())
            .is_allowed()
    };
    assert!(judged("arn:aws:s3:::b/*?${x"));
    assert!(!judged("arn:aws:s3:::b/abc${x"));
}

#[test]
fn the_older_version_has_no_variables() {
    let judged = |version: Option<&str>, resource: &str| {
        let mut value = json!({"Statement": allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}")});
        if let Some(version) = version {
            value["Version"] = version.into();
        }
        let request = Request::new("s3:GetObject", resource).with_context(Context::new().with("aws:username", "dana"));
        let document = PolicyDocument::parse(&value).expect("well-formed");
        evaluate(&[document], None, &request).is_allowed()
    };
    let (resolved, literal) = ("arn:aws:s3:::home/dana", "arn:aws:s3:::home/${aws:username}");
    assert!(judged(Some("2012-10-17"), resolved));
    assert!(!judged(Some("2012-10-17"), literal));
    for older in [Some("2008-10-17"), None] {
        assert!(!judged(older, resolved));
        assert!(judged(older, literal));
    }
}

#[test]
fn all_but_a_variable_without_value_allows_nothing_and_denies_everything() {
    let statement =
        |effect: &str| json!({"Effect": effect, "Action": "*", "NotResource": "arn:aws:s3:::home/${aws:username}/*"});
    let judged = |statements: Value| judge_in(statements, "s3:GetObject", "arn:aws:s3:::other/a", Context::new());
    assert_eq!(judged(statement("Allow")), Decision::NotAllowed);
    let decision = judged(json!([allow("*", "*"), statement("Deny")]));
    assert!(matches!(decision, Decision::ExplicitlyDenied { .. }));
}

#[test]
fn malformed_variables_are_refused() {
    for variable in [
        "${aws:username",
        "${}",
        "${username}",
        "${aws:}",
        "${aws:x, y}",
        "${aws:x, 'y}",
        "${aws:${aws:y}}",
        "${*?}",
        "${aws:*}",
    ] {
        let resource = format!("arn:aws:s3:::b/{variable}");
        assert!(parse(allow("s3:*", &resource)).is_err(), "{variable}");
    }
}

#[test]
fn a_variable_before_the_fifth_colon_of_a_resource_is_refused() {
    assert!(parse(allow("s3:*", "arn:aws:s3:::${aws:username}")).is_ok());
    assert!(parse(allow("iam:*", "arn:aws:iam::${aws:PrincipalAccount}:role/x")).is_err());
    assert!(parse(allow("iam:*", "${aws:PrincipalArn}")).is_err());
}
