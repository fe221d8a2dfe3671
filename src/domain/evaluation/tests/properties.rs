//! What must hold for any documents: tried on random ones over a small vocabulary, so that statements often meet.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Context, Decision, Request, evaluate};
use super::document;
use crate::domain::glob::{Case, Token, matches};

fn effect() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("Allow"), 1 => Just("Deny")]
}

fn actions() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(
        prop::sample::select(vec!["*", "s3:*", "s3:Put*", "s3:GetObject", "ec2:*", "s3:??tObject"]),
        1..3,
    )
}

fn resources() -> impl Strategy<Value = Vec<&'static str>> {
    let vocabulary = vec![
        "*",
        "arn:aws:s3:::bucket",
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::*/a",
        "arn:aws:s3:::home/${aws:username}",
    ];
    prop::collection::vec(prop::sample::select(vocabulary), 1..3)
}

fn condition() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({}),
        json!({"StringEquals": {"aws:username": "dana"}}),
        json!({"StringNotEquals": {"aws:username": ["dana", "${aws:PrincipalTag/x}"]}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2026-11-23T20:00:00Z"}}),
        json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}),
    ])
}

fn statement() -> impl Strategy<Value = Value> {
    (effect(), actions(), any::<bool>(), resources(), any::<bool>(), condition()).prop_map(
        |(effect, actions, other_actions, resources, other_resources, condition)| {
            let mut statement = json!({"Effect": effect, "Condition": condition});
            statement[if other_actions { "NotAction" } else { "Action" }] = json!(actions);
            statement[if other_resources { "NotResource" } else { "Resource" }] = json!(resources);
            statement
        },
    )
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(), 1..5)
}

fn request() -> impl Strategy<Value = Request> {
    let context = prop::sample::select(vec![
        Context::new(),
        Context::new().with("aws:username", "dana"),
        Context::new().with("aws:username", "max").with("aws:CurrentTime", "2026-11-23T12:00:00Z"),
        Context::new().with("aws:CurrentTime", "soon").with_all("aws:TagKeys", ["a", "b"]),
    ]);
    (
        prop::sample::select(vec!["s3:PutObject", "s3:GetObject", "ec2:StopInstances"]),
        prop::sample::select(vec!["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a", "arn:aws:s3:::home/dana", "*"]),
        context,
    )
        .prop_map(|(action, resource, context)| Request::new(action, resource).with_context(context))
}

fn judged(statements: &[Value], request: &Request) -> Decision {
    evaluate(&[document(json!(statements))], None, request)
}

fn wide(effect: &str) -> Value {
    json!({"Effect": effect, "Action": "*", "Resource": "*"})
}

fn literal(text: &str) -> Vec<Token> {
    text.chars().map(Token::Character).collect()
}

/// The obvious matcher, exponential at worst: the reference for the one that is not.
fn reference(pattern: &[Token], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([Token::AnyRun, rest @ ..], _) => (0..=text.len()).any(|taken| reference(rest, &text[taken..])),
        ([Token::AnyCharacter, rest @ ..], [_, text @ ..]) => reference(rest, text),
        ([Token::Character(own), rest @ ..], [other, text @ ..]) => own == other && reference(rest, text),
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_deny_of_everything_always_wins(statements in statements(), request in request(), at in 0..5_usize, in_boundary: bool) {
        let mut with_deny = statements.clone();
        with_deny.insert(at.min(statements.len()), wide("Deny"));
        let decision = if in_boundary {
            evaluate(&[document(json!(statements))], Some(&document(json!(with_deny))), &request)
        } else {
            judged(&with_deny, &request)
        };
        let explicit = matches!(decision, Decision::ExplicitlyDenied { .. });
        prop_assert!(explicit, "{}", decision);
    }

    #[test]
    fn another_allow_takes_nothing_away(statements in statements(), added in statement(), request in request()) {
        let mut added = added;
        added["Effect"] = "Allow".into();
        let before = judged(&statements, &request);
        let mut more = statements;
        more.push(added);
        let after = judged(&more, &request);
        prop_assert!(!before.is_allowed() || after.is_allowed());
        let denied = |decision: &Decision| matches!(decision, Decision::ExplicitlyDenied { .. });
        prop_assert_eq!(denied(&before), denied(&after));
    }

    #[test]
    fn another_deny_gives_nothing(statements in statements(), added in statement(), request in request()) {
        let mut added = added;
        added["Effect"] = "Deny".into();
        let before = judged(&statements, &request);
        let mut more = statements;
        more.push(added);
        prop_assert!(before.is_allowed() || !judged(&more, &request).is_allowed());
    }

    #[test]
    fn the_order_of_statements_does_not_matter(statements in statements().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())), request in request()) {
        let (one, other) = statements;
        prop_assert_eq!(
            std::mem::discriminant(&judged(&one, &request)),
            std::mem::discriminant(&judged(&other, &request))
        );
    }

    #[test]
    fn statements_may_be_spread_over_documents(statements in statements(), request in request()) {
        let spread: Vec<_> = statements.iter().cloned().map(document).collect();
        prop_assert_eq!(
            std::mem::discriminant(&judged(&statements, &request)),
            std::mem::discriminant(&evaluate(&spread, None, &request))
        );
    }

    #[test]
    fn a_boundary_only_takes_away(identity in statements(), boundary in statements(), request in request()) {
        let identity = [document(json!(identity))];
        let bounded = evaluate(&identity, Some(&document(json!(boundary))), &request);
        let free = evaluate(&identity, None, &request);
        let limit = judged(&boundary, &request);
        prop_assert_eq!(bounded.is_allowed(), free.is_allowed() && limit.is_allowed());
    }

    #[test]
    fn an_action_and_its_opposite_are_never_both_about_a_request(actions in actions(), request in request()) {
        let with = |element: &str| {
            let mut statement = json!({"Effect": "Allow", "Resource": "*"});
            statement[element] = json!(actions);
            judged(&[statement], &request).is_allowed()
        };
        prop_assert_ne!(with("Action"), with("NotAction"));
    }

    #[test]
    fn text_without_wildcards_matches_itself_and_nothing_else(text in ".{0,12}", other in ".{0,12}") {
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert!(matches(&literal(&text), &characters(&text), Case::Sensitive));
        prop_assert_eq!(matches(&literal(&text), &characters(&other), Case::Sensitive), text == other);
    }

    #[test]
    fn the_matcher_agrees_with_the_obvious_one(pattern in "[ab*?]{0,10}", text in "[ab]{0,12}") {
        let tokens: Vec<_> = pattern.chars().map(|character| match character {
            '*' => Token::AnyRun,
            '?' => Token::AnyCharacter,
            other => Token::Character(other),
        }).collect();
        let text: Vec<_> = text.chars().collect();
        prop_assert_eq!(matches(&tokens, &text, Case::Sensitive), reference(&tokens, &text));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        let _ = text.parse::<super::super::PolicyDocument>();
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": format!("arn:aws:s3:::{text}"), "Condition": {"DateLessThan": {"aws:x": text.clone()}}});
        let _ = super::parse(statement);
        let _ = super::parse(json!({"Effect": "Allow", "Action": text, "Resource": text, "Principal": {"AWS": text}}));
    }
}
