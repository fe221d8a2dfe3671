mod room;

use serde_json::json;

use super::*;
use crate::domain::catalog::Entity;
use crate::domain::iam::RoleState;
use crate::domain::identifier::AccountId;
use crate::domain::quotas::Limits;

const RULES: &str = r#"
version: 1
accounts: { "123456789012": {} }
trust: { mode: account }
break-glass: { longest: 1h, people: [ada], webhook: none }
rules:
  - name: storage
    requesters: ["team:Storage"]
    resource-types: [S3]
    resources: ["arn:aws:s3:::team-*"]
    actions: ["s3:*"]
    longest-duration: 4h
    approval: required
    approvers: ["lead@acme.example"]
"#;
const ADA: &str = "arn:aws:iam::123456789012:user/ada";

fn configuration(rules: &str) -> Configuration {
    let policy = crate::assets::policy_template().unwrap().to_string();
    let trust = crate::assets::trust_template("aws", "123456789012").unwrap().to_string();
    Configuration::parse(Some(rules), Some(&policy), Some(&trust)).unwrap()
}

fn now() -> Timestamp {
    "2026-11-28T01:15:00Z".parse().unwrap()
}

fn dana() -> User {
    let teams = vec!["Storage".to_owned()];
    let email = "dana@acme.example".to_owned();
    User { id: email.clone(), email, status: "ACTIVE".to_owned(), kind: None, teams, roles: Vec::new() }
}

fn wish() -> BreakGlass {
    BreakGlass {
        id: RunId::break_glass(now(), "0123456789abcdef").unwrap(),
        person: ADA.to_owned(),
        reason: "Port is down: OPS-7".to_owned(),
        requester: dana(),
        resources: ["arn:aws:s3:::team-a", "arn:aws:s3:::team-b"]
            .map(|arn| Arn::parse("entity", arn).unwrap())
            .to_vec(),
        actions: ["s3:PutObject", "s3:GetObject"].map(|action| ActionName::parse(action).unwrap()).to_vec(),
        duration: GrantDuration::parse("duration", "1h").unwrap(),
    }
}

fn decide(rules: &str, wish: &BreakGlass, now: Timestamp, first_end: Option<Timestamp>) -> Result<Grant, Refusal> {
    wish.decide(&Surroundings {
        configuration: &configuration(rules),
        account: &AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() },
        scope: &Scope("org/1".to_owned()),
        room: Limits::default().room(),
        now,
        first_end,
    })
}

#[test]
fn what_the_rules_allow_is_granted_without_an_approval_and_says_who_did_it() {
    let grant = decide(RULES, &wish(), now(), None).unwrap();
    assert_eq!((grant.rule.as_str(), grant.approver.as_deref()), ("storage", None));
    assert_eq!(grant.break_glass_by.as_deref(), Some(ADA));
    assert_eq!(grant.expires.to_string(), "2026-11-28T02:15:00Z");
    let record = grant.record(now(), None);
    assert_eq!(record["properties"]["review_due"], true);
    assert_eq!(record["properties"]["break_glass_by"], ADA);
}

#[test]
fn whatever_is_not_as_the_rules_say_is_refused_by_its_name() {
    type Change = fn(&mut BreakGlass);
    let cases: [(Change, &str); 13] = [
        (|it| it.person = "arn:aws:iam::123456789012:user/max".to_owned(), "break-glass-person"),
        (|it| it.duration = GrantDuration::parse("duration", "61m").unwrap(), "too-long-for-rule"),
        (|it| it.requester.teams.clear(), "no-rule"),
        (|it| it.resources[0] = Arn::parse("entity", "arn:aws:s3:::other").unwrap(), "no-rule"),
        (|it| it.resources[0] = Arn::parse("entity", "arn:aws-cn:s3:::team-a").unwrap(), "foreign-partition"),
        (|it| it.resources[1] = it.resources[0].clone(), "duplicate"),
        (|it| it.resources.clear(), "too-many"),
        (|it| it.actions.clear(), "too-many"),
        (|it| it.actions.push(ActionName::parse("S3:putobject").unwrap()), "duplicate"),
        (|it| it.actions.push(ActionName::parse("s3:PutBucketPolicy").unwrap()), "privilege-escalation"),
        (|it| it.actions.push(ActionName::parse("ec2:StopInstances").unwrap()), "no-rule"),
        (|it| it.reason = "?!".to_owned(), "no-reason"),
        (|it| it.requester.email = "d,na@acme.example".to_owned(), "not-for-tags"),
    ];
    for (change, code) in cases {
        let mut wish = wish();
        change(&mut wish);
        assert_eq!(decide(RULES, &wish, now(), None).map_err(|refusal| refusal.code.as_str()).unwrap_err(), code);
    }
    let off = RULES.replace("break-glass: { longest: 1h, people: [ada], webhook: none }\n", "");
    assert_eq!(decide(&off, &wish(), now(), None).unwrap_err().code.as_str(), "break-glass-off");
}

#[test]
fn a_resource_is_granted_by_a_rule_for_its_type_alone() {
    let rules = RULES.replace("arn:aws:s3:::team-*", "*").replace("s3:*", "*");
    let queue = Arn::parse("entity", "arn:aws:sqs:us-east-1:123456789012:q").unwrap();
    let actions = vec![ActionName::parse("sqs:SendMessage").unwrap()];
    let wish = BreakGlass { resources: vec![queue], actions, ..wish() };
    assert_eq!(decide(&rules, &wish, now(), None).unwrap_err().code.as_str(), "no-rule");
    assert!(decide(&rules.replace("[S3]", "[SQS]"), &wish, now(), None).is_ok());
}

#[test]
fn the_tags_lead_back_to_the_same_grant_to_the_letter() {
    let made = decide(RULES, &wish(), now(), None).unwrap();
    let read = BreakGlass::from_tags(made.run_id.clone(), &made.tags(), dana()).unwrap();
    // The role is made a moment later, and its end is the one that it bears.
    let later = now() + jiff::SignedDuration::from_secs(2);
    assert_eq!(decide(RULES, &read, later, Some(made.expires)).unwrap(), made);
}

#[test]
fn many_actions_are_read_back_from_several_tags() {
    let mut wish = wish();
    let names = (0..60).map(|number| format!("s3:GetObject{number}"));
    wish.actions = names.map(|name| ActionName::parse(&name).unwrap()).collect();
    let mut grant = decide(RULES, &self::wish(), now(), None).unwrap();
    grant.permissions = wish.actions.iter().map(ToString::to_string).collect();
    let tags = grant.tags();
    assert!(tags.iter().all(|(_, value)| value.chars().count() <= 256));
    assert_eq!(BreakGlass::from_tags(grant.run_id.clone(), &tags, dana()).unwrap().actions, wish.actions);
}

#[test]
fn a_role_that_lasts_longer_than_the_cap_after_it_was_made_is_another_grant() {
    let made = decide(RULES, &wish(), now(), None).unwrap();
    let later = made.expires + jiff::SignedDuration::from_secs(1);
    let compiled = decide(RULES, &wish(), now(), Some(later)).unwrap();
    assert_eq!(compiled.expires, made.expires);
}

#[test]
fn a_tag_that_is_missing_or_of_another_form_is_named() {
    let grant = decide(RULES, &wish(), now(), None).unwrap();
    for key in ["port-iam:person", "port-iam:reason", "port-iam:duration", "port-iam:resource", "port-iam:actions"] {
        let tags: Vec<_> = grant.tags().into_iter().filter(|(name, _)| name != key).collect();
        let refusal = BreakGlass::from_tags(grant.run_id.clone(), &tags, dana()).unwrap_err();
        assert!(refusal.code.as_str() == "tag-missing" && refusal.reason.contains(key), "{refusal}");
    }
    for (key, value) in [("port-iam:actions", "s3:*"), ("port-iam:resource.2", "*"), ("port-iam:duration", "for ever")]
    {
        let mut tags = grant.tags();
        tags.iter_mut().filter(|(name, _)| name == key).for_each(|(_, text)| *text = value.to_owned());
        assert!(BreakGlass::from_tags(grant.run_id.clone(), &tags, dana()).is_err(), "{key}");
    }
}

/// The role of a grant as AWS shows it, with its tags in the order of their keys.
fn role_of(grant: &Grant) -> RoleState {
    let mut tags = grant.tags();
    tags.sort();
    RoleState {
        path: "/port-iam/".to_owned(),
        arn: format!("arn:aws:iam::123456789012:role/port-iam/{}", grant.id),
        created: Some(now()),
        trust: grant.trust.clone(),
        boundary: None,
        max_session_seconds: None,
        tags,
    }
}

#[test]
fn what_a_role_without_a_vouched_request_says_of_itself_is_recorded_to_be_reviewed() {
    let mut grant = decide(RULES, &wish(), now(), None).unwrap();
    let actions: Vec<String> = (0..60).map(|number| format!("s3:GetObject{number}")).collect();
    grant.permissions = actions.clone();
    let mut role = role_of(&grant);
    assert!(role.tags.iter().any(|(name, _)| name == "port-iam:actions.2"), "{:?}", role.tags);
    role.tags.push(("port-iam:actions-of-another".to_owned(), "s3:DeleteBucket".to_owned()));
    let told = json!({
        "requester": "dana@acme.example",
        "reason": "Port is down: OPS-7",
        "resource": "arn:aws:s3:::team-a",
        "additional_resources": ["arn:aws:s3:::team-b"],
        "actions": actions,
        "granted_from": "2026-11-28T01:15:00Z",
        "granted_until": "2026-11-28T02:15:00Z",
        "break_glass_by": ADA,
        "review_due": true,
    });
    assert_eq!(unverified_record(&role), told);
    let silent = json!({
        "requester": null, "reason": null, "resource": null, "additional_resources": [], "actions": [],
        "granted_from": null, "granted_until": null, "break_glass_by": null, "review_due": true,
    });
    assert_eq!(unverified_record(&RoleState { created: None, trust: json!({}), tags: Vec::new(), ..role }), silent);
}

#[test]
fn every_further_resource_is_recorded_in_the_order_in_which_it_was_named() {
    let arn = |number| Arn::parse("entity", &format!("arn:aws:s3:::team-{number}")).unwrap();
    let resources: Vec<Arn> = (1..=21).map(arn).collect();
    let grant = decide(RULES, &BreakGlass { resources: resources.clone(), ..wish() }, now(), None).unwrap();
    let mut role = role_of(&grant);
    for (key, arn) in [("of-somebody", "arn:aws:s3:::other"), ("0", "arn:aws:s3:::none"), ("1", "arn:aws:s3:::one")] {
        role.tags.push((format!("port-iam:resource.{key}"), arn.to_owned()));
    }
    let told = unverified_record(&role);
    let mut further: Vec<&str> = resources[1..].iter().map(Arn::as_str).chain(["arn:aws:s3:::other"]).collect();
    further.splice(1..1, ["arn:aws:s3:::none", "arn:aws:s3:::one"]);
    assert_eq!((&told["resource"], &told["additional_resources"]), (&json!("arn:aws:s3:::team-1"), &json!(further)));
}

#[test]
fn the_record_of_what_ends_tells_what_that_of_the_same_grant_would_have_told() {
    let grant = decide(RULES, &wish(), now(), None).unwrap();
    let told = record_of_what_ends(&grant.id, &grant.account, &role_of(&grant), &grant.policies);
    let sweep_s = grant.record(now(), None);
    for (property, value) in told["properties"].as_object().unwrap() {
        assert_eq!(*value, sweep_s["properties"][property], "{property}");
    }
    let without = record_of_what_ends(&grant.id, &grant.account, &role_of(&grant), &[]);
    assert!(without["properties"]["policy_digest"].is_null(), "{without}");
}

#[test]
fn the_record_of_what_ends_is_told_from_one_that_somebody_has_compared() {
    let grant = decide(RULES, &wish(), now(), None).unwrap();
    let entity = |identifier: &str, record: &serde_json::Value| Entity {
        identifier: identifier.to_owned(),
        title: None,
        properties: record["properties"].clone(),
        relations: json!({}),
    };
    let name = grant.id.as_str();
    let ending = record_of_what_ends(&grant.id, &grant.account, &role_of(&grant), &[]);
    let with = |property: &str, value: serde_json::Value| {
        let mut changed = ending.clone();
        changed["properties"][property] = value;
        is_record_of_what_ends(&entity(name, &changed))
    };
    assert!(is_record_of_what_ends(&entity(name, &ending)));
    assert!(!is_record_of_what_ends(&entity("Permission-r_1", &ending)), "a grant that has a run");
    assert!(!is_record_of_what_ends(&entity(name, &grant.record(now(), None))), "that of a sweep");
    assert!(!with("state", json!("expired")), "its end");
    assert!(!with("trust_digest", json!(null)), "what was only found");
    assert!(with("review_due", json!(false)), "a review makes no comparison");
}

#[test]
fn what_a_role_of_another_account_claims_is_kept_on_the_record_of_its_name_once() {
    let grant = decide(RULES, &wish(), now(), None).unwrap();
    let role = role_of(&grant);
    let claims = |account: Option<&str>, receipt: serde_json::Value| {
        let properties = json!({ "account": account, "receipt": receipt });
        let identifier = grant.id.to_string();
        let record = Entity { identifier, title: None, properties, relations: json!({}) };
        record_with_claims(&record, &grant.id, &grant.account, &role, &[json!({ "Statement": [] })])
    };
    let body = claims(Some("210987654321"), json!({ "role": "theirs" })).unwrap();
    assert_eq!(body["identifier"], grant.id.as_str());
    assert_eq!(body["properties"]["review_due"], true);
    assert_eq!(body["properties"]["receipt"]["role"], "theirs", "what it held before stays");
    let kept = &body["properties"]["receipt"]["later"][0];
    let told = &record_of_what_ends(&grant.id, &grant.account, &role, &[json!({ "Statement": [] })])["properties"];
    let keys =
        ["account", "requester", "reason", "resource", "actions", "granted_from", "trust_digest", "policy_digest"];
    assert!(keys.iter().all(|key| !told[*key].is_null() && kept[*key] == told[*key]), "{kept}");
    assert_eq!(kept["role"], role.arn);
    assert!(["grant", "run", "review_due"].iter().all(|key| kept.get(*key).is_none()), "{kept}");
    assert_eq!(claims(Some("210987654321"), body["properties"]["receipt"].clone()), None, "it is there already");
    assert_eq!(claims(Some("123456789012"), json!({})), None, "the record of this account's own");
    assert_eq!(claims(None, json!({})), None, "a record of no account");
}
