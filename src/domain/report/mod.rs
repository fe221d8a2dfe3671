//! What was granted in a time, to whom, on what and for how long; what was not, and why; and what of it nobody used.
//!
//! Values in, a report as data out: what was seen is gathered by the engine, and shown by the command.

mod breakdown;
mod compose;
mod csv;
mod grant;
mod json;
mod length;
mod markdown;
mod runs;
mod seen;
mod standing;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod usage;

use jiff::Timestamp;

pub use breakdown::{Breakdown, Share, Totals};
pub use compose::compose;
pub use csv::csv;
pub use grant::{Course, ReportGrant};
pub use json::json;
pub use length::length;
pub use markdown::markdown;
pub use runs::{AskedRun, NotGranted, OpenRun, Outcome};
pub use seen::{Declined, ReportSeen, RunSeen, RunsSeen};
pub use text::{nothing_overdue, text};
pub use timeline::{Bar, Lane, Timeline};
pub use usage::{SERVICES_LATE, TRAIL_KEEPS, TRAIL_LATE, TrailSeen, Usage, UsageSeen, reasons_of_unknown};

use super::record_history::{DeletedRecord, EditedRecord};

/// The time that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its beginning: what had ended before is left out.
    pub since: Timestamp,
    /// Now, and its end.
    pub now: Timestamp,
}

/// A report.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessReport {
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

impl AccessReport {
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
