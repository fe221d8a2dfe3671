//! Reads the rules file: strict, and every mistake with its line.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Account, ApprovalRule, Requester, Rule, Rules, TrustMode};
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::AccountId;

/// A rules file that cannot be used. Nothing is granted until it is mended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RulesError {
    /// What is wrong, in the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// One mistake and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Mistake {
    /// Line, counted from 1.
    pub line: u64,
    /// What is wrong and what would be right.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    version: Spanned<u32>,
    accounts: Spanned<BTreeMap<String, Spanned<AccountEntry>>>,
    trust: TrustEntry,
    #[serde(default)]
    dispatchers: Vec<String>,
    rules: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AccountEntry {
    #[serde(default)]
    regions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TrustEntry {
    mode: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleEntry {
    name: String,
    requesters: Vec<Spanned<String>>,
    resource_types: Vec<String>,
    resources: Vec<String>,
    actions: Vec<String>,
    longest_duration: Spanned<String>,
    approval: Spanned<String>,
    #[serde(default)]
    approvers: Vec<Spanned<String>>,
}

impl Rules {
    /// Parses a rules file.
    ///
    /// # Errors
    ///
    /// Fails with every mistake that was found, each with its line. A file that is no YAML, or holds unknown,
    /// missing or repeated keys, fails at the first of them.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| one_mistake(&error))?;
        let mut mistakes = Vec::new();
        if file.version.value != 1 {
            note(&mut mistakes, &file.version, "this program reads version 1 of the rules file".to_owned());
        }
        if file.accounts.value.is_empty() {
            note(&mut mistakes, &file.accounts, "`accounts` is empty: no account, no grant".to_owned());
        }
        let accounts = accounts(file.accounts.value, &mut mistakes);
        if file.trust.mode.value != "account" {
            let message = format!("trust mode {:?} is not known; write `account`", file.trust.mode.value);
            note(&mut mistakes, &file.trust.mode, message);
        }
        let rules = file.rules.into_iter().filter_map(|entry| rule(entry, &mut mistakes)).collect();
        if mistakes.is_empty() {
            Ok(Self { accounts, trust: TrustMode::Account, dispatchers: file.dispatchers, rules })
        } else {
            Err(RulesError { mistakes })
        }
    }
}

fn one_mistake(error: &serde_saphyr::Error) -> RulesError {
    let line = error.location().map_or(1, |location| location.line());
    // The first line carries the sentence; the rest is an excerpt of the file.
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let message =
        first.split_once(": ").filter(|(place, _)| place.starts_with("line ")).map_or(first, |(_, rest)| rest);
    RulesError { mistakes: vec![Mistake { line, message: message.to_owned() }] }
}

fn note<T>(mistakes: &mut Vec<Mistake>, at: &Spanned<T>, message: String) {
    mistakes.push(Mistake { line: at.referenced.line(), message });
}

fn accounts(
    entries: BTreeMap<String, Spanned<AccountEntry>>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<AccountId, Account> {
    let mut accounts = BTreeMap::new();
    for (id, entry) in entries {
        match AccountId::parse("accounts", &id) {
            Ok(id) => {
                accounts.insert(id, Account { regions: entry.value.regions });
            }
            Err(refusal) => note(mistakes, &entry, refusal.to_string()),
        }
    }
    accounts
}

fn rule(entry: RuleEntry, mistakes: &mut Vec<Mistake>) -> Option<Rule> {
    let before = mistakes.len();
    let requesters = entry.requesters.iter().filter_map(|requester| requester_of(requester, mistakes)).collect();
    let longest_duration = GrantDuration::parse("longest-duration", &entry.longest_duration.value)
        .map_err(|refusal| note(mistakes, &entry.longest_duration, format!("{refusal}; {}", refusal.remedy)))
        .ok();
    let approval = approval(&entry.approval, &entry.approvers, mistakes);
    if mistakes.len() > before {
        return None;
    }
    Some(Rule {
        name: entry.name,
        requesters,
        resource_types: entry.resource_types,
        resources: entry.resources,
        actions: entry.actions,
        longest_duration: longest_duration?,
        approval: approval?,
    })
}

fn requester_of(entry: &Spanned<String>, mistakes: &mut Vec<Mistake>) -> Option<Requester> {
    let text = entry.value.trim();
    if text == "*" {
        return Some(Requester::Anybody);
    }
    if let Some(team) = text.strip_prefix("team:").filter(|team| !team.is_empty()) {
        return Some(Requester::Team(team.to_owned()));
    }
    if text.contains('@') && !text.contains('*') {
        return Some(Requester::Person(text.to_ascii_lowercase()));
    }
    note(mistakes, entry, format!("requester {text:?} is no e-mail address, no `team:NAME` and not `*`"));
    None
}

fn approval(
    entry: &Spanned<String>,
    approvers: &[Spanned<String>],
    mistakes: &mut Vec<Mistake>,
) -> Option<ApprovalRule> {
    match entry.value.as_str() {
        "none" if approvers.is_empty() => Some(ApprovalRule::None),
        "none" => {
            note(mistakes, entry, "`approvers` are named, but `approval` is `none`; write `required`".to_owned());
            None
        }
        "required" if approvers.is_empty() => {
            note(mistakes, entry, "`approval: required` needs `approvers`, a list of e-mail addresses".to_owned());
            None
        }
        "required" => {
            for approver in approvers.iter().filter(|approver| !approver.value.contains('@')) {
                note(mistakes, approver, format!("approver {:?} is no e-mail address", approver.value));
            }
            Some(ApprovalRule::Required {
                approvers: approvers.iter().map(|approver| approver.value.to_ascii_lowercase()).collect(),
            })
        }
        other => {
            note(mistakes, entry, format!("approval {other:?} is not known; write `none` or `required`"));
            None
        }
    }
}
