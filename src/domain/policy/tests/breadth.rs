//! Every action with every type that AWS's tables give it, under names of every style; and whole requests at random.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;

use super::super::*;
use super::reach::{Reach, reach};
use crate::domain::reference::{self, Action, Service};
use crate::domain::template::PolicyTemplate;

/// How placeholders are filled: plain, with a slash, with a colon, and like the end of a secret's name.
const STYLES: [fn(&str) -> String; 4] = [
    |name| format!("n{name}"),
    |name| format!("a/{name}"),
    |name| format!("a:{name}"),
    |name| format!("{name}-AbCd12"),
];

/// Returns the actions that may be granted on resources of the type.
fn granted_on(service: &Service, kind: usize) -> Vec<&Action> {
    let takes = |action: &&Action| !action.is_denied && action.types.iter().any(|used| used.index == kind);
    service.actions.iter().filter(takes).collect()
}

/// Judges every action of the type on an example of it; returns whether AWS's patterns tell the example's type at all.
fn tried(service: &Service, kind: usize, text: &str) -> bool {
    let Ok(arn) = Arn::parse("resource", text) else { return false };
    if service.types_of(&arn).iter().all(|(found, _)| *found != kind) {
        return false;
    }
    let names: Vec<String> =
        granted_on(service, kind).iter().map(|action| format!("{}:{}", service.prefix, action.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for judged in judge(&[text], &names, &Allowances::default()) {
        let own = judged
            .resources
            .iter()
            .filter(|resource| matches!(reach(service, &arn, resource), Some(Reach::Itself | Reach::DocumentedForm)));
        assert_eq!(own.count(), 1, "{judged:?}");
        let beside = judged.resources.iter().all(|resource| reach(service, &arn, resource).is_some());
        assert!(beside, "{judged:?}");
    }
    true
}

#[test]
fn every_action_with_every_type_of_its_gets_a_resource_of_that_type_whatever_its_name() {
    let (mut pairs, mut tries) = (0, 0);
    let mut hidden = Vec::new();
    for prefix in reference::prefixes() {
        let service = reference::service(prefix).unwrap();
        for (index, kind) in service.types.iter().enumerate() {
            let count = granted_on(service, index).len();
            if count == 0 {
                continue;
            }
            let examples = kind.patterns.iter().flat_map(|pattern| STYLES.map(|style| pattern.example(style)));
            let told = examples.filter(|text| tried(service, index, text)).count();
            (pairs, tries) = (pairs + count, tries + count * told);
            if told == 0 {
                hidden.push(format!("{prefix} {}", kind.name));
            }
        }
    }
    // AWS's table writes it with five fields, so that its names are no ARNs.
    assert_eq!(hidden, ["mediaconnect Offering"]);
    assert!(pairs > 20_000 && tries > 3 * pairs, "{tries} tries of {pairs} pairs");
}

const ARNS: [&str; 9] = [
    "arn:aws:s3:::one",
    "arn:aws:s3:::two/key",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
    "arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
    "arn:aws:dynamodb:us-east-1:123456789012:table/T",
    "arn:aws:glue:us-east-1:123456789012:table/db/t",
    "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/\u{e9}",
    "arn:aws:ecs:us-east-1:123456789012:cluster/c",
];

/// Returns resources, and some of the actions that can be granted on one of them or together.
fn requests() -> impl Strategy<Value = (Vec<&'static str>, Vec<String>)> {
    let actions = |arns: Vec<&'static str>| {
        let mut names = BTreeSet::new();
        for arn in &arns {
            let all = actions_on(&Arn::parse("resource", arn).unwrap()).into_iter();
            names.extend(all.filter(|facts| !facts.denied && !facts.account_wide).map(|facts| facts.name));
        }
        let names: Vec<String> = names.into_iter().collect();
        let most = names.len().min(100);
        (Just(arns), proptest::sample::subsequence(names, 1..=most))
    };
    proptest::sample::subsequence(&ARNS[..], 1..4).prop_flat_map(actions)
}

fn compiled(arns: &[&str], actions: &[String]) -> Result<Compiled, Refusal> {
    let arns: Vec<Arn> = arns.iter().map(|text| Arn::parse("resource", text).unwrap()).collect();
    let actions: Vec<ActionName> = actions.iter().map(|text| ActionName::parse(text).unwrap()).collect();
    compile(&arns, &actions, &AccountId::parse("account", "123456789012").unwrap(), &Allowances::default())
}

/// Returns what each action is allowed on.
fn resources_of(compiled: &Compiled) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for statement in &compiled.statements {
        for action in &statement.actions {
            all.entry(action).or_default().extend(statement.resources.iter().map(String::as_str));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_further_action_changes_nothing_about_the_others((arns, actions) in requests(), at in any::<prop::sample::Index>()) {
        let whole = compiled(&arns, &actions);
        let mut fewer = actions.clone();
        let left_out = fewer.remove(at.index(actions.len()));
        // Without its only action, a resource is used by none, and that is refused.
        if let (Ok(whole), Ok(part)) = (whole, compiled(&arns, &fewer)) {
            let (mut whole, part) = (resources_of(&whole), resources_of(&part));
            prop_assert!(whole.remove(left_out.as_str()).is_some());
            prop_assert_eq!(whole, part);
        }
    }

    #[test]
    fn a_further_resource_takes_nothing_from_what_the_others_allow((arns, actions) in requests(), further in proptest::sample::select(&ARNS[..])) {
        prop_assume!(!arns.contains(&further));
        let more = [&arns[..], &[further]].concat();
        if let (Ok(whole), Ok(part)) = (compiled(&more, &actions), compiled(&arns, &actions)) {
            let added = judge(&[further], &actions.iter().map(String::as_str).collect::<Vec<_>>(), &Allowances::default());
            let (whole, part) = (resources_of(&whole), resources_of(&part));
            for judged in added {
                let known = &part[judged.action.as_str()];
                let beyond = &whole[judged.action.as_str()] - known;
                prop_assert!(known.is_subset(&whole[judged.action.as_str()]));
                prop_assert!(beyond.iter().all(|resource| judged.resources.iter().any(|own| own == resource)));
            }
        }
    }

    #[test]
    fn every_document_is_as_long_as_iam_takes_it_and_of_its_alphabet((arns, actions) in requests()) {
        let template = PolicyTemplate::parse(&crate::assets::policy_template().unwrap(), false).unwrap();
        if let Ok(compiled) = compiled(&arns, &actions) {
            for document in documents(&template, &compiled.statements, Timestamp::UNIX_EPOCH, 9).unwrap() {
                prop_assert!(length_without_white_space(&document) <= LONGEST_POLICY);
                let is_writable = document.to_string().chars().all(|character| (' '..='\u{ff}').contains(&character));
                prop_assert!(is_writable);
            }
        }
    }
}
