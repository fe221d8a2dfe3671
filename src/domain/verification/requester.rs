//! Who started a run.

use super::START_IN_PORT;
use crate::domain::catalog::{Run, User};
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::request::Dispatch;

const REMEDY: &str = "ask an administrator of Port to check the user";

/// Checks that the run was started by whom the dispatch names, who may have left since.
///
/// # Errors
///
/// Refuses an unknown requester, and one who did not start the run.
pub fn verify_starter<'a>(dispatch: &Dispatch, run: &Run, user: Option<&'a User>) -> Result<&'a User, Refusal> {
    let Some(email) = dispatch.requester.as_deref() else {
        let reason = "the dispatch names nobody who asks";
        return Err(Refusal::new(RefusalCode::UnknownRequester, "requester", reason, "run the action as a person"));
    };
    let Some(user) = user else {
        let reason = format!("{} is no user of this Port organisation", quoted(email));
        return Err(Refusal::new(RefusalCode::UnknownRequester, "requester", reason, REMEDY));
    };
    if !user.has_email(email) || !is_started_by(run, user) {
        let reason = format!("{} did not start this run", quoted(email));
        return Err(Refusal::new(RefusalCode::OtherRequester, "requester", reason, START_IN_PORT));
    }
    Ok(user)
}

/// Checks that the run was started by the active human whom the dispatch names.
///
/// # Errors
///
/// Refuses an unknown, inactive or non-human requester, and one who did not start the run.
pub fn verify_requester<'a>(dispatch: &Dispatch, run: &Run, user: Option<&'a User>) -> Result<&'a User, Refusal> {
    let user = verify_starter(dispatch, run, user)?;
    let email = dispatch.requester.as_deref().unwrap_or_default();
    if let Some(kind) = user.other_kind() {
        let reason =
            format!("{} is a user of the kind {}, which is not known to be a person", quoted(email), quoted(kind));
        let remedy = "ask as a person, whom Port tells as STANDARD; where this kind is people's too, add it to `kinds-of-people` of the rules file";
        return Err(Refusal::new(RefusalCode::InactiveRequester, "requester", reason, remedy));
    }
    if !user.is_active_human() {
        let reason = format!("{} is not an active person in Port", quoted(email));
        return Err(Refusal::new(RefusalCode::InactiveRequester, "requester", reason, REMEDY));
    }
    Ok(user)
}

/// Returns whether this person started the run.
pub fn is_started_by(run: &Run, user: &User) -> bool {
    run.created_by.as_deref().is_some_and(|by| by == user.id || user.has_email(by))
}
