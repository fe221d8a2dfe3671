//! One role under our path: what it is, and what becomes of it.

use jiff::{SignedDuration, Timestamp};

use super::case::{Case, MADE_AGAIN, has_recorded_policies, has_recorded_trust, revoke};
use super::difference::{
    difference, has_late_policy, is_late_in_a_part, is_longer_than_any_rule, is_odd, other_version,
};
use super::is_past_grace;
use super::orphan::orphan;
use super::over::over;
use super::plan::{Action, Denial, FindingKind, Plan, Question, Reason};
use super::review::REVIEW;
use super::seen::{EntitySeen, Look, Seen};
use super::verdict::Verdict;
use crate::domain::duration::GrantDuration;
use crate::domain::iam::ListedRole;
use crate::domain::identifier::GrantId;
use crate::domain::state::GrantState;
use crate::domain::time::CLOCKS_APART;

/// Why a role of a grant on record that can do nothing is left alone.
const EMPTY: &str = "it is on record and can do nothing yet, as a grant that is just being made";

/// Judges a role and notes what follows.
pub(super) fn judge(seen: &Seen, role: &ListedRole, plan: &mut Plan) {
    let look = seen.looks.get(&role.arn);
    if look.is_some_and(|look| look.is_settled) {
        // What is written into the catalog meanwhile gives nothing a longer life.
        let is_ours = seen.grant_of(role).is_some() && seen.records.contains_key(&role.name);
        if is_ours && role.end.is_some_and(|end| end <= seen.now) {
            plan.step(Action::Revoke(Reason::Expired), &role.name, Reason::Expired.sentence());
        }
        return;
    }
    let case = case(seen, role, look);
    if let Case::TamperedAndOver(_, reason) = case {
        plan.step(Action::Revoke(reason), &role.name, reason.sentence());
    }
    match case {
        Case::Fine => {}
        Case::Young(why) => plan.wait(&role.arn, why, role.created),
        Case::Look => plan.ask(Question::Role(role.name.clone())),
        Case::Run => plan.ask(Question::Run(role.name.clone())),
        Case::Do(action, why) => {
            plan.step(action, &role.name, why);
            if action == Action::BackFill {
                plan.find(FindingKind::ReviewDue, &role.arn, REVIEW);
            }
        }
        // Whether it is denied already is only known from near. Where nobody can look, it is denied once more.
        Case::Tampered(_) | Case::TamperedAndOver(..)
            if look.is_none() && !seen.unanswered.contains_key(&Question::Role(role.name.clone())) =>
        {
            plan.ask(Question::Role(role.name.clone()));
        }
        Case::Tampered(what) | Case::TamperedAndOver(what, _) => {
            // Nothing comes of it then if somebody takes `AWSDenyAll` off again.
            let is_denied_for_good = |look: &Look| look.is_denied(&seen.account) && look.is_powerless(&seen.account);
            // What the denial could not write into the permanent record is written by the next sweep.
            if look.is_none_or(|look| !is_denied_for_good(look)) || !seen.is_noted(&role.name) {
                plan.step(Action::Deny(Denial::ForGood), &role.name, &what);
            }
            plan.find(FindingKind::Tampered, &role.arn, what);
        }
        Case::Doubtful(what) => plan.find(FindingKind::Doubtful, &role.arn, what),
        Case::OtherRules(what) => plan.find(FindingKind::OtherRules, &role.arn, what),
        Case::Others(installation) => plan.leave(&role.arn, &installation),
        Case::Foreign(what) => {
            if seen.deny_foreign && look.is_some_and(|look| !look.is_denied(&seen.account)) {
                plan.step(Action::Deny(Denial::Alone), &role.name, &what);
            }
            plan.find(FindingKind::Foreign, &role.arn, what);
        }
    }
}

fn case(seen: &Seen, role: &ListedRole, look: Option<&Look>) -> Case {
    let Some(grant) = seen.grant_of(role) else {
        let Some(look) = look else { return Case::Look };
        return stranger(seen, look, "it lies under our path and is no role of a grant");
    };
    let record = seen.records.get(&role.name);
    let scope = look.and_then(|look| look.scope.as_ref());
    if let Some(installation) = scope.filter(|scope| seen.other_installations.contains(*scope)) {
        // Either it was ours, or somebody wrote a record of another's role: its sweep judges it, and people both.
        let doubt = "its tag names a listed installation, and Port has a record of it";
        return if record.is_some() { Case::Doubtful(doubt.to_owned()) } else { Case::Others(installation.clone()) };
    }
    // An entity alone is soon written.
    if record.is_none() {
        let Some(look) = look else { return Case::Look };
        if look.scope.as_deref() != Some(seen.scope.as_str()) {
            let is_named = seen.entities.contains_key(&role.name);
            let what = if is_named { "Port has an entity of it and no record" } else { "Port knows no such grant" };
            return stranger(seen, look, what);
        }
    }
    let Some(end) = role.end else { return Case::Tampered("its trust policy carries no end".to_owned()) };
    if end <= seen.now {
        return over(seen, role, &grant, look);
    }
    if is_longer_than_any_grant(seen, role, end) {
        return Case::Tampered("its trust policy ends later than any rule can allow".to_owned());
    }
    if seen.is_made_again(role) {
        return Case::Tampered(MADE_AGAIN.to_owned());
    }
    let entity = seen.entities.get(&role.name);
    let is_over = record.is_some_and(|record| record.is_over);
    let Some(entity) = entity else {
        return if is_over { left_over(seen, role, &grant, look) } else { orphan(seen, role, &grant, look) };
    };
    let says_over = if entity.state == Some(GrantState::RevokeFailed) {
        Some("its entity says that a revocation failed, and nothing of it was taken away")
    } else {
        is_over.then_some("its record says that it has ended, and nothing of it was taken away")
    };
    let Some(says_over) = says_over else { return live(seen, role, &grant, entity, look) };
    // The catalog is written by others too: AWS tells whether a revocation has begun.
    let Some(look) = look else { return Case::Look };
    let is_begun = look.is_denied(&seen.account) || look.attached.is_empty();
    let is_changed = is_late_in_a_part(seen, role) || other_version(seen, &grant).is_some();
    if is_begun && !is_changed && difference(seen, &grant, look).is_none() {
        return revoke(cut_off(seen, role));
    }
    match live(seen, role, &grant, entity, Some(look)) {
        Case::Fine | Case::OtherRules(_) | Case::Do(Action::UnmarkMissing, _) => Case::Doubtful(says_over.to_owned()),
        other => other,
    }
}

/// Returns why what is denied, or empty, is taken away: the record tells whether a sweep has denied it. Whatever it tells,
/// the same becomes of it.
pub(super) fn cut_off(seen: &Seen, role: &ListedRole) -> Reason {
    if seen.is_told_tampered_with(&role.name) { Reason::Denied } else { Reason::Unfinished }
}

/// A thing that Port does not know belongs to whom its tag says.
fn stranger(seen: &Seen, look: &Look, what: &str) -> Case {
    match look.scope.as_deref() {
        Some(scope) if scope == seen.scope => Case::Tampered(format!("{what}, but it bears the tag of this one")),
        Some(scope) if seen.other_installations.contains(scope) => Case::Others(scope.to_owned()),
        Some(scope) => Case::Foreign(format!("{what}, and its tag names the installation `{scope}`")),
        None => Case::Foreign(format!("{what}, and it bears no tag of an installation")),
    }
}

/// A role of ours whose record says that it has ended, and which has no entity. That it is taken may be held back, so
/// that one which is not what was recorded is denied first.
fn left_over(seen: &Seen, role: &ListedRole, grant: &GrantId, look: Option<&Look>) -> Case {
    let Some(look) = look else { return Case::Look };
    if look.is_powerless(&seen.account) {
        return revoke(Reason::RecordedAsOver);
    }
    let tampered = |what: String| {
        let what = format!("its record says that it has ended, and {what}");
        Case::TamperedAndOver(what, Reason::RecordedAsOver)
    };
    if let Some(difference) = difference(seen, grant, look).or_else(|| other_version(seen, grant)) {
        return tampered(difference);
    }
    if !has_recorded_trust(seen, role) || !has_recorded_policies(seen, role, look) {
        return tampered("its documents are not those of its record".to_owned());
    }
    if look.is_denied(&seen.account) && !is_late_in_a_part(seen, role) {
        return revoke(Reason::RecordedAsOver);
    }
    match seen.verdicts.get(&role.name) {
        None if !seen.unanswered.contains_key(&Question::Run(role.name.clone())) => Case::Run,
        Some(Verdict::Unvouched(why) | Verdict::Beyond(why)) => tampered(why.clone()),
        _ => revoke(Reason::RecordedAsOver),
    }
}

/// A role of ours with its entity, whose time is not over.
fn live(seen: &Seen, role: &ListedRole, grant: &GrantId, entity: &EntitySeen, look: Option<&Look>) -> Case {
    let has_left = !seen.inactive_requesters(&role.name).is_empty();
    let cannot_be_asked = |question: Question| seen.unanswered.contains_key(&question);
    match standing(seen, role, grant, entity, look) {
        Case::Look if has_left && cannot_be_asked(Question::Role(role.name.clone())) => {
            revoke(Reason::RequesterInactive)
        }
        Case::Run if has_left && cannot_be_asked(Question::Run(role.name.clone())) => revoke(Reason::RequesterInactive),
        // That it is taken may be held back, so that one which is no grant is denied before.
        Case::Tampered(what) if has_left => Case::TamperedAndOver(what, Reason::RequesterInactive),
        found @ (Case::Look | Case::Run) => found,
        _ if has_left => revoke(Reason::RequesterInactive),
        Case::Fine if look.is_some_and(|look| look.attached.is_empty()) => Case::Young(EMPTY),
        other => other,
    }
}

/// What a role of ours with its entity is, whoever its requester may be.
fn standing(seen: &Seen, role: &ListedRole, grant: &GrantId, entity: &EntitySeen, look: Option<&Look>) -> Case {
    let is_looked_at = seen.close.contains(&role.name)
        || is_odd(seen, role)
        || grant.is_break_glass()
        || !seen.inactive_requesters(&role.name).is_empty();
    let Some(look) = look else {
        return if is_looked_at { Case::Look } else { unmarked(entity) };
    };
    if let Some(difference) = difference(seen, grant, look) {
        return Case::Tampered(difference);
    }
    let record = seen.records.get(&role.name);
    let (same_trust, same_policies) = (has_recorded_trust(seen, role), has_recorded_policies(seen, role, look));
    if is_cut_off(seen, role, grant, look, (same_trust, same_policies)) {
        return revoke(cut_off(seen, role));
    }
    if let Some(what) = other_version(seen, grant) {
        return Case::Tampered(what);
    }
    match seen.verdicts.get(&role.name) {
        // Entity and record are of Port's catalog, which others write too: whoever looks closely asks the run, or the
        // tags.
        None if same_trust && same_policies && is_looked_at => Case::Run,
        Some(Verdict::Unvouched(why) | Verdict::Beyond(why)) if same_trust && same_policies => {
            Case::Tampered(format!("it is as its record says, and {why}"))
        }
        // The rules, the catalog or this program may have changed since it was made, which takes nothing from anybody.
        // The attempt that made it would have undone it, had AWS answered.
        Some(Verdict::RunOver(_)) if same_trust && same_policies => revoke(Reason::RunFailed),
        Some(Verdict::Differs(why)) if same_trust && same_policies => {
            Case::Doubtful(format!("it is as its record says, and {why}"))
        }
        Some(Verdict::OtherRules(why) | Verdict::Incomplete(why)) if same_trust && same_policies => {
            Case::OtherRules(format!("it is as its record says and goes no further than its request, and {why}"))
        }
        _ if same_trust && same_policies => unmarked(entity),
        // What is there is as it must be, and the rest a revocation has taken away.
        Some(Verdict::Incomplete(_)) if same_trust && is_denied_or_emptied(seen, role, look) => {
            revoke(cut_off(seen, role))
        }
        // It can do nothing yet; whoever makes it live compares every part before.
        _ if same_trust && look.attached.is_empty() && !has_late_policy(seen, role) => unmarked(entity),
        // A break-glass grant has no run that could vouch for it; its record is all there is.
        None if grant.is_break_glass() => Case::Tampered("its documents are not those of its record".to_owned()),
        None => Case::Run,
        Some(Verdict::Equal) if look.is_denied(&seen.account) || is_emptied(seen, role, look) => {
            revoke(cut_off(seen, role))
        }
        Some(Verdict::Equal) if record.is_none() => {
            Case::Do(Action::RecordAgain, "its record is missing, and its run vouches for it")
        }
        Some(Verdict::Equal) => unmarked(entity),
        Some(verdict) => Case::Tampered(format!("its documents are not those of its record, and {}", verdict.why())),
    }
}

/// Of what is beyond the rules of today alone, which may have been others when it was made, its run tells; of a grant without
/// Port there is none.
fn is_longer_than_any_grant(seen: &Seen, role: &ListedRole, end: Timestamp) -> bool {
    if GrantId::parse(&role.name).is_ok_and(|grant| grant.is_break_glass()) {
        return is_longer_than_any_rule(seen, role);
    }
    let longest = SignedDuration::from_secs(GrantDuration::LONGEST.seconds());
    role.created + longest + CLOCKS_APART < end
}

/// Returns whether AWS alone, whatever Port knows, tells that a role of the name of a grant is none of ours: it has no
/// end, or one later than any rule can allow, or something about it is not as we make it.
pub(super) fn is_none_of_ours_by_aws_alone(seen: &Seen, role: &ListedRole) -> bool {
    let is_endless = role.end.is_none_or(|end| is_longer_than_any_grant(seen, role, end));
    let differs = || Some(difference(seen, &seen.grant_of(role)?, seen.looks.get(&role.arn)?).is_some());
    is_endless || differs().unwrap_or_default()
}

/// Returns whether a revocation, or a grant, was cut off half-way: it is ours in every part, and denied or empty.
fn is_cut_off(
    seen: &Seen,
    role: &ListedRole,
    grant: &GrantId,
    look: &Look,
    (same_trust, same_policies): (bool, bool),
) -> bool {
    // Whoever has widened it can deny and empty it as well; where a sweep did, the record tells of it.
    let is_changed = is_late_in_a_part(seen, role) || other_version(seen, grant).is_some();
    if is_changed && !seen.is_told_tampered_with(&role.name) {
        return false;
    }
    if look.is_denied(&seen.account) {
        return same_trust && (same_policies || look.is_powerless(&seen.account));
    }
    same_trust && is_emptied(seen, role, look)
}

/// Returns whether nothing is attached any more, or was in the time that a grant may take.
fn is_emptied(seen: &Seen, role: &ListedRole, look: &Look) -> bool {
    look.attached.is_empty() && is_past_grace(role.created, seen.now)
}

/// Returns whether it can do nothing, and not because it is just being made.
fn is_denied_or_emptied(seen: &Seen, role: &ListedRole, look: &Look) -> bool {
    look.is_powerless(&seen.account) && (look.is_denied(&seen.account) || is_emptied(seen, role, look))
}

fn unmarked(entity: &EntitySeen) -> Case {
    if entity.state == Some(GrantState::Missing) {
        return Case::Do(Action::UnmarkMissing, "its role is there again");
    }
    Case::Fine
}
