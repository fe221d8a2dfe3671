//! Reads one rule of the rules file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::bundle::{Bundles, RuleActions, rule_actions};
use super::mistake::{Mistakes, line};
use super::people::is_address;
use super::present::present;
use super::{Account, ApprovalRule, ApprovalsNeeded, ReasonRule, Requester, Rule};
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::AccountId;
use crate::domain::printable::is_hidden;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleEntry {
    name: Spanned<String>,
    requesters: Spanned<Vec<Spanned<String>>>,
    resource_types: Spanned<Vec<Spanned<String>>>,
    #[serde(default, deserialize_with = "present")]
    accounts: Option<Spanned<Vec<Spanned<String>>>>,
    resources: Spanned<Vec<Spanned<String>>>,
    actions: Spanned<Vec<Spanned<String>>>,
    longest_duration: Spanned<String>,
    approval: Spanned<String>,
    #[serde(default)]
    approvers: Vec<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    reason: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    ticket: Option<Spanned<String>>,
}

/// Returns the rules of the file. Their names tell them apart where one has decided.
pub(super) fn rules(
    entries: &[RuleEntry],
    known: &BTreeMap<AccountId, Account>,
    bundles: &Bundles,
    mistakes: &mut Mistakes,
) -> Vec<Rule> {
    for (at, entry) in entries.iter().enumerate() {
        let name = &entry.name;
        if name.value.trim().is_empty() {
            mistakes.note(name, "a rule needs a name");
        } else if let Some(first) = entries[..at].iter().find(|other| other.name.value == name.value) {
            mistakes.note(name, format!("the rule in line {} is called {:?} too", line(&first.name), name.value));
        }
    }
    entries.iter().filter_map(|entry| rule(entry, known, bundles, mistakes)).collect()
}

/// Returns the rule of an entry, unless it holds mistakes.
fn rule(
    entry: &RuleEntry,
    known: &BTreeMap<AccountId, Account>,
    bundles: &Bundles,
    mistakes: &mut Mistakes,
) -> Option<Rule> {
    let before = mistakes.count();
    let lists = [
        ("requesters", &entry.requesters),
        ("resource-types", &entry.resource_types),
        ("resources", &entry.resources),
        ("actions", &entry.actions),
    ];
    for (key, list) in lists.into_iter().filter(|(_, list)| list.value.is_empty()) {
        mistakes.note(list, format!("`{key}` is empty, so that nothing fits this rule; write \"*\" or leave it out"));
    }
    for empty in entry.resource_types.value.iter().filter(|it| it.value.trim().is_empty()) {
        mistakes.note(empty, "an empty text is no resource type");
    }
    for glob in
        entry.resources.value.iter().filter(|it| !it.value.starts_with(['*', '?']) && !it.value.starts_with("arn:"))
    {
        mistakes.note(glob, format!("{:?} is no ARN; write `arn:aws:s3:::team-*` or \"*\"", glob.value));
    }
    let accounts = entry.accounts.as_ref().map(|list| accounts(list, known, mistakes)).unwrap_or_default();
    let requesters = entry.requesters.value.iter().filter_map(|requester| requester_of(requester, mistakes)).collect();
    let RuleActions { globs: actions, bundles } = rule_actions(&entry.actions.value, bundles, mistakes);
    let longest_duration = duration("longest-duration", &entry.longest_duration, mistakes);
    let approval = approval(&entry.approval, &entry.approvers, mistakes);
    let reason = ReasonRule::read(entry.reason.as_ref(), entry.ticket.as_ref(), mistakes);
    if mistakes.count() > before {
        return None;
    }
    Some(Rule {
        name: entry.name.value.clone(),
        requesters,
        resource_types: texts(&entry.resource_types),
        accounts,
        resources: texts(&entry.resources),
        actions,
        bundles,
        longest_duration: longest_duration?,
        approval: approval?,
        approvals: approvals_needed(&entry.approval),
        reason,
    })
}

/// Returns the accounts that a rule is limited to. One that the file does not name would never be granted in.
fn accounts(
    list: &Spanned<Vec<Spanned<String>>>,
    known: &BTreeMap<AccountId, Account>,
    mistakes: &mut Mistakes,
) -> Vec<AccountId> {
    if list.value.is_empty() {
        mistakes.note(list, "`accounts` is empty, so that nothing fits this rule; leave it out for every account");
    }
    let mut account = |entry: &Spanned<String>| {
        let found = known.keys().find(|id| id.as_str() == entry.value).cloned();
        if found.is_none() {
            let message =
                format!("{:?} is no account of this file; name it under `accounts` at the top first", entry.value);
            mistakes.note(entry, message);
        }
        found
    };
    list.value.iter().filter_map(&mut account).collect()
}

fn texts(entries: &Spanned<Vec<Spanned<String>>>) -> Vec<String> {
    entries.value.iter().map(|entry| entry.value.clone()).collect()
}

/// Returns the duration that `entry` holds under the key `field`.
pub(super) fn duration(field: &'static str, entry: &Spanned<String>, mistakes: &mut Mistakes) -> Option<GrantDuration> {
    GrantDuration::parse(field, &entry.value)
        .map_err(|refusal| mistakes.note(entry, format!("{refusal}; {}", refusal.remedy)))
        .ok()
}

fn requester_of(entry: &Spanned<String>, mistakes: &mut Mistakes) -> Option<Requester> {
    let text = entry.value.trim();
    if text == "*" {
        return Some(Requester::Anybody);
    }
    if let Some(team) = text.strip_prefix("team:").filter(|team| !team.is_empty() && !team.contains(is_hidden)) {
        return Some(Requester::Team(team.to_owned()));
    }
    if is_address(text) && !text.contains('*') {
        return Some(Requester::Person(text.to_ascii_lowercase()));
    }
    mistakes.note(entry, format!("requester {text:?} is no e-mail address, no `team:NAME` and not `*`"));
    None
}

fn approvals_needed(entry: &Spanned<String>) -> ApprovalsNeeded {
    if entry.value == "all" { ApprovalsNeeded::All } else { ApprovalsNeeded::One }
}

fn approval(entry: &Spanned<String>, approvers: &[Spanned<String>], mistakes: &mut Mistakes) -> Option<ApprovalRule> {
    match entry.value.as_str() {
        "none" if approvers.is_empty() => Some(ApprovalRule::None),
        "none" => {
            mistakes.note(entry, "`approvers` are named, but `approval` is `none`; write `required`, or `all`");
            None
        }
        word @ ("required" | "all") if approvers.is_empty() => {
            mistakes.note(entry, format!("`approval: {word}` needs `approvers`, a list of e-mail addresses"));
            None
        }
        "required" | "all" => {
            for approver in approvers.iter().filter(|approver| !is_address(&approver.value)) {
                mistakes.note(approver, format!("approver {:?} is no e-mail address", approver.value));
            }
            Some(ApprovalRule::Required {
                approvers: approvers.iter().map(|approver| approver.value.to_ascii_lowercase()).collect(),
            })
        }
        other => {
            mistakes.note(entry, format!("approval {other:?} is not known; write `none`, `required` or `all`"));
            None
        }
    }
}
