//! What a sweep does and tells: steps in the order in which they are safe, and findings for people.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::GRACE;
use crate::domain::time::utc;

/// What is done. In the order in which steps are safe; sorting a plan relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Attach AWS's `AWSDenyAll` to the role.
    Deny(Denial),
    /// Take the grant away, as `revoke` does.
    Revoke(Reason),
    /// Put the grant on record again.
    RecordAgain,
    /// Put a grant on record that was made without Port, and ask for its review.
    BackFill,
    /// Note on the entity that its role is missing.
    MarkMissing,
    /// Take that note away: the role is there again.
    UnmarkMissing,
    /// Delete the entity and complete the record.
    RemoveEntity,
    /// Delete a policy that belongs to no role.
    RemovePolicy,
}

/// What becomes of everything else on a role that is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// It is taken off: the role is ours and is not what we make, and whoever takes the denial off again gains nothing.
    ForGood,
    /// It stays: the role is somebody else's, whose owner can go on from there.
    Alone,
}

/// Why a grant is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Its time is over.
    Expired,
    /// An earlier revocation was not finished.
    Unfinished,
    /// A sweep had denied it, since it was not as we make it.
    Denied,
    /// The record says that it ended.
    RecordedAsOver,
    /// Its requester is no longer active in Port.
    RequesterInactive,
    /// Its run has ended as failed, and what it made was not undone.
    RunFailed,
    /// It was never put on record, and can do nothing.
    NeverUsed,
    /// It has a record and no entity, and can do nothing.
    Unlisted,
}

impl Reason {
    /// Returns whether it is taken because it can do nothing.
    pub fn is_of_the_powerless(self) -> bool {
        matches!(self, Self::NeverUsed | Self::Unlisted | Self::Unfinished)
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Name of the role, identifier of the entity or ARN of the policy.
    pub subject: String,
    /// Why, a sentence.
    pub why: String,
}

/// What kind of thing people have to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// It is of this installation and not as this installation makes it.
    Tampered,
    /// It lies under our path and is of no installation, or of one that the rules file does not list; or it has the name of
    /// a grant and lies under another path.
    Foreign,
    /// It is in the catalog and cannot be explained.
    Unexplained,
    /// It could not be judged, or what is known of it contradicts itself; nothing was done about it.
    Doubtful,
    /// It is as its record says and goes no further than what was asked for; the rules of today would not make it so.
    OtherRules,
    /// It was granted without Port and waits for somebody to review it.
    ReviewDue,
}

/// Something that people have to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What kind.
    pub kind: FindingKind,
    /// What it is about: an ARN, or an entity's identifier.
    pub subject: String,
    /// What is wrong, a sentence.
    pub what: String,
}

/// Something that looks left over and may only be in the making.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// What it is about: an ARN, or an entity's identifier.
    pub subject: String,
    /// Why it is left alone for now, a sentence.
    pub why: &'static str,
    /// When its time is over.
    pub until: Option<Timestamp>,
}

/// Something that is left to another installation, which the rules file lists: that one's own sweep judges it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// Its ARN.
    pub subject: String,
    /// The installation that its tag names, one of the rules file.
    pub installation: String,
}

/// What has to be known before the rest can be judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// A role by name, with everything that hangs on it.
    Role(String),
    /// A policy by name, with its tags.
    Policy(String),
    /// Whom a policy is attached to, by its name: the list of policies tells how many, as of another moment than the rest.
    Holders(String),
    /// Whether the role of this name is what the compiler makes of its verified run, or, where it was granted without
    /// Port, of what its tags tell.
    Run(String),
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order of execution.
    pub steps: Vec<Step>,
    /// For people.
    pub findings: Vec<Finding>,
    /// What looks left over and may only be in the making: it has an hour, and a later sweep takes it.
    pub waiting: Vec<Waiting>,
    /// What is another installation's by its tag.
    pub left: Vec<Left>,
    /// What is not known yet.
    pub questions: BTreeSet<Question>,
    /// Why some of the steps are not to be done without a person's word.
    pub stop: Option<String>,
    /// Those steps.
    pub held: Vec<Step>,
}

impl Plan {
    pub(super) fn step(&mut self, action: Action, subject: &str, why: impl Into<String>) {
        self.steps.push(Step { action, subject: subject.to_owned(), why: why.into() });
    }

    pub(super) fn find(&mut self, kind: FindingKind, subject: &str, what: impl Into<String>) {
        self.findings.push(Finding { kind, subject: subject.to_owned(), what: what.into() });
    }

    /// Adds what was found only when a role was taken away.
    pub fn find_late(&mut self, subject: &str, what: &str) {
        if self.findings.iter().all(|known| known.kind != FindingKind::Tampered || known.subject != subject) {
            self.find(FindingKind::Tampered, subject, format!("when it was taken away: {what}"));
            self.findings.sort();
        }
    }

    /// Adds a role that bears the name of a grant and does not lie where its own does.
    pub fn find_namesake(&mut self, arn: &str, grant: &str) {
        if self.findings.iter().all(|known| known.kind != FindingKind::Foreign || known.subject != arn) {
            let what = format!("it bears the name of {grant}, does not lie where its role does, and was not touched");
            self.find(FindingKind::Foreign, arn, what);
            self.findings.sort();
        }
    }

    pub(super) fn wait(&mut self, subject: &str, why: &'static str, since: Timestamp) {
        let until = since.checked_add(GRACE).ok();
        self.waiting.push(Waiting { subject: subject.to_owned(), why, until });
    }

    pub(super) fn leave(&mut self, subject: &str, installation: &str) {
        self.left.push(Left { subject: subject.to_owned(), installation: installation.to_owned() });
    }

    pub(super) fn ask(&mut self, question: Question) {
        self.questions.insert(question);
    }

    /// What stops power comes first, what only tidies up comes last.
    pub(super) fn in_order(&mut self) {
        self.steps.sort();
        self.findings.sort();
        self.waiting.sort();
        self.left.sort();
    }

    /// Returns whether a person has to look at something.
    pub fn has_grave_findings(&self) -> bool {
        let is_told_only = |kind| [FindingKind::OtherRules, FindingKind::ReviewDue].contains(&kind);
        self.findings.iter().any(|finding| !is_told_only(finding.kind))
    }

    /// Returns the plan for machines.
    pub fn to_json(&self) -> Value {
        let step = |step: &Step| json!({ "action": step.action.name(), "subject": step.subject, "reason": step.why });
        let waiting = |it: &Waiting| json!({ "subject": it.subject, "reason": it.why, "until": it.until.map(utc) });
        let finding = |it: &Finding| json!({ "kind": it.kind.name(), "subject": it.subject, "what": it.what });
        let left = |it: &Left| json!({ "subject": it.subject, "installation": it.installation });
        json!({
            "left": self.left.iter().map(left).collect::<Vec<_>>(),
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
            "waiting": self.waiting.iter().map(waiting).collect::<Vec<_>>(),
            "stopped": self.stop,
            "held": self.held.iter().map(step).collect::<Vec<_>>(),
        })
    }
}

impl Action {
    /// Returns the action's name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny(_) => "deny",
            Self::Revoke(_) => "revoke",
            Self::RecordAgain => "record-again",
            Self::BackFill => "back-fill",
            Self::MarkMissing => "mark-missing",
            Self::UnmarkMissing => "unmark-missing",
            Self::RemoveEntity => "remove-entity",
            Self::RemovePolicy => "remove-policy",
        }
    }
}

impl Reason {
    /// Returns why, a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Expired => "its time is over",
            Self::Unfinished => "an earlier revocation was not finished",
            Self::Denied => "a sweep had found it tampered with, and denied it",
            Self::RecordedAsOver => "its record says that it has ended",
            Self::RunFailed => "its run has ended as failed, and what it made was not undone",
            Self::RequesterInactive => "its requester is no longer active in Port",
            Self::NeverUsed => "it was never put on record, and can do nothing",
            Self::Unlisted => "Port has a record of it and no entity, and it can do nothing",
        }
    }
}

impl FindingKind {
    /// Returns the kind's name, for machines and people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tampered => "tampered",
            Self::Foreign => "foreign",
            Self::Unexplained => "unexplained",
            Self::Doubtful => "doubtful",
            Self::OtherRules => "other-rules",
            Self::ReviewDue => "review-due",
        }
    }

    /// Returns what people can do about it, a sentence.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Tampered => {
                "look at CloudTrail for who made or changed it, take away what is left with `port-iam revoke GRANT \
                 --direct`, then set `review_due` of its permanent record to false"
            }
            Self::Foreign => {
                "list the other installation under `other-installations` of the rules file, or deny it with --deny-foreign; \
                 of one that is not under our path see CloudTrail for who made it"
            }
            Self::Unexplained => "look at it in Port, and delete it there if nobody needs it",
            Self::Doubtful => {
                "compare it with its run in Port and with the rules file; if nothing explains it, take it away with `port-iam \
                 revoke GRANT --direct`"
            }
            Self::OtherRules => {
                "nothing has to be done: it ends on time; if it should not, take it away with `port-iam revoke GRANT`"
            }
            Self::ReviewDue => "review it in Port, where its permanent record says what was granted",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.action.name(), self.subject, self.why)
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.subject, self.why)?;
        self.until.map_or(Ok(()), |until| write!(formatter, "; left alone until {}", utc(until)))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.kind.name(), self.subject, self.what)
    }
}
