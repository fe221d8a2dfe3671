//! Reads one rule of the rules file.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::mistake::Mistakes;
use super::{ApprovalRule, Requester, Rule};
use crate::domain::duration::GrantDuration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleEntry {
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

/// Returns the rule of an entry, unless it holds mistakes.
pub(super) fn rule(entry: RuleEntry, mistakes: &mut Mistakes) -> Option<Rule> {
    let before = mistakes.count();
    let requesters = entry.requesters.iter().filter_map(|requester| requester_of(requester, mistakes)).collect();
    let longest_duration = duration("longest-duration", &entry.longest_duration, mistakes);
    let approval = approval(&entry.approval, &entry.approvers, mistakes);
    if mistakes.count() > before {
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
    if let Some(team) = text.strip_prefix("team:").filter(|team| !team.is_empty()) {
        return Some(Requester::Team(team.to_owned()));
    }
    if text.contains('@') && !text.contains('*') {
        return Some(Requester::Person(text.to_ascii_lowercase()));
    }
    mistakes.note(entry, format!("requester {text:?} is no e-mail address, no `team:NAME` and not `*`"));
    None
}

fn approval(entry: &Spanned<String>, approvers: &[Spanned<String>], mistakes: &mut Mistakes) -> Option<ApprovalRule> {
    match entry.value.as_str() {
        "none" if approvers.is_empty() => Some(ApprovalRule::None),
        "none" => {
            mistakes.note(entry, "`approvers` are named, but `approval` is `none`; write `required`");
            None
        }
        "required" if approvers.is_empty() => {
            mistakes.note(entry, "`approval: required` needs `approvers`, a list of e-mail addresses");
            None
        }
        "required" => {
            for approver in approvers.iter().filter(|approver| !approver.value.contains('@')) {
                mistakes.note(approver, format!("approver {:?} is no e-mail address", approver.value));
            }
            Some(ApprovalRule::Required {
                approvers: approvers.iter().map(|approver| approver.value.to_ascii_lowercase()).collect(),
            })
        }
        other => {
            mistakes.note(entry, format!("approval {other:?} is not known; write `none` or `required`"));
            None
        }
    }
}
