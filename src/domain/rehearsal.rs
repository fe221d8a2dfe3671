//! Decides the examples of the rules file as a grant would be decided, apart from what only Port and AWS know: whether
//! the people and entities exist, and who approved.

mod supposed;

use jiff::Timestamp;

pub use supposed::{Supposed, account_of};

use super::decision::Configuration;
use super::grant::Grant;
use super::policy;
use super::refusal::{Refusal, RefusalCode};
use super::rules::{Example, Expectation};

/// Refusals of a request that nobody could make, whatever the rules say: the example itself is mistaken.
const OF_THE_EXAMPLE_ITSELF: [RefusalCode; 6] = [
    RefusalCode::UnknownAction,
    RefusalCode::InvalidArn,
    RefusalCode::WildcardAction,
    RefusalCode::OtherResourceType,
    RefusalCode::Duplicate,
    RefusalCode::TooMany,
];

/// How an example came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its name, or what it asks for.
    pub name: String,
    /// Its line in the rules file, counted from 1.
    pub line: u64,
    /// What the file expects.
    pub expected: String,
    /// What the file decides.
    pub got: String,
    /// Whether the two agree.
    pub is_as_expected: bool,
}

/// Decides one example at `now`.
pub fn rehearse(configuration: &Configuration, example: &Example, now: Timestamp) -> Outcome {
    let resources: Vec<_> = example.resources.iter().map(|arn| (arn.clone(), example.resource_type.clone())).collect();
    let supposed = Supposed {
        requester: &example.requester,
        teams: &example.teams,
        account: example.account.as_ref(),
        resources: &resources,
        actions: &example.actions,
        duration: example.duration,
        reason: example.reason.as_deref(),
    };
    let decided = match mistake_of(example) {
        Some(refusal) => Err(refusal),
        None => supposed.decide(configuration, now),
    };
    Outcome {
        name: example.name.clone().unwrap_or_else(|| described(example)),
        line: example.line,
        expected: expected(example),
        got: got(example, &decided),
        is_as_expected: is_as_expected(example, &decided),
    }
}

/// The rules speak of patterns, so that a misspelt action may be refused by them first, and the example would go on to
/// pass when they let the right one through.
fn mistake_of(example: &Example) -> Option<Refusal> {
    let Expectation::Refused { code: None } = example.expectation else { return None };
    example.actions.iter().find_map(|action| policy::spelled(action, true).err())
}

fn is_mistaken(example: &Example, refusal: &Refusal) -> bool {
    example.expectation == Expectation::Refused { code: None } && OF_THE_EXAMPLE_ITSELF.contains(&refusal.code)
}

fn is_as_expected(example: &Example, decided: &Result<Grant, Refusal>) -> bool {
    match (&example.expectation, decided) {
        (Expectation::Granted, Ok(grant)) => {
            example.needs_approval.is_none_or(|needs| needs == grant.approver.is_some())
        }
        (Expectation::Refused { code: Some(code) }, Err(refusal)) => code == refusal.code.as_str(),
        (Expectation::Refused { code: None }, Err(refusal)) => !is_mistaken(example, refusal),
        _ => false,
    }
}

fn expected(example: &Example) -> String {
    match &example.expectation {
        Expectation::Granted => format!("granted{}", example.needs_approval.map_or("", approval)),
        Expectation::Refused { code: None } => "refused".to_owned(),
        Expectation::Refused { code: Some(code) } => format!("refused ({code})"),
    }
}

fn got(example: &Example, decided: &Result<Grant, Refusal>) -> String {
    match decided {
        Ok(grant) => format!("granted by rule {:?}{}", grant.rule, approval(grant.approver.is_some())),
        Err(refusal) if is_mistaken(example, refusal) => format!(
            "refused ({}): {refusal}; this refuses the example's own words and says nothing of the rules: {}, or expect `code: {}`",
            refusal.code, refusal.remedy, refusal.code
        ),
        Err(refusal) => format!("refused ({}): {refusal}", refusal.code),
    }
}

fn approval(is_needed: bool) -> &'static str {
    if is_needed { ", approval required" } else { ", approval none" }
}

fn described(example: &Example) -> String {
    let actions: Vec<&str> = example.actions.iter().map(|action| action.as_str()).collect();
    let resources: Vec<&str> = example.resources.iter().map(|arn| arn.as_str()).collect();
    format!("{} asks for {} on {}", example.requester, actions.join(", "), resources.join(", "))
}

#[cfg(test)]
mod tests;
