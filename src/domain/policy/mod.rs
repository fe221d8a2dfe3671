//! Compiles (resources, actions, end) into a least-privilege policy document.
//!
//! Every action of every service is judged on every resource by AWS's own tables. The stance is never to widen: what
//! was named is granted, or things under it, and a refusal says what to ask for instead.

mod account_wide;
mod action_lookup;
mod allowances;
mod companions;
mod document;
mod explanation;
mod fit;
mod judgement;
mod offer;
mod statement;
mod unmatched;
mod verdict;

pub(in crate::domain) use action_lookup::closest;
pub use allowances::{Allowances, Companion};
pub(in crate::domain) use companions::via_service;
pub use document::{Room, documents, documents_within, together};
pub(in crate::domain) use fit::lies_under;
pub use judgement::{Judgement, judge};
pub use offer::{ActionFacts, action_facts, actions_of, actions_on, kind_of};
pub use statement::Statement;
pub(in crate::domain) use unmatched::unmatched;
pub use verdict::{ActionClass, Judged, Obstacle, Verdict};

pub use super::policy_text::{LONGEST_POLICY, length_without_white_space};

use super::arn::Arn;
use super::identifier::{AccountId, ActionName};
use super::refusal::{Refusal, RefusalCode, quoted};

/// What a request compiles to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// What is allowed, in an order that the request does not change.
    pub statements: Vec<Statement>,
    /// What people should know before they use or approve it, each a sentence.
    pub warnings: Vec<String>,
    /// What is granted beside what was asked for, because the configuration says so; each a sentence.
    pub companions: Vec<String>,
}

/// Returns the statements that allow `actions` on `resources` and nothing else.
///
/// # Errors
///
/// Refuses an action that cannot be granted on any of the resources, one that needs further resources, one that is
/// named twice, and a resource that no action uses.
pub fn compile(
    resources: &[Arn],
    actions: &[ActionName],
    account: &AccountId,
    allowances: &Allowances,
) -> Result<Compiled, Refusal> {
    let arns: Vec<&str> = resources.iter().map(Arn::as_str).collect();
    let names: Vec<&str> = actions.iter().map(ActionName::as_str).collect();
    assemble(&judge(&arns, &names, allowances), account, allowances)
}

/// Returns what the verdicts make together.
///
/// # Errors
///
/// As [`compile`].
pub fn assemble(judgement: &Judgement, account: &AccountId, allowances: &Allowances) -> Result<Compiled, Refusal> {
    refuse_what_is_named_twice(judgement)?;
    refuse_what_cannot_be_named(judgement)?;
    refuse_what_nothing_allows(judgement)?;
    refuse_what_nothing_uses(judgement)?;
    let granted = judgement.granted();
    let beside = companions::beside(&granted, allowances);
    let all: Vec<(&Arn, &Judged)> =
        granted.iter().copied().chain(beside.judged.iter().map(|(arn, judged)| (arn, judged))).collect();
    let mut statements = statement::statements(&all, account);
    statements.extend(account_wide::statements(&all, account));
    statements.extend(beside.statements);
    Ok(Compiled { statements, warnings: warnings(&granted), companions: beside.sentences })
}

fn refuse_what_is_named_twice(judgement: &Judgement) -> Result<(), Refusal> {
    let first = judgement.rows.first();
    let mut names: Vec<&str> =
        first.into_iter().flat_map(|row| &row.verdicts).map(|judged| judged.action.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            let reason = format!("names {} twice", quoted(pair[0]));
            Err(Refusal::new(RefusalCode::Duplicate, "permissions", reason, "name each permission once"))
        }
    }
}

/// A resource that no document can name is refused for that, whatever is asked of it: to leave it out would be the
/// wrong advice.
fn refuse_what_cannot_be_named(judgement: &Judgement) -> Result<(), Refusal> {
    let is_none = |judged: &&Judged| {
        judged.verdict == Verdict::InvalidArn || matches!(judged.obstacle, Some(Obstacle::Alphabet(_)))
    };
    let rows = judgement.rows.iter().filter(|row| !row.is_used());
    match rows.filter_map(|row| row.verdicts.iter().find(is_none)).min_by_key(|judged| &judged.arn) {
        None => Ok(()),
        Some(judged) => {
            Err(Refusal::new(judged.refusal_code(), "resource", judged.reason.clone(), judged.remedy.clone()))
        }
    }
}

fn refuse_what_nothing_allows(judgement: &Judgement) -> Result<(), Refusal> {
    let refused = judgement.refused();
    let Some(first) = refused.first() else { return Ok(()) };
    let joined = |text: fn(&Judged) -> &str| {
        let mut texts: Vec<&str> = Vec::new();
        for text in refused.iter().map(|judged| text(judged)) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join("; ")
    };
    let (reason, remedy) = (joined(|judged| &judged.reason), joined(|judged| &judged.remedy));
    Err(Refusal::new(first.refusal_code(), "permissions", reason, remedy))
}

fn refuse_what_nothing_uses(judgement: &Judgement) -> Result<(), Refusal> {
    let unused = judgement.rows.iter().filter(|row| !row.is_used());
    let Some(first) = unused.filter_map(|row| row.verdicts.first()).min_by_key(|judged| &judged.arn) else {
        return Ok(());
    };
    let reason = format!("{} is used by none of the permissions", quoted(&first.arn));
    Err(Refusal::new(RefusalCode::UnusedResource, "additional_resources", reason, "leave it out"))
}

fn warnings(granted: &[(&Arn, &Judged)]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for (_, judged) in granted {
        let name = &judged.action;
        warnings.extend(judged.classes.iter().map(|class| format!("{name} {}", class.warning())));
        if judged.is_account_wide {
            warnings.push(format!("{name} is account-wide: IAM cannot limit it to the resource"));
        }
        if !judged.dependent_actions.is_empty() {
            let more = judged.dependent_actions.join(", ");
            warnings.push(format!("{name} may also need {more}, which is not granted with it"));
        }
        if judged.is_denied_by_default {
            warnings.push(format!("{name} is denied by default and allowed by `allow-actions` of the rules file"));
        }
    }
    warnings.sort();
    warnings.dedup();
    warnings
}

/// Returns AWS's own spelling of an action that exists.
///
/// # Errors
///
/// Refuses an action that AWS does not have, with what comes close to it where that is to be looked for (`suggests`): it is
/// the whole reference that is searched.
pub fn spelled(action: &ActionName, suggests: bool) -> Result<String, Refusal> {
    let services = action_lookup::Services::read(std::iter::once(action.as_str()));
    match services.find(action.as_str(), suggests) {
        Ok((service, action)) => Ok(format!("{}:{}", service.prefix, action.name)),
        Err(problem) => {
            let (reason, remedy) = explanation::no_action_in_words(action.as_str(), &problem);
            Err(Refusal::new(RefusalCode::UnknownAction, "permissions", reason, remedy))
        }
    }
}

#[cfg(test)]
mod tests;
