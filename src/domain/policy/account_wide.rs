//! Statements for actions that IAM cannot limit to a resource. Only the configuration allows them, one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};

use super::statement::{Statement, add_condition, of_this_account};
use super::verdict::Judged;
use crate::domain::arn::Arn;
use crate::domain::identifier::AccountId;

/// Returns one statement for each set of regions of the resources that account-wide actions are for.
///
/// Resources without a region, such as buckets, free the action only where no other one binds it.
pub(super) fn statements(granted: &[(&Arn, &Judged)], account: &AccountId) -> Vec<Statement> {
    let mut regions_of: BTreeMap<(&str, bool), BTreeSet<&str>> = BTreeMap::new();
    for (arn, judged) in granted.iter().filter(|(_, judged)| judged.is_account_wide) {
        regions_of.entry((&judged.action, judged.leaves_account_open)).or_default().insert(arn.region());
    }
    let mut actions_of: BTreeMap<(BTreeSet<&str>, bool), Vec<String>> = BTreeMap::new();
    for ((action, leaves_account_open), regions) in regions_of {
        let bound: BTreeSet<&str> = regions.into_iter().filter(|region| !region.is_empty()).collect();
        actions_of.entry((bound, leaves_account_open)).or_default().push(action.to_owned());
    }
    let statement = |((regions, leaves_account_open), actions): ((BTreeSet<&str>, bool), Vec<String>)| {
        let mut conditions = if leaves_account_open { of_this_account(account) } else { Map::new() };
        if !regions.is_empty() {
            add_condition(&mut conditions, "StringEquals", "aws:RequestedRegion", json!(regions));
        }
        Statement { actions, resources: vec!["*".to_owned()], conditions }
    };
    actions_of.into_iter().map(statement).collect()
}
