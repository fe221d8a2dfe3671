//! Statements for actions that IAM cannot limit to a resource. Only the configuration allows them, one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};

use super::statement::{Statement, add_condition, of_this_account};
use crate::domain::identifier::AccountId;

/// Returns one statement for each set of regions, from pairs of an action and the region of a resource that it is for.
///
/// Resources without a region, such as buckets, free the action only where no other one binds it.
pub(super) fn statements(wanted: &[(String, String)], account: &AccountId) -> Vec<Statement> {
    let mut regions_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (action, region) in wanted {
        regions_of.entry(action).or_default().insert(region);
    }
    let mut actions_of: BTreeMap<(BTreeSet<&str>, bool), Vec<String>> = BTreeMap::new();
    for (action, regions) in regions_of {
        let bound: BTreeSet<&str> = regions.into_iter().filter(|region| !region.is_empty()).collect();
        actions_of.entry((bound, action.starts_with("s3:"))).or_default().push(action.to_owned());
    }
    let statement = |((regions, is_storage), actions): ((BTreeSet<&str>, bool), Vec<String>)| {
        let mut conditions = if is_storage { of_this_account(account) } else { Map::new() };
        if !regions.is_empty() {
            add_condition(&mut conditions, "StringEquals", "aws:RequestedRegion", json!(regions));
        }
        Statement { actions, resources: vec!["*".to_owned()], conditions }
    };
    actions_of.into_iter().map(statement).collect()
}
