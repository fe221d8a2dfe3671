//! Grants that were made without Port and that nobody has reviewed yet.

use std::collections::BTreeSet;

use super::plan::{FindingKind, Plan};
use super::seen::Seen;
use crate::domain::identifier::GrantId;

/// What is to be done about such a grant.
pub(super) const REVIEW: &str = "it was granted without Port; somebody has to review it";

/// Names every record that waits for a review, for as long as it does: what is told once is soon forgotten.
pub(super) fn name_all(seen: &Seen, plan: &mut Plan) {
    // Of those that are live every record counts that does not say that somebody has seen to it.
    let is_unreviewed = |name: &&String| {
        let is_break_glass = GrantId::parse(name).is_ok_and(|grant| grant.is_break_glass());
        is_break_glass && seen.records.get(*name).is_some_and(|record| !record.is_reviewed && !record.is_over)
    };
    let due: BTreeSet<&String> = seen.roles.keys().filter(is_unreviewed).chain(&seen.review_due).collect();
    for identifier in due {
        let subject = seen.roles.get(identifier).map_or(identifier, |role| &role.arn);
        // Where it is just put on record again, it is told already.
        if plan.findings.iter().all(|known| known.kind != FindingKind::ReviewDue || known.subject != *subject) {
            let what = format!("{REVIEW} and set `review_due` of its record to false");
            plan.find(FindingKind::ReviewDue, subject, what);
        }
    }
}
