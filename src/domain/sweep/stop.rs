//! When a sweep takes too much from people, it rather takes nothing from them: the organisation or the account may be
//! the wrong one, or a reviewed change of the configuration makes honest grants look like forged ones.

use std::collections::BTreeSet;

use super::case::is_as_recorded;
use super::plan::{Action, Denial, Plan, Reason, Step};
use super::role::is_none_of_ours_by_aws_alone;
use super::seen::Seen;
use super::verdict::Verdict;
use crate::domain::tags::tag_value;

/// This many live grants may always be taken.
const ALWAYS: usize = 5;
/// Of more, one in so many.
const SHARE: usize = 10;

/// Returns why some steps of the plan are not to be done without a person's word, and which.
///
/// What takes no power from anybody, and what takes it from whom no run vouches for, is never held back: else whoever
/// writes enough into the catalog could switch the sweep off. The one exception is what a change of the configuration
/// explains of roles that are as their records say, when it would be so many of them.
pub(super) fn reason(seen: &Seen, plan: &Plan) -> Option<(String, Vec<Step>)> {
    let is_live = |name: &str| seen.roles[name].end.is_none_or(|end| end > seen.now);
    let ours = || seen.roles.values().filter(|role| seen.grant_of(role).is_some());
    let live = ours().filter(|role| is_live(&role.name)).count();
    let known = ours().filter(|role| is_live(&role.name) && seen.is_known(&role.name)).count();
    let denied = plan.steps.iter().filter(|step| is_denial(step)).count();
    // An entity that belongs to none of these roles is soon written, and says nothing of where one is; one with a permanent
    // record, which people cannot write, says that this is the organisation.
    let is_on_record =
        |(name, entity): (&String, _)| seen.has_record_of_a_grant(name) && seen.is_of_this_account(name, entity);
    if known == 0 && live > 1 && denied > 1 && !seen.entities.iter().any(is_on_record) {
        let held =
            plan.steps.iter().filter(|step| takes(step) || is_denial(step) && !is_forged_by_aws_alone(seen, step));
        let held: Vec<Step> = held.cloned().collect();
        let reason = format!("Port knows none of the {live} grants in this account: is it the right organisation?");
        return (!held.is_empty()).then_some((reason, held));
    }
    // What stands in the catalog and was never on record is no grant; what was made since AWS was read has its role.
    let is_missing = |step: &&Step| step.action == Action::MarkMissing;
    let is_missed = |step: &&Step| seen.has_record_of_a_grant(&step.subject) && !seen.is_new(&step.subject);
    let missing = plan.steps.iter().filter(is_missing).filter(is_missed).count();
    let taken = missing + plan.steps.iter().filter(|step| takes(step) && !is_missing(step)).count();
    // One who leaves takes all of her grants along, however many; a list that is short lacks more people than one.
    let taken = taken - of_one_who_has_left(seen, plan).saturating_sub(1);
    // An entity that only outlasts its grant is no live one.
    let all = known + missing;
    let most = ALWAYS.max(all / SHARE);
    let beyond: Vec<&Step> = plan.steps.iter().filter(|step| is_explained_by_a_change(seen, step)).collect();
    let (mut reasons, mut held) = (Vec::new(), BTreeSet::new());
    if taken > most {
        reasons.push(format!(
            "{taken} of {all} live grants would be taken, more than {most}: is it the right account, and organisation?"
        ));
        held.extend(plan.steps.iter().filter(|step| takes(step)));
    }
    if beyond.len() > most {
        reasons.push(format!(
            "{} of {all} live grants are as their records say and would be denied, more than {most}: was the trust \
             mode, a companion, an account-wide action or a template changed since they were made, or has Port lost runs?",
            beyond.len()
        ));
        held.extend(beyond);
    }
    (!reasons.is_empty()).then(|| (reasons.join(" "), held.into_iter().cloned().collect()))
}

/// Returns whether what is denied is so far off that no organisation can have granted it.
fn is_forged_by_aws_alone(seen: &Seen, step: &Step) -> bool {
    let role = seen.roles.get(&step.subject);
    step.action == Action::Deny(Denial::ForGood) && role.is_some_and(|role| is_none_of_ours_by_aws_alone(seen, role))
}

/// Returns whether a role is denied that another configuration, and nobody since, may have made of its run.
fn is_explained_by_a_change(seen: &Seen, step: &Step) -> bool {
    let is_beyond_today = matches!(seen.verdicts.get(&step.subject), Some(Verdict::Beyond(_)));
    let role = seen.roles.get(&step.subject).filter(|_| is_denial(step) && is_beyond_today);
    role.is_some_and(|role| is_as_recorded(seen, role) && !is_none_of_ours_by_aws_alone(seen, role))
}

/// Returns how many grants end because their requester has left, when that is one person by the tags of the roles too:
/// whoever may edit the catalog could name one who has left in everybody's entities.
fn of_one_who_has_left(seen: &Seen, plan: &Plan) -> usize {
    let left = || plan.steps.iter().filter(|step| step.action == Action::Revoke(Reason::RequesterInactive));
    let named = left().flat_map(|step| seen.inactive_requesters(&step.subject)).map(tag_value);
    let tagged = left().map(|step| {
        let look = seen.roles.get(&step.subject).and_then(|role| seen.looks.get(&role.arn));
        look.and_then(|look| look.requester.clone()).unwrap_or_default()
    });
    let people: BTreeSet<String> = named.chain(tagged).map(|person| person.to_lowercase()).collect();
    if people.len() == 1 { left().count() } else { 0 }
}

fn is_denial(step: &Step) -> bool {
    matches!(step.action, Action::Deny(_))
}

/// Returns whether the step takes a live grant from somebody, or its entity.
fn takes(step: &Step) -> bool {
    match step.action {
        // The first is over, the others can do nothing any more.
        Action::Revoke(
            Reason::Expired | Reason::NeverUsed | Reason::Unlisted | Reason::Unfinished | Reason::Denied,
        ) => false,
        Action::Revoke(Reason::RecordedAsOver | Reason::RequesterInactive | Reason::RunFailed)
        | Action::MarkMissing => true,
        Action::Deny(_)
        | Action::RecordAgain
        | Action::BackFill
        | Action::UnmarkMissing
        | Action::RemoveEntity
        | Action::RemovePolicy => false,
    }
}
