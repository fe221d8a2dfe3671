//! Compares what a workflow was told with what Port knows. Port's answer is what decides; a difference is a refusal.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::arn::Arn;
use super::catalog::{Approval, Entity, Run, User};
use super::duration::GrantDuration;
use super::identifier::{ActionName, EntityIdentifier, GrantId, RunId};
use super::refusal::{Refusal, quoted};
use super::request::{Dispatch, RequestForm};
use super::resource_types::can_be_of;
use super::rules::{ApprovalRule, Rule};

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
    /// Resource types that occur.
    pub resource_types: Vec<String>,
    /// The actions.
    pub actions: Vec<ActionName>,
    /// How long.
    pub duration: GrantDuration,
    /// Why, in the requester's words.
    pub reason: Option<String>,
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

/// Checks that the run is one of `action` that still waits for its end and that nobody acted in another's name.
///
/// # Errors
///
/// Refuses a run that Port does not know, of another action, that is over, or that is impersonated.
pub fn verify_run<'a>(dispatch: &Dispatch, run: Option<&'a Run>, action: &str) -> Result<&'a Run, Refusal> {
    let Some(run) = run else {
        let reason = format!("Port knows no run {}", quoted(dispatch.run_id.as_str()));
        return Err(Refusal::new("unknown-run", "runId", reason, START_IN_PORT));
    };
    if run.id != dispatch.run_id.as_str() {
        return Err(Refusal::new("other-run", "runId", "Port answered with another run", START_IN_PORT));
    }
    if run.action != action {
        let reason = format!("the run belongs to the action {}, not to `{action}`", quoted(&run.action));
        return Err(Refusal::new("other-action", "runId", reason, START_IN_PORT));
    }
    if run.impersonated_by.is_some() {
        let reason = "somebody ran the action in another person's name";
        return Err(Refusal::new("impersonated", "requester", reason, "ask in your own name"));
    }
    if !run.is_in_progress() {
        let reason = format!("the run is {} and not in progress", quoted(&run.status));
        return Err(Refusal::new("run-over", "runId", reason, START_IN_PORT));
    }
    // A status can lag behind; what has an end is not begun again.
    if run.has_ended {
        return Err(Refusal::new("run-over", "runId", "the run has an end already", START_IN_PORT));
    }
    Ok(run)
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
            Err(Refusal::new("other-entity", "entity", reason, START_IN_PORT))
        }
        None => Err(Refusal::new("other-entity", "entity", "the run has no entity", START_IN_PORT)),
    }
}

/// Checks that the run's grant was not taken away before: repeating an old workflow must not bring it back, even when
/// its run could not be ended in Port.
fn verify_never_revoked(record: Option<&Entity>) -> Result<(), Refusal> {
    match record.and_then(|record| record.text("revoked_at")) {
        None => Ok(()),
        Some(at) => {
            let reason = format!("the grant of this run ended at {}", quoted(at));
            Err(Refusal::new("revoked", "runId", reason, START_IN_PORT))
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
        return Err(Refusal::new("unknown-requester", "requester", reason, "run the action as a person"));
    };
    let remedy = "ask an administrator of Port to check the user";
    let Some(user) = user else {
        let reason = format!("{} is no user of this Port organisation", quoted(email));
        return Err(Refusal::new("unknown-requester", "requester", reason, remedy));
    };
    let started = run.created_by.as_deref().is_some_and(|by| by == user.id || by.eq_ignore_ascii_case(&user.email));
    if user.email.to_lowercase() != email.to_lowercase() || !started {
        let reason = format!("{} did not start this run", quoted(email));
        return Err(Refusal::new("other-requester", "requester", reason, START_IN_PORT));
    }
    if !user.is_active_human() {
        let reason = format!("{} is not an active person in Port", quoted(email));
        return Err(Refusal::new("inactive-requester", "requester", reason, remedy));
    }
    Ok(user)
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
    action: &str,
) -> Result<VerifiedRequest, Refusal> {
    let run = verify_run(dispatch, evidence.run.as_ref(), action)?;
    verify_entity(dispatch, run)?;
    verify_never_revoked(evidence.record.as_ref())?;
    let requester = verify_requester(dispatch, run, evidence.requester.as_ref())?.clone();
    let hinted = RequestForm::parse(&dispatch.properties)?;
    if !hinted.asks_the_same_as(form) {
        let reason = "the dispatch asks for something else than the run";
        return Err(Refusal::new("other-form", "properties", reason, START_IN_PORT));
    }
    let (resources, resource_types) = verify_resources(dispatch, form, &evidence.resources)?;
    let actions = verify_permissions(form, &evidence.permissions, resource_types.first().map_or("", String::as_str))?;
    let duration = match form.duration.as_deref() {
        Some(text) => GrantDuration::parse("duration", text)?,
        None => GrantDuration::DEFAULT,
    };
    let mut resources = resources.into_iter();
    let resource =
        resources.next().ok_or_else(|| Refusal::new("unknown-resource", "entity", "is missing", START_IN_PORT))?;
    Ok(VerifiedRequest {
        run_id: dispatch.run_id.clone(),
        grant_id: dispatch.run_id.grant_id(),
        requester,
        resource,
        additional_resources: resources.collect(),
        resource_types,
        actions,
        duration,
        reason: form.reason.clone(),
    })
}

/// Returns the ARNs, the run's own first, and the resource types in the same order without repetition.
fn verify_resources(
    dispatch: &Dispatch,
    form: &RequestForm,
    entities: &[Entity],
) -> Result<(Vec<Arn>, Vec<String>), Refusal> {
    let by_identifier: BTreeMap<&str, &Entity> =
        entities.iter().map(|entity| (entity.identifier.as_str(), entity)).collect();
    let asked = std::iter::once(("entity", dispatch.entity.as_str()))
        .chain(form.additional_resources.iter().map(|identifier| ("additional_resources", identifier.as_str())));
    let (mut arns, mut types): (Vec<Arn>, Vec<String>) = (Vec::new(), Vec::new());
    for (field, identifier) in asked {
        let Some(entity) = by_identifier.get(identifier) else {
            let reason = format!("{} is not in the catalog", quoted(identifier));
            return Err(Refusal::new("unknown-resource", field, reason, "add the resource to the catalog first"));
        };
        let Some(resource_type) = entity.resource_type() else {
            let reason = format!("{} has no resource type", quoted(identifier));
            return Err(Refusal::new("unknown-resource", field, reason, "set `resource_type` of the entity"));
        };
        let arn = Arn::parse(field, identifier)?;
        // The rules allow types, and the reviewed file decides: whoever may edit the catalog must not make a bucket of
        // an instance.
        if !can_be_of(resource_type, arn.service()) {
            let reason = format!("{} is in the catalog as {}", quoted(identifier), quoted(resource_type));
            return Err(Refusal::new("other-resource-type", field, reason, "mend `resource_type` of the entity"));
        }
        if arns.contains(&arn) {
            let reason = format!("names {} twice", quoted(identifier));
            return Err(Refusal::new("duplicate", field, reason, "name each resource once"));
        }
        arns.push(arn);
        if !types.iter().any(|known| known == resource_type) {
            types.push(resource_type.to_owned());
        }
    }
    Ok((arns, types))
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
        return Err(Refusal::new("unknown-permission", "permissions", reason, "pick one that the form offers"));
    };
    if entity.resource_type() != Some(resource_type) {
        let kind = entity.resource_type().unwrap_or("none");
        let reason =
            format!("{action} is a permission for {}, the resource is of type {}", quoted(kind), quoted(resource_type));
        return Err(Refusal::new("other-resource-type", "permissions", reason, "pick one that the form offers"));
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
        return Err(Refusal::new("not-approved", "approval", reason, "ask again in Port"));
    }
    let approver = approvals.iter().filter(|approval| approval.is_approved()).find_map(|approval| {
        let user = users.iter().find(|user| user.id == approval.user_id)?;
        let listed = approvers.iter().any(|email| *email == user.email.to_ascii_lowercase());
        (listed && user.is_active_human() && !user.is_same_person_as(requester)).then(|| user.email.clone())
    });
    approver.map(Some).ok_or_else(|| {
        let reason = format!("rule {} wants the approval of one of: {}", quoted(&rule.name), approvers.join(", "));
        let remedy = "ask one of them to approve the run in Port; switch on manual approval of the action if it is off";
        Refusal::new("not-approved", "approval", reason, remedy)
    })
}

/// How old a request may be: what was approved yesterday may not be wanted today.
const OLDEST_HOURS: i64 = 24;
/// How far the clocks of Port and AWS may lie apart. A request from the future would stay young for too long.
const CLOCKS_APART_SECONDS: i64 = 300;

/// Checks that the request is not older than a day, counted from `since`, and not of the future.
///
/// # Errors
///
/// Refuses an older one, one of the future, and one whose age Port does not tell.
pub fn verify_age(since: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
    let Some(since) = since else {
        return Err(Refusal::new("wrong-shape", "runId", "does not say when it was made", START_IN_PORT));
    };
    if now.as_second() - since.as_second() > OLDEST_HOURS * 3_600 {
        let reason = format!("the request is older than {OLDEST_HOURS} hours");
        return Err(Refusal::new("too-old", "runId", reason, START_IN_PORT));
    }
    if since.as_second() - now.as_second() > CLOCKS_APART_SECONDS {
        let reason = format!("the request is of {since}, which is still to come");
        return Err(Refusal::new("of-the-future", "runId", reason, START_IN_PORT));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::rules::{ReasonRule, Requester};

    const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";

    fn user(id: &str, email: &str) -> User {
        User {
            id: id.to_owned(),
            email: email.to_owned(),
            status: "ACTIVE".to_owned(),
            kind: Some("STANDARD".to_owned()),
            teams: Vec::new(),
        }
    }

    fn entity(identifier: &str, resource_type: &str) -> Entity {
        let properties = json!({ "resource_type": resource_type });
        Entity { identifier: identifier.to_owned(), title: None, properties, relations: json!({}) }
    }

    fn dispatch() -> Dispatch {
        Dispatch {
            run_id: RunId::parse("r_1").unwrap(),
            entity: BUCKET.to_owned(),
            requester: Some("dana@acme.example".to_owned()),
            properties: json!({ "permissions": ["s3:PutObject"], "duration": "1h", "reason": "report" }),
        }
    }

    fn evidence() -> Evidence {
        Evidence {
            run: Some(Run {
                id: "r_1".to_owned(),
                action: "request_permissions".to_owned(),
                entity: Some(BUCKET.to_owned()),
                status: "IN_PROGRESS".to_owned(),
                status_label: None,
                created_by: Some("auth0|dana".to_owned()),
                impersonated_by: None,
                created_at: None,
                updated_at: None,
                has_ended: false,
                properties: dispatch().properties,
                raw_properties: json!({}),
            }),
            requester: Some(user("auth0|dana", "dana@acme.example")),
            resources: vec![entity(BUCKET, "S3")],
            permissions: vec![entity("s3:PutObject", "S3")],
            record: None,
        }
    }

    fn verify(dispatch: &Dispatch, evidence: &Evidence) -> Result<VerifiedRequest, Refusal> {
        let form = RequestForm::parse(evidence.run.as_ref().map_or(&json!({}), Run::form))?;
        verify_request(dispatch, &form, evidence, "request_permissions")
    }

    #[test]
    fn a_request_that_port_bears_out_is_verified() {
        let request = verify(&dispatch(), &evidence()).unwrap();
        assert_eq!(request.grant_id.as_str(), "Permission-r_1");
        assert_eq!(request.resource.as_str(), BUCKET);
        assert_eq!(request.duration.to_string(), "1h");
        assert_eq!(request.actions.len(), 1);
    }

    /// What is forged, and the refusal's code and field.
    type Forgery<T> = (fn(&mut T), &'static str, &'static str);

    #[test]
    fn every_forged_field_of_the_dispatch_is_refused_by_its_name() {
        let forgeries: [Forgery<Dispatch>; 8] = [
            (|it| it.run_id = RunId::parse("r_2").unwrap(), "other-run", "runId"),
            (|it| it.entity = "arn:aws:s3:::other".to_owned(), "other-entity", "entity"),
            (|it| it.requester = Some("max@acme.example".to_owned()), "other-requester", "requester"),
            (|it| it.requester = None, "unknown-requester", "requester"),
            (|it| it.properties["permissions"] = json!(["s3:GetObject"]), "other-form", "properties"),
            (|it| it.properties["duration"] = json!("7d"), "other-form", "properties"),
            (|it| it.properties["additional_resources"] = json!(["arn:aws:s3:::b"]), "other-form", "properties"),
            (|it| it.properties = json!({}), "no-permissions", "permissions"),
        ];
        for (forge, code, field) in forgeries {
            let mut forged = dispatch();
            forge(&mut forged);
            let refusal = verify(&forged, &evidence()).unwrap_err();
            assert_eq!((refusal.code, refusal.field), (code, field), "{refusal}");
        }
    }

    fn run_of(evidence: &mut Evidence) -> &mut Run {
        evidence.run.as_mut().unwrap()
    }

    #[test]
    fn every_part_of_port_s_answer_that_is_not_as_it_must_be_is_refused() {
        let forgeries: [Forgery<Evidence>; 17] = [
            (|it| run_of(it).has_ended = true, "run-over", "runId"),
            (|it| it.run = None, "no-permissions", "permissions"),
            (|it| run_of(it).action = "deploy".to_owned(), "other-action", "runId"),
            (|it| run_of(it).status = "SUCCESS".to_owned(), "run-over", "runId"),
            (|it| run_of(it).status = "WAITING_FOR_APPROVAL".to_owned(), "run-over", "runId"),
            (|it| run_of(it).impersonated_by = Some("auth0|ada".to_owned()), "impersonated", "requester"),
            (|it| run_of(it).created_by = Some("auth0|max".to_owned()), "other-requester", "requester"),
            (|it| run_of(it).created_by = None, "other-requester", "requester"),
            (|it| run_of(it).entity = None, "other-entity", "entity"),
            (|it| it.requester = None, "unknown-requester", "requester"),
            (|it| it.requester.as_mut().unwrap().status = "DISABLED".to_owned(), "inactive-requester", "requester"),
            (
                |it| it.requester.as_mut().unwrap().kind = Some("SERVICE_ACCOUNT".to_owned()),
                "inactive-requester",
                "requester",
            ),
            (|it| it.requester.as_mut().unwrap().email = "max@acme.example".to_owned(), "other-requester", "requester"),
            (|it| it.resources.clear(), "unknown-resource", "entity"),
            (|it| it.resources[0].properties = json!({}), "unknown-resource", "entity"),
            (|it| it.permissions.clear(), "unknown-permission", "permissions"),
            (|it| it.permissions[0] = entity("s3:PutObject", "EC2"), "other-resource-type", "permissions"),
        ];
        for (forge, code, field) in forgeries {
            let mut forged = evidence();
            forge(&mut forged);
            let refusal = verify(&dispatch(), &forged).unwrap_err();
            assert_eq!((refusal.code, refusal.field), (code, field), "{refusal}");
        }
    }

    #[test]
    fn a_grant_that_was_revoked_is_not_brought_back_by_its_own_run() {
        let mut evidence = evidence();
        evidence.record = Some(entity("Permission-r_1", "S3"));
        assert!(verify(&dispatch(), &evidence).is_ok());
        evidence.record.as_mut().unwrap().properties = json!({ "revoked_at": "2026-11-23T20:00:00Z" });
        let refusal = verify(&dispatch(), &evidence).unwrap_err();
        assert_eq!((refusal.code, refusal.field), ("revoked", "runId"));
    }

    #[test]
    fn the_resource_of_the_run_may_not_be_named_again_as_additional() {
        let (mut dispatch, mut evidence) = (dispatch(), evidence());
        dispatch.properties["additional_resources"] = json!([BUCKET]);
        run_of(&mut evidence).properties = dispatch.properties.clone();
        assert_eq!(verify(&dispatch, &evidence).unwrap_err().code, "duplicate");
    }

    #[test]
    fn a_resource_that_the_catalog_calls_by_another_service_s_type_is_refused() {
        // The rules allow types; whoever may edit the catalog must not choose which resources those are.
        let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1";
        let (mut dispatch, mut evidence) = (dispatch(), evidence());
        dispatch.entity = instance.to_owned();
        dispatch.properties["permissions"] = json!(["ec2:StopInstances"]);
        run_of(&mut evidence).entity = Some(instance.to_owned());
        run_of(&mut evidence).properties = dispatch.properties.clone();
        evidence.resources = vec![entity(instance, "S3")];
        evidence.permissions = vec![entity("ec2:StopInstances", "S3")];
        let refusal = verify(&dispatch, &evidence).unwrap_err();
        assert_eq!((refusal.code, refusal.field), ("other-resource-type", "entity"), "{refusal}");
        evidence.resources = vec![entity(instance, "Lambda")];
        assert_eq!(verify(&dispatch, &evidence).unwrap_err().code, "other-resource-type");
        for kind in ["EC2", "Machine"] {
            evidence.resources = vec![entity(instance, kind)];
            evidence.permissions = vec![entity("ec2:StopInstances", kind)];
            assert!(verify(&dispatch, &evidence).is_ok(), "{kind}");
        }
    }

    fn rule(approvers: &[&str]) -> Rule {
        Rule {
            name: "r".to_owned(),
            requesters: vec![Requester::Anybody],
            resource_types: Vec::new(),
            resources: Vec::new(),
            actions: Vec::new(),
            bundles: Vec::new(),
            longest_duration: GrantDuration::DEFAULT,
            approval: ApprovalRule::Required { approvers: approvers.iter().map(|&email| email.to_owned()).collect() },
            reason: ReasonRule::default(),
        }
    }

    #[test]
    fn only_another_active_person_of_the_rule_s_list_can_approve() {
        let (dana, lead) = (user("auth0|dana", "Dana@acme.example"), user("auth0|lead", "Lead@acme.example"));
        let mut gone = user("auth0|gone", "gone@acme.example");
        gone.status = "DISABLED".to_owned();
        let twin = user("auth0|twin", "dana@ACME.example");
        // The Kelvin sign, whose lower case is a plain k.
        let lookalike = user("auth0|lookalike", "mar\u{212a}@acme.example");
        let users = [dana.clone(), lead, gone, twin, lookalike];
        let list = rule(&["dana@acme.example", "lead@acme.example", "gone@acme.example", "mark@acme.example"]);
        let said = |id: &str, state: &str| vec![Approval { user_id: id.to_owned(), state: state.to_owned() }];
        assert_eq!(
            verify_approval(&list, &dana, &said("auth0|lead", "APPROVED"), &users),
            Ok(Some("Lead@acme.example".to_owned()))
        );
        for (id, state) in [
            ("auth0|lead", "PENDING"),
            ("auth0|lead", "DECLINED"),
            ("auth0|dana", "APPROVED"),
            ("auth0|twin", "APPROVED"),
            ("auth0|gone", "APPROVED"),
            ("auth0|stranger", "APPROVED"),
            ("auth0|lookalike", "APPROVED"),
        ] {
            let refusal = verify_approval(&list, &dana, &said(id, state), &users).unwrap_err();
            assert_eq!(refusal.code, "not-approved", "{id} {state}");
        }
        assert!(verify_approval(&list, &dana, &[], &users).is_err());
        // Whoever declined, and in whatever order: a run that somebody has declined is not to go on.
        let mut contested = said("auth0|lead", "APPROVED");
        contested.extend(said("auth0|lead", "DECLINED"));
        assert!(verify_approval(&list, &dana, &contested, &users).is_err());
        assert!(verify_approval(&rule(&["max@acme.example"]), &dana, &said("auth0|lead", "APPROVED"), &users).is_err());
    }

    #[test]
    fn a_request_is_too_old_after_a_day() {
        let now: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        assert!(verify_age(Some("2026-11-22T20:00:00Z".parse().unwrap()), now).is_ok());
        assert_eq!(verify_age(Some("2026-11-22T19:59:59Z".parse().unwrap()), now).unwrap_err().code, "too-old");
        assert!(verify_age(Some("2026-11-23T20:05:00Z".parse().unwrap()), now).is_ok());
        assert_eq!(verify_age(Some("2026-11-23T20:05:01Z".parse().unwrap()), now).unwrap_err().code, "of-the-future");
        assert_eq!(verify_age(None, now).unwrap_err().code, "wrong-shape");
    }
}
