//! How old a request may be, and what may have been made for it.

use jiff::Timestamp;

use super::START_IN_PORT;
use crate::domain::catalog::Run;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::time::{CLOCKS_APART, utc};

/// How old a request may be: what was approved yesterday may not be wanted today.
const OLDEST_HOURS: i64 = 24;
/// How old a request may be, however late its approval.
const OLDEST_DAYS: i64 = 30;

/// Checks that the request is not older than a day, and not of the future. One that waited for approval is as old as
/// the approval, which is the last change before it could start; but whoever made the run can touch it while it is in
/// progress, so no approval counts for a request of more than 30 days.
///
/// # Errors
///
/// Refuses an older one, one of the future, and one whose age Port does not tell.
pub fn verify_age(run: &Run, is_approved: bool, now: Timestamp) -> Result<(), Refusal> {
    let since = if is_approved { run.updated_at.or(run.created_at) } else { run.created_at };
    let Some((since, created)) = since.zip(run.created_at) else {
        return Err(Refusal::new(RefusalCode::WrongShape, "runId", "does not say when it was made", START_IN_PORT));
    };
    if now.as_second() - created.as_second() > OLDEST_DAYS * 24 * 3_600 {
        let reason = format!("the request was made more than {OLDEST_DAYS} days ago");
        return Err(Refusal::new(RefusalCode::TooOld, "runId", reason, START_IN_PORT));
    }
    if now.as_second() - since.as_second() > OLDEST_HOURS * 3_600 {
        let reason = format!("the request is older than {OLDEST_HOURS} hours");
        return Err(Refusal::new(RefusalCode::TooOld, "runId", reason, START_IN_PORT));
    }
    // Of both: a request that was made in the future would never be 30 days old.
    let latest = since.max(created);
    // It would stay young for too long.
    if latest.as_second() - now.as_second() > CLOCKS_APART.as_secs() {
        let reason = format!("the request is of {latest}, which is still to come");
        return Err(Refusal::new(RefusalCode::OfTheFuture, "runId", reason, START_IN_PORT));
    }
    Ok(())
}

/// Checks that a role which was made at `made` is no later copy of what the run once made, or left behind.
///
/// # Errors
///
/// Refuses a run that had ended by then, well or not, and one that has and does not say when.
pub fn verify_made_before_its_end(run: &Run, made: Timestamp) -> Result<(), Refusal> {
    if run.is_open() {
        return Ok(());
    }
    let ended = run.ended_at.or(run.updated_at);
    if ended.is_some_and(|ended| made.as_second() - ended.as_second() <= CLOCKS_APART.as_secs()) {
        return Ok(());
    }
    let reason = match ended {
        Some(ended) => format!("the run had ended at {}, before this was made", utc(ended)),
        None => "the run has ended and does not say when".to_owned(),
    };
    Err(Refusal::new(RefusalCode::MadeAfterItsRun, "runId", reason, "look at CloudTrail for who made it"))
}
