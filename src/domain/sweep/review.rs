//! Grants that were made without Port and that nobody has reviewed yet.

use super::plan::{FindingKind, Plan};
use super::seen::Seen;

/// What is to be done about such a grant.
pub(super) const REVIEW: &str = "it was granted without Port; somebody has to review it";

/// Names every record that waits for a review, for as long as it does: what is told once is soon forgotten.
pub(super) fn name_all(seen: &Seen, plan: &mut Plan) {
    for identifier in &seen.review_due {
        let subject = seen.roles.get(identifier).map_or(identifier, |role| &role.arn);
        // Where it is just put on record again, it is told already.
        if plan.findings.iter().all(|known| known.kind != FindingKind::ReviewDue || known.subject != *subject) {
            let what = format!("{REVIEW} and set `review_due` of its record to false");
            plan.find(FindingKind::ReviewDue, subject, what);
        }
    }
}
