//! What a report is made from.

use std::collections::BTreeMap;

use super::UsageSeen;
use crate::domain::catalog::Run;
use crate::domain::overview::OverviewSeen;
use crate::domain::record_history::RecordHistory;

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
