//! Verdicts become statements: one for each set of resources and conditions, in an order that the request does not change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::fit::covers;
use super::verdict::Judged;
use crate::domain::arn::Arn;
use crate::domain::identifier::AccountId;

/// One Allow: some actions on one set of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Action names in AWS's own spelling, sorted.
    pub actions: Vec<String>,
    /// Resource ARNs, sorted. Wildcards stand only for what lies under a named resource, and `*` alone only for
    /// account-wide actions that the configuration allows.
    pub resources: Vec<String>,
    /// Conditions besides the end: operator, then key and values.
    pub conditions: Map<String, Value>,
}

/// Returns one statement for each set of resources that granted actions work on.
pub(super) fn statements(granted: &[(&Arn, &Judged)], account: &AccountId) -> Vec<Statement> {
    let mut by_action: BTreeMap<(&str, bool), BTreeSet<&str>> = BTreeMap::new();
    for (_, judged) in granted.iter().filter(|(_, judged)| !judged.is_account_wide) {
        let leaves_account_open = judged.leaves_account_open;
        by_action
            .entry((&judged.action, leaves_account_open))
            .or_default()
            .extend(judged.resources.iter().map(String::as_str));
    }
    let mut by_resources: BTreeMap<(Vec<&str>, bool), Vec<&str>> = BTreeMap::new();
    for ((action, leaves_account_open), resources) in by_action {
        let kept = resources.iter().filter(|one| !resources.iter().any(|other| covers(other, one)));
        by_resources.entry((kept.copied().collect(), leaves_account_open)).or_default().push(action);
    }
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    by_resources
        .into_iter()
        .map(|((resources, leaves_account_open), actions)| Statement {
            actions: owned(actions),
            resources: owned(resources),
            conditions: if leaves_account_open { of_this_account(account) } else { Map::new() },
        })
        .collect()
}

/// A bucket's ARN names no account, and the name of a deleted bucket can be taken by a stranger.
pub(super) fn of_this_account(account: &AccountId) -> Map<String, Value> {
    let mut conditions = Map::new();
    add_condition(&mut conditions, "StringEquals", "s3:ResourceAccount", json!(account.as_str()));
    conditions
}

pub(super) fn add_condition(conditions: &mut Map<String, Value>, operator: &str, key: &str, values: Value) {
    let keys = conditions.entry(operator).or_insert_with(|| json!({}));
    if let Value::Object(keys) = keys {
        keys.insert(key.to_owned(), values);
    }
}
