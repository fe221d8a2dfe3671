//! One role under our path: what it is, and what becomes of it.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::is_past_grace;
use super::plan::{Action, Denial, FindingKind, Plan, Question, Reason};
use super::seen::{EntitySeen, Look, RoleSeen, Seen};
use super::verdict::Verdict;
use crate::domain::grant::part_number;
use crate::domain::identifier::GrantId;

/// How long before the creation of a role its end may have been decided on, and how far clocks may lie apart.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// What a role turned out to be.
enum Case {
    /// As it must be.
    Fine,
    /// It is to be looked at first.
    Look,
    /// Its run is to be verified first.
    Run,
    /// Something is to be done with it.
    Do(Action, &'static str),
    /// It is ours and differs; a sentence.
    Tampered(String),
    /// It is ours, and what is known of it contradicts itself; a sentence.
    Doubtful(String),
    /// It is not ours; a sentence.
    Foreign(String),
}

/// Judges a role and notes what follows.
pub(super) fn judge(seen: &Seen, role: &RoleSeen, plan: &mut Plan) {
    let look = seen.looks.get(&role.arn);
    if look.is_some_and(|look| look.is_settled) {
        return;
    }
    match case(seen, role, look) {
        Case::Fine => {}
        Case::Look => plan.ask(Question::Role(role.name.clone())),
        Case::Run => plan.ask(Question::Run(role.name.clone())),
        Case::Do(action, why) => {
            plan.step(action, &role.name, why);
            if action == Action::BackFill {
                plan.find(FindingKind::ReviewDue, &role.arn, "it was granted without Port; somebody has to review it");
            }
        }
        // Whether it is denied already is only known from near.
        Case::Tampered(_) if look.is_none() => plan.ask(Question::Role(role.name.clone())),
        Case::Tampered(what) => {
            if look.is_some_and(|look| !is_denied_for_good(seen, look)) {
                plan.step(Action::Deny(Denial::ForGood), &role.name, &what);
            }
            plan.find(FindingKind::Tampered, &role.arn, what);
        }
        Case::Doubtful(what) => plan.find(FindingKind::Doubtful, &role.arn, what),
        Case::Foreign(what) => {
            if seen.deny_foreign && look.is_some_and(|look| !is_denied(seen, look)) {
                plan.step(Action::Deny(Denial::Alone), &role.name, &what);
            }
            plan.find(FindingKind::Foreign, &role.arn, what);
        }
    }
}

/// Returns the roles that are looked at closely although nothing about them is odd: all while there are at most `most`,
/// else a share that moves on with every hour, so that each has its turn.
pub fn chosen_for_close_look(seen: &Seen, most: usize) -> BTreeSet<String> {
    let is_live = |role: &&RoleSeen| role.end.is_some_and(|end| end > seen.now);
    let mut live: Vec<&str> = seen
        .roles
        .values()
        .filter(|role| is_live(role) && seen.entities.contains_key(&role.name))
        .map(|role| role.name.as_str())
        .collect();
    if live.is_empty() || most == 0 {
        return BTreeSet::new();
    }
    let hour = usize::try_from(seen.now.as_second() / 3_600).unwrap_or_default();
    let first = hour.wrapping_mul(most) % live.len();
    live.rotate_left(first);
    live.into_iter().take(most).map(str::to_owned).collect()
}

fn case(seen: &Seen, role: &RoleSeen, look: Option<&Look>) -> Case {
    let Some(grant) = seen.grant_of(role) else {
        let Some(look) = look else { return Case::Look };
        return stranger(seen, look, "it lies under our path and is no role of a grant");
    };
    let record = seen.records.get(&role.name);
    if !seen.is_known(&role.name) {
        let Some(look) = look else { return Case::Look };
        if look.scope.as_deref() != Some(seen.scope.as_str()) {
            return stranger(seen, look, "Port knows no such grant");
        }
    }
    let Some(end) = role.end else { return Case::Tampered("its trust policy carries no end".to_owned()) };
    if end <= seen.now {
        return revoke(Reason::Expired);
    }
    if seen.longest.is_some_and(|longest| role.created + longest + CLOCKS_APART < end) {
        return Case::Tampered("its trust policy ends later than any rule allows".to_owned());
    }
    let entity = seen.entities.get(&role.name);
    let is_over = record.is_some_and(|record| record.is_over);
    let Some(entity) = entity else {
        return if is_over { revoke(Reason::RecordedAsOver) } else { orphan(seen, role, &grant, look) };
    };
    let says_over = if entity.state.as_deref() == Some("revoke-failed") {
        Some("its entity says that a revocation failed, and nothing of it was taken away")
    } else {
        is_over.then_some("its record says that it has ended, and nothing of it was taken away")
    };
    let Some(says_over) = says_over else { return live(seen, role, &grant, entity, look) };
    // The catalog is written by others too: AWS tells whether a revocation has begun.
    let Some(look) = look else { return Case::Look };
    if is_denied(seen, look) && difference(seen, &grant, look).is_none() || look.attached.is_empty() {
        return revoke(Reason::Unfinished);
    }
    match live(seen, role, &grant, entity, Some(look)) {
        Case::Fine | Case::Do(Action::UnmarkMissing, _) => Case::Doubtful(says_over.to_owned()),
        other => other,
    }
}

fn revoke(reason: Reason) -> Case {
    Case::Do(Action::Revoke(reason), reason.sentence())
}

/// A thing that Port does not know belongs to whom its tag says.
fn stranger(seen: &Seen, look: &Look, what: &str) -> Case {
    match look.scope.as_deref() {
        Some(scope) if scope == seen.scope => Case::Tampered(format!("{what}, but it bears the tag of this one")),
        Some(scope) if seen.other_installations.contains(scope) => Case::Fine,
        Some(scope) => Case::Foreign(format!("{what}, and its tag names the installation `{scope}`")),
        None => Case::Foreign(format!("{what}, and it bears no tag of an installation")),
    }
}

/// A role of ours without an entity, whose time is not over.
fn orphan(seen: &Seen, role: &RoleSeen, grant: &GrantId, look: Option<&Look>) -> Case {
    let Some(look) = look else { return Case::Look };
    let deny_all = seen.account.deny_all_arn();
    let is_powerless = look.inline.is_empty() && look.attached.iter().all(|arn| *arn == deny_all);
    if is_powerless && is_past_grace(role.created, seen.now) {
        return revoke(Reason::NeverUsed);
    }
    // A grant that is just being made looks like this too. One that is denied may be what a sweep has left of a forged
    // one.
    if is_powerless && !is_denied(seen, look) {
        return Case::Fine;
    }
    if let Some(difference) = difference(seen, grant, look) {
        return Case::Tampered(difference);
    }
    match seen.verdicts.get(&role.name) {
        None => Case::Run,
        Some(Verdict::Equal) if is_denied(seen, look) => revoke(Reason::Unfinished),
        // It has no run: what its tags tell was compiled once more instead.
        Some(Verdict::Equal) if grant.is_break_glass() => {
            Case::Do(Action::BackFill, "it was granted without Port, and is what the rules allow")
        }
        Some(Verdict::Equal) => Case::Do(Action::RecordAgain, "Port has no entity of it, and its run vouches for it"),
        // Its making was cut off, and it was denied on the way back.
        Some(Verdict::RunOver(_)) if is_powerless => Case::Fine,
        Some(Verdict::Differs(why) | Verdict::RunOver(why) | Verdict::Unvouched(why)) => {
            Case::Tampered(format!("it is not on record, and {why}"))
        }
    }
}

/// A role of ours with its entity, whose time is not over.
fn live(seen: &Seen, role: &RoleSeen, grant: &GrantId, entity: &EntitySeen, look: Option<&Look>) -> Case {
    if !seen.inactive_requesters(&role.name).is_empty() {
        return revoke(Reason::RequesterInactive);
    }
    let Some(look) = look else {
        return if is_odd(seen, role) || seen.close.contains(&role.name) { Case::Look } else { unmarked(entity) };
    };
    if let Some(difference) = difference(seen, grant, look) {
        return Case::Tampered(difference);
    }
    let record = seen.records.get(&role.name);
    let same_trust = record.is_some_and(|it| it.trust_digest.as_deref() == Some(role.trust_digest.as_str()));
    let same_policies = record.is_some_and(|it| it.policy_digest.is_some() && it.policy_digest == look.policy_digest);
    if is_cut_off(seen, role, look, same_trust, same_policies) {
        return revoke(Reason::Unfinished);
    }
    let is_looked_at = seen.close.contains(&role.name) || is_odd(seen, role);
    match seen.verdicts.get(&role.name) {
        // Entity and record are of Port's catalog, which others write too: whoever looks closely asks the run.
        None if same_trust && same_policies && is_looked_at && !grant.is_break_glass() => Case::Run,
        Some(Verdict::Unvouched(why)) if same_trust && same_policies => {
            Case::Tampered(format!("it is as its record says, and {why}"))
        }
        // The rules, the catalog or this program may have changed since it was made, which takes nothing from anybody.
        // The attempt that made it would have undone it, had AWS answered.
        Some(Verdict::RunOver(_)) if same_trust && same_policies => revoke(Reason::RunFailed),
        Some(Verdict::Differs(why)) if same_trust && same_policies => {
            Case::Doubtful(format!("it is as its record says, and {why}"))
        }
        _ if same_trust && same_policies => unmarked(entity),
        // It can do nothing yet; whoever makes it live compares every part before.
        _ if same_trust && look.attached.is_empty() => unmarked(entity),
        // A break-glass grant has no run that could vouch for it; its record is all there is.
        None if grant.is_break_glass() => Case::Tampered("its documents are not those of its record".to_owned()),
        None => Case::Run,
        Some(Verdict::Equal) if is_denied(seen, look) || is_emptied(seen, role, look) => revoke(Reason::Unfinished),
        Some(Verdict::Equal) if record.is_none() => {
            Case::Do(Action::RecordAgain, "its record is missing, and its run vouches for it")
        }
        Some(Verdict::Equal) => unmarked(entity),
        Some(Verdict::Differs(why) | Verdict::RunOver(why) | Verdict::Unvouched(why)) => {
            Case::Tampered(format!("its documents are not those of its record, and {why}"))
        }
    }
}

/// Returns whether a revocation, or a grant, was cut off half-way: it is ours in every part, and denied or empty.
fn is_cut_off(seen: &Seen, role: &RoleSeen, look: &Look, same_trust: bool, same_policies: bool) -> bool {
    let deny_all = seen.account.deny_all_arn();
    let is_powerless = look.attached.iter().all(|arn| *arn == deny_all);
    if is_denied(seen, look) {
        return same_trust && (same_policies || is_powerless);
    }
    same_trust && is_emptied(seen, role, look)
}

/// Returns whether nothing is attached any more, or was in the time that a grant may take.
fn is_emptied(seen: &Seen, role: &RoleSeen, look: &Look) -> bool {
    look.attached.is_empty() && is_past_grace(role.created, seen.now)
}

fn unmarked(entity: &EntitySeen) -> Case {
    if entity.state.as_deref() == Some("missing") {
        return Case::Do(Action::UnmarkMissing, "its role is there again");
    }
    Case::Fine
}

/// Returns whether the lists alone give a reason to look closer. They tell nothing of boundary, tags and inline
/// policies, nor what else is attached: that is for close looks, which take turns.
fn is_odd(seen: &Seen, role: &RoleSeen) -> bool {
    let recorded = seen.records.get(&role.name).and_then(|record| record.trust_digest.as_deref());
    let parts = seen.parts_of(&role.name);
    let last = GrantId::parse(&role.name).map_or(0, |grant| seen.last_part_of(&grant));
    recorded != Some(role.trust_digest.as_str())
        || parts.is_empty()
        || parts.len() != last
        || parts.iter().any(|policy| policy.version != "v1" || policy.attachments != 1)
}

/// Returns the first part that is not as we make it, whoever asked for the grant; a sentence.
fn difference(seen: &Seen, grant: &GrantId, look: &Look) -> Option<String> {
    if look.boundary.as_deref() != Some(seen.account.boundary_arn(&seen.names).as_str()) {
        return Some("its permissions boundary is not ours".to_owned());
    }
    if let Some(name) = look.inline.first() {
        return Some(format!("it has an inline policy `{name}`"));
    }
    if look.scope.as_deref() != Some(seen.scope.as_str()) {
        return Some("its tag names another installation".to_owned());
    }
    let deny_all = seen.account.deny_all_arn();
    let is_ours = |arn: &str| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        part_number(grant, name).is_some_and(|number| seen.account.part_arn(&seen.names, grant, number) == arn)
    };
    let other = look.attached.iter().find(|arn| **arn != deny_all && !is_ours(arn))?;
    Some(format!("{other} is attached to it"))
}

/// Returns whether nothing would come of it if somebody took `AWSDenyAll` off again.
fn is_denied_for_good(seen: &Seen, look: &Look) -> bool {
    let deny_all = seen.account.deny_all_arn();
    is_denied(seen, look) && look.inline.is_empty() && look.attached.iter().all(|arn| *arn == deny_all)
}

fn is_denied(seen: &Seen, look: &Look) -> bool {
    look.attached.contains(&seen.account.deny_all_arn())
}
