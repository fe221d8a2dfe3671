//! Statements for actions that IAM cannot limit to a resource. Only the configuration allows them, one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};

use super::statement::{Statement, condition, of_this_account};
use super::verdict::Judged;
use crate::domain::arn::Arn;
use crate::domain::identifier::AccountId;

/// Returns one statement for each set of regions. A region binds where every resource that the action was asked for
/// lies in one; a bucket lies in none.
pub(super) fn statements(granted: &[&Judged], account: &AccountId) -> Vec<Statement> {
    let mut regions_of: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for judged in granted.iter().filter(|judged| judged.is_account_wide) {
        let region = Arn::parse("resource", &judged.arn).map(|arn| arn.region().to_owned()).unwrap_or_default();
        regions_of.entry(&judged.action).or_default().insert(region);
    }
    let mut actions_of: BTreeMap<(BTreeSet<String>, bool), Vec<String>> = BTreeMap::new();
    for (action, regions) in regions_of {
        let bound = if regions.contains("") { BTreeSet::new() } else { regions };
        actions_of.entry((bound, action.starts_with("s3:"))).or_default().push(action.to_owned());
    }
    let statement = |((regions, is_storage), actions): ((BTreeSet<String>, bool), Vec<String>)| {
        let mut conditions = Map::new();
        if !regions.is_empty() {
            conditions = condition("StringEquals", "aws:RequestedRegion", json!(regions));
        } else if is_storage {
            conditions = of_this_account(account);
        }
        Statement { actions, resources: vec!["*".to_owned()], conditions }
    };
    actions_of.into_iter().map(statement).collect()
}
