//! The dashboard in Port. Its calls are not all documented, and no right to them is promised: what Port refuses of it is
//! told, and keeps nothing else from being set up.

use super::apply::Done;
use super::{Observation, Setup};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::setup::{Finding, PAGE_PENDING, PageChoice, PageSeen, Severity, System, Thing, Wanted};
use crate::failure::Failure;

impl Setup<'_> {
    /// Looks at the dashboard, unless nobody wants one.
    pub(super) async fn page(&self) -> Result<PageSeen, ApiError> {
        if !self.found.looks_at.contains(System::Port) || self.asked.page == PageChoice::Unwanted {
            return Ok(PageSeen::Absent);
        }
        seen(self.port.page(&self.names.dashboard).await)
    }
}

/// Returns what an answer tells of the page.
///
/// # Errors
///
/// Fails where Port cannot be asked at all.
pub(in crate::engine) fn seen(answer: Result<Option<serde_json::Value>, ApiError>) -> Result<PageSeen, ApiError> {
    match answer {
        Ok(Some(page)) => Ok(PageSeen::Present(page)),
        Ok(None) => Ok(PageSeen::Absent),
        Err(error) if is_refusal(&error) => Ok(PageSeen::Hidden(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Returns what is said at the end of a page of a first set-up that Port did not tell of: nobody asks for it again.
pub(super) fn untold(observation: &Observation) -> Option<Finding> {
    let PageSeen::Hidden(reason) = &observation.seen.page else { return None };
    let wanted = &observation.wanted;
    let is_planned = observation.plan.steps.iter().any(|step| matches!(step.subject.thing, Thing::Page(_)));
    (is_planned && wanted.page_choice == PageChoice::AsItIs).then(|| left_out(wanted, reason))
}

fn left_out(wanted: &Wanted, reason: &str) -> Finding {
    Finding::new(
        Severity::Warning,
        PAGE_PENDING,
        format!("the page {} is left out, and everything works without it: {reason}", wanted.names.dashboard),
        "port-iam init --page, with the credentials of a Port administrator, tries it again; `port-iam init --no-page` does without it",
    )
}

/// Returns what became of a page that was written.
pub(super) fn written(answer: Result<(), ApiError>, wanted: &Wanted) -> Result<Done, Failure> {
    match answer {
        Ok(()) => Ok(Done::Yes),
        Err(error) if is_refusal(&error) => Ok(Done::Pending(left_out(wanted, &error.to_string()))),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether Port refused just this, be it for want of a right or since it takes another form today.
fn is_refusal(error: &ApiError) -> bool {
    matches!(
        error.kind,
        ApiErrorKind::Forbidden
            | ApiErrorKind::NotFound
            | ApiErrorKind::Invalid
            | ApiErrorKind::LimitExceeded
            | ApiErrorKind::Undecodable
    )
}
