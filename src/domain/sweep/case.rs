//! What a role can turn out to be, and what its permanent record vouches for.

use super::plan::{Action, Reason};
use super::seen::{Look, RecordSeen, Seen};
use crate::domain::iam::ListedRole;

/// What a role is that bears the name of a grant which has ended.
pub(super) const MADE_AGAIN: &str = "it was made after its grant had ended";

/// What a record is that was only written as something was found, or as it ended.
pub(super) const VOUCHES_FOR_NOTHING: &str = "its record vouches for nothing";

/// What a role turned out to be.
pub(super) enum Case {
    /// As it must be.
    Fine,
    /// It may be in the making; a sentence.
    Young(&'static str),
    /// It is to be looked at first.
    Look,
    /// Its run is to be verified first.
    Run,
    /// Something is to be done with it.
    Do(Action, &'static str),
    /// It is ours and differs; a sentence.
    Tampered(String),
    /// It is ours and differs, and it is to end besides; a sentence.
    TamperedAndOver(String, Reason),
    /// It is ours, and what is known of it contradicts itself; a sentence.
    Doubtful(String),
    /// It is ours and as recorded, and today's rules would make something else of its run; a sentence.
    OtherRules(String),
    /// It is not ours; a sentence.
    Foreign(String),
    /// It is that of this installation, which the rules file lists.
    Others(String),
}

pub(super) fn revoke(reason: Reason) -> Case {
    Case::Do(Action::Revoke(reason), reason.sentence())
}

/// Returns whether a role is, in trust and policies, what its permanent record tells of the moment when it was made.
pub(super) fn is_as_recorded(seen: &Seen, role: &ListedRole) -> bool {
    let look = seen.looks.get(&role.arn);
    has_recorded_trust(seen, role) && look.is_some_and(|look| has_recorded_policies(seen, role, look))
}

pub(super) fn has_recorded_trust(seen: &Seen, role: &ListedRole) -> bool {
    let record = record_that_vouches(seen, role);
    record.is_some_and(|record| record.trust_digest.as_deref() == Some(role.trust_digest.as_str()))
}

/// Returns the record of a role, unless its digests are of what stood there when it was only found, or as it ended.
fn record_that_vouches<'a>(seen: &'a Seen, role: &ListedRole) -> Option<&'a RecordSeen> {
    seen.records.get(&role.name).filter(|record| record.vouches())
}

pub(super) fn has_recorded_policies(seen: &Seen, role: &ListedRole, look: &Look) -> bool {
    let record = record_that_vouches(seen, role);
    record.is_some_and(|record| record.policy_digest.is_some() && record.policy_digest == look.policy_digest)
}
