//! Entities of live grants whose role is not there.

use super::is_past_grace;
use super::plan::{Action, FindingKind, Plan, Reason};
use super::seen::Seen;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::state::GrantState;

/// Judges all entities that no role bears out.
pub(super) fn judge_all(seen: &Seen, plan: &mut Plan) {
    for (identifier, entity) in &seen.entities {
        // Where a role is, its account tells, whatever the entity says. One under another path is nothing of a grant.
        let is_no_grant = GrantId::parse(identifier).is_err();
        let is_here = seen.roles.get(identifier).is_some_and(|role| is_no_grant || seen.grant_of(role).is_some());
        if is_here || seen.beside.roles.contains(identifier) {
            continue;
        }
        if seen.is_of_no_account(identifier, entity) && !seen.beside.is_further {
            let what = "its role is in no account that was looked at, and it names an account that is none of ours";
            plan.find(FindingKind::Unexplained, identifier, what);
            continue;
        }
        if !seen.is_of_this_account(identifier, entity) {
            continue;
        }
        if is_no_grant {
            plan.find(FindingKind::Unexplained, identifier, "this entity of the live grants is not named after a run");
            continue;
        }
        if seen.may_be_elsewhere(identifier) {
            let unseen: Vec<&str> = seen.beside.unseen.iter().map(AccountId::as_str).collect();
            let what =
                format!("its role is not here, and may be in {}, which could not be looked at", unseen.join(", "));
            plan.find(FindingKind::Doubtful, identifier, what);
            continue;
        }
        if entity.state == Some(GrantState::RevokeFailed) {
            plan.step(Action::RemoveEntity, identifier, Reason::Unfinished.sentence());
            continue;
        }
        // What was to end and is gone is no riddle: only Port was not told.
        if entity.end.is_some_and(|end| end <= seen.now) {
            plan.step(Action::RemoveEntity, identifier, Reason::Expired.sentence());
            continue;
        }
        if seen.records.get(identifier).is_some_and(|record| record.is_over) {
            plan.step(Action::RemoveEntity, identifier, Reason::RecordedAsOver.sentence());
            continue;
        }
        match entity.missing_since.filter(|_| entity.state == Some(GrantState::Missing)) {
            None => plan.step(Action::MarkMissing, identifier, "its role is not there"),
            Some(since) if is_past_grace(since, seen.now) => {
                plan.step(Action::RemoveEntity, identifier, "its role has been missing for an hour");
            }
            Some(since) => plan.wait(identifier, "its role is not there, and may be shown again", since),
        }
    }
}
