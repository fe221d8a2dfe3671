//! Every field of a request and of Port's answers, forged in turn.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::domain::catalog::Approval;
use crate::domain::rules::{ApprovalRule, ApprovalsNeeded, ReasonRule, Requester, Rule};

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

fn rule(approvers: &[&str]) -> Rule {
    Rule {
        name: "r".to_owned(),
        requesters: vec![Requester::Anybody],
        resource_types: Vec::new(),
        accounts: Vec::new(),
        resources: Vec::new(),
        actions: Vec::new(),
        bundles: Vec::new(),
        longest_duration: GrantDuration::DEFAULT,
        approval: ApprovalRule::Required { approvers: approvers.iter().map(|&email| email.to_owned()).collect() },
        approvals: ApprovalsNeeded::One,
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
    let said = |id: &str, state: &str| vec![Approval { user_id: id.to_owned(), state: state.to_owned(), said: None }];
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
        assert_eq!(refusal.code.as_str(), "not-approved", "{id} {state}");
    }
    assert!(verify_approval(&list, &dana, &[], &users).is_err());
    // Whoever declined, and in whatever order: a run that somebody has declined is not to go on.
    for no in ["DECLINED", "Decline", "REJECTED", ""] {
        let mut contested = said("auth0|lead", "APPROVED");
        contested.extend(said("auth0|max", no));
        assert!(verify_approval(&list, &dana, &contested, &users).is_err(), "{no}");
    }
    let mut waited_for = said("auth0|max", "PENDING");
    waited_for.extend(said("auth0|lead", "APPROVED"));
    assert!(verify_approval(&list, &dana, &waited_for, &users).is_ok());
    assert!(verify_approval(&rule(&["max@acme.example"]), &dana, &said("auth0|lead", "APPROVED"), &users).is_err());
}

#[test]
fn an_approval_by_what_may_be_no_person_is_refused_with_whose_it_is() {
    let (dana, lead) = (user("auth0|dana", "dana@acme.example"), user("auth0|lead", "lead@acme.example"));
    let mut machine = user("auth0|machine", "machine@acme.example");
    machine.kind = Some("SERVICE_ACCOUNT".to_owned());
    let users = [dana.clone(), lead, machine];
    let said = |id: &str, state: &str| Approval { user_id: id.to_owned(), state: state.to_owned(), said: None };
    let judge = |said: &[Approval]| {
        let list = rule(&["lead@acme.example", "machine@acme.example"]);
        verify_approval(&list, &dana, said, &users).unwrap_err().reason
    };
    let reason = judge(&[said("auth0|machine", "APPROVED")]);
    assert!(reason.contains("`machine@acme.example` is of the kind `SERVICE_ACCOUNT`"), "{reason}");
    for silent in [said("auth0|machine", "PENDING"), said("auth0|stranger", "APPROVED")] {
        assert!(!judge(std::slice::from_ref(&silent)).contains("of the kind"), "{silent:?}");
    }
}

#[test]
fn a_rule_that_wants_all_its_approvers_is_content_with_no_fewer() {
    let person = |name: &str| user(&format!("auth0|{name}"), &format!("{name}@acme.example"));
    let mut gone = person("gone");
    gone.status = "DISABLED".to_owned();
    let users = [person("dana"), person("lead"), person("max"), gone];
    let said = |names: &[&str]| -> Vec<Approval> {
        let yes = |name: &&str| Approval { user_id: format!("auth0|{name}"), state: "APPROVED".to_owned(), said: None };
        names.iter().map(yes).collect()
    };
    let of_all = |approvers: &[&str]| {
        let emails: Vec<String> = approvers.iter().map(|name| format!("{name}@acme.example")).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        Rule { approvals: ApprovalsNeeded::All, ..rule(&emails) }
    };
    let judge = |approvers: &[&str], yes: &[&str]| verify_approval(&of_all(approvers), &users[0], &said(yes), &users);
    let both = Ok(Some("lead@acme.example, max@acme.example".to_owned()));
    assert_eq!(judge(&["lead", "max"], &["max", "lead"]), both);
    // Whoever asks is not among those who have to agree, and their own yes counts for nobody.
    assert_eq!(judge(&["lead", "dana", "max"], &["lead", "max"]), both);
    for (approvers, yes) in [
        (&["lead", "max"][..], &["lead"][..]),
        (&["lead", "max"], &["lead", "lead"]),
        (&["lead", "max"], &["lead", "dana"]),
        (&["lead", "max"], &[]),
        (&["lead", "gone"], &["lead", "gone"]),
        (&["lead", "unknown"], &["lead", "unknown"]),
        (&["dana"], &["dana"]),
        (&["dana"], &[]),
    ] {
        let refusal = judge(approvers, yes).unwrap_err();
        assert_eq!(refusal.code.as_str(), "not-approved", "{approvers:?} {yes:?}");
        assert!(refusal.reason.contains("of each, but the requester, of"), "{refusal}");
    }
    let mut declined = said(&["lead", "max"]);
    declined.push(Approval { user_id: "auth0|other".to_owned(), state: "DECLINED".to_owned(), said: None });
    assert!(verify_approval(&of_all(&["lead", "max"]), &users[0], &declined, &users).is_err());
}

#[test]
fn a_request_is_too_old_a_day_after_its_approval_and_a_month_after_it_was_made() {
    let now: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
    let judge = |created: Option<&str>, updated: Option<&str>, is_approved: bool| {
        let mut run = evidence().run.unwrap();
        let at = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        (run.created_at, run.updated_at) = (at(created), at(updated));
        verify_age(&run, is_approved, now).map_or_else(|refusal| refusal.code.as_str(), |()| "young enough")
    };
    for (created, updated, is_approved, expected) in [
        (Some("2026-11-22T20:00:00Z"), None, false, "young enough"),
        (Some("2026-11-22T19:59:59Z"), None, false, "too-old"),
        (Some("2026-11-22T19:59:59Z"), Some("2026-11-23T19:00:00Z"), false, "too-old"),
        (Some("2026-11-22T19:59:59Z"), Some("2026-11-23T19:00:00Z"), true, "young enough"),
        (Some("2026-11-22T19:59:59Z"), Some("2026-11-22T19:59:59Z"), true, "too-old"),
        (Some("2026-11-22T20:00:00Z"), None, true, "young enough"),
        (Some("2026-10-24T20:00:00Z"), Some("2026-11-23T19:00:00Z"), true, "young enough"),
        (Some("2026-10-24T19:59:59Z"), Some("2026-11-23T19:00:00Z"), true, "too-old"),
        (Some("2026-11-23T20:05:00Z"), None, false, "young enough"),
        (Some("2026-11-23T20:05:01Z"), None, false, "of-the-future"),
        (Some("2026-11-23T20:05:01Z"), Some("2026-11-23T19:00:00Z"), true, "of-the-future"),
        (None, None, false, "wrong-shape"),
        (None, Some("2026-11-23T19:00:00Z"), true, "wrong-shape"),
    ] {
        assert_eq!(judge(created, updated, is_approved), expected, "{created:?} {updated:?} {is_approved}");
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
fn only_a_role_that_is_older_than_the_end_of_its_run_may_be_of_it() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut run = evidence().run.unwrap();
    assert!(verify_made_before_its_end(&run, at("2036-01-01T00:00:00Z")).is_ok());
    run.status = "SUCCESS".to_owned();
    run.updated_at = Some(at("2026-11-23T21:00:00Z"));
    for ended in [Some(at("2026-11-23T20:00:00Z")), None] {
        run.ended_at = ended;
        let ended = ended.or(run.updated_at).unwrap();
        let after = |seconds: i64| verify_made_before_its_end(&run, ended + jiff::SignedDuration::from_secs(seconds));
        assert!(after(-3_600).is_ok() && after(300).is_ok());
        assert_eq!(after(301).unwrap_err().code.as_str(), "made-after-its-run");
    }
    run.updated_at = None;
    assert_eq!(
        verify_made_before_its_end(&run, at("2026-11-23T20:00:00Z")).unwrap_err().code.as_str(),
        "made-after-its-run"
    );
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
