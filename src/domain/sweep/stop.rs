//! When a sweep takes too much, it rather takes nothing: the organisation or the account may be the wrong one.

use super::plan::{Action, Plan, Reason, Step};
use super::seen::Seen;

/// This many live grants may always be taken.
const ALWAYS: usize = 5;
/// Of more, one in so many.
const SHARE: usize = 10;

/// Returns why nothing of the plan is to be done without a person's word.
pub(super) fn reason(seen: &Seen, plan: &Plan) -> Option<String> {
    let is_live = |name: &str| seen.roles[name].end.is_none_or(|end| end > seen.now);
    let ours = || seen.roles.values().filter(|role| seen.grant_of(role).is_some());
    let live = ours().filter(|role| is_live(&role.name)).count();
    let known = ours().filter(|role| is_live(&role.name) && seen.is_known(&role.name)).count();
    // What Port does not know at all is no live grant: a flood of it must not keep the sweep from denying it.
    let takes = |step: &&Step| match step.action {
        Action::Revoke(Reason::Expired | Reason::NeverUsed) => false,
        Action::Revoke(_) | Action::MarkMissing => true,
        Action::Deny => seen.is_known(&step.subject),
        Action::RecordAgain
        | Action::BackFill
        | Action::UnmarkMissing
        | Action::RemoveEntity
        | Action::RemovePolicy => false,
    };
    let denied = plan.steps.iter().filter(|step| step.action == Action::Deny).count();
    if known == 0 && live > 1 && seen.entities.is_empty() && denied > 1 {
        return Some(format!("Port knows none of the {live} grants in this account: is it the right organisation?"));
    }
    let taken = plan.steps.iter().filter(takes).count();
    let entities = seen.entities.keys().filter(|name| !seen.roles.contains_key(*name)).count();
    let all = known + entities;
    let most = ALWAYS.max(all / SHARE);
    (taken > most).then(|| {
        format!(
            "{taken} of {all} live grants would be taken, more than {most}: is it the right account, and organisation?"
        )
    })
}
