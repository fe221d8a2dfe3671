//! Policies under our path that no role explains.

use super::is_past_grace;
use super::plan::{Action, FindingKind, Plan, Question};
use super::seen::Seen;
use crate::domain::iam::ListedPolicy;
use crate::domain::identifier::GrantId;

/// Judges all policies.
pub(super) fn judge_all(seen: &Seen, plan: &mut Plan) {
    for policy in seen.policies.values() {
        let grant = policy.grant();
        // A role of its name that lies elsewhere under our path is not the grant's.
        let role = grant.as_ref().and_then(|grant| seen.roles.get(grant.as_str()));
        match role.filter(|role| seen.grant_of(role).is_some()) {
            None => judge(seen, policy, grant.as_ref(), plan),
            // One attachment is the role's own, unless a look has shown that it is not.
            Some(role) => {
                let look = seen.looks.get(&role.arn);
                let own = i32::from(look.is_none_or(|look| !look.is_settled && look.attached.contains(&policy.arn)));
                if policy.attachments > own && is_held_elsewhere(seen, policy, plan) {
                    plan.find(FindingKind::Tampered, &policy.arn, "it is attached to more than the role of its grant");
                }
            }
        }
    }
}

/// Returns whether anybody but the role of its grant is known to hold it; asks, while that is not known. Lists of roles and
/// policies are of different moments, between which the grant may have been made, or taken away.
fn is_held_elsewhere(seen: &Seen, policy: &ListedPolicy, plan: &mut Plan) -> bool {
    let known = seen.held_elsewhere.get(&policy.arn).copied();
    if known.is_none() {
        plan.ask(Question::Holders(policy.name.clone()));
    }
    known.unwrap_or(false)
}

fn judge(seen: &Seen, policy: &ListedPolicy, grant: Option<&GrantId>, plan: &mut Plan) {
    let is_in_place = grant.is_some_and(|_| policy.arn == seen.account.under_path(&seen.names, "policy", &policy.name));
    // An entity alone is soon written, by the name of another installation's grant too.
    let is_known = grant.is_some_and(|grant| seen.has_record_of_a_grant(grant.as_str()));
    if !is_in_place || !is_known {
        let Some(look) = seen.looks.get(&policy.arn) else {
            return plan.ask(Question::Policy(policy.name.clone()));
        };
        match look.scope.as_deref() {
            _ if look.is_settled => return,
            Some(scope) if scope == seen.scope => {}
            Some(scope) if seen.other_installations.contains(scope) => return plan.leave(&policy.arn, scope),
            _ => {
                let what = "it lies under our path and bears no tag of an installation that the rules file knows";
                return plan.find(FindingKind::Foreign, &policy.arn, what);
            }
        }
    }
    if !is_in_place {
        plan.find(FindingKind::Tampered, &policy.arn, "it bears our tag and is no policy of a grant");
    } else if policy.attachments > 0 && is_held_elsewhere(seen, policy, plan) {
        plan.find(FindingKind::Tampered, &policy.arn, "it is attached to something, and the role of its grant is gone");
    } else if policy.attachments > 0 && !seen.held_elsewhere.contains_key(&policy.arn) {
        // What is to be done with it the answer decides.
    } else if is_past_grace(policy.created, seen.now) {
        plan.step(Action::RemovePolicy, &policy.arn, "the role of its grant is gone");
    } else {
        plan.wait(&policy.arn, "its grant has no role, as one that is just being made", policy.created);
    }
}
