//! What holds of every outcome, whatever was asked.

use super::reach::reach;
use super::{Arn, Compiled, Input, Outcome, Service, reference};
use super::domain::policy::{LONGEST_POLICY, Verdict};

/// Fails when a promise is broken.
pub fn check(input: &Input<'_>, outcome: &Outcome) {
    for judged in outcome.judgement.verdicts() {
        let denied = judged.verdict == Verdict::PrivilegeEscalation;
        assert!(!(denied && judged.is_granted()), "{judged:?}");
        if judged.resources.is_empty() {
            continue;
        }
        let service = service_of(&judged.action);
        let arn = Arn::parse("resource", &judged.arn).expect("only an ARN has resources");
        for resource in &judged.resources {
            assert!(reach(&service, &arn, resource).is_some(), "{} reaches {resource}: {judged:?}", judged.arn);
        }
    }
    if let Some((compiled, documents)) = &outcome.granted {
        check_statements(input, compiled);
        for document in documents {
            assert!(document.chars().count() <= LONGEST_POLICY, "{} characters", document.chars().count());
            assert!(document.chars().all(|character| ('\u{20}'..='\u{ff}').contains(&character)), "{document}");
        }
    }
}

fn service_of(action: &str) -> &'static Service {
    let prefix = action.split(':').next().unwrap_or_default();
    reference::service(prefix).expect("a granted action has a service")
}

fn check_statements(input: &Input<'_>, compiled: &Compiled) {
    let arns: Vec<Arn> = input.arns.iter().filter_map(|text| Arn::parse("resource", text).ok()).collect();
    let keys: Vec<&str> =
        input.allowances.companions.iter().flat_map(|companion| &companion.keys).map(Arn::as_str).collect();
    for statement in &compiled.statements {
        for action in &statement.actions {
            let service = service_of(action);
            for resource in &statement.resources {
                let is_reached = if resource == "*" {
                    may_be_account_wide(input, &service, action)
                } else {
                    arns.iter().any(|arn| reach(&service, arn, resource).is_some())
                        || (service.prefix == "kms" && keys.contains(&resource.as_str()))
                };
                assert!(is_reached, "{action} on {resource}");
            }
        }
    }
}

fn may_be_account_wide(input: &Input<'_>, service: &Service, action: &str) -> bool {
    let name = action.split(':').nth(1).unwrap_or_default();
    let takes_none = service.action(name).is_some_and(|action| action.types.is_empty());
    let beside = input.allowances.companions.iter().flat_map(|companion| &companion.actions);
    let is_beside = beside.clone().any(|known| known.as_str().eq_ignore_ascii_case(action));
    // Globs are not judged again here: without any, nothing is account-wide.
    takes_none && (is_beside || !input.allowances.account_wide_actions.is_empty())
}
