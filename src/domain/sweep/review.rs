//! Grants that were made without Port, or tampered with, and that nobody has reviewed yet.

use std::collections::BTreeSet;

use super::plan::{FindingKind, Plan};
use super::seen::Seen;
use crate::domain::identifier::GrantId;

/// What is to be done about a grant that was made without Port.
pub(super) const REVIEW: &str = "it was granted without Port; somebody has to review it";

/// What tells that somebody has done it.
const MARK: &str = "`review_due` of its record to false";

/// Names every record that waits for a review, for as long as it does: what is told once is soon forgotten.
pub(super) fn name_all(seen: &Seen, plan: &mut Plan) {
    // Of those that are live every record counts that does not say that somebody has seen to it.
    let is_unreviewed =
        |name: &&String| seen.records.get(*name).is_some_and(|record| !record.is_reviewed && !record.is_over);
    let due: BTreeSet<&String> = seen.roles.keys().filter(is_unreviewed).chain(seen.review_due.keys()).collect();
    for identifier in due.into_iter().filter(|name| is_break_glass(name)) {
        // Where it is just put on record again, it is told already.
        name(seen, plan, identifier, FindingKind::ReviewDue, &format!("{REVIEW} and set {MARK}"));
    }
    for (identifier, found) in &seen.review_due {
        match found {
            Some(found) => {
                let what = format!("it was tampered with ({found}); look at that, and set {MARK}");
                name(seen, plan, identifier, FindingKind::Tampered, &what);
            }
            None if is_break_glass(identifier) => {}
            None => {
                let what = format!("its record says that somebody has to look at it; do so, and set {MARK}");
                name(seen, plan, identifier, FindingKind::Tampered, &what);
            }
        }
    }
}

/// Names a record by its role, where that is there and is not named so already.
fn name(seen: &Seen, plan: &mut Plan, identifier: &String, kind: FindingKind, what: &str) {
    let subject = seen.roles.get(identifier).map_or(identifier, |role| &role.arn);
    if plan.findings.iter().all(|known| known.kind != kind || known.subject != *subject) {
        plan.find(kind, subject, what);
    }
}

fn is_break_glass(identifier: &str) -> bool {
    GrantId::parse(identifier).is_ok_and(|grant| grant.is_break_glass())
}
