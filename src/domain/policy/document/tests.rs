//! Documents allow what the statements say, however many of them it takes.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::evaluation::{Context, PolicyDocument, Request, evaluate};

const END: &str = "2026-11-23T20:00:00Z";
const BEFORE: &str = "2026-11-23T19:59:59Z";
const MOST: usize = 9;

fn end() -> Timestamp {
    END.parse().unwrap()
}

fn template(further: &[Value]) -> PolicyTemplate {
    let mut all = vec![json!({ "Effect": "Allow", "Action": [], "Resource": "" })];
    all.extend_from_slice(further);
    PolicyTemplate::parse(&json!({ "Version": "2012-10-17", "Statement": all }), true).unwrap()
}

fn statement(actions: &[&str], resources: &[String]) -> Statement {
    Statement {
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
        resources: resources.to_vec(),
        conditions: Map::new(),
    }
}

fn objects(count: usize, length: usize) -> Vec<String> {
    (0..count).map(|index| format!("arn:aws:s3:::bucket/{index:02}{}", "k".repeat(length))).collect()
}

/// Returns what the documents allow at a time, judged as AWS would.
fn allows(documents: &[Value], action: &str, resource: &str, now: &str) -> bool {
    let documents: Vec<_> = documents.iter().map(|document| PolicyDocument::parse(document).unwrap()).collect();
    let context = Context::new().with("aws:CurrentTime", now);
    evaluate(&documents, None, &Request::new(action, resource).with_context(context)).is_allowed()
}

#[test]
fn what_fits_is_one_document_with_the_end_in_each_allow() {
    let statements = [statement(&["s3:GetObject", "s3:PutObject"], &objects(2, 5))];
    let allow = json!({ "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" });
    let documents = documents(&template(&[allow]), &statements, end(), 1).unwrap();
    let [document] = documents.as_slice() else { panic!("{documents:?}") };
    assert_eq!(document["Version"], "2012-10-17");
    let all = document["Statement"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|statement| statement["Condition"]["DateLessThan"]["aws:CurrentTime"] == END), "{document}");
    assert_eq!(all[0]["Action"], json!(["s3:GetObject", "s3:PutObject"]));
    assert_eq!(all[0]["Resource"], json!(objects(2, 5)));
}

#[test]
fn conditions_of_a_statement_stand_in_each_of_its_pieces() {
    let mut long = statement(&["s3:GetObject"], &objects(20, 900));
    long.conditions.insert("StringEquals".to_owned(), json!({ "s3:ResourceAccount": "123456789012" }));
    let documents = documents(&template(&[]), &[long], end(), MOST).unwrap();
    assert!(documents.len() > 2);
    for statement in documents.iter().flat_map(|document| document["Statement"].as_array().unwrap()) {
        assert_eq!(statement["Condition"]["StringEquals"], json!({ "s3:ResourceAccount": "123456789012" }));
        assert_eq!(statement["Condition"]["DateLessThan"], json!({ "aws:CurrentTime": END }));
    }
}

#[test]
fn whole_statements_stay_whole_where_they_fit_and_fill_the_documents() {
    let statements = [
        statement(&["s3:GetObject"], &objects(4, 900)),
        statement(&["s3:PutObject"], &objects(4, 900)),
        statement(&["s3:DeleteObject"], &objects(2, 900)),
    ];
    let documents = documents(&template(&[]), &statements, end(), MOST).unwrap();
    let actions = |document: &Value| -> Vec<String> {
        document["Statement"].as_array().unwrap().iter().map(|each| each["Action"][0].to_string()).collect()
    };
    assert_eq!(
        documents.iter().map(actions).collect::<Vec<_>>(),
        [vec!["\"s3:GetObject\"", "\"s3:DeleteObject\""], vec!["\"s3:PutObject\""]]
    );
}

#[test]
fn any_document_alone_allows_no_more_than_all_of_them_together() {
    let denial = json!({ "Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*" });
    let statements = [statement(&["s3:GetObject", "s3:PutObject"], &objects(20, 900))];
    let documents = documents(&template(std::slice::from_ref(&denial)), &statements, end(), MOST).unwrap();
    assert!(documents.len() > 2);
    for document in &documents {
        assert!(document["Statement"].as_array().unwrap().contains(&denial));
        for resource in objects(20, 900) {
            assert!(!allows(std::slice::from_ref(document), "s3:PutObject", &resource, BEFORE));
        }
    }
    let shown = together(&documents);
    let repeated = shown["Statement"].as_array().unwrap().iter().filter(|statement| **statement == denial).count();
    assert_eq!(repeated, 1);
    assert_eq!(shown["Statement"].as_array().unwrap().len(), documents.len() + 1);
}

#[test]
fn one_document_is_shown_as_it_is() {
    let documents = documents(&template(&[]), &[statement(&["s3:GetObject"], &objects(1, 5))], end(), 1).unwrap();
    assert_eq!(together(&documents), documents[0]);
}

#[test]
fn what_needs_more_policies_than_there_may_be_is_refused_with_the_arithmetic() {
    let statements = [statement(&["s3:GetObject"], &objects(20, 900))];
    let needed = documents(&template(&[]), &statements, end(), MOST).unwrap().len();
    assert!(documents(&template(&[]), &statements, end(), needed).is_ok());
    let unlimited = Room { characters: usize::MAX, documents: 1 };
    let whole = documents_within(&template(&[]), &statements, end(), unlimited).unwrap();
    let length = grouped(length_without_white_space(&whole[0]));
    assert_eq!(length.find(','), Some(2));
    for most in [needed - 1, 1, 0] {
        let refusal = documents(&template(&[]), &statements, end(), most).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("policy-too-long", "permissions"));
        let expected = format!(
            "the policy would have {length} characters; IAM takes 6,144 in each of at most {most} policies of a role"
        );
        assert_eq!(refusal.reason, expected);
    }
}

#[test]
fn what_cannot_be_cut_any_further_is_refused_with_the_arithmetic() {
    let denial = |length: usize| {
        let resource = format!("arn:aws:s3:::{}/*", "b".repeat(length));
        template(&[json!({ "Effect": "Deny", "Action": "s3:*", "Resource": resource })])
    };
    let statements = [statement(&["s3:GetObject"], &objects(1, 1000))];
    assert!(documents(&denial(4_500), &statements, end(), MOST).is_ok());
    for length in [5_000, 7_000] {
        let refusal = documents(&denial(length), &statements, end(), MOST).unwrap_err();
        assert!(refusal.code.as_str() == "policy-too-long" && refusal.reason.contains("IAM takes 6,144"), "{refusal}");
    }
    let allow = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": objects(7, 1000) });
    let refusal = documents(&template(&[allow]), &statements, end(), MOST).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("policy-too-long", PolicyTemplate::FILE));
}

#[test]
fn a_character_that_iam_does_not_take_is_named_with_its_field() {
    let resource = "arn:aws:s3:::b/отчёт".to_owned();
    let refusal = documents(&template(&[]), &[statement(&["s3:GetObject"], &[resource])], end(), 1).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("policy-alphabet", "resource"));
    assert!(refusal.reason.contains("`о` (U+043E)"), "{refusal}");
    let latin = ["arn:aws:s3:::b/größe".to_owned()];
    assert!(documents(&template(&[]), &[statement(&["s3:GetObject"], &latin)], end(), 1).is_ok());
}

#[test]
fn an_account_s_own_limits_are_kept() {
    let statements = [statement(&["s3:GetObject"], &objects(20, 50))];
    let room = Room { characters: 800, documents: 3 };
    let parts = documents_within(&template(&[]), &statements, end(), room).unwrap();
    assert!(parts.len() > 1 && parts.iter().all(|part| length_without_white_space(part) <= 800));
}

fn some_statements() -> impl Strategy<Value = Vec<Statement>> {
    let action = (0..60usize, 0..40usize).prop_map(|(index, length)| format!("s3:A{index}{}", "x".repeat(length)));
    let resource = (0..40usize, 0..900usize).prop_map(|(index, length)| {
        let filler = ["k", "é", "\"", "\\"][index % 4];
        format!("arn:aws:s3:::b{index}/{}", filler.repeat(length))
    });
    let texts = |item: BoxedStrategy<String>, most| {
        proptest::collection::btree_set(item, 1..most).prop_map(|set| set.into_iter().collect::<Vec<_>>())
    };
    let statement = (texts(action.boxed(), 60), texts(resource.boxed(), 12))
        .prop_map(|(actions, resources)| Statement { actions, resources, conditions: Map::new() });
    proptest::collection::vec(statement, 1..5)
}

/// Returns each pair of an action and a resource that Allow statements name.
fn pairs<'a>(lists: impl IntoIterator<Item = (&'a [String], &'a [String])>) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    for (actions, resources) in lists {
        pairs.extend(
            actions.iter().flat_map(|action| resources.iter().map(move |resource| (action.clone(), resource.clone()))),
        );
    }
    pairs
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_documents_together_allow_exactly_what_the_statements_say(
        statements in some_statements(), denied in any::<bool>(),
    ) {
        let denial = json!({ "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*" });
        let template = template(if denied { std::slice::from_ref(&denial) } else { &[] });
        let first = documents(&template, &statements, end(), usize::MAX).unwrap();
        prop_assert_eq!(&first, &documents(&template, &statements, end(), usize::MAX).unwrap());
        let mut written = Vec::new();
        for document in &first {
            prop_assert!(length_without_white_space(document) <= LONGEST_POLICY);
            prop_assert!(PolicyDocument::parse(document).unwrap().require_identity_policy().is_ok());
            for statement in document["Statement"].as_array().unwrap() {
                if *statement == denial {
                    continue;
                }
                prop_assert_eq!(&statement["Condition"], &json!({ "DateLessThan": { "aws:CurrentTime": END } }));
                prop_assert_eq!(statement["Effect"].as_str(), Some("Allow"));
                written.push((texts(&statement["Action"]), texts(&statement["Resource"])));
            }
        }
        let said = pairs(statements.iter().map(|each| (each.actions.as_slice(), each.resources.as_slice())));
        let written = pairs(written.iter().map(|(actions, resources)| (actions.as_slice(), resources.as_slice())));
        prop_assert_eq!(&written, &said);
        // The same once more by AWS's rules, for one that is allowed and one that nobody named.
        let (action, resource) = said.first().unwrap();
        prop_assert!(allows(&first, action, resource, BEFORE));
        prop_assert!(!allows(&first, action, resource, END));
        let sibling = format!("{resource}-other");
        prop_assert!(!allows(&first, action, &sibling, BEFORE));
    }

    #[test]
    fn several_documents_are_not_many_more_than_their_length_demands(statements in some_statements()) {
        let parts = documents(&template(&[]), &statements, end(), usize::MAX).unwrap();
        let total: usize = parts.iter().map(length_without_white_space).sum();
        // Two neighbours that would fit into one are never left apart: on average more than half of each is filled.
        prop_assert!(parts.len() <= 2 * total / LONGEST_POLICY + 1, "{} for {total}", parts.len());
    }
}
