//! What was granted in a time, to whom, on what and for how long; what was not, and why; and what of it nobody used.
//!
//! Values in, a report as data out: what was seen is gathered by the engine, and shown by the command.

mod breakdown;
mod compose;
mod csv;
mod json;
mod markdown;
mod runs;
mod standing;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod usage;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use breakdown::{Breakdown, Share, Totals};
pub use compose::compose;
pub use csv::csv;
pub use json::json;
pub use markdown::markdown;
pub use runs::{AskedRun, NotGranted, OpenRun, Outcome};
pub use text::{nothing_overdue, text};
pub use timeline::{Bar, Lane, Timeline};
pub use usage::{SERVICES_LATE, TRAIL_KEEPS, TRAIL_LATE, TrailSeen, Usage, UsageSeen, reasons_of_unknown};

use super::catalog::Run;
use super::overview::{OverviewSeen, State};
use super::record_history::{DeletedRecord, EditedRecord, RecordHistory};

/// The time that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its beginning: what had ended before is left out.
    pub since: Timestamp,
    /// Now, and its end.
    pub now: Timestamp,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct ReportSeen {
    /// The grants, as Port and AWS tell them.
    pub overview: OverviewSeen,
    /// The runs of the actions, or why they could not be read.
    pub runs: Result<RunsSeen, String>,
    /// Permanent records that were deleted or changed, or why nobody can tell.
    pub history: Result<RecordHistory, String>,
    /// What AWS tells of the use of a grant, by its name.
    pub usage: BTreeMap<String, UsageSeen>,
    /// Systems and accounts that were not looked at, each a sentence.
    pub not_looked_at: Vec<String>,
    /// The accounts that were to be looked at and could not be reached.
    pub unreached: Vec<String>,
}

/// The runs of the actions of an installation.
#[derive(Clone, Debug, Default)]
pub struct RunsSeen {
    /// The runs that did not end well, newest first.
    pub runs: Vec<RunSeen>,
    /// The runs that are not over, newest first.
    pub open: Vec<RunSeen>,
    /// What is missing of them, each a sentence.
    pub gaps: Vec<String>,
}

/// A run that did not end well, or is not over.
#[derive(Clone, Debug)]
pub struct RunSeen {
    /// The run.
    pub run: Run,
    /// E-mail of whoever started it, where Port tells.
    pub asked_by: Option<String>,
    /// The messages of its log; none where it was not read.
    pub log: Option<Vec<String>>,
    /// Who declined it, or why that could not be read.
    pub declined: Result<Vec<Declined>, String>,
}

/// Somebody who could have approved a run and said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// Who: the e-mail where Port tells it, else Port's id.
    pub by: String,
    /// Why, in that person's words.
    pub why: Option<String>,
}

/// A report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The time that it is about.
    pub period: Period,
    /// Grants that can be used although their time is over. There must be none.
    pub overdue: Vec<Overdue>,
    /// Roles that are left over: their time is over, they are there with their policies, and AWS lets nobody in.
    pub left_over: Vec<Overdue>,
    /// Whether AWS was looked at, which alone tells whether a grant is live.
    pub aws_was_looked_at: bool,
    /// The accounts of AWS that were looked at.
    pub accounts: Vec<String>,
    /// The accounts that a grant names, or that could not be reached, and that were not looked at.
    pub accounts_not_looked_at: Vec<String>,
    /// All grants that were live in the period, newest first.
    pub grants: Vec<ReportGrant>,
    /// What was asked for and not granted, newest first.
    pub not_granted: Vec<NotGranted>,
    /// What was asked for and is not over, whenever that was, newest first.
    pub open: Vec<OpenRun>,
    /// The whole in numbers.
    pub totals: Totals,
    /// By requester, by resource, by action.
    pub breakdowns: [Breakdown; 3],
    /// The grants over the period.
    pub timeline: Timeline,
    /// Permanent records that were deleted in the period.
    pub deleted: Vec<DeletedRecord>,
    /// Permanent records that somebody edited in the period, oldest first.
    pub edited: Vec<EditedRecord>,
    /// What this report cannot know, each a sentence.
    pub gaps: Vec<String>,
}

impl Report {
    /// Returns the exit code: 1 when a grant is live past its end, and when a permanent record was deleted or edited.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.overdue.is_empty() || !self.deleted.is_empty() || !self.edited.is_empty())
    }

    /// Returns whether every account that a grant names was looked at.
    pub fn every_account_was_looked_at(&self) -> bool {
        self.aws_was_looked_at && self.accounts_not_looked_at.is_empty()
    }

    /// Returns what nobody may overlook who has a document in hand and no eye for it, each a sentence.
    pub fn warnings(&self) -> Vec<String> {
        let overdue = self.overdue.iter().map(|it| format!("{} is live past its end: {}", it.grant, it.why));
        let deleted = self.deleted.iter().map(|it| format!("the permanent record {} was deleted", it.grant));
        let edited =
            self.edited.iter().map(|it| format!("the permanent record {} was edited: {}", it.grant, it.told()));
        overdue.chain(deleted).chain(edited).chain(self.gaps.iter().cloned()).collect()
    }
}

/// A grant whose role stands although its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// The grant.
    pub grant: String,
    /// Who has it.
    pub requester: Option<String>,
    /// On what.
    pub resources: Vec<String>,
    /// When its time was over; none where nothing tells.
    pub until: Option<Timestamp>,
    /// What says so, a sentence.
    pub why: String,
}

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

/// Returns a length of time for people: `3d 4h`, `1h 30m`, `40m`, `20s`.
pub fn length(seconds: i64) -> String {
    const UNITS: [(i64, char); 4] = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let Some(first) = UNITS.iter().position(|(unit, _)| seconds >= *unit) else { return "0s".to_owned() };
    // Two units say enough, and seconds only where there is nothing else.
    let mut left = seconds;
    let shown = UNITS[first..].iter().take(if first < 2 { 2 } else { 1 }).filter_map(|(unit, name)| {
        let count = left / unit;
        left %= unit;
        (count > 0).then(|| format!("{count}{name}"))
    });
    shown.collect::<Vec<_>>().join(" ")
}
