//! A role of ours whose time is over: it is taken away, and what was done to it is told first.

use super::difference::{difference, is_odd};
use super::plan::{Question, Reason};
use super::role::{Case, MADE_AGAIN, has_recorded_policies, has_recorded_trust, revoke};
use super::seen::{Look, Seen};
use super::verdict::Verdict;
use crate::domain::iam::ListedRole;
use crate::domain::identifier::GrantId;

/// Judges a role that is over. One on record about which the lists tell something odd is looked at before it goes, and what
/// it did with it; what cannot be asked keeps none.
pub(super) fn over(seen: &Seen, role: &ListedRole, grant: &GrantId, look: Option<&Look>) -> Case {
    let tampered = |what: String| Case::TamperedAndOver(what, Reason::Expired);
    if seen.is_made_again(role) {
        return tampered(MADE_AGAIN.to_owned());
    }
    if !seen.records.contains_key(&role.name) || !is_odd(seen, role) {
        return revoke(Reason::Expired);
    }
    let is_unanswered = |question: Question| seen.unanswered.contains_key(&question);
    let Some(look) = look else {
        let is_asked = !is_unanswered(Question::Role(role.name.clone()));
        return if is_asked { Case::Look } else { revoke(Reason::Expired) };
    };
    if let Some(difference) = difference(seen, grant, look) {
        return tampered(difference);
    }
    // A revocation that has begun takes policies away, and nothing of the trust; and nothing may ever have been attached.
    let is_begun = look.is_denied(&seen.account) || look.attached.is_empty();
    if has_recorded_trust(seen, role) && (is_begun || has_recorded_policies(seen, role, look)) {
        return revoke(Reason::Expired);
    }
    let differs = "its documents are not those of its record";
    match seen.verdicts.get(&role.name) {
        Some(Verdict::Equal) => revoke(Reason::Expired),
        None if !is_unanswered(Question::Run(role.name.clone())) => Case::Run,
        None => tampered(differs.to_owned()),
        Some(
            Verdict::OtherRules(why)
            | Verdict::Differs(why)
            | Verdict::Beyond(why)
            | Verdict::RunOver(why)
            | Verdict::Unvouched(why),
        ) => tampered(format!("{differs}, and {why}")),
    }
}
