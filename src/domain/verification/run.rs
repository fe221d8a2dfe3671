//! Which run stands behind a dispatch, and how far it has come.

use super::START_IN_PORT;
use crate::domain::catalog::{Entity, Run};
use crate::domain::evidence::is_note;
use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::request::Dispatch;
use crate::domain::state::GrantState;

/// Which run has to be behind a dispatch.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedRun<'a> {
    /// Identifier of its action.
    pub action: &'a str,
    /// How far it has come.
    pub stage: RunStage,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStage {
    /// It still waits for its end, so that a grant may be made for it.
    Open,
    /// It may have ended well besides: a grant that is there is held against it, and none is made.
    OpenOrDone,
}

impl RunStage {
    fn verify(self, run: &Run) -> Result<(), Refusal> {
        if self == Self::OpenOrDone && (run.is_successful() || run.is_in_progress()) {
            return Ok(());
        }
        if !run.is_in_progress() {
            let reason = format!("the run is {} and not in progress", quoted(&run.status));
            return Err(Refusal::new(RefusalCode::RunOver, "runId", reason, START_IN_PORT));
        }
        // A status can lag behind; what has an end is not begun again.
        if run.has_ended {
            return Err(Refusal::new(RefusalCode::RunOver, "runId", "the run has an end already", START_IN_PORT));
        }
        Ok(())
    }
}

/// Checks that the run is the expected one and that nobody acted in another's name.
///
/// # Errors
///
/// Refuses a run that Port does not know, of another action, at another stage, or that is impersonated.
pub fn verify_run<'a>(
    dispatch: &Dispatch,
    run: Option<&'a Run>,
    expected: ExpectedRun<'_>,
) -> Result<&'a Run, Refusal> {
    let run = verify_run_at_any_stage(dispatch, run, expected.action)?;
    expected.stage.verify(run)?;
    Ok(run)
}

/// Checks that the run is the one of the dispatch, of this action, and that nobody acted in another's name.
///
/// # Errors
///
/// Refuses a run that Port does not know, of another action, or that is impersonated.
pub fn verify_run_at_any_stage<'a>(
    dispatch: &Dispatch,
    run: Option<&'a Run>,
    action: &str,
) -> Result<&'a Run, Refusal> {
    let Some(run) = run else {
        let reason = format!("Port knows no run {}", quoted(dispatch.run_id.as_str()));
        return Err(Refusal::new(RefusalCode::UnknownRun, "runId", reason, START_IN_PORT));
    };
    verify_is_asked_for(dispatch, run)?;
    if run.action != action {
        let reason = format!("the run belongs to the action {}, not to `{action}`", quoted(&run.action));
        return Err(Refusal::new(RefusalCode::OtherAction, "runId", reason, START_IN_PORT));
    }
    if run.impersonated_by.is_some() {
        let reason = "somebody ran the action in another person's name";
        return Err(Refusal::new(RefusalCode::Impersonated, "requester", reason, "ask in your own name"));
    }
    Ok(run)
}

/// Checks that the run is the one that the dispatch names.
///
/// # Errors
///
/// Refuses another one.
pub fn verify_is_asked_for(dispatch: &Dispatch, run: &Run) -> Result<(), Refusal> {
    if run.id == dispatch.run_id.as_str() {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::OtherRun, "runId", "Port answered with another run", START_IN_PORT))
}

/// Checks that the entity of the run is the one that the dispatch names.
///
/// # Errors
///
/// Refuses a difference, and a run without an entity.
pub fn verify_entity(dispatch: &Dispatch, run: &Run) -> Result<(), Refusal> {
    match run.entity.as_deref() {
        Some(entity) if entity == dispatch.entity => Ok(()),
        Some(entity) => {
            let reason = format!("the dispatch names {}, the run {}", quoted(&dispatch.entity), quoted(entity));
            Err(Refusal::new(RefusalCode::OtherEntity, "entity", reason, START_IN_PORT))
        }
        None => Err(Refusal::new(RefusalCode::OtherEntity, "entity", "the run has no entity", START_IN_PORT)),
    }
}

/// Checks that the run's grant was not taken away before: repeating an old workflow must not bring it back, even when
/// its run could not be ended in Port.
pub(super) fn verify_never_revoked(record: Option<&Entity>) -> Result<(), Refusal> {
    match record.and_then(|record| record.text("revoked_at")) {
        None => Ok(()),
        Some(at) => {
            let reason = format!("the grant of this run ended at {}", quoted(at));
            Err(Refusal::new(RefusalCode::Revoked, "runId", reason, START_IN_PORT))
        }
    }
}

/// Checks that no earlier attempt at the run has made its grant in another account: in one account the name of the role
/// keeps a run from having two grants, and here its record does. What an attempt has undone is begun anew.
///
/// # Errors
///
/// Refuses a record that names another account.
pub fn verify_same_account(record: Option<&Entity>, account: &AccountId) -> Result<(), Refusal> {
    let record = record.filter(|record| record.state() != Some(GrantState::GrantFailed) && !is_note(record));
    match record.and_then(|record| record.text("account")).filter(|recorded| *recorded != account.as_str()) {
        None => Ok(()),
        Some(recorded) => {
            let reason = format!("this run has had its grant in the account {}, not in {account}", quoted(recorded));
            Err(Refusal::new(RefusalCode::GrantedElsewhere, "account", reason, START_IN_PORT))
        }
    }
}
