//! Every field of the runs, the record and the role of a grant that is to be extended, forged in turn.

mod lost_runs;
mod still_standing;

use serde_json::{Value, json};

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::User;
use crate::domain::identifier::{AccountId, RunId};
use crate::domain::names::Names;
use crate::domain::tags::Scope;

const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
/// The first request, and when its grant began and ends.
const ASKED: &str = "2026-11-23T19:58:00Z";
const BEGAN: &str = "2026-11-23T20:00:00Z";
const TOLD: &str = "2026-11-23T20:00:09Z";
const END: &str = "2026-11-23T21:00:00Z";
const NOW: &str = "2026-11-23T20:30:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn user() -> User {
    User {
        id: "auth0|dana".to_owned(),
        email: "dana@acme.example".to_owned(),
        status: "ACTIVE".to_owned(),
        kind: Some("STANDARD".to_owned()),
        teams: Vec::new(),
        roles: Vec::new(),
    }
}

fn run(id: &str, action: &str, entity: &str, status: &str, form: &Value) -> Run {
    Run {
        id: id.to_owned(),
        action: action.to_owned(),
        entity: Some(entity.to_owned()),
        status: status.to_owned(),
        status_label: None,
        created_by: Some("auth0|dana".to_owned()),
        impersonated_by: None,
        created_at: Some(at(ASKED)),
        updated_at: None,
        ended_at: (status == "SUCCESS").then(|| at(TOLD)),
        has_ended: status == "SUCCESS",
        properties: form.clone(),
        raw_properties: json!({}),
        needs_approval: false,
    }
}

fn entity(identifier: &str, properties: Value) -> Entity {
    Entity { identifier: identifier.to_owned(), title: None, properties, relations: json!({}) }
}

fn as_owner<Told>(check: impl FnOnce(Owner<'_>) -> Told) -> Told {
    let account = AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() };
    check(Owner { names: &Names::default(), account: &account, scope: &Scope("org/1".to_owned()) })
}

/// Everything that decides about one extension, all of it in order.
struct Case {
    dispatch: Dispatch,
    evidence: Evidence,
    extended: Extended,
    attempt: Attempt,
}

impl Case {
    fn new() -> Self {
        let form = json!({ "duration": "2h", "reason": "the import" });
        let asked = json!({ "permissions": ["s3:PutObject"], "duration": "1h" });
        let record = json!({ "granted_from": BEGAN, "granted_until": END, "state": "live" });
        let tags = [("managed-by", "port-iam"), ("port-iam:run", "r_1"), ("port-iam:scope", "org/1")];
        Self {
            dispatch: Dispatch {
                run_id: RunId::parse("r_2").unwrap(),
                entity: "Permission-r_1".to_owned(),
                requester: Some("dana@acme.example".to_owned()),
                properties: form.clone(),
            },
            evidence: Evidence {
                run: Some(run("r_2", "extend_permissions", "Permission-r_1", "IN_PROGRESS", &form)),
                requester: Some(user()),
                resources: vec![entity(BUCKET, json!({ "resource_type": "S3" }))],
                permissions: vec![entity("s3:PutObject", json!({ "resource_type": "S3" }))],
                record: None,
            },
            extended: Extended {
                runs: vec![run("r_1", "request_permissions", BUCKET, "SUCCESS", &asked)],
                record: Some(entity("Permission-r_1", record.clone())),
                first_record: Some(entity("Permission-r_1", record)),
                role: Some(RoleState {
                    path: "/port-iam/".to_owned(),
                    arn: "arn:aws:iam::123456789012:role/port-iam/Permission-r_1".to_owned(),
                    trust: trust_until(END),
                    created: None,
                    boundary: None,
                    max_session_seconds: None,
                    tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
                }),
                attached: vec!["arn:aws:iam::123456789012:policy/port-iam/Permission-r_1".to_owned()],
            },
            attempt: Attempt { stage: RunStage::Open, first_end: None, now: at(NOW) },
        }
    }

    fn verify(&self) -> Result<VerifiedRequest, Refusal> {
        as_owner(|owner| verify_extension(&self.dispatch, &self.evidence, &self.extended, owner, self.attempt))
    }

    fn run(&mut self) -> &mut Run {
        self.evidence.run.as_mut().unwrap()
    }

    fn first(&mut self) -> &mut Run {
        self.extended.runs.last_mut().unwrap()
    }

    fn role(&mut self) -> &mut RoleState {
        self.extended.role.as_mut().unwrap()
    }

    fn record(&mut self) -> &mut Value {
        &mut self.extended.record.as_mut().unwrap().properties
    }

    fn first_record(&mut self) -> &mut Value {
        &mut self.extended.first_record.as_mut().unwrap().properties
    }

    /// Puts an extension between the first request and the grant that is to be extended.
    fn between(&mut self) -> &mut Run {
        let mut first = self.extended.runs.pop().unwrap();
        first.id = "r_0".to_owned();
        let form = json!({ "duration": "1h" });
        let between = run("r_1", "extend_permissions", "Permission-r_0", "SUCCESS", &form);
        self.extended.runs = vec![between, first];
        &mut self.extended.runs[0]
    }
}

fn trust_until(end: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Condition": { "DateLessThan": { "aws:CurrentTime": end } } }] })
}

#[test]
fn what_port_and_aws_bear_out_is_extended_with_what_the_first_request_asked_for() {
    let request = Case::new().verify().unwrap();
    assert_eq!(request.grant_id.as_str(), "Permission-r_2");
    assert_eq!((request.resource.as_str(), request.actions[0].as_str()), (BUCKET, "s3:PutObject"));
    assert_eq!((request.duration.to_string().as_str(), request.reason.as_deref()), ("2h", Some("the import")));
    let extends = request.extends.unwrap();
    assert_eq!((extends.grants[0].as_str(), extends.since), ("Permission-r_1", at(BEGAN)));
    let mut chain = Case::new();
    chain.between();
    let extends = chain.verify().unwrap().extends.unwrap();
    let grants: Vec<&str> = extends.grants.iter().map(GrantId::as_str).collect();
    assert_eq!(grants, ["Permission-r_1", "Permission-r_0"]);
}

/// What is forged, and the refusal's code and field.
type Forgery = (fn(&mut Case), &'static str, &'static str);

#[test]
fn every_forged_field_is_refused_by_its_name() {
    let forgeries: [Forgery; 50] = [
        (|it| it.dispatch.entity = "Permission-r_9".to_owned(), "other-entity", "entity"),
        (|it| it.dispatch.run_id = RunId::parse("r_3").unwrap(), "other-run", "runId"),
        (|it| it.dispatch.requester = Some("max@acme.example".to_owned()), "other-requester", "requester"),
        (|it| it.dispatch.properties["duration"] = json!("3h"), "other-form", "properties"),
        (|it| it.dispatch.properties["reason"] = json!("another"), "other-form", "properties"),
        (|it| it.evidence.run = None, "unknown-run", "runId"),
        (|it| it.run().action = "request_permissions".to_owned(), "other-action", "runId"),
        (|it| it.run().status = "SUCCESS".to_owned(), "run-over", "runId"),
        (|it| it.run().has_ended = true, "run-over", "runId"),
        (|it| it.run().entity = Some("Permission-r_9".to_owned()), "other-entity", "entity"),
        (|it| it.run().impersonated_by = Some("auth0|ada".to_owned()), "impersonated", "requester"),
        (|it| it.run().created_by = Some("auth0|max".to_owned()), "other-requester", "requester"),
        (|it| it.run().properties["duration"] = json!("4h"), "other-form", "properties"),
        (|it| it.run().properties["duration"] = json!(7), "wrong-shape", "duration"),
        (
            |it| it.evidence.requester.as_mut().unwrap().status = "DISABLED".to_owned(),
            "inactive-requester",
            "requester",
        ),
        (|it| it.evidence.requester.as_mut().unwrap().id = "auth0|max".to_owned(), "other-requester", "requester"),
        (|it| it.evidence.record = Some(entity("Permission-r_2", json!({ "revoked_at": NOW }))), "revoked", "runId"),
        (|it| it.evidence.resources.clear(), "unknown-resource", "entity"),
        (|it| it.evidence.permissions.clear(), "unknown-permission", "permissions"),
        (|it| it.extended.runs.clear(), "not-extendable", "entity"),
        (|it| it.first().id = "r_9".to_owned(), "not-extendable", "entity"),
        (|it| it.first().action = "deploy".to_owned(), "not-extendable", "entity"),
        (|it| it.first().action = "revoke_permissions".to_owned(), "not-extendable", "entity"),
        (|it| it.first().action = "extend_permissions".to_owned(), "not-a-grant", "entity"),
        (|it| it.first().status = "FAILURE".to_owned(), "not-extendable", "entity"),
        (|it| it.first().status = "IN_PROGRESS".to_owned(), "not-extendable", "entity"),
        (|it| it.first().impersonated_by = Some("auth0|ada".to_owned()), "not-extendable", "entity"),
        (|it| it.first().created_by = Some("auth0|max".to_owned()), "other-requester", "requester"),
        (|it| it.first().created_by = None, "other-requester", "requester"),
        (|it| it.first().entity = None, "not-extendable", "entity"),
        (|it| it.first().entity = Some("arn:aws:s3:::other".to_owned()), "unknown-resource", "entity"),
        (|it| it.first().properties["permissions"] = json!(["s3:GetObject"]), "unknown-permission", "permissions"),
        (|it| it.first().created_at = None, "wrong-shape", "entity"),
        (|it| it.between().created_by = Some("auth0|max".to_owned()), "other-requester", "requester"),
        (|it| it.between().status = "FAILURE".to_owned(), "not-extendable", "entity"),
        (|it| it.between().impersonated_by = Some("auth0|ada".to_owned()), "not-extendable", "entity"),
        (|it| it.between().entity = Some("Permission-r_7".to_owned()), "not-extendable", "entity"),
        (|it| it.between().entity = Some(BUCKET.to_owned()), "not-a-grant", "entity"),
        (|it| it.extended.record = None, "not-extendable", "entity"),
        (|it| it.record()["revoked_at"] = json!("2026-11-23T20:10:00Z"), "not-extendable", "entity"),
        (|it| it.extended.role = None, "not-extendable", "entity"),
        (|it| it.role().arn = "arn:aws:iam::123456789012:role/Permission-r_1".to_owned(), "not-extendable", "entity"),
        (|it| it.role().path = "/".to_owned(), "not-extendable", "entity"),
        (|it| it.role().tags[0].1 = "somebody".to_owned(), "not-extendable", "entity"),
        (|it| it.role().tags[1].1 = "r_9".to_owned(), "not-extendable", "entity"),
        (|it| it.role().tags[2].1 = "org/2".to_owned(), "not-extendable", "entity"),
        (|it| it.role().trust = trust_until(NOW), "not-extendable", "entity"),
        (|it| it.extended.attached.push("arn:aws:iam::aws:policy/AWSDenyAll".to_owned()), "not-extendable", "entity"),
        (|it| it.extended.attached.clear(), "not-extendable", "entity"),
        (
            |it| it.extended.attached = vec!["arn:aws:iam::123456789012:policy/port-iam/Permission-r_9".to_owned()],
            "not-extendable",
            "entity",
        ),
    ];
    for (number, (forge, code, field)) in forgeries.into_iter().enumerate() {
        let mut case = Case::new();
        forge(&mut case);
        let refusal = case.verify().unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), (code, field), "{number}: {refusal}");
    }
}

#[test]
fn a_trust_without_an_end_is_no_live_grant_s() {
    let mut case = Case::new();
    case.role().trust = json!({ "Statement": [] });
    assert_eq!(case.verify().unwrap_err().code.as_str(), "not-extendable");
}

#[test]
fn grants_hang_together_only_so_often() {
    let linked = |length: usize| {
        let mut case = Case::new();
        let asked = case.extended.runs[0].properties.clone();
        let link = |number: usize| {
            let (id, before) = (format!("r_{number}"), format!("Permission-r_{}", number + 1));
            run(&id, "extend_permissions", &before, "SUCCESS", &json!({ "duration": "15m" }))
        };
        case.extended.runs = (1..length).map(link).collect();
        case.extended.runs.push(run(&format!("r_{length}"), "request_permissions", BUCKET, "SUCCESS", &asked));
        case.dispatch.run_id = RunId::parse("r_new").unwrap();
        case.run().id = "r_new".to_owned();
        case
    };
    assert_eq!(linked(MOST_IN_A_ROW).verify().unwrap().extends.unwrap().grants.len(), MOST_IN_A_ROW);
    let refusal = linked(MOST_IN_A_ROW + 1).verify().unwrap_err();
    assert!(refusal.code.as_str() == "not-extendable" && refusal.reason.contains("20 times"), "{refusal}");
    // As many as there may be, and the run of the last is one that Port does not know.
    let mut case = linked(MOST_IN_A_ROW);
    case.extended.runs.pop();
    let refusal = case.verify().unwrap_err();
    assert!(refusal.code.as_str() == "not-extendable" && refusal.reason.contains("knows no run r_20"), "{refusal}");
}

#[test]
fn the_time_counts_from_the_first_grant_and_no_record_moves_it_beyond_the_run() {
    let since = |change: fn(&mut Case)| {
        let mut case = Case::new();
        change(&mut case);
        case.verify().unwrap().extends.unwrap().since
    };
    assert_eq!(since(|_| {}), at(BEGAN));
    // Later than its run ended it cannot have begun, nor earlier than it was asked for.
    let late = |it: &mut Case| {
        it.first_record()["granted_from"] = json!("2026-11-23T20:29:00Z");
        it.first_record()["granted_until"] = json!("2026-11-23T21:29:00Z");
    };
    assert_eq!(since(late), at(TOLD));
    assert_eq!(since(|it| it.first_record()["granted_from"] = json!("2020-01-01T00:00:00Z")), at(ASKED));
    // A repeated workflow writes a later beginning and keeps the end.
    assert_eq!(since(|it| it.first_record()["granted_from"] = json!("2026-11-23T20:00:05Z")), at(BEGAN));
    for silent in [
        |it: &mut Case| it.extended.first_record = None,
        |it: &mut Case| it.first_record()["granted_from"] = json!(null),
        |it: &mut Case| it.first_record()["granted_until"] = json!("soon"),
        |it: &mut Case| it.first().ended_at = None,
    ] {
        assert_eq!(since(silent), at(ASKED));
    }
    let extends = Case::new().verify().unwrap().extends.unwrap();
    assert_eq!(extends.total(at("2026-11-23T22:30:00Z")).to_string(), "2h30m");
    assert_eq!(extends.total(at("2026-11-23T22:30:01Z")).to_string(), "2h31m");
}

#[test]
fn a_refusal_for_its_length_tells_from_when_the_time_is_counted_and_any_other_is_left_as_it_is() {
    let extension = Case::new().verify().unwrap().extends.unwrap();
    let refusal = |code| Refusal::new(code, "duration", "5h is longer than 4h", "ask for at most 4h");
    let explained = extension.explained(refusal(RefusalCode::TooLongForRule));
    assert_eq!((explained.code.as_str(), explained.field), ("too-long-for-rule", "duration"));
    assert_eq!(explained.reason, format!("counted from {BEGAN}, when the first grant began, 5h is longer than 4h"));
    assert!(explained.remedy.contains("extend it by less, or ask for a new grant"), "{}", explained.remedy);
    assert_eq!(extension.explained(refusal(RefusalCode::NoRule)), refusal(RefusalCode::NoRule));
}

#[test]
fn an_extension_goes_beyond_what_it_extends() {
    let until = |duration: &str| {
        let mut case = Case::new();
        case.dispatch.properties["duration"] = json!(duration);
        case.run().properties["duration"] = json!(duration);
        case.verify().map_err(|refusal| (refusal.code.as_str(), refusal.field))
    };
    assert_eq!(until("30m").unwrap_err(), ("extends-nothing", "duration"));
    assert!(until("31m").is_ok());
}

/// A second attempt, after the first has made the role of the extension at `NOW`.
fn second_attempt(now: &str) -> Case {
    let mut case = Case::new();
    case.attempt = Attempt { stage: RunStage::Open, first_end: Some(at("2026-11-23T22:30:00Z")), now: at(now) };
    case
}

#[test]
fn a_second_attempt_is_held_to_the_time_of_the_first() {
    let late = "2026-11-23T21:10:00Z";
    assert!(second_attempt(late).verify().is_ok());
    let mut gone = second_attempt(late);
    gone.extended.role = None;
    assert_eq!(gone.verify().unwrap_err().code.as_str(), "not-extendable", "nobody says how it ended");
    gone.record()["revoked_at"] = json!("2026-11-23T21:00:05Z");
    gone.record()["state"] = json!("revoked");
    assert_eq!(gone.verify().unwrap_err().code.as_str(), "not-extendable", "somebody took it away");
    gone.record()["state"] = json!("expired");
    assert!(gone.verify().is_ok());
    for before in ["2026-11-23T20:29:59Z", NOW] {
        gone.record()["revoked_at"] = json!(before);
        assert_eq!(gone.verify().unwrap_err().code.as_str(), "not-extendable", "it was over before");
    }
    let mut denied = second_attempt(late);
    denied.extended.attached = vec!["arn:aws:iam::aws:policy/AWSDenyAll".to_owned()];
    assert_eq!(denied.verify().unwrap_err().code.as_str(), "not-extendable");
}

#[test]
fn an_extension_that_was_made_outlives_whatever_becomes_of_the_old_grant() {
    let mut case = second_attempt("2026-11-23T21:30:00Z");
    case.attempt.stage = RunStage::OpenOrDone;
    case.run().status = "SUCCESS".to_owned();
    case.run().has_ended = true;
    case.extended.role = None;
    case.record()["revoked_at"] = json!("2026-11-23T20:40:00Z");
    assert!(case.verify().is_ok());
    case.extended.record = None;
    assert!(case.verify().is_ok());
    // Its runs have to vouch for it all the same.
    case.first().created_by = Some("auth0|max".to_owned());
    assert_eq!(case.verify().unwrap_err().code.as_str(), "other-requester");
}
