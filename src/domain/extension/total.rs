//! From when the time of a grant and its extensions is counted together.

use jiff::{SignedDuration, Timestamp};

use super::lineage::Lineage;
use crate::domain::catalog::Entity;
use crate::domain::duration::GrantDuration;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::request::RequestForm;

/// Returns when the first grant of a chain began.
///
/// Port's run tells the bounds: it was started before, and ended after. Within them the record decides, which says when
/// access began and when it was to end. Whoever may edit the record gains nothing beyond the end of the run, and what
/// it does not tell counts against the requester.
///
/// # Errors
///
/// Refuses a first run that does not say when it was made.
pub(super) fn began(lineage: &Lineage<'_>, form: &RequestForm, record: Option<&Entity>) -> Result<Timestamp, Refusal> {
    let run = lineage.first;
    let Some(created) = run.created_at else {
        return Err(Refusal::new(
            RefusalCode::WrongShape,
            "entity",
            "its first run does not say when it was made",
            super::ASK_ANEW,
        ));
    };
    let moment = |name: &str| record.and_then(|record| record.text(name)?.parse::<Timestamp>().ok());
    let (Some(from), Some(until), Some(ended)) = (moment("granted_from"), moment("granted_until"), run.ended_at) else {
        return Ok(created);
    };
    let duration = GrantDuration::of_form(form.duration.as_deref())?;
    // A repeated workflow writes a later beginning and keeps the end.
    let by_end = until.checked_sub(SignedDuration::from_secs(duration.seconds())).unwrap_or(created);
    Ok(from.min(by_end).min(ended).max(created))
}
