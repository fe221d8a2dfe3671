//! A request that Port vouches for, and everything besides it that decides.

mod lies_in;

use serde_json::json;

use super::*;
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::{AccountId, ActionName, RunId};
use crate::domain::quotas::Limits;

const NOW: &str = "2026-11-23T20:00:00Z";
const RULES: &str = r#"version: 1
accounts: {"123456789012": {}, "210987654321": {}}
trust: {mode: template}
companions: [{kind: bucket, actions: [s3:ListAllMyBuckets]}]
rules:
  - {name: storage, requesters: [dana@acme.example], resource-types: [S3], resources: ["*"], actions: ["s3:*"], longest-duration: 4h, approval: required, approvers: [lead@acme.example]}
"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn user(id: &str, email: &str) -> User {
    User {
        id: id.to_owned(),
        email: email.to_owned(),
        status: "ACTIVE".to_owned(),
        kind: None,
        teams: Vec::new(),
        roles: Vec::new(),
    }
}

fn arns(texts: &[&str]) -> Vec<Arn> {
    texts.iter().map(|text| Arn::parse("entity", text).unwrap()).collect()
}

fn request(additional: &[&str]) -> VerifiedRequest {
    let run_id = RunId::parse("r_1").unwrap();
    VerifiedRequest {
        grant_id: run_id.grant_id(),
        run_id,
        requester: user("u1", "dana@acme.example"),
        resource: arns(&["arn:aws:s3:::team-a"]).remove(0),
        additional_resources: arns(additional),
        accounts: Vec::new(),
        resource_types: vec!["S3".to_owned()],
        actions: vec![ActionName::parse("s3:PutObject").unwrap()],
        duration: GrantDuration::parse("duration", "2h").unwrap(),
        reason: Some("the report".to_owned()),
        extends: None,
    }
}

/// The two templates, the first of each statement with the given conditions.
fn configuration(policy: &Value, trust: &Value) -> Result<Configuration, Refusal> {
    let policy =
        json!({"Statement": [{"Effect": "Allow", "Action": [], "Resource": "", "Condition": policy}]}).to_string();
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": "555555555555"}, "Action": "sts:AssumeRole", "Condition": trust});
    Configuration::parse(Some(RULES), Some(&policy), Some(&json!({ "Statement": [statement] }).to_string()))
}

fn account() -> AwsAccount {
    AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() }
}

fn decided(
    request: &VerifiedRequest,
    configuration: &Configuration,
    approvals: &[Approval],
    first_end: Option<&str>,
) -> Result<Grant, Refusal> {
    let circumstances = Circumstances {
        configuration,
        account: &account(),
        home: &account().id,
        scope: &Scope("org_1/7".to_owned()),
        approvals,
        users: &[user("u2", "lead@acme.example")],
        room: Limits::default().room(),
        now: at(NOW),
        first_end: first_end.map(at),
    };
    decide(request, &circumstances)
}

fn approved() -> Vec<Approval> {
    vec![Approval { user_id: "u2".to_owned(), state: "APPROVED".to_owned(), said: None }]
}

fn grant(request: &VerifiedRequest, first_end: Option<&str>) -> Result<Grant, Refusal> {
    decided(request, &configuration(&json!({}), &json!({})).unwrap(), &approved(), first_end)
}

#[test]
fn a_grant_is_what_was_asked_for_until_its_end() {
    let grant = grant(&request(&["arn:aws:s3:::team-b"]), None).unwrap();
    assert_eq!((grant.id.as_str(), grant.run_id.as_str()), ("Permission-r_1", "r_1"));
    assert_eq!((grant.requester.as_str(), grant.approver.as_deref()), ("dana@acme.example", Some("lead@acme.example")));
    assert_eq!(grant.reason.as_deref(), Some("the report"));
    assert_eq!(grant.additional_resources, arns(&["arn:aws:s3:::team-b"]));
    assert_eq!(grant.permissions, ["s3:PutObject"]);
    assert_eq!((grant.expires, grant.rule.as_str()), (at("2026-11-23T22:00:00Z"), "storage"));
    let statements = grant.policies[0]["Statement"].as_array().unwrap();
    for statement in statements.iter().chain(grant.trust["Statement"].as_array().unwrap()) {
        assert_eq!(statement["Condition"]["DateLessThan"]["aws:CurrentTime"], "2026-11-23T22:00:00Z", "{statement}");
    }
    for resource in ["arn:aws:s3:::team-a/*", "arn:aws:s3:::team-b/*"] {
        assert!(grant.policies[0].to_string().contains(resource), "{resource}: {}", grant.policies[0]);
    }
}

#[test]
fn a_grant_tells_what_it_gives_besides_and_whom_its_trust_lets_in() {
    let notes = grant(&request(&[]), None).unwrap().notes;
    for words in ["s3:ListAllMyBuckets", "555555555555"] {
        assert!(notes.iter().any(|note| note.contains(words)), "{words}: {notes:?}");
    }
    let rules = RULES.replacen("version: 1", "version: 1\ntemplate-may-widen: true", 1);
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}).to_string();
    let trust =
        json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]});
    let wide = Configuration::parse(Some(&rules), Some(&policy), Some(&trust.to_string())).unwrap();
    let notes = decided(&request(&[]), &wide, &approved(), None).unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("sns:Publish")), "{notes:?}");
}

#[test]
fn nobody_gets_what_the_rule_wants_approved_and_nobody_has_approved() {
    let configuration = configuration(&json!({}), &json!({})).unwrap();
    assert_eq!(decided(&request(&[]), &configuration, &[], None).unwrap_err().code.as_str(), "not-approved");
    let mut longer = request(&[]);
    longer.duration = GrantDuration::parse("duration", "5h").unwrap();
    assert_eq!(decided(&longer, &configuration, &approved(), None).unwrap_err().code.as_str(), "too-long-for-rule");
}

#[test]
fn the_end_of_the_first_attempt_stands_and_never_moves() {
    let request = request(&[]);
    for (first, ends) in [
        ("2026-11-23T21:00:00Z", "2026-11-23T21:00:00Z"),
        ("2026-11-23T22:00:00Z", "2026-11-23T22:00:00Z"),
        ("2026-11-23T23:00:00Z", "2026-11-23T22:00:00Z"),
        ("2026-11-23T20:00:01Z", "2026-11-23T20:00:01Z"),
    ] {
        assert_eq!(grant(&request, Some(first)).unwrap().expires, at(ends), "{first}");
    }
    for over in [NOW, "2026-11-23T19:59:59Z"] {
        let refusal = grant(&request, Some(over)).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("run-over", "runId"), "{over}");
    }
}

#[test]
fn a_template_s_own_end_is_the_end_of_every_grant() {
    let until = |end: &str| json!({"DateLessThan": {"aws:CurrentTime": end}});
    let (sooner, later) = ("2026-11-23T21:00:00Z", "2026-11-24T00:00:00Z");
    for (policy, trust, ends) in [
        (until(sooner), json!({}), sooner),
        (json!({}), until(sooner), sooner),
        (until(sooner), until(later), sooner),
        (until(later), until(later), "2026-11-23T22:00:00Z"),
        (until("2026-11-23T20:00:01Z"), json!({}), "2026-11-23T20:00:01Z"),
    ] {
        let configuration = configuration(&policy, &trust).unwrap();
        assert_eq!(
            decided(&request(&[]), &configuration, &approved(), None).unwrap().expires,
            at(ends),
            "{policy} {trust}"
        );
    }
    for (policy, trust) in [(until(NOW), json!({})), (json!({}), until("2026-11-23T19:00:00Z"))] {
        let configuration = configuration(&policy, &trust).unwrap();
        let refusal = decided(&request(&[]), &configuration, &approved(), None).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("template", "templates"), "{policy} {trust}");
    }
}

#[test]
fn what_lies_in_another_partition_or_account_is_refused() {
    for resources in [vec!["arn:aws-cn:s3:::b"], vec!["arn:aws:s3:::b", "arn:aws-cn:s3:::c"]] {
        assert_eq!(
            check_place(&arns(&resources), &account()).unwrap_err().code.as_str(),
            "foreign-partition",
            "{resources:?}"
        );
    }
    assert_eq!(grant(&request(&["arn:aws-cn:s3:::c"]), None).unwrap_err().code.as_str(), "foreign-partition");
    let queue = |account: &str| format!("arn:aws:sqs:us-east-1:{account}:q");
    let (own, other) = (queue("123456789012"), queue("210987654321"));
    assert_eq!(check_place(&arns(&["arn:aws:s3:::b", &own]), &account()), Ok(()));
    let refusal = check_place(&arns(&[&own, &other]), &account()).unwrap_err();
    assert_eq!(refusal.code.as_str(), "foreign-account");
    assert!(refusal.reason.contains("210987654321"), "{refusal}");
}

#[test]
fn a_file_that_is_missing_or_no_json_is_named() {
    let (policy, trust) = (
        r#"{"Statement": [{"Effect": "Allow", "Action": [], "Resource": ""}]}"#,
        r#"{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}"#,
    );
    assert!(Configuration::parse(Some(RULES), Some(policy), Some(trust)).is_ok());
    for (rules, policy, trust, code, field) in [
        (None, Some(policy), Some(trust), "missing-file", "port-iam.yaml"),
        (Some(RULES), None, Some(trust), "missing-file", "iamPolicyDocument.json"),
        (Some(RULES), Some(policy), None, "missing-file", "iamTrustPolicy.json"),
        (Some("rules: []"), Some(policy), Some(trust), "rules", "port-iam.yaml"),
        (Some(RULES), Some("{"), Some(trust), "template", "iamPolicyDocument.json"),
        (Some(RULES), Some(policy), Some("{"), "template", "iamTrustPolicy.json"),
    ] {
        let refusal = Configuration::parse(rules, policy, trust).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), (code, field));
    }
}

#[test]
fn a_key_that_stands_twice_in_a_template_is_refused_and_no_condition_is_lost() {
    for (text, key) in [
        (r#"{"Statement":[],"Statement":[{"Effect":"Allow"}]}"#, "Statement"),
        (r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Action":"iam:*"}]}"#, "Action"),
        (r#"{"Statement":[{"Condition":{"StringEquals":{"a:b":"c"},"StringEquals":{}}}]}"#, "StringEquals"),
        (r#"{"Statement":[{"Condition":{"StringEquals":{"a:b":"c","a:b":"d"}}}]}"#, "a:b"),
    ] {
        for refusal in [policy_template(Some(text), false).unwrap_err(), trust_template(Some(text)).unwrap_err()] {
            assert_eq!(refusal.code, RefusalCode::Template);
            let told = format!("the key {key:?} stands twice in one object");
            assert!(refusal.reason.contains(&told), "{key}: {}", refusal.reason);
        }
    }
}
