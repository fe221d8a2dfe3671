//! A role of ours whose time is over: it is taken away, and what was done to it is told first.

use super::case::{Case, MADE_AGAIN, VOUCHES_FOR_NOTHING, has_recorded_policies, has_recorded_trust, revoke};
use super::difference::{difference, is_late_in_a_part, is_odd, other_version};
use super::plan::{Question, Reason};
use super::seen::{Look, RecordSeen, Seen};
use super::verdict::Verdict;
use crate::domain::iam::ListedRole;
use crate::domain::identifier::GrantId;

/// Judges a role that is over. One on record goes unless the lists tell something odd about it; any other is looked at
/// before it goes, and what it did with it. What cannot be asked keeps none.
pub(super) fn over(seen: &Seen, role: &ListedRole, grant: &GrantId, look: Option<&Look>) -> Case {
    let tampered = |what: String| Case::TamperedAndOver(what, Reason::Expired);
    if seen.is_made_again(role) {
        return tampered(MADE_AGAIN.to_owned());
    }
    let record = seen.records.get(&role.name);
    if record.is_some_and(|record| !record.is_unverified) && !is_odd(seen, role) {
        return revoke(Reason::Expired);
    }
    let Some(look) = look else {
        let is_asked = !seen.unanswered.contains_key(&Question::Role(role.name.clone()));
        return if is_asked { Case::Look } else { revoke(Reason::Expired) };
    };
    // A grant that was never put on record never hung on its role.
    if record.is_none() && look.is_powerless(&seen.account) {
        return revoke(Reason::Expired);
    }
    if let Some(difference) = difference(seen, grant, look).or_else(|| other_version(seen, grant)) {
        return tampered(difference);
    }
    by_record_and_run(seen, role, grant, look)
}

/// Judges a role that differs in nothing that a look alone tells.
fn by_record_and_run(seen: &Seen, role: &ListedRole, grant: &GrantId, look: &Look) -> Case {
    let tampered = |what: String| Case::TamperedAndOver(what, Reason::Expired);
    let record = seen.records.get(&role.name);
    let is_unverified = record.is_some_and(|record| record.is_unverified);
    let (same_trust, same_policies) = (has_recorded_trust(seen, role), has_recorded_policies(seen, role, look));
    let is_powerless = look.is_powerless(&seen.account);
    let is_late = is_late_in_a_part(seen, role);
    // A revocation that has begun takes policies away, and nothing of the trust; and nothing may ever have been attached.
    let is_begun = look.is_denied(&seen.account) || look.attached.is_empty();
    if same_trust && (is_begun || same_policies) && !is_late {
        return revoke(Reason::Expired);
    }
    let differs = beside_its_record(record, same_trust && same_policies);
    match seen.verdicts.get(&role.name) {
        Some(Verdict::Equal) => revoke(Reason::Expired),
        // What is there is as it must be, and the rest a revocation has taken away.
        Some(Verdict::Incomplete(_)) if same_trust && is_powerless => revoke(Reason::Expired),
        // What is as it was recorded may be refused today for many reasons.
        Some(Verdict::OtherRules(_) | Verdict::Incomplete(_) | Verdict::Differs(_) | Verdict::RunOver(_))
            if same_trust && same_policies =>
        {
            revoke(Reason::Expired)
        }
        // And so may be what the revocation has left that put it on record: it goes no further than its tags.
        Some(Verdict::OtherRules(_) | Verdict::Incomplete(_) | Verdict::Differs(_))
            if is_unverified && is_powerless && !is_late =>
        {
            revoke(Reason::Expired)
        }
        None if !seen.unanswered.contains_key(&Question::Run(role.name.clone())) => Case::Run,
        None if same_trust && same_policies => revoke(Reason::Expired),
        // It may only not be on record yet, and is put there for a review as it goes, if it does not wait for one already.
        None if grant.is_break_glass() && (record.is_none() || is_unverified) => revoke(Reason::Expired),
        None => tampered(differs.to_owned()),
        Some(verdict) => tampered(format!("{differs}, and {}", verdict.why())),
    }
}

/// Returns what a role is beside its record, the beginning of a sentence.
fn beside_its_record(record: Option<&RecordSeen>, is_the_same: bool) -> &'static str {
    match record {
        None => "it is on no record",
        Some(record) if !record.vouches() => VOUCHES_FOR_NOTHING,
        Some(_) if is_the_same => "it is as its record says",
        Some(_) => "its documents are not those of its record",
    }
}
