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
mod verdict;

pub use allowances::Allowances;
pub(in crate::domain) use companions::via_service;
pub(in crate::domain) use document::check_alphabet_of;
pub use document::{LONGEST_POLICY, Room, documents, documents_within, length_without_white_space, together};
pub use judgement::judge;
pub use offer::{ActionFacts, action_facts, actions_of, actions_on, kind_of};
pub use statement::Statement;
pub use verdict::{ActionClass, Judged, Verdict};

use std::cmp::Reverse;

use account_wide::Wanted;

use super::arn::Arn;
use super::identifier::{AccountId, ActionName};
use super::refusal::{Refusal, quoted};

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

impl Compiled {
    /// Returns warnings and companions, as log, record and summary show them.
    pub fn notes(&self) -> Vec<String> {
        self.warnings.iter().chain(&self.companions).cloned().collect()
    }
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
    let verdicts = judge(&arns, &names, allowances);
    assemble(&verdicts, resources.len(), account, allowances)
}

/// Returns what the verdicts on `resources` resources make together.
///
/// # Errors
///
/// As [`compile`].
pub fn assemble(
    verdicts: &[Judged],
    resources: usize,
    account: &AccountId,
    allowances: &Allowances,
) -> Result<Compiled, Refusal> {
    let actions = verdicts.len().checked_div(resources).unwrap_or_default();
    let by_resource: Vec<&[Judged]> = verdicts.chunks(actions.max(1)).collect();
    refuse_what_is_named_twice(by_resource.first().copied().unwrap_or_default())?;
    refuse_what_cannot_be_named(&by_resource)?;
    refuse_what_nothing_allows(&by_resource, actions)?;
    refuse_what_nothing_uses(&by_resource)?;
    let granted: Vec<&Judged> = verdicts.iter().filter(|judged| judged.is_granted).collect();
    let beside = companions::beside(&granted, allowances);
    let all: Vec<&Judged> = granted.iter().copied().chain(&beside.judged).collect();
    let mut statements = statement::statements(&all, account);
    statements.extend(account_wide::statements(&account_wide(&all), account));
    statements.extend(beside.statements);
    Ok(Compiled { statements, warnings: warnings(&granted), companions: beside.sentences })
}

/// Returns the account-wide actions, each with the region of the resource that it is for.
fn account_wide<'a>(granted: &[&'a Judged]) -> Vec<Wanted<'a>> {
    let region = |arn: &str| Arn::parse("resource", arn).map(|arn| arn.region().to_owned()).unwrap_or_default();
    let wanted = |judged: &&'a Judged| Wanted {
        action: &judged.action,
        region: region(&judged.arn),
        leaves_account_open: judged.leaves_account_open,
    };
    granted.iter().filter(|judged| judged.is_account_wide).map(wanted).collect()
}

fn refuse_what_is_named_twice(verdicts: &[Judged]) -> Result<(), Refusal> {
    let mut names: Vec<&str> = verdicts.iter().map(|judged| judged.action.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            let reason = format!("names {} twice", quoted(pair[0]));
            Err(Refusal::new("duplicate", "permissions", reason, "name each permission once"))
        }
    }
}

/// A resource that no document can name is refused for that, whatever is asked of it: to leave it out would be the
/// wrong advice.
fn refuse_what_cannot_be_named(by_resource: &[&[Judged]]) -> Result<(), Refusal> {
    let is_none =
        |judged: &&Judged| judged.verdict == Verdict::InvalidArn || judged.refused_as == Some(Judged::UNWRITABLE);
    let rows = by_resource.iter().filter(|row| !row.iter().any(|judged| judged.is_granted));
    let Some(first) = rows.filter_map(|row| row.iter().find(is_none)).min_by_key(|judged| &judged.arn) else {
        return Ok(());
    };
    let code = first.refused_as.unwrap_or(first.verdict.refusal_code());
    Err(Refusal::new(code, "resource", first.reason.clone(), first.remedy.clone()))
}

/// The verdict that came furthest is the one to explain: it is the closest to a yes. Of several actions the gravest
/// verdict gives the refusal its code.
fn refuse_what_nothing_allows(by_resource: &[&[Judged]], actions: usize) -> Result<(), Refusal> {
    let columns = (0..actions).map(|at| by_resource.iter().filter_map(move |row| row.get(at)));
    let mut refused: Vec<&Judged> = columns
        .filter(|column| !column.clone().any(|judged| judged.is_granted))
        .filter_map(|column| column.min_by_key(|judged| (Reverse(judged.verdict), &judged.arn)))
        .collect();
    refused.sort_by_key(|judged| (judged.verdict, &judged.action));
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
    let code = first.refused_as.unwrap_or(first.verdict.refusal_code());
    Err(Refusal::new(code, "permissions", joined(|judged| &judged.reason), joined(|judged| &judged.remedy)))
}

fn refuse_what_nothing_uses(by_resource: &[&[Judged]]) -> Result<(), Refusal> {
    let unused = by_resource.iter().filter(|row| !row.iter().any(|judged| judged.is_granted));
    let Some(first) = unused.filter_map(|row| row.first()).min_by_key(|judged| &judged.arn) else { return Ok(()) };
    let reason = format!("{} is used by none of the permissions", quoted(&first.arn));
    Err(Refusal::new("unused-resource", "additional_resources", reason, "leave it out"))
}

fn warnings(granted: &[&Judged]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for judged in granted {
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
/// Refuses an action that AWS does not have, with what comes close to it.
pub fn spelled(action: &ActionName) -> Result<String, Refusal> {
    let services = action_lookup::Services::read(std::iter::once(action.as_str()));
    match services.find(action.as_str(), true) {
        Ok((service, action)) => Ok(format!("{}:{}", service.prefix, action.name)),
        Err(problem) => {
            let (reason, remedy) = explanation::no_action_in_words(action.as_str(), &problem);
            Err(Refusal::new(Verdict::UnknownAction.refusal_code(), "permissions", reason, remedy))
        }
    }
}

#[cfg(test)]
mod tests;
