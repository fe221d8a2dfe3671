//! Compares what a workflow was told with what Port knows. Port's answer is what decides; a difference is a refusal.

mod age;
mod approval;
mod catalog;
mod requester;
mod run;

pub use age::{verify_age, verify_made_before_its_end};
pub use approval::verify_approval;
use catalog::{Resources, verify_permissions, verify_resources};
pub use requester::{is_started_by, verify_requester, verify_starter};
use run::verify_never_revoked;
pub use run::{
    ExpectedRun, RunStage, verify_entity, verify_is_asked_for, verify_run, verify_run_at_any_stage, verify_same_account,
};

use super::arn::Arn;
use super::catalog::{Entity, Run, User};
use super::duration::GrantDuration;
use super::extension::Extension;
use super::identifier::{AccountId, ActionName, GrantId, RunId};
use super::refusal::{Refusal, RefusalCode};
use super::request::{Dispatch, RequestForm};

const START_IN_PORT: &str = "start the action in Port again; do not dispatch or re-run the workflow by hand";

/// A request that Port vouches for.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedRequest {
    /// The run.
    pub run_id: RunId,
    /// The name that the grant will bear.
    pub grant_id: GrantId,
    /// The person who asked.
    pub requester: User,
    /// The resource of the run's entity.
    pub resource: Arn,
    /// Further resources of the form.
    pub additional_resources: Vec<Arn>,
    /// The account of each of them, the run's own first; none where neither the ARN nor the catalog tells.
    pub accounts: Vec<Option<AccountId>>,
    /// Resource types that occur.
    pub resource_types: Vec<String>,
    /// The actions.
    pub actions: Vec<ActionName>,
    /// How long.
    pub duration: GrantDuration,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// What it goes on from, when it is an extension.
    pub extends: Option<Extension>,
}

/// What Port answered about a request.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The run, when Port knows it.
    pub run: Option<Run>,
    /// The user whom the dispatch names, when Port knows one.
    pub requester: Option<User>,
    /// The entities of the resources that were asked for.
    pub resources: Vec<Entity>,
    /// The entities of the permissions that were asked for.
    pub permissions: Vec<Entity>,
    /// The permanent record of the run's grant, when there was one before.
    pub record: Option<Entity>,
}

/// Checks the run of a grant, whatever it asks for. Returns it and who started it.
pub(super) fn verify_run_of_grant<'a>(
    dispatch: &Dispatch,
    evidence: &'a Evidence,
    expected: ExpectedRun<'_>,
) -> Result<(&'a Run, &'a User), Refusal> {
    let run = verify_run(dispatch, evidence.run.as_ref(), expected)?;
    verify_entity(dispatch, run)?;
    // Whose run it is comes first: what the record says, which others write too, hides no stranger from a sweep.
    let requester = verify_requester(dispatch, run, evidence.requester.as_ref())?;
    verify_never_revoked(evidence.record.as_ref())?;
    Ok((run, requester))
}

/// Refuses a dispatch whose form is another one than the run's.
pub(super) fn verify_same(is_same: bool) -> Result<(), Refusal> {
    if is_same {
        return Ok(());
    }
    let reason = "the dispatch asks for something else than the run";
    Err(Refusal::new(RefusalCode::OtherForm, "properties", reason, START_IN_PORT))
}

/// Checks a request for permissions against Port's answers. `form` is the run's own form.
///
/// # Errors
///
/// Refuses the first difference; the refusal names the field.
pub fn verify_request(
    dispatch: &Dispatch,
    form: &RequestForm,
    evidence: &Evidence,
    expected: ExpectedRun<'_>,
) -> Result<VerifiedRequest, Refusal> {
    let (_, requester) = verify_run_of_grant(dispatch, evidence, expected)?;
    verify_same(RequestForm::parse(&dispatch.properties)?.asks_the_same_as(form))?;
    verify_asked(dispatch, &dispatch.entity, form, evidence, requester.clone())
}

/// Checks what `form` asks for on the entity `resource` against the catalog.
pub(super) fn verify_asked(
    dispatch: &Dispatch,
    resource: &str,
    form: &RequestForm,
    evidence: &Evidence,
    requester: User,
) -> Result<VerifiedRequest, Refusal> {
    let Resources { arns: resources, accounts, types: resource_types } =
        verify_resources(resource, form, &evidence.resources)?;
    let actions = verify_permissions(form, &evidence.permissions, resource_types.first().map_or("", String::as_str))?;
    let duration = GrantDuration::of_form(form.duration.as_deref())?;
    let mut resources = resources.into_iter();
    let resource = resources
        .next()
        .ok_or_else(|| Refusal::new(RefusalCode::UnknownResource, "entity", "is missing", START_IN_PORT))?;
    Ok(VerifiedRequest {
        run_id: dispatch.run_id.clone(),
        grant_id: dispatch.run_id.grant_id(),
        requester,
        resource,
        additional_resources: resources.collect(),
        accounts,
        resource_types,
        actions,
        duration,
        reason: form.reason.clone(),
        extends: None,
    })
}

#[cfg(test)]
mod tests;
