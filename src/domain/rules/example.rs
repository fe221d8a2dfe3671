//! Examples: requests that the rules file is asserted to decide in one way.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::entry::duration;
use super::mistake::{Mistakes, line};
use super::people::is_address;
use super::present::present;
use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::{AccountId, ActionName};

/// A request, and how it is expected to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Line of the file in which it begins, counted from 1.
    pub line: u64,
    /// Its name, when it has one.
    pub name: Option<String>,
    /// E-mail of the person who asks.
    pub requester: String,
    /// The teams of that person in Port.
    pub teams: Vec<String>,
    /// Resource type of the catalog.
    pub resource_type: String,
    /// The account that they lie in, where the example says so.
    pub account: Option<AccountId>,
    /// The resources; at least one.
    pub resources: Vec<Arn>,
    /// The actions; at least one.
    pub actions: Vec<ActionName>,
    /// The duration asked for.
    pub duration: GrantDuration,
    /// The reason given, when there is one.
    pub reason: Option<String>,
    /// What shall come of it.
    pub expectation: Expectation,
    /// Whether somebody has to approve it, where the example says so.
    pub needs_approval: Option<bool>,
}

/// How an example is expected to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Granted.
    Granted,
    /// Refused, with this refusal code when one is named.
    Refused {
        /// The code.
        code: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ExampleEntry {
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    requester: Spanned<String>,
    #[serde(default)]
    teams: Vec<String>,
    resource_type: String,
    #[serde(default, deserialize_with = "present")]
    account: Option<Spanned<String>>,
    resources: Spanned<Vec<Spanned<String>>>,
    actions: Spanned<Vec<Spanned<String>>>,
    duration: Spanned<String>,
    #[serde(default, deserialize_with = "present")]
    reason: Option<String>,
    expect: Spanned<String>,
    #[serde(default, deserialize_with = "present")]
    code: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    approval: Option<Spanned<String>>,
}

/// Returns the example of an entry, unless it holds mistakes.
pub(super) fn example(entry: &Spanned<ExampleEntry>, mistakes: &mut Mistakes) -> Option<Example> {
    let before = mistakes.count();
    let at = line(entry);
    let entry = &entry.value;
    if !is_address(&entry.requester.value) {
        mistakes.note(&entry.requester, format!("requester {:?} is no e-mail address", entry.requester.value));
    }
    for (key, list) in [("resources", &entry.resources), ("actions", &entry.actions)] {
        if list.value.is_empty() {
            mistakes.note(list, format!("`{key}` is empty: an example asks for something"));
        }
    }
    let resources = entry.resources.value.iter().filter_map(|arn| {
        Arn::parse("resources", &arn.value).map_err(|refusal| mistakes.note(arn, refusal.to_string())).ok()
    });
    let resources = resources.collect();
    let actions = entry.actions.value.iter().filter_map(|action| {
        ActionName::parse(&action.value).map_err(|refusal| mistakes.note(action, refusal.reason)).ok()
    });
    let actions = actions.collect();
    let account = entry.account.as_ref().and_then(|account| {
        AccountId::parse("account", &account.value).map_err(|refusal| mistakes.note(account, refusal.to_string())).ok()
    });
    let duration = duration("duration", &entry.duration, mistakes);
    let expectation = expectation(&entry.expect, entry.code.as_ref(), mistakes);
    let needs_approval = entry.approval.as_ref().and_then(|approval| needs_approval(approval, &entry.expect, mistakes));
    if mistakes.count() > before {
        return None;
    }
    Some(Example {
        line: at,
        name: entry.name.clone(),
        requester: entry.requester.value.clone(),
        teams: entry.teams.clone(),
        resource_type: entry.resource_type.clone(),
        account,
        resources,
        actions,
        duration: duration?,
        // As the form is read: what is empty is no reason.
        reason: entry.reason.as_deref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        expectation: expectation?,
        needs_approval,
    })
}

fn expectation(
    entry: &Spanned<String>,
    code: Option<&Spanned<String>>,
    mistakes: &mut Mistakes,
) -> Option<Expectation> {
    match (entry.value.as_str(), code) {
        ("granted", None) => Some(Expectation::Granted),
        ("granted", Some(code)) => {
            mistakes.note(code, "`code` is a refusal's; leave it out, or write `expect: refused`");
            None
        }
        ("refused", code) => Some(Expectation::Refused { code: code.map(|code| code.value.clone()) }),
        (other, _) => {
            mistakes.note(entry, format!("{other:?} is no outcome; write `granted` or `refused`"));
            None
        }
    }
}

fn needs_approval(entry: &Spanned<String>, expect: &Spanned<String>, mistakes: &mut Mistakes) -> Option<bool> {
    if expect.value == "refused" {
        mistakes.note(entry, "`approval` is a grant's; leave it out, or write `expect: granted`");
        return None;
    }
    match entry.value.as_str() {
        "none" => Some(false),
        "required" => Some(true),
        other => {
            mistakes.note(entry, format!("{other:?} is no approval; write `none` or `required`"));
            None
        }
    }
}
