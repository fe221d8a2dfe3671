//! Every granting case, compiled and asked: may its action be done on what was granted, and on nothing beside it?
//!
//! Asked of our own evaluator always, and of an unrelated policy simulator when `PORT_IAM_NPMT` names the folder of its
//! packages, as the tests of the evaluator do.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::*;
use crate::domain::evaluation::{Context, PolicyDocument, Request, evaluate};
use crate::domain::template::PolicyTemplate;

const ACCOUNT: &str = "123456789012";
const BEFORE: &str = "2026-11-23T19:59:59Z";
const END: &str = "2026-11-23T20:00:00Z";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Permission-1/dana";

#[derive(Deserialize)]
struct Case {
    id: String,
    arn: String,
    action: String,
    verdict: String,
    #[serde(default)]
    allowed: Vec<String>,
    #[serde(default)]
    denied: Vec<String>,
}

/// One question about a compiled document.
struct Question {
    id: String,
    policy: Value,
    action: String,
    resource: String,
    now: &'static str,
    /// The account that owns the bucket, as S3 tells it.
    owner: &'static str,
    expected: &'static str,
}

fn questions() -> Vec<Question> {
    let text = include_str!("../../../../tests/fixtures/policy-cases.jsonl");
    let cases = text.lines().map(|line| serde_json::from_str::<Case>(line).unwrap());
    cases.filter(|case| case.verdict.starts_with("allow")).flat_map(|case| questions_of(&case)).collect()
}

fn questions_of(case: &Case) -> Vec<Question> {
    let policy = document_of(case);
    let action = judge(&[&case.arn], &[&case.action], &Allowances::default()).remove(0).action;
    let ask = |resource: &String, now, owner, expected| Question {
        id: case.id.clone(),
        policy: policy.clone(),
        action: action.clone(),
        resource: resource.clone(),
        now,
        owner,
        expected,
    };
    assert!(!case.allowed.is_empty() && !case.denied.is_empty(), "{} asks nothing", case.id);
    let mut questions = Vec::new();
    for resource in &case.allowed {
        questions.push(ask(resource, BEFORE, ACCOUNT, "allowed"));
        questions.push(ask(resource, END, ACCOUNT, "denied"));
        if action.starts_with("s3:") {
            questions.push(ask(resource, BEFORE, "999999999999", "denied"));
        }
    }
    questions.extend(case.denied.iter().map(|resource| ask(resource, BEFORE, ACCOUNT, "denied")));
    questions
}

fn document_of(case: &Case) -> Value {
    let template =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": [], "Resource": "" }] });
    let template = PolicyTemplate::parse(&template, false).unwrap();
    let account = AccountId::parse("account", ACCOUNT).unwrap();
    let (arn, action) = (Arn::parse("resource", &case.arn).unwrap(), ActionName::parse(&case.action).unwrap());
    let compiled = compile(&[arn], &[action], &account, &Allowances::default()).unwrap();
    documents(&template, &compiled.statements, END.parse().unwrap(), 1).unwrap().remove(0)
}

fn context(question: &Question) -> Value {
    json!({ "aws:CurrentTime": question.now, "s3:ResourceAccount": question.owner })
}

#[test]
fn what_a_case_is_granted_it_may_do_until_the_end_and_nothing_beside_it() {
    let questions = questions();
    for question in &questions {
        let context = Context::new().with("aws:CurrentTime", question.now).with("s3:ResourceAccount", question.owner);
        let request = Request::new(&question.action, &question.resource).with_context(context);
        let policy = PolicyDocument::parse(&question.policy).unwrap();
        let answer = if evaluate(&[policy], None, &request).is_allowed() { "allowed" } else { "denied" };
        assert_eq!(answer, question.expected, "{}: {} on {}", question.id, question.action, question.resource);
    }
    assert!(questions.len() > 500, "only {} questions", questions.len());
}

#[test]
fn an_unrelated_simulator_says_so_too() {
    let Some(packages) = std::env::var_os("PORT_IAM_NPMT") else {
        eprintln!("LEFT OUT: the policy simulator was not asked about the cases, since PORT_IAM_NPMT names no folder");
        return;
    };
    let questions = questions();
    let answers = simulated(&questions, Path::new(&packages));
    assert_eq!(answers.len(), questions.len());
    let (mut unjudged, mut of_allowed, mut allowed) = (Vec::new(), 0, 0);
    for (question, answer) in questions.iter().zip(&answers) {
        let asked = format!("{}: {} on {}", question.id, question.action, question.resource);
        allowed += usize::from(question.expected == "allowed");
        match answer["verdict"].as_str() {
            // Its tables know no such resource for the action: it says neither yes nor no.
            Some("error") => {
                of_allowed += usize::from(question.expected == "allowed");
                unjudged.push(asked);
            }
            verdict => assert_eq!(verdict, Some(question.expected), "{asked}: {answer}"),
        }
    }
    eprintln!(
        "{} questions; not judged: {} ({of_allowed} of the {allowed} that are allowed): {unjudged:?}",
        questions.len(),
        unjudged.len()
    );
    assert!(of_allowed * 10 < allowed, "{of_allowed} of {allowed} were not judged: {unjudged:?}");
}

fn simulated(questions: &[Question], packages: &Path) -> Vec<Value> {
    let mut lines = String::new();
    for question in questions {
        // A resource of another account is that account's, and would need its consent.
        let named = Arn::parse("resource", &question.resource).map(|arn| arn.account().to_owned()).unwrap_or_default();
        let account = if named.len() == 12 { named } else { ACCOUNT.to_owned() };
        // A key obeys its own policy alone; the usual one leaves it to the account.
        let delegates = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "kms:*",
            "Resource": "*", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") } }] });
        let key_policy = question.resource.contains(":key/").then_some(delegates);
        let line = json!({
            "resourcePolicy": key_policy, "identity": [question.policy], "boundary": null, "action": question.action, "resource": question.resource,
            "principal": SESSION, "account": account, "context": context(question),
        });
        writeln!(lines, "{line}").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("questions.jsonl");
    std::fs::write(&file, lines).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts/oracle.mjs");
    let output = Command::new("node").arg(script).arg(&file).env("NPMT", packages).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
