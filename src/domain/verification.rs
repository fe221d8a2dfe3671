//! Compares what a workflow was told with what Port knows. Port's answer is what decides; a difference is a refusal.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::arn::Arn;
use super::catalog::{Approval, Entity, Run, User};
use super::duration::GrantDuration;
use super::extension::Extension;
use super::identifier::{AccountId, ActionName, EntityIdentifier, GrantId, RunId};
use super::lies_in::account_of;
use super::refusal::{Refusal, RefusalCode, quoted};
use super::request::{Dispatch, RequestForm};
use super::resource_types::can_be_of;
use super::rules::{ApprovalRule, Rule};
use super::state::GrantState;
use super::time::utc;

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
    let Some(run) = run else {
        let reason = format!("Port knows no run {}", quoted(dispatch.run_id.as_str()));
        return Err(Refusal::new(RefusalCode::UnknownRun, "runId", reason, START_IN_PORT));
    };
    verify_is_asked_for(dispatch, run)?;
    if run.action != expected.action {
        let reason = format!("the run belongs to the action {}, not to `{}`", quoted(&run.action), expected.action);
        return Err(Refusal::new(RefusalCode::OtherAction, "runId", reason, START_IN_PORT));
    }
    if run.impersonated_by.is_some() {
        let reason = "somebody ran the action in another person's name";
        return Err(Refusal::new(RefusalCode::Impersonated, "requester", reason, "ask in your own name"));
    }
    expected.stage.verify(run)?;
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
fn verify_never_revoked(record: Option<&Entity>) -> Result<(), Refusal> {
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
    let record = record.filter(|record| record.state() != Some(GrantState::GrantFailed));
    match record.and_then(|record| record.text("account")).filter(|recorded| *recorded != account.as_str()) {
        None => Ok(()),
        Some(recorded) => {
            let reason = format!("this run has had its grant in the account {}, not in {account}", quoted(recorded));
            Err(Refusal::new(RefusalCode::GrantedElsewhere, "account", reason, START_IN_PORT))
        }
    }
}

/// Checks that the run was started by the active human whom the dispatch names.
///
/// # Errors
///
/// Refuses an unknown, inactive or non-human requester, and one who did not start the run.
pub fn verify_requester<'a>(dispatch: &Dispatch, run: &Run, user: Option<&'a User>) -> Result<&'a User, Refusal> {
    let Some(email) = dispatch.requester.as_deref() else {
        let reason = "the dispatch names nobody who asks";
        return Err(Refusal::new(RefusalCode::UnknownRequester, "requester", reason, "run the action as a person"));
    };
    let remedy = "ask an administrator of Port to check the user";
    let Some(user) = user else {
        let reason = format!("{} is no user of this Port organisation", quoted(email));
        return Err(Refusal::new(RefusalCode::UnknownRequester, "requester", reason, remedy));
    };
    if user.email.to_lowercase() != email.to_lowercase() || !is_started_by(run, user) {
        let reason = format!("{} did not start this run", quoted(email));
        return Err(Refusal::new(RefusalCode::OtherRequester, "requester", reason, START_IN_PORT));
    }
    if let Some(kind) = user.other_kind() {
        let reason =
            format!("{} is a user of the kind {}, which is not known to be a person", quoted(email), quoted(kind));
        let remedy = "ask as a person, whom Port tells as STANDARD; where this kind is people's too, add it to `kinds-of-people` of the rules file";
        return Err(Refusal::new(RefusalCode::InactiveRequester, "requester", reason, remedy));
    }
    if !user.is_active_human() {
        let reason = format!("{} is not an active person in Port", quoted(email));
        return Err(Refusal::new(RefusalCode::InactiveRequester, "requester", reason, remedy));
    }
    Ok(user)
}

/// Returns whether this person started the run.
pub fn is_started_by(run: &Run, user: &User) -> bool {
    run.created_by.as_deref().is_some_and(|by| by == user.id || by.eq_ignore_ascii_case(&user.email))
}

/// Checks the run of a grant, whatever it asks for. Returns it and who started it.
pub(super) fn verify_run_of_grant<'a>(
    dispatch: &Dispatch,
    evidence: &'a Evidence,
    expected: ExpectedRun<'_>,
) -> Result<(&'a Run, &'a User), Refusal> {
    let run = verify_run(dispatch, evidence.run.as_ref(), expected)?;
    verify_entity(dispatch, run)?;
    verify_never_revoked(evidence.record.as_ref())?;
    Ok((run, verify_requester(dispatch, run, evidence.requester.as_ref())?))
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

/// The resources that are asked for, the run's own first.
struct Resources {
    arns: Vec<Arn>,
    accounts: Vec<Option<AccountId>>,
    /// In the same order, without repetition.
    types: Vec<String>,
}

fn verify_resources(resource: &str, form: &RequestForm, entities: &[Entity]) -> Result<Resources, Refusal> {
    let by_identifier: BTreeMap<&str, &Entity> =
        entities.iter().map(|entity| (entity.identifier.as_str(), entity)).collect();
    let asked = std::iter::once(("entity", resource))
        .chain(form.additional_resources.iter().map(|identifier| ("additional_resources", identifier.as_str())));
    let (mut arns, mut accounts, mut types): (Vec<Arn>, Vec<_>, Vec<String>) = Default::default();
    for (field, identifier) in asked {
        let Some(entity) = by_identifier.get(identifier) else {
            let reason = format!("{} is not in the catalog", quoted(identifier));
            return Err(Refusal::new(
                RefusalCode::UnknownResource,
                field,
                reason,
                "add the resource to the catalog first",
            ));
        };
        let Some(resource_type) = entity.resource_type() else {
            let reason = format!("{} has no resource type", quoted(identifier));
            return Err(Refusal::new(RefusalCode::UnknownResource, field, reason, "set `resource_type` of the entity"));
        };
        let arn = Arn::parse(field, identifier)?;
        // The rules allow types, and the reviewed file decides: whoever may edit the catalog must not make a bucket of
        // an instance.
        if !can_be_of(resource_type, arn.service()) {
            let reason = format!("{} is in the catalog as {}", quoted(identifier), quoted(resource_type));
            return Err(Refusal::new(
                RefusalCode::OtherResourceType,
                field,
                reason,
                "mend `resource_type` of the entity",
            ));
        }
        if arns.contains(&arn) {
            let reason = format!("names {} twice", quoted(identifier));
            return Err(Refusal::new(RefusalCode::Duplicate, field, reason, "name each resource once"));
        }
        accounts.push(account_of(field, &arn, entity)?);
        arns.push(arn);
        if !types.iter().any(|known| known == resource_type) {
            types.push(resource_type.to_owned());
        }
    }
    Ok(Resources { arns, accounts, types })
}

fn verify_permissions(
    form: &RequestForm,
    entities: &[Entity],
    resource_type: &str,
) -> Result<Vec<ActionName>, Refusal> {
    let by_identifier: BTreeMap<&str, &Entity> =
        entities.iter().map(|entity| (entity.identifier.as_str(), entity)).collect();
    form.permissions
        .iter()
        .map(|identifier| verify_permission(identifier, by_identifier.get(identifier.as_str()), resource_type))
        .collect()
}

fn verify_permission(
    identifier: &EntityIdentifier,
    entity: Option<&&Entity>,
    resource_type: &str,
) -> Result<ActionName, Refusal> {
    let action = ActionName::parse(identifier.as_str())?;
    let Some(entity) = entity else {
        let reason = format!("{} is not in the catalog", quoted(identifier.as_str()));
        return Err(Refusal::new(
            RefusalCode::UnknownPermission,
            "permissions",
            reason,
            "pick one that the form offers",
        ));
    };
    if entity.resource_type() != Some(resource_type) {
        let kind = entity.resource_type().unwrap_or("none");
        let reason =
            format!("{action} is a permission for {}, the resource is of type {}", quoted(kind), quoted(resource_type));
        return Err(Refusal::new(
            RefusalCode::OtherResourceType,
            "permissions",
            reason,
            "pick one that the form offers",
        ));
    }
    Ok(action)
}

/// Checks that somebody approved whom the rule names and who is not the requester. Port's own flag is not looked at.
/// Returns the approver's e-mail, or none when the rule asks for nobody.
///
/// # Errors
///
/// Refuses when nobody on the rule's list, an active human other than the requester, has approved, and when anybody has
/// declined.
pub fn verify_approval(
    rule: &Rule,
    requester: &User,
    approvals: &[Approval],
    users: &[User],
) -> Result<Option<String>, Refusal> {
    let ApprovalRule::Required { approvers } = &rule.approval else {
        return Ok(None);
    };
    if let Some(no) = approvals.iter().find(|approval| approval.is_declined()) {
        let reason = format!("{} has declined the run", quoted(&no.user_id));
        return Err(Refusal::new(RefusalCode::NotApproved, "approval", reason, "ask again in Port"));
    }
    let approver = approvals.iter().filter(|approval| approval.is_approved()).find_map(|approval| {
        let user = users.iter().find(|user| user.id == approval.user_id)?;
        let listed = approvers.iter().any(|email| *email == user.email.to_ascii_lowercase());
        (listed && user.is_active_human() && !user.is_same_person_as(requester)).then(|| user.email.clone())
    });
    approver.map(Some).ok_or_else(|| {
        let mut reason = format!("rule {} wants the approval of one of: {}", quoted(&rule.name), approvers.join(", "));
        let no_person = approvals.iter().filter(|approval| approval.is_approved()).find_map(|approval| {
            let user = users.iter().find(|user| user.id == approval.user_id)?;
            user.other_kind().map(|kind| (user, kind))
        });
        if let Some((user, kind)) = no_person {
            let (email, kind) = (quoted(&user.email), quoted(kind));
            reason.push_str(&format!("; {email} is of the kind {kind}, which is not known to be a person (`kinds-of-people` of the rules file)"));
        }
        let remedy = "ask one of them to approve the run in Port; switch on manual approval of the action if it is off";
        Refusal::new(RefusalCode::NotApproved, "approval", reason, remedy)
    })
}

/// How old a request may be: what was approved yesterday may not be wanted today.
const OLDEST_HOURS: i64 = 24;
/// How old a request may be, however late its approval.
const OLDEST_DAYS: i64 = 30;
/// How far the clocks of Port and AWS may lie apart. A request from the future would stay young for too long.
const CLOCKS_APART_SECONDS: i64 = 300;

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
    if latest.as_second() - now.as_second() > CLOCKS_APART_SECONDS {
        let reason = format!("the request is of {latest}, which is still to come");
        return Err(Refusal::new(RefusalCode::OfTheFuture, "runId", reason, START_IN_PORT));
    }
    Ok(())
}

/// Checks that a role which was made at `made` is no later copy of what the run once made.
///
/// # Errors
///
/// Refuses a run that had ended well by then, and one that has and does not say when.
pub fn verify_made_before_its_end(run: &Run, made: Timestamp) -> Result<(), Refusal> {
    if !run.is_successful() {
        return Ok(());
    }
    let ended = run.ended_at.or(run.updated_at);
    if ended.is_some_and(|ended| made.as_second() - ended.as_second() <= CLOCKS_APART_SECONDS) {
        return Ok(());
    }
    let reason = match ended {
        Some(ended) => format!("the run had ended at {}, before this was made", utc(ended)),
        None => "the run has ended and does not say when".to_owned(),
    };
    Err(Refusal::new(RefusalCode::MadeAfterItsRun, "runId", reason, "look at CloudTrail for who made it"))
}

#[cfg(test)]
mod tests;
