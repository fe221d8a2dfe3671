//! A role of ours that Port has no entity of: it may be in the making, forgotten, cut off, or nobody's.

use super::case::{Case, VOUCHES_FOR_NOTHING, revoke};
use super::difference::{difference, has_late_policy, other_version};
use super::is_past_grace;
use super::plan::{Action, Reason};
use super::role::cut_off;
use super::seen::{Look, Seen};
use super::verdict::Verdict;
use crate::domain::iam::ListedRole;
use crate::domain::identifier::GrantId;

/// Why a role that looks left over is left alone.
const YOUNG: &str = "it is on no record and can do nothing, as a grant that is just being made";

/// Why one that has a record is.
const YOUNG_ON_RECORD: &str =
    "Port has a record of it and no entity, and it can do nothing, as a grant that is just being made or taken away";

/// Judges a role of ours without an entity, whose time is not over.
pub(super) fn orphan(seen: &Seen, role: &ListedRole, grant: &GrantId, look: Option<&Look>) -> Case {
    let Some(look) = look else { return Case::Look };
    let is_powerless = look.is_powerless(&seen.account);
    let is_changed = has_late_policy(seen, role) || other_version(seen, grant).is_some();
    // A grant that is just being made looks like this too. One that is denied may be what a sweep has left of a forged
    // one: its run tells.
    let left_alone = || left_alone(seen, role);
    // What a revocation has put on record and left was no more compared when it came.
    let is_unverified = seen.records.get(&role.name).is_some_and(|record| record.is_unverified);
    // Whoever deletes the entity of a grant and changes its policy can empty it as well.
    if is_powerless && !look.is_denied(&seen.account) && !is_changed && !is_unverified {
        return left_alone();
    }
    if let Some(difference) = difference(seen, grant, look) {
        return Case::Tampered(difference);
    }
    // Also where that grant has ended: this one's record would be written over it.
    if grant.is_break_glass() && seen.is_recorded_elsewhere(&role.name) {
        return Case::Tampered("the record of its name is of a grant in another account".to_owned());
    }
    match seen.verdicts.get(&role.name) {
        None => Case::Run,
        Some(Verdict::Equal) if look.is_denied(&seen.account) => revoke(cut_off(seen, role)),
        // It has no run: what its tags tell was compiled once more instead.
        Some(Verdict::Equal) if grant.is_break_glass() => {
            Case::Do(Action::BackFill, "it was granted without Port, and is what the rules allow")
        }
        Some(Verdict::Equal) => Case::Do(Action::RecordAgain, "Port has no entity of it, and its run vouches for it"),
        // Its making was cut off, and it was denied on the way back; or what is there of it is as it must be.
        Some(Verdict::RunOver(_) | Verdict::Incomplete(_)) if is_powerless => left_alone(),
        // What was killed on the way back is no riddle after an hour. What no run has asked for is told until its end.
        Some(Verdict::OtherRules(_) | Verdict::Differs(_))
            if is_powerless && !is_changed && is_past_grace(role.created, seen.now) =>
        {
            left_alone()
        }
        Some(verdict) => Case::Tampered(format!("{}, and {}", standing_in_port(seen, role), verdict.why())),
    }
}

/// What can do nothing has an hour, and is taken away then.
fn left_alone(seen: &Seen, role: &ListedRole) -> Case {
    let is_on_record = seen.records.contains_key(&role.name);
    match (is_past_grace(role.created, seen.now), is_on_record) {
        (false, false) => Case::Young(YOUNG),
        (false, true) => Case::Young(YOUNG_ON_RECORD),
        (true, false) => revoke(Reason::NeverUsed),
        (true, true) => revoke(Reason::Unlisted),
    }
}

/// Returns what Port has of such a role, the beginning of a sentence. What was only written as it was found, or as it
/// ended, is no record of what was made.
fn standing_in_port(seen: &Seen, role: &ListedRole) -> &'static str {
    match seen.records.get(&role.name) {
        None => "it is not on record",
        Some(record) if record.vouches() => "Port has a record of it and no entity",
        Some(_) => VOUCHES_FOR_NOTHING,
    }
}
