//! Compiles the grant of an old run once more, to tell whether what is in AWS is what the run stands for.

use jiff::Timestamp;

use super::extend::first_asked;
use super::gravest::Held;
use super::look::{Hinted, Looked};
use super::{Place, granting_action, is_approved, verified};
use crate::domain::adoption::steps;
use crate::domain::arn::Arn;
use crate::domain::catalog::Run;
use crate::domain::duration::GrantDuration;
use crate::domain::extension::{Extended, Lineage, lacks_its_beginning};
use crate::domain::grant::Grant;
use crate::domain::iam::Observed;
use crate::domain::identifier::{ActionName, GrantId};
use crate::domain::names::Names;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::request::{Dispatch, RequestForm};
use crate::domain::verification::{
    RunStage, verify_age, verify_entity, verify_made_before_its_end, verify_run_at_any_stage, verify_starter,
};
use crate::domain::vouching::{
    Asked, goes_no_further, lets_nobody_else_in, lost_beginning, never_attempted, no_beginning, unreadable,
};
use crate::engine::{Engine, unknown_shape};
use crate::failure::Failure;

impl Engine<'_> {
    /// Returns the grant that the run would have been given at `then`, when its role was made. The end is the one that
    /// the role bears, unless that is later than the run's duration allows.
    ///
    /// # Errors
    ///
    /// Refuses a run that Port does not vouch for, that no rule allows, or that was over or too old at `then`, and a
    /// role that is something else; one that goes beyond what the run asked for by the code
    /// [`BeyondItsRequest`](RefusalCode::BeyondItsRequest).
    pub(in crate::engine) async fn compile_again(
        &self,
        place: Place,
        dispatch: &Dispatch,
        then: Timestamp,
    ) -> Result<Grant, Failure> {
        // An answer of an unknown shape is no form; one that nobody could have been granted is no hint of a grant either.
        let hinted = Hinted::of(dispatch).map_err(|refusal| match refusal.code {
            RefusalCode::WrongShape => unknown_shape(refusal),
            _ => unreadable(&refusal).into(),
        })?;
        let looked = self.look(place, dispatch, hinted, None).await?;
        check_is_shown(looked.observed.role.is_some(), &dispatch.run_id.grant_id())?;
        if let Some(run) = &looked.evidence.run {
            if run.is_waiting() || run.is_declined() {
                let reason = format!("the run is {}: nobody has approved it", quoted(&run.status));
                return Err(Refusal::new(RefusalCode::NeverApproved, "runId", reason, "look at the run in Port").into());
            }
            // While a run goes on it may make a role, and afterwards nobody makes it again.
            verify_made_before_its_end(run, then)?;
            // Only the same run as before may have made it, not one of long ago that somebody plays again.
            // An approved run has changed since, at the latest when it ended.
            let mut as_then = run.clone();
            if run.created_at.is_some_and(|created| created <= then) {
                as_then.updated_at = run.updated_at.map(|updated| updated.min(then));
            }
            verify_age(&as_then, is_approved(&looked.approvals), then)?;
        }
        match self.judged_again(dispatch, &looked, then) {
            Ok(grant) => self.have_one_version(&grant.id, &looked.observed).await.map(|()| grant),
            Err(refused) => {
                let further = self.goes_no_further(dispatch, &looked, then);
                let grant = &dispatch.run_id.grant_id();
                let held = Held { grant, place: &looked.place, observed: &looked.observed };
                Err(self.gravest(refused, further, held).await)
            }
        }
    }

    /// Returns the grant, if its run and the rules of today make of it what is there.
    fn judged_again(&self, dispatch: &Dispatch, looked: &Looked, then: Timestamp) -> Result<Grant, Failure> {
        if let Some(run) = looked.evidence.run.as_ref().filter(|run| run.has_failed()) {
            // What a failed attempt has left behind is of whoever started it, and goes no further either: more than that is
            // of somebody else.
            verify_attempt(dispatch, looked, self.names)?;
            let reason = format!("the run is {}", quoted(&run.status));
            return Err(Refusal::new(RefusalCode::RunOver, "runId", reason, "look at the run in Port").into());
        }
        let request = verified(dispatch, looked, self.names, RunStage::OpenOrDone, then)?;
        let grant = self.decide(&request, looked, &looked.observed, then)?;
        check_is_made(&grant, self.names, &looked.observed)?;
        Ok(grant)
    }

    /// Checks that what is there goes no further than what the run asked for, whatever the rules of today say.
    fn goes_no_further(&self, dispatch: &Dispatch, looked: &Looked, then: Timestamp) -> Result<(), Failure> {
        let Some(run) = &looked.evidence.run else { return Ok(()) };
        let (configuration, account) = (&looked.place.configuration, &looked.place.caller.account);
        let requester = dispatch.requester.as_deref().unwrap_or_default();
        // An extension has a duration of its own, and every form the same field for it.
        let duration = run.form()["duration"].as_str().map(|text| GrantDuration::parse("duration", text));
        let duration = duration.transpose().map_err(|refusal| unreadable(&refusal))?;
        let end = duration.unwrap_or(GrantDuration::DEFAULT).after(then);
        let asked = match &looked.extended {
            Some(extended) => first_asked(extended, self.names),
            None => {
                let form = RequestForm::parse(run.form()).map_err(|refusal| unreadable(&refusal))?;
                Some((dispatch.entity.clone(), form))
            }
        };
        let Some((entity, form)) = asked else {
            if !has_lost_its_beginning(dispatch, looked, run, self.names) {
                return Err(no_beginning().into());
            }
            // What it gives nobody can tell any more; until when and to whom, its own run does.
            lets_nobody_else_in(requester, end, configuration, account, &looked.observed)?;
            return Err(lost_beginning().into());
        };
        let further = form.additional_resources.iter().map(ToString::to_string);
        let resources = std::iter::once(entity).chain(further).map(|arn| Arn::parse("entity", &arn));
        let actions = form.permissions.iter().map(|name| ActionName::parse(&name.to_string()));
        let asked = Asked {
            requester,
            resources: &resources.collect::<Result<Vec<_>, _>>().map_err(|refusal| unreadable(&refusal))?,
            actions: &actions.collect::<Result<Vec<_>, _>>().map_err(|refusal| unreadable(&refusal))?,
            end,
        };
        Ok(goes_no_further(&asked, configuration, account, &looked.observed)?)
    }
}

/// Checks that an attempt at a run that failed can have begun to make what is there: each looks first at who started the
/// run, and at what an extension goes on from.
fn verify_attempt(dispatch: &Dispatch, looked: &Looked, names: &Names) -> Result<(), Refusal> {
    let evidence = &looked.evidence;
    let run = verify_run_at_any_stage(dispatch, evidence.run.as_ref(), granting_action(looked, names))?;
    verify_entity(dispatch, run)?;
    let requester = verify_starter(dispatch, run, evidence.requester.as_ref())?;
    let Some(extended) = &looked.extended else { return Ok(()) };
    let grant = GrantId::parse(&dispatch.entity)?;
    match Lineage::follow(names, &grant, &extended.runs, requester) {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.code == RefusalCode::OtherRequester => Err(refusal),
        Err(refusal) => Err(never_attempted(&refusal)),
    }
}

/// Returns whether Port, by all that it knows of an extension, can only have lost the run of what it goes on from.
fn has_lost_its_beginning(dispatch: &Dispatch, looked: &Looked, run: &Run, names: &Names) -> bool {
    let lacks = |extended: &Extended| {
        GrantId::parse(&dispatch.entity).is_ok_and(|grant| lacks_its_beginning(names, &grant, &extended.runs))
    };
    run.is_successful() && looked.extended.as_ref().is_some_and(lacks)
}

/// Checks that IAM shows a role that its lists hold: an answer of the moment before it was made tells nothing about it.
///
/// # Errors
///
/// Fails where it does not, so that nobody is refused for what is only not known everywhere.
pub(in crate::engine) fn check_is_shown(is_there: bool, grant: &GrantId) -> Result<(), Failure> {
    if is_there {
        return Ok(());
    }
    // A sweep tells the message alone.
    let message = format!(
        "IAM lists the role {grant} and does not show it: it was made or taken away a moment ago, and the next sweep looks again"
    );
    Err(Failure::failed(message))
}

/// Checks that all of a grant is there, and as it must be.
pub(super) fn check_is_made(grant: &Grant, names: &Names, observed: &Observed) -> Result<(), Refusal> {
    if steps(grant, names, observed)?.is_nothing() {
        return Ok(());
    }
    let reason = "a part of what this request would make is missing";
    Err(Refusal::new(RefusalCode::PartMissing, "runId", reason, "look at it in IAM"))
}
