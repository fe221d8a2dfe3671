//! What holds for every service of the reference, also for those that no case names.

use proptest::prelude::*;

use super::super::*;
use super::only;
use super::reach::{Reach, reach};
use crate::domain::reference::{self, ArnPattern, Service};

/// How the placeholders of an example are filled: plain, with slashes, and like the name of a secret.
const STYLES: [fn(&str) -> String; 3] =
    [|name| format!("n{name}"), |name| format!("a/{name}"), |name| format!("{name}-AbCd12")];

/// Returns an ARN of each form of each type of the service; the styles take turns.
fn examples(service: &Service) -> Vec<Arn> {
    let patterns = service.types.iter().flat_map(|kind| &kind.patterns).enumerate();
    let text = |(at, pattern): (usize, &ArnPattern)| pattern.example(STYLES[at % STYLES.len()]);
    patterns.filter_map(|pattern| Arn::parse("resource", &text(pattern)).ok()).collect()
}

/// What the sweep over all services has seen.
#[derive(Default)]
struct Seen {
    of_its_type: usize,
    above: usize,
    unbound: usize,
}

#[test]
fn every_action_on_every_kind_of_resource_gets_that_resource_and_nothing_beyond_it() {
    let mut seen = Seen::default();
    for prefix in reference::prefixes() {
        let service = reference::service(prefix).unwrap();
        let names: Vec<String> = service.actions.iter().map(|action| format!("{prefix}:{}", action.name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for arn in examples(service) {
            let found: Vec<usize> = service.types_of(&arn).into_iter().map(|(index, _)| index).collect();
            let verdicts = judge(&[arn.as_str()], &names, &Allowances::default());
            for (judged, action) in verdicts.verdicts().zip(&service.actions) {
                check(service, &arn, judged, &mut seen);
                let is_taken = action.types.iter().any(|used| found.contains(&used.index));
                assert!(judged.verdict > Verdict::UnknownAction, "{judged:?}");
                if is_taken && !action.is_denied {
                    seen.of_its_type += 1;
                    assert!(gets_itself(service, &arn, judged), "{arn} {judged:?}");
                }
            }
        }
    }
    assert!(seen.of_its_type > 20_000, "only {} pairs", seen.of_its_type);
    assert!(seen.above > 0, "Glue's parents were never seen");
    assert!((1..10).contains(&seen.unbound), "{} that nothing binds to the account", seen.unbound);
}

fn gets_itself(service: &Service, arn: &Arn, judged: &Judged) -> bool {
    let is_itself =
        |resource: &String| matches!(reach(service, arn, resource), Some(Reach::Itself | Reach::DocumentedForm));
    judged.resources.iter().any(is_itself)
        && matches!(judged.verdict, Verdict::Allow | Verdict::AllowChildren | Verdict::Incomplete)
}

/// Checks that no resource is more than the named one and what lies under it.
fn check(service: &Service, arn: &Arn, judged: &Judged, seen: &mut Seen) {
    for resource in &judged.resources {
        let reach = reach(service, arn, resource);
        assert!(reach.is_some(), "{arn} reaches {resource}: {judged:?}");
        seen.above += usize::from(reach == Some(Reach::AboveInGlue));
    }
    let is_bound = !judged.leaves_account_open || judged.obstacle != Some(Obstacle::NoOwner);
    assert_eq!(judged.is_granted(), judged.verdict.allows() && is_bound, "{judged:?}");
    seen.unbound += usize::from(!is_bound);
    assert!(!judged.verdict.allows() || judged.missing_types.is_empty() && !judged.resources.is_empty(), "{judged:?}");
    assert!(!(judged.is_granted() && (judged.is_denied_by_default || judged.is_account_wide)), "{judged:?}");
    assert!(!judged.reason.is_empty() && judged.remedy.is_empty() == judged.is_granted(), "{judged:?}");
}

const ARNS: [&str; 9] = [
    "arn:aws:s3:::one",
    "arn:aws:s3:::two/key",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
    "arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
    "arn:aws:dynamodb:us-east-1:123456789012:table/T",
    "arn:aws:glue:us-east-1:123456789012:table/db/t",
    "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f",
    "arn:aws:ecs:us-east-1:123456789012:cluster/c",
    "arn:aws:s3:::two/\u{416}",
];
const ACTIONS: [&str; 18] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "ec2:StopInstances",
    "ec2:AttachVolume",
    "ec2:DescribeInstances",
    "dynamodb:Query",
    "dynamodb:GetRecords",
    "glue:GetTable",
    "logs:FilterLogEvents",
    "ecs:StopTask",
    "iam:PassRole",
    "s3:GetObjekt",
    "s3:PutObjekt",
    "s3:PutObjekd",
    "ec2:StopInstance",
    "ec2:StopInstanced",
    "ec2:StartInstance",
];

fn allowances() -> Allowances {
    Allowances { account_wide_actions: vec!["ec2:Describe*".to_owned()], ..Allowances::default() }
}

fn compiled(arns: &[&str], actions: &[&str]) -> Result<Compiled, Refusal> {
    let arns: Vec<Arn> = arns.iter().map(|text| Arn::parse("resource", text).unwrap()).collect();
    let actions: Vec<ActionName> = actions.iter().map(|text| ActionName::parse(text).unwrap()).collect();
    compile(&arns, &actions, &AccountId::parse("account", "123456789012").unwrap(), &allowances())
}

proptest! {
    #[test]
    fn the_order_of_a_request_changes_neither_statements_nor_the_refusal(
        arns in proptest::sample::subsequence(&ARNS[..], 1..5).prop_shuffle(),
        actions in proptest::sample::subsequence(&ACTIONS[..], 1..8).prop_shuffle(),
    ) {
        let (mut sorted_arns, mut sorted_actions) = (arns.clone(), actions.clone());
        sorted_arns.sort_unstable();
        sorted_actions.sort_unstable();
        let one = compiled(&arns, &actions);
        let other = compiled(&sorted_arns, &sorted_actions);
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one, compiled(&arns, &actions));
    }

    #[test]
    fn a_further_resource_takes_nothing_away_and_gives_the_others_nothing_more(
        arns in proptest::sample::subsequence(&ARNS[..], 2..6),
        action in proptest::sample::select(&ACTIONS[..]),
    ) {
        let together = judge(&arns, &[action], &allowances());
        for (arn, judged) in arns.iter().zip(together.verdicts()) {
            let alone = only(judge(&[arn], &[action], &allowances()));
            prop_assert_eq!(&alone.resources, &judged.resources);
            prop_assert!(judged.verdict >= alone.verdict);
            prop_assert!(judged.missing_types.iter().all(|missing| alone.missing_types.contains(missing)));
            if judged.verdict != alone.verdict {
                prop_assert_eq!(alone.verdict, Verdict::Incomplete);
            }
        }
    }

    #[test]
    fn no_text_makes_it_fail(arn in "\\PC{0,60}", action in "\\PC{0,40}") {
        let judged = only(judge(&[&arn], &[&action], &allowances()));
        prop_assert!(!judged.is_granted() || Arn::parse("resource", &arn).is_ok());
    }
}
