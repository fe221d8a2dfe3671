//! One grant of a report, and how it went.

use jiff::Timestamp;

use super::Usage;
use crate::domain::overview::State;

/// One grant of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportGrant {
    /// Its name.
    pub grant: String,
    /// Who asked for it.
    pub requester: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// ARNs of all resources, the one that was named first.
    pub resources: Vec<String>,
    /// The actions.
    pub actions: Vec<String>,
    /// The account.
    pub account: Option<String>,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// When it began.
    pub from: Option<Timestamp>,
    /// When its time ends or was to end.
    pub until: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Who or what ended it.
    pub ended_by: Option<String>,
    /// How it stands.
    pub state: State,
    /// In one word how it went.
    pub course: Course,
    /// The grant that it goes on from.
    pub extends: Option<String>,
    /// ARN of the AWS identity that made it without Port.
    pub break_glass_by: Option<String>,
    /// Whether somebody used it.
    pub usage: Usage,
    /// What is not as it should be, each a sentence.
    pub differences: Vec<String>,
}

impl ReportGrant {
    /// Returns for how many seconds it was asked.
    pub fn asked(&self) -> Option<i64> {
        seconds(self.from?, self.until?)
    }

    /// Returns how it went, in words, with who ended it where that was not its time.
    pub fn told_course(&self) -> String {
        match self.ended_by.as_ref().filter(|_| self.course == Course::EndedEarly) {
            Some(who) => format!("{} by {who}", self.course.told()),
            None => self.course.told().to_owned(),
        }
    }

    /// Returns its name, with what it goes on from and who made it without Port.
    pub fn told_name(&self) -> String {
        let extended = self.extends.as_ref().map(|extended| format!(", goes on from {extended}"));
        let without_port = self.break_glass_by.as_ref().map(|person| format!(", without Port by {person}"));
        format!("{}{}{}", self.grant, extended.unwrap_or_default(), without_port.unwrap_or_default())
    }

    /// Returns whether it can be used now.
    pub fn can_be_used(&self, now: Timestamp) -> bool {
        matches!(self.course, Course::Live | Course::Overdue) && self.usable_until(now) == now
    }

    /// Returns until when somebody could use it, which is never later than now.
    pub fn usable_until(&self, now: Timestamp) -> Timestamp {
        let end = match self.course {
            Course::Live => None,
            Course::Overdue => self.ended,
            _ => self.ended.or(self.until),
        };
        end.unwrap_or(now).min(now)
    }

    /// Returns for how many seconds somebody had it, until `now` where it has not ended. AWS lets nobody in behind the end
    /// that its role carries, however long it takes until it is taken away; a role that lets people in behind the end of
    /// the grant they have had for longer than was asked.
    pub fn held(&self, now: Timestamp) -> Option<i64> {
        let end = match self.course {
            Course::Failed => return Some(0),
            Course::Overdue => self.ended.unwrap_or(now).min(now),
            _ => self.ended.into_iter().chain(self.until).chain([now]).min()?,
        };
        seconds(self.from?, end)
    }
}

fn seconds(from: Timestamp, until: Timestamp) -> Option<i64> {
    Some((until.as_second() - from.as_second()).max(0))
}

/// How a grant went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Course {
    /// Its time is over, and it can be used.
    Overdue,
    /// It can be used.
    Live,
    /// It ended at its time.
    Expired,
    /// It was given back or taken away before its time was over.
    EndedEarly,
    /// It was never usable.
    Failed,
    /// Its role is there and can do nothing: everything is denied to it, or no policy is attached.
    Powerless,
    /// Nothing tells.
    Unclear,
}

impl Course {
    /// Returns the word for people and machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "live-past-its-end",
            Self::Live => "live",
            Self::Expired => "expired",
            Self::EndedEarly => "ended-early",
            Self::Failed => "failed",
            Self::Powerless => "powerless",
            Self::Unclear => "unclear",
        }
    }

    /// Returns it in words.
    pub fn told(self) -> &'static str {
        match self {
            Self::Overdue => "live past its end",
            Self::Live => "live",
            Self::Expired => "expired",
            Self::EndedEarly => "ended early",
            Self::Failed => "failed",
            Self::Powerless => "can do nothing",
            Self::Unclear => "unclear",
        }
    }
}
