//! The reference: who may do what until when, from what people did in Port and from the rules. Pure, and without a
//! word from the program: what it is told of Port are facts such as the status of a run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::access::{Probe, name_of};
use super::ground::{Approval, Colleague, Developer, Setting, Span, Wanted, may_approve, rules_allow};
use super::operation::{Ask, RoleEdit};

/// A request is good for so long.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// Everything that decides.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) setting: Setting,
    pub(super) requests: Vec<Request>,
    /// People who have left.
    pub(super) left: BTreeSet<Developer>,
    /// Resources that the catalog says are of another type.
    pub(super) retyped: BTreeMap<Wanted, &'static str>,
}

/// A request and what has become of it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) ask: Ask,
    /// The request whose grant it lets go on.
    pub(super) extends: Option<usize>,
    pub(super) run_id: String,
    pub(super) asked: Timestamp,
    /// Who approved, and when.
    pub(super) approved: Option<(Colleague, Timestamp)>,
    /// When it ends, once an attempt may have made it: the first attempt's end stands.
    pub(super) end: Option<Window>,
    /// Its workflow has run: what it tells Port of a failure is a change of the run, from which Port counts its age.
    pub(super) was_tried: bool,
    /// It was taken away: nothing brings it back.
    pub(super) is_revoked: bool,
    pub(super) by_hand: ByHand,
}

/// A moment that is known to lie between two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
}

/// What people with rights of their own did to a grant behind the program's back.
#[derive(Clone, Debug, Default)]
pub(super) struct ByHand {
    pub(super) role: BTreeSet<RoleEdit>,
    pub(super) is_entity_edited: bool,
    /// The role was more, or other, than was granted, whatever has become of it: that is told until somebody has looked.
    pub(super) was_widened: bool,
    /// The permanent record was changed or removed: what it told of an end or a beginning is lost.
    pub(super) is_record_edited: bool,
    /// No sweep has looked since its entity was removed.
    pub(super) is_entity_removed: bool,
}

impl ByHand {
    /// Returns whether the role is more, or other, than was granted.
    pub(super) fn is_widened(&self) -> bool {
        self.role.iter().any(|edit| !matches!(edit, RoleEdit::PolicyDetached | RoleEdit::Removed))
    }

    /// Returns whether the role does not end by itself any more.
    pub(super) fn is_endless(&self) -> bool {
        self.role.iter().any(|edit| matches!(edit, RoleEdit::TrustWithoutEnd | RoleEdit::TrustWithLaterEnd))
    }

    pub(super) fn is_untouched(&self) -> bool {
        self.role.is_empty() && !self.is_entity_edited && !self.is_entity_removed && !self.is_record_edited
    }
}

/// What a command is to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Done,
    Refused,
    /// The reference does not know all that decides.
    Either,
}

/// What Port and AWS show before a step.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// Status of the request's run.
    pub(super) run: String,
    pub(super) has_role: bool,
    /// Somebody's entity may say that all of it is granted already.
    pub(super) may_be_repeated: bool,
}

impl Request {
    pub(super) fn new(ask: Ask, run_id: String, asked: Timestamp, extends: Option<usize>) -> Self {
        Self {
            ask,
            extends,
            run_id,
            asked,
            approved: None,
            end: None,
            was_tried: false,
            is_revoked: false,
            by_hand: ByHand::default(),
        }
    }

    pub(super) fn grant(&self) -> String {
        format!("Permission-{}", self.run_id)
    }

    fn all_wanted(&self) -> Vec<Wanted> {
        std::iter::once(self.ask.wanted).chain(self.ask.further).collect()
    }

    /// Returns whether what was asked for includes this.
    pub(super) fn includes(&self, probe: &Probe) -> bool {
        let is_named = |deed: &super::ground::Deed| {
            deed.action() == probe.action
                && self.all_wanted().iter().any(|wanted| deed.reaches(*wanted, &probe.resource))
        };
        probe.owner == port_iam::sandbox::cast::AWS_ACCOUNT_ID && self.ask.deeds.iter().any(is_named)
    }

    /// Returns whether its time is certainly over.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end.latest <= now)
    }

    /// Returns whether its time is certainly not over.
    pub(super) fn is_running(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| now < end.earliest)
    }

    /// Notes an attempt that may have made it, between these moments.
    pub(super) fn attempted(&mut self, began: Timestamp, ended: Timestamp) {
        let second = SignedDuration::from_secs(1);
        let length = self.ask.span.length();
        // Ends have no fractions of a second, and neither has AWS's clock.
        let window = Window { earliest: began + length - second, latest: ended + length };
        let first = *self.end.get_or_insert(window);
        if self.by_hand.is_record_edited {
            // Where the role is gone too, nothing tells of the first attempt: this one counts from now.
            let (earliest, latest) = (first.earliest.min(window.earliest), first.latest.max(window.latest));
            self.end = Some(Window { earliest, latest });
        }
    }
}

impl Reference {
    pub(super) fn new(setting: Setting) -> Self {
        Self { setting, requests: Vec::new(), left: BTreeSet::new(), retyped: BTreeMap::new() }
    }

    pub(super) fn by_grant(&self, grant: &str) -> Option<usize> {
        self.requests.iter().position(|request| request.grant() == grant)
    }

    /// Returns the ARN of whoever asked, as AWS knows them.
    pub(super) fn requester(&self, request: &Request) -> String {
        name_of(request.ask.by, self.setting.trusted)
    }

    /// Returns whether the workflow of a request grants, when it runs now and nothing goes wrong.
    pub(super) fn expects_grant(&self, request: &Request, shown: &Shown, now: Timestamp) -> Expected {
        let all_wanted = request.all_wanted();
        let is_sound = rules_allow(request.ask.by, &all_wanted, &request.ask.deeds, request.ask.span)
            && all_wanted.iter().all(|wanted| !self.retyped.contains_key(wanted))
            && !self.left.contains(&request.ask.by)
            && (!request.is_revoked || request.by_hand.is_record_edited)
            && self.is_approved(request)
            && (!request.is_over(now) || request.by_hand.is_record_edited);
        let by_hand = &request.by_hand.role;
        // Whether an inline policy is looked for depends on how far the first attempt came.
        let shows = by_hand
            .iter()
            .any(|edit| !matches!(edit, RoleEdit::InlinePolicy | RoleEdit::PolicyDetached | RoleEdit::Removed));
        if !is_sound || (shown.has_role && shows) {
            return Expected::Refused;
        }
        match shown.run.as_str() {
            "IN_PROGRESS" if request.approved.is_some() && request.was_tried && self.is_old(request, now) => {
                Expected::Either
            }
            "IN_PROGRESS" if self.is_old(request, now) => Expected::Refused,
            // Only the record tells that it was taken away, or when an attempt began whose role is gone.
            "IN_PROGRESS" if request.by_hand.is_record_edited => Expected::Either,
            // An attempt that may have made it has been decided; what else speaks against it is not known here.
            "IN_PROGRESS"
                if request.extends.is_some_and(|old| request.end.is_none() && !self.may_extend(request, old, now)) =>
            {
                Expected::Refused
            }
            "IN_PROGRESS" if request.extends.is_some() => Expected::Either,
            "IN_PROGRESS" if request.end.is_some_and(|end| end.earliest <= now) => Expected::Either,
            "IN_PROGRESS" if shown.may_be_repeated || request.by_hand.role.contains(&RoleEdit::InlinePolicy) => {
                Expected::Either
            }
            "IN_PROGRESS" => Expected::Done,
            // Told once more that it is granted, or that it is not any more.
            "SUCCESS" => Expected::Either,
            _ => Expected::Refused,
        }
    }

    /// Returns whether somebody may let a grant go on: one's own, which was not taken away, and altogether no longer than
    /// the rules allow.
    fn may_extend(&self, request: &Request, extended: usize, now: Timestamp) -> bool {
        let old = &self.requests[extended];
        let mut first = old;
        while let Some(earlier) = first.extends {
            first = &self.requests[earlier];
        }
        let Some(end) = first.end else { return false };
        // The latest moment at which the first grant can have begun.
        let began = end.latest - first.ask.span.length();
        let hours = if request.ask.wanted == Wanted::Machine { 1 } else { Span::LONGEST_HOURS };
        let total = (now + request.ask.span.length()).duration_since(began);
        // Ends have no fractions of a second: within the first of them nothing of the time has passed.
        let longest = SignedDuration::from_hours(hours) + SignedDuration::from_secs(1);
        old.ask.by == request.ask.by && !old.is_revoked && total <= longest
    }

    /// Returns whether somebody may give a grant back.
    pub(super) fn may_return(&self, request: &Request, by: Colleague) -> bool {
        let may_approve = self.setting.approval == Approval::Demanded && by == Colleague::A(Developer::Max);
        let approved = request.approved.is_some_and(|(approver, _)| approver == by);
        by == Colleague::Ada || by == Colleague::A(request.ask.by) || may_approve || approved
    }

    fn is_approved(&self, request: &Request) -> bool {
        let has_left = |by: Colleague| matches!(by, Colleague::A(developer) if self.left.contains(&developer));
        match (self.setting.approval, request.approved) {
            (Approval::NotAsked, _) => true,
            (Approval::Demanded, None) => false,
            (Approval::Demanded, Some((by, _))) => may_approve(request.ask.by, by) && !has_left(by),
        }
    }

    /// Returns whether too much time has passed since it was asked for, or approved.
    fn is_old(&self, request: &Request, now: Timestamp) -> bool {
        let since = request.approved.map_or(request.asked, |(_, at)| at);
        now.duration_since(since) > OLDEST
    }
}
