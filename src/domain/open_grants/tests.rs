//! What is granted already, and how many are.

use serde_json::json;

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::catalog::Entity;
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::{AccountId, RunId};
use crate::domain::tags::Scope;

pub(super) const NOW: &str = "2026-11-23T20:00:00Z";
pub(super) const END: &str = "2026-11-23T22:00:00Z";
const BUCKET: &str = "arn:aws:s3:::b";
const FURTHER: &str = "arn:aws:s3:::c";
/// Where one switches to the role of the live grant.
const LINK: &str = "https://signin.aws.amazon.com/switchrole?account=123456789012&roleName=port-iam%2FPermission-r_0&displayName=Permission-r_0";
const NO_LIMITS: OpenGrants = OpenGrants { per_requester: None, per_resource: None };

/// What is to be granted: one action on a bucket until the end.
pub(super) fn grant() -> Grant {
    let run_id = RunId::parse("r_1").unwrap();
    Grant {
        id: run_id.grant_id(),
        run_id,
        requester: "dana@acme.example".to_owned(),
        approver: None,
        reason: None,
        account: AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() },
        resource: Arn::parse("entity", BUCKET).unwrap(),
        additional_resources: Vec::new(),
        permissions: vec!["s3:PutObject".to_owned()],
        duration: GrantDuration::DEFAULT,
        expires: END.parse().unwrap(),
        policies: Vec::new(),
        trust: json!({}),
        notes: Vec::new(),
        rule: "r".to_owned(),
        trust_sentence: "",
        scope: Scope("org/1".to_owned()),
        break_glass_by: None,
        extends: Vec::new(),
    }
}

/// A live grant of two actions on the same bucket that ends with the new one.
fn live(identifier: &str) -> Entity {
    Entity {
        identifier: identifier.to_owned(),
        title: None,
        properties: json!({
            "requester": "Dana@acme.example", "state": "live", "expiry_time": END,
            "sign_in_url": "https://phish.example/switch", "role_arn": "https://phish.example/role",
        }),
        relations: json!({ "aws_resource": BUCKET, "permissions": ["s3:GetObject", "s3:PutObject"] }),
    }
}

/// Its record, which tells of a further resource.
fn record(identifier: &str) -> Entity {
    Entity {
        identifier: identifier.to_owned(),
        title: None,
        properties: json!({
            "requester": "Dana@acme.example", "granted_until": END, "resource": BUCKET,
            "additional_resources": [FURTHER], "actions": ["s3:GetObject", "s3:PutObject"],
        }),
        relations: json!({}),
    }
}

fn check_each(grant: &Grant, open: &[(Entity, Option<Entity>)], limits: OpenGrants) -> Result<(), Refusal> {
    let open = open.iter().cloned().map(|(entity, record)| OpenGrant::InCatalog(entity, record)).collect();
    check_known(grant, open, limits)
}

fn check_known(grant: &Grant, open: Vec<OpenGrant>, limits: OpenGrants) -> Result<(), Refusal> {
    let (others, now) = (others(grant, open), NOW.parse().unwrap());
    let usable = repeated(grant, &others, now).into_iter().collect();
    check_open_grants(grant, &Names::default(), &others, &usable, limits, now)
}

fn check(entities: &[Entity], limits: OpenGrants) -> Result<(), Refusal> {
    let open: Vec<_> = entities.iter().map(|entity| (entity.clone(), None)).collect();
    check_each(&grant(), &open, limits)
}

#[test]
fn what_the_requester_has_already_is_pointed_at() {
    let refusal = check(&[live("Permission-r_0")], NO_LIMITS).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("already-granted", "permissions"));
    assert!(refusal.reason.contains("Permission-r_0") && refusal.reason.contains(END), "{refusal}");
    for told in [LINK, "`port-iam extend Permission-r_0`"] {
        assert!(refusal.remedy.contains(told), "{}", refusal.remedy);
    }
}

#[test]
fn the_pointer_says_nothing_that_the_entity_tells_of_its_role() {
    let refusal = check(&[live("Permission-r_0")], NO_LIMITS).unwrap_err();
    assert!(!refusal.to_string().contains("phish") && !refusal.remedy.contains("phish"), "{}", refusal.remedy);
    // Where the console cannot bring what the trust asks for, the command stands in the link's place.
    let mut asked = grant();
    asked.trust = json!({ "Statement": [{ "Condition": { "StringEquals": { "aws:SourceIdentity": "dana" } } }] });
    let refusal = check_each(&asked, &[(live("Permission-r_0"), None)], NO_LIMITS).unwrap_err();
    let command = "aws sts assume-role --role-arn arn:aws:iam::123456789012:role/port-iam/Permission-r_0 ";
    assert!(refusal.remedy.contains(command) && !refusal.remedy.contains("phish"), "{}", refusal.remedy);
}

#[test]
fn what_cannot_be_used_is_not_pointed_at_and_counts_all_the_same() {
    let (grant, now) = (grant(), NOW.parse().unwrap());
    let open: Vec<_> = ["Permission-r_0", "Permission-r_2"].map(|id| OpenGrant::InCatalog(live(id), None)).into();
    let id = |id: &str| GrantId::parse(id).unwrap();
    assert_eq!(repeated(&grant, &open, now), [id("Permission-r_0"), id("Permission-r_2")]);
    for (change, what) in [
        ((|it| it.properties["requester"] = json!("max@acme.example")) as fn(&mut Entity), "of somebody else"),
        (|it| it.relations["permissions"] = json!(["s3:GetObject"]), "of another action"),
    ] {
        let mut entity = live("Permission-r_0");
        change(&mut entity);
        assert_eq!(repeated(&grant, &[OpenGrant::InCatalog(entity, None)], now), [], "{what}");
    }
    let check = |usable: &[GrantId], limits| {
        check_open_grants(&grant, &Names::default(), &open, &usable.iter().cloned().collect(), limits, now)
    };
    assert_eq!(check(&[], NO_LIMITS), Ok(()));
    let refusal = check(&[id("Permission-r_2")], NO_LIMITS).unwrap_err();
    assert!(refusal.reason.starts_with("Permission-r_2 gives all of it"), "{refusal}");
    let limits = OpenGrants { per_requester: Some(2), per_resource: None };
    assert_eq!(check(&[], limits).unwrap_err().code, RefusalCode::TooManyOpen);
}

#[test]
fn a_request_repeats_a_live_grant_unless_it_gains_a_quarter_of_its_time_and_five_minutes() {
    for (duration, end, is_repeated) in [
        ("2h", "2026-11-23T22:00:01Z", true),
        ("2h", "2026-11-23T21:59:58Z", true),
        ("2h", "2026-11-23T21:30:01Z", true),
        ("2h", "2026-11-23T21:30:00Z", false),
        ("2h", "2026-11-23T20:00:01Z", false),
        ("15m", "2026-11-23T21:55:01Z", true),
        ("15m", "2026-11-23T21:55:00Z", false),
    ] {
        let asked = Grant { duration: GrantDuration::parse("duration", duration).unwrap(), ..grant() };
        let mut entity = live("Permission-r_0");
        entity.properties["expiry_time"] = json!(end);
        let checked = check_each(&asked, &[(entity, None)], NO_LIMITS);
        assert_eq!(checked.is_err(), is_repeated, "{duration} {end}");
    }
}

#[test]
fn what_differs_in_anything_is_not_the_same_grant() {
    let differences: [fn(&mut Entity); 8] = [
        // A second attempt at the same run.
        |it| it.identifier = "Permission-r_1".to_owned(),
        |it| it.properties["requester"] = json!("max@acme.example"),
        |it| it.properties["state"] = json!("missing"),
        |it| it.properties["expiry_time"] = json!(NOW),
        |it| it.properties["expiry_time"] = json!(null),
        |it| it.relations["aws_resource"] = json!(FURTHER),
        |it| it.relations["permissions"] = json!(["s3:GetObject"]),
        |it| it.relations["permissions"] = json!(null),
    ];
    for (at, differ) in differences.iter().enumerate() {
        let mut entity = live("Permission-r_0");
        differ(&mut entity);
        assert_eq!(check(&[entity], NO_LIMITS), Ok(()), "{at}");
    }
    let mut extension = grant();
    extension.extends = vec![RunId::parse("r_0").unwrap().grant_id()];
    let live = (live("Permission-r_0"), Some(record("Permission-r_0")));
    assert_eq!(check_each(&extension, &[live], NO_LIMITS), Ok(()));
}

#[test]
fn every_resource_that_is_asked_for_has_to_be_given_already() {
    let wider = |arn: &str| Grant { additional_resources: vec![Arn::parse("entity", arn).unwrap()], ..grant() };
    let live = || (live("Permission-r_0"), Some(record("Permission-r_0")));
    assert_eq!(check_each(&wider(FURTHER), &[live()], NO_LIMITS).unwrap_err().code.as_str(), "already-granted");
    assert_eq!(check_each(&wider("arn:aws:s3:::other"), &[live()], NO_LIMITS), Ok(()));
    // Without a record nobody tells of further resources.
    assert_eq!(check_each(&wider(FURTHER), &[(live().0, None)], NO_LIMITS), Ok(()));
    let further = Grant { resource: Arn::parse("entity", FURTHER).unwrap(), ..grant() };
    assert_eq!(check_each(&further, &[live()], NO_LIMITS).unwrap_err().code.as_str(), "already-granted");
}

#[test]
fn the_record_tells_and_not_the_entity_which_more_people_may_edit() {
    let edits: [fn(&mut Entity); 4] = [
        |it| it.properties["requester"] = json!("max@acme.example"),
        |it| it.properties["expiry_time"] = json!(NOW),
        |it| it.relations["aws_resource"] = json!(null),
        |it| it.relations["permissions"] = json!([]),
    ];
    for (at, edit) in edits.iter().enumerate() {
        let mut entity = live("Permission-r_0");
        edit(&mut entity);
        let open = [(entity, Some(record("Permission-r_0")))];
        assert_eq!(check_each(&grant(), &open, NO_LIMITS).unwrap_err().code.as_str(), "already-granted", "{at}");
    }
    let edits: [fn(&mut Entity); 4] = [
        |it| it.properties["requester"] = json!("max@acme.example"),
        |it| it.properties["granted_until"] = json!(NOW),
        |it| it.properties["resource"] = json!("arn:aws:s3:::other"),
        |it| it.properties["actions"] = json!([]),
    ];
    for (at, edit) in edits.iter().enumerate() {
        let mut record = record("Permission-r_0");
        edit(&mut record);
        assert_eq!(check_each(&grant(), &[(live("Permission-r_0"), Some(record))], NO_LIMITS), Ok(()), "{at}");
    }
}

#[test]
fn a_record_whose_entity_is_gone_counts_until_its_end() {
    let alone = |change: fn(&mut Entity)| {
        let mut record = record("Permission-r_0");
        record.properties["state"] = json!("live");
        change(&mut record);
        vec![OpenGrant::OnRecordAlone(record)]
    };
    let refusal = check_known(&grant(), alone(|_| ()), NO_LIMITS).unwrap_err();
    assert_eq!(refusal.code.as_str(), "already-granted");
    assert!(refusal.remedy.contains(LINK), "{}", refusal.remedy);
    let another: fn(&mut Entity) = |it| it.properties["actions"] = json!(["s3:GetObject"]);
    let limits = OpenGrants { per_requester: Some(1), per_resource: None };
    for limits in [limits, OpenGrants { per_requester: None, per_resource: Some(1) }] {
        assert_eq!(check_known(&grant(), alone(another), NO_LIMITS), Ok(()));
        let refusal = check_known(&grant(), alone(another), limits).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::TooManyOpen);
        assert!(refusal.remedy.contains("`port-iam revoke Permission-r_0`"), "{}", refusal.remedy);
        let over = alone(|it| it.properties["granted_until"] = json!(NOW));
        assert_eq!(check_known(&grant(), over, limits), Ok(()));
    }
    let of_another = alone(|it| it.properties["requester"] = json!("max@acme.example"));
    assert_eq!(check_known(&grant(), of_another, limits), Ok(()));
}

#[test]
fn what_is_recorded_as_ended_counts_no_more_whatever_else_its_record_says() {
    let limits = OpenGrants { per_requester: Some(1), per_resource: Some(1) };
    let mut ended = record("Permission-r_0");
    let known = |record: &Entity| {
        [OpenGrant::OnRecordAlone(record.clone()), OpenGrant::InCatalog(live("Permission-r_0"), Some(record.clone()))]
    };
    for open in known(&ended) {
        assert!(check_known(&grant(), vec![open], limits).is_err());
    }
    // An attempt that wrote it anew while somebody took it away.
    (ended.properties["state"], ended.properties["revoked_at"]) = (json!("live"), json!(NOW));
    for open in known(&ended) {
        assert_eq!(check_known(&grant(), vec![open], limits), Ok(()));
    }
}

#[test]
fn a_limit_on_a_resource_counts_further_resources_and_holds_for_every_one_that_is_asked_for() {
    let elsewhere = |identifier: &str| {
        let mut record = record(identifier);
        record.properties["requester"] = json!("max@acme.example");
        (live(identifier), Some(record))
    };
    let open = [elsewhere("Permission-r_0"), elsewhere("Permission-r_2")];
    let limits = |most| OpenGrants { per_requester: None, per_resource: Some(most) };
    let of = |arn: &str, further: &[&str]| Grant {
        resource: Arn::parse("entity", arn).unwrap(),
        additional_resources: further.iter().map(|arn| Arn::parse("entity", arn).unwrap()).collect(),
        ..grant()
    };
    let other = "arn:aws:s3:::other";
    for (asked, field) in [(of(FURTHER, &[]), "entity"), (of(other, &[FURTHER]), "additional_resources")] {
        let refusal = check_each(&asked, &open, limits(2)).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("too-many-open", field));
        assert!(refusal.reason.starts_with(FURTHER), "{refusal}");
        assert_eq!(check_each(&asked, &open, limits(3)), Ok(()));
    }
    assert_eq!(check_each(&of(other, &[]), &open, limits(1)), Ok(()));
}

#[test]
fn a_limit_on_a_resource_counts_what_lies_under_it_and_what_it_lies_under() {
    const OF_BUCKET: &str = "arn:aws:s3:::payroll";
    let limit = OpenGrants { per_requester: None, per_resource: Some(1) };
    let counts = |live_on: &str, asked: &str| {
        let mut record = record("Permission-r_0");
        record.properties["requester"] = json!("max@acme.example");
        record.properties["resource"] = json!(live_on);
        record.properties["additional_resources"] = json!([]);
        let asked = Grant { resource: Arn::parse("entity", asked).unwrap(), ..grant() };
        check_each(&asked, &[(live("Permission-r_0"), Some(record))], limit).is_err()
    };
    assert!(counts(OF_BUCKET, "arn:aws:s3:::payroll/x"));
    assert!(counts("arn:aws:s3:::payroll/x", OF_BUCKET));
    let log_group = "arn:aws:logs:eu-west-1:123456789012:log-group:app";
    assert!(counts(log_group, &format!("{log_group}:log-stream:one")));
    assert!(!counts(OF_BUCKET, "arn:aws:s3:::payroll-old"));
    assert!(!counts("arn:aws:s3:::payroll/x", "arn:aws:s3:::payroll/y"));
    assert!(!counts("no ARN at all", OF_BUCKET));
    // Names with a slash in them: what goes on behind one is another resource.
    assert!(!counts(log_group, &format!("{log_group}/billing")));
    for kind in ["ssm:eu-west-1:123456789012:parameter", "ecr:eu-west-1:123456789012:repository"] {
        let (one, other) = (format!("arn:aws:{kind}/team"), format!("arn:aws:{kind}/team/database"));
        assert!(!counts(&one, &other) && !counts(&other, &one) && counts(&one, &one), "{kind}");
    }
}

#[test]
fn a_limit_counts_the_others_that_are_not_over() {
    let other = |identifier: &str, change: fn(&mut Entity)| {
        let mut entity = live(identifier);
        // None of them gives all of it.
        entity.relations["permissions"] = json!([]);
        change(&mut entity);
        entity
    };
    let entities = [
        other("Permission-r_0", |_| ()),
        other("Permission-r_1", |_| ()),
        other("Permission-r_2", |it| it.properties["expiry_time"] = json!(NOW)),
        // What tells no end counts.
        other("Permission-r_3", |it| it.properties["expiry_time"] = json!(null)),
        other("Permission-r_4", |it| it.properties["requester"] = json!("max@acme.example")),
        other("Permission-r_5", |it| it.relations["aws_resource"] = json!("arn:aws:s3:::other")),
    ];
    for (per_requester, per_resource, field, ids) in [
        (Some(3), None, Some("requester"), ["r_0", "r_3", "r_5"]),
        (Some(4), None, None, [""; 3]),
        (None, Some(3), Some("entity"), ["r_0", "r_3", "r_4"]),
        (None, Some(4), None, [""; 3]),
    ] {
        let checked = check(&entities, OpenGrants { per_requester, per_resource });
        assert_eq!(
            checked.as_ref().err().map(|refusal| (refusal.code.as_str(), refusal.field)),
            field.map(|field| ("too-many-open", field))
        );
        if let Err(refusal) = checked {
            assert!(refusal.reason.contains(" 3 "), "{refusal}");
            let named = |id: &str| refusal.remedy.contains(&format!("Permission-{id}"));
            assert!(ids.into_iter().all(named) && !named("r_2") && !named("r_1"), "{}", refusal.remedy);
            assert!(refusal.remedy.contains("Permission-r_0 until 2026-11-23T22:00:00Z"), "{}", refusal.remedy);
            assert!(!refusal.remedy.contains("not in the catalog"), "{}", refusal.remedy);
        }
    }
}
