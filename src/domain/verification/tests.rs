//! Every field of a request and of Port's answers, forged in turn.

mod age;
mod approval;

use jiff::Timestamp;
use serde_json::json;

use super::*;

const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";

fn user(id: &str, email: &str) -> User {
    User {
        id: id.to_owned(),
        email: email.to_owned(),
        status: "ACTIVE".to_owned(),
        kind: Some("STANDARD".to_owned()),
        teams: Vec::new(),
        roles: Vec::new(),
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
            ended_at: None,
            has_ended: false,
            properties: dispatch().properties,
            raw_properties: json!({}),
            needs_approval: false,
        }),
        requester: Some(user("auth0|dana", "dana@acme.example")),
        resources: vec![entity(BUCKET, "S3")],
        permissions: vec![entity("s3:PutObject", "S3")],
        record: None,
    }
}

fn verify(dispatch: &Dispatch, evidence: &Evidence) -> Result<VerifiedRequest, Refusal> {
    let form = RequestForm::parse(evidence.run.as_ref().map_or(&json!({}), Run::form))?;
    let expected = ExpectedRun { action: "request_permissions", stage: RunStage::Open };
    verify_request(dispatch, &form, evidence, expected)
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
        assert_eq!((refusal.code.as_str(), refusal.field), (code, field), "{refusal}");
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
        assert_eq!((refusal.code.as_str(), refusal.field), (code, field), "{refusal}");
    }
}

#[test]
fn a_grant_that_was_revoked_is_not_brought_back_by_its_own_run() {
    let mut evidence = evidence();
    evidence.record = Some(entity("Permission-r_1", "S3"));
    assert!(verify(&dispatch(), &evidence).is_ok());
    evidence.record.as_mut().unwrap().properties = json!({ "revoked_at": "2026-11-23T20:00:00Z" });
    let refusal = verify(&dispatch(), &evidence).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("revoked", "runId"));
}

#[test]
fn the_resource_of_the_run_may_not_be_named_again_as_additional() {
    let (mut dispatch, mut evidence) = (dispatch(), evidence());
    dispatch.properties["additional_resources"] = json!([BUCKET]);
    run_of(&mut evidence).properties = dispatch.properties.clone();
    assert_eq!(verify(&dispatch, &evidence).unwrap_err().code.as_str(), "duplicate");
}

#[test]
fn each_type_that_occurs_is_told_once() {
    let queue = "arn:aws:sqs:us-east-1:123456789012:q";
    let (mut dispatch, mut evidence) = (dispatch(), evidence());
    dispatch.properties["additional_resources"] = json!(["arn:aws:s3:::other", queue, "arn:aws:s3:::third"]);
    run_of(&mut evidence).properties = dispatch.properties.clone();
    evidence.resources.extend([
        entity("arn:aws:s3:::other", "S3"),
        entity(queue, "SQS"),
        entity("arn:aws:s3:::third", "S3"),
    ]);
    let request = verify(&dispatch, &evidence).unwrap();
    assert_eq!(request.resource_types, ["S3", "SQS"]);
    assert_eq!(request.additional_resources.len(), 3);
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
    assert_eq!((refusal.code.as_str(), refusal.field), ("other-resource-type", "entity"), "{refusal}");
    evidence.resources = vec![entity(instance, "Lambda")];
    assert_eq!(verify(&dispatch, &evidence).unwrap_err().code.as_str(), "other-resource-type");
    for kind in ["EC2", "Machine"] {
        evidence.resources = vec![entity(instance, kind)];
        evidence.permissions = vec![entity("ec2:StopInstances", kind)];
        assert!(verify(&dispatch, &evidence).is_ok(), "{kind}");
    }
}

#[test]
fn a_run_has_its_grant_in_one_account_whatever_is_asked_later() {
    let account = AccountId::parse("account", "123456789012").unwrap();
    let record = |properties: serde_json::Value| Entity {
        identifier: "Permission-r_1".to_owned(),
        title: None,
        properties,
        relations: json!({}),
    };
    let verified = |record: Option<&Entity>| {
        verify_same_account(record, &account).map_err(|refusal| (refusal.code, refusal.field, refusal.reason))
    };
    assert_eq!(verified(None), Ok(()));
    for (properties, passes) in [
        (json!({ "account": "123456789012", "state": "live" }), true),
        (json!({ "account": "210987654321", "state": "live" }), false),
        (json!({ "account": "210987654321" }), false),
        // What an attempt has undone is begun anew.
        (json!({ "account": "210987654321", "state": "grant-failed" }), true),
        (json!({ "state": "live" }), true),
        // What a sweep has noted of a forged role is no attempt.
        (json!({ "account": "210987654321", "receipt": { "tampering": [{ "what": "forged" }] } }), true),
        (json!({ "account": "210987654321", "receipt": { "tampering": [] } }), false),
    ] {
        let judged = verified(Some(&record(properties.clone())));
        assert_eq!(judged.is_ok(), passes, "{properties}");
        if let Err((code, field, reason)) = judged {
            assert_eq!((code, field), (RefusalCode::GrantedElsewhere, "account"));
            assert!(reason.contains("210987654321") && reason.ends_with("not in 123456789012"), "{reason}");
        }
    }
}

#[test]
fn a_run_that_has_ended_well_is_one_to_hold_a_grant_against_and_none_to_make_one_for() {
    let of = |status: &str, has_ended: bool, stage: RunStage| {
        let mut evidence = evidence();
        run_of(&mut evidence).status = status.to_owned();
        run_of(&mut evidence).has_ended = has_ended;
        let expected = ExpectedRun { action: "request_permissions", stage };
        verify_run(&dispatch(), evidence.run.as_ref(), expected)
            .map_or_else(|refusal| refusal.code.as_str(), |_| "fits")
    };
    for (status, has_ended, open, open_or_done) in [
        ("IN_PROGRESS", false, "fits", "fits"),
        ("IN_PROGRESS", true, "run-over", "fits"),
        ("SUCCESS", true, "run-over", "fits"),
        ("FAILURE", true, "run-over", "run-over"),
        ("WAITING_FOR_APPROVAL", false, "run-over", "run-over"),
        ("DECLINED", true, "run-over", "run-over"),
    ] {
        assert_eq!(of(status, has_ended, RunStage::Open), open, "{status}");
        assert_eq!(of(status, has_ended, RunStage::OpenOrDone), open_or_done, "{status}");
    }
}

#[test]
fn a_run_that_failed_is_of_whoever_started_it_whether_they_may_still_act_or_not() {
    let verify = |forge: fn(&mut Evidence)| {
        let mut evidence = evidence();
        run_of(&mut evidence).status = "FAILURE".to_owned();
        forge(&mut evidence);
        let run = verify_run_at_any_stage(&dispatch(), evidence.run.as_ref(), "request_permissions")?;
        verify_starter(&dispatch(), run, evidence.requester.as_ref()).map(|user| user.email.clone())
    };
    assert_eq!(verify(|_| ()).unwrap(), "dana@acme.example");
    assert!(verify(|it| it.requester.as_mut().unwrap().status = "DISABLED".to_owned()).is_ok());
    type Forgery = (fn(&mut Evidence), &'static str);
    let forgeries: [Forgery; 6] = [
        (|it| it.run = None, "unknown-run"),
        (|it| run_of(it).id = "r_2".to_owned(), "other-run"),
        (|it| run_of(it).action = "deploy".to_owned(), "other-action"),
        (|it| run_of(it).impersonated_by = Some("auth0|ada".to_owned()), "impersonated"),
        (|it| run_of(it).created_by = Some("auth0|max".to_owned()), "other-requester"),
        (|it| it.requester = None, "unknown-requester"),
    ];
    for (forge, code) in forgeries {
        assert_eq!(verify(forge).unwrap_err().code.as_str(), code);
    }
}
