//! A role of ours whose time is over: it is taken away, and what was done to it is told first.

use super::case::{Case, MADE_AGAIN, has_recorded_policies, has_recorded_trust, revoke};
use super::difference::{difference, is_late_in_a_part, is_odd, other_version};
use super::plan::{Question, Reason};
use super::seen::{Look, Seen};
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
    let is_recorded = seen.records.contains_key(&role.name);
    if is_recorded && !is_odd(seen, role) {
        return revoke(Reason::Expired);
    }
    let is_unanswered = |question: Question| seen.unanswered.contains_key(&question);
    let Some(look) = look else {
        let is_asked = !is_unanswered(Question::Role(role.name.clone()));
        return if is_asked { Case::Look } else { revoke(Reason::Expired) };
    };
    // A grant that was never put on record never hung on its role.
    if !is_recorded && look.is_powerless(&seen.account) {
        return revoke(Reason::Expired);
    }
    if let Some(difference) = difference(seen, grant, look).or_else(|| other_version(seen, grant)) {
        return tampered(difference);
    }
    // A revocation that has begun takes policies away, and nothing of the trust; and nothing may ever have been attached.
    let is_begun = look.is_denied(&seen.account) || look.attached.is_empty();
    let (same_trust, same_policies) = (has_recorded_trust(seen, role), has_recorded_policies(seen, role, look));
    if same_trust && (is_begun || same_policies) && !is_late_in_a_part(seen, role) {
        return revoke(Reason::Expired);
    }
    let differs = match (is_recorded, same_trust && same_policies) {
        (false, _) => "it is on no record",
        (true, false) => "its documents are not those of its record",
        (true, true) => "it is as its record says",
    };
    match seen.verdicts.get(&role.name) {
        Some(Verdict::Equal) => revoke(Reason::Expired),
        // What is there is as it must be, and the rest a revocation has taken away.
        Some(Verdict::Incomplete(_)) if same_trust && look.is_powerless(&seen.account) => revoke(Reason::Expired),
        // What is as it was recorded may be refused today for many reasons.
        Some(Verdict::OtherRules(_) | Verdict::Incomplete(_) | Verdict::Differs(_) | Verdict::RunOver(_))
            if same_trust && same_policies =>
        {
            revoke(Reason::Expired)
        }
        None if !is_unanswered(Question::Run(role.name.clone())) => Case::Run,
        None if same_trust && same_policies => revoke(Reason::Expired),
        // It may only not be on record yet, and is put there for a review as it goes.
        None if !is_recorded && grant.is_break_glass() => revoke(Reason::Expired),
        None => tampered(differs.to_owned()),
        Some(
            Verdict::OtherRules(why)
            | Verdict::Incomplete(why)
            | Verdict::Differs(why)
            | Verdict::Beyond(why)
            | Verdict::RunOver(why)
            | Verdict::Unvouched(why),
        ) => tampered(format!("{differs}, and {why}")),
    }
}
