//! Gathers what a report is made of: the grants, the runs that came to nothing or are not over, and what AWS shows of
//! their use. Reads only; how much is asked is bounded, and what was not asked is told.

mod runs;
mod usage;

use futures_util::future::join3;
use jiff::Timestamp;

use super::overview::Looking;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::record_history::RecordHistory;
use crate::domain::report::{Period, ReportSeen};
use crate::failure::Failure;
use crate::world::World;

/// How many requests are under way at once.
const AT_ONCE: usize = 4;

/// What is asked, and of whom.
#[derive(Clone, Copy)]
pub struct Gathering<'a> {
    /// Port and AWS.
    pub looking: Looking<'a>,
    /// The surroundings.
    pub world: &'a World,
    /// The beginning of the period.
    pub since: Timestamp,
    /// Regions whose CloudTrail is asked; none for the usual ones.
    pub regions: &'a [String],
    /// Of how many grants, the newest, it is looked up whether they were used.
    pub most_looked_up: usize,
    /// Systems and accounts that are not looked at, each a sentence.
    pub not_looked_at: &'a [String],
    /// The accounts that were to be looked at and could not be reached.
    pub unreached: &'a [String],
    /// Told each step as it begins.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

impl Gathering<'_> {
    /// Gathers it. Its end is AWS's time, where AWS is looked at.
    ///
    /// # Errors
    ///
    /// Fails when the grants cannot be read. What else cannot be read is told in the result.
    pub async fn gather(&self) -> Result<(ReportSeen, Period), Failure> {
        (self.progress)("Reading the grants and the runs");
        let overview = Box::pin(self.looking.overview(true));
        let (overview, mut runs, history) = join3(overview, Box::pin(self.runs()), self.history()).await;
        let overview = overview?;
        if let (Ok(runs), Err(error)) = (&mut runs, &history)
            && error.kind == ApiErrorKind::Forbidden
        {
            let gap = "these credentials of Port are no administrator's: Port may keep other people's runs from them";
            runs.gaps.push(gap.to_owned());
        }
        let history = match self.looking.port {
            Some(_) => history.map_err(|error| error.to_string()),
            None => Err(PORT_NOT_LOOKED_AT.to_owned()),
        };
        let now = overview.aws.as_ref().map_or_else(|| self.world.now(), |aws| aws.now);
        let usage = Box::pin(self.usage(&overview, now)).await;
        let period = Period { since: self.since.min(now), now };
        let (not_looked_at, unreached) = (self.not_looked_at.to_vec(), self.unreached.to_vec());
        Ok((ReportSeen { overview, runs, history, usage, not_looked_at, unreached }, period))
    }

    /// Nothing without Port.
    async fn history(&self) -> Result<RecordHistory, ApiError> {
        match self.looking.port {
            Some(port) => port.record_history(&self.looking.names.permission_records, self.since).await,
            None => Ok(RecordHistory::default()),
        }
    }
}

const PORT_NOT_LOOKED_AT: &str = "Port was not looked at";
