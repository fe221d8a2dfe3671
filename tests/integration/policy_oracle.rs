//! What `port-iam policy` prints, judged: allowed on what was asked for, and on nothing beside it.
//!
//! The program runs as a process, once for each granting case of the policy tests. Its document is judged twice: by our
//! own evaluator, always, and by an unrelated simulator where it is installed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use port_iam::domain::evaluation::{Context, PolicyDocument, Request, evaluate};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::counterparts;

const ACCOUNT: &str = "123456789012";
const STRANGER: &str = "999999999999";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Permission-1/dana";

/// Granting cases that the simulator cannot be asked about: its tables give the action no resource of this form. For the
/// first two AWS documents one prefix on two pages, of which it knows one; a graph of Neptune it does not recognise.
const UNANSWERABLE: [&str; 3] = ["c004", "c108", "c186"];

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

/// One question on one printed document.
struct Question {
    case: String,
    /// What is tried, in words.
    about: &'static str,
    policy: Value,
    action: String,
    resource: String,
    context: Map<String, Value>,
    is_allowed: bool,
}

fn granting_cases() -> Vec<Case> {
    let cases = include_str!("../fixtures/policy-cases.jsonl").lines().map(|line| serde_json::from_str(line).unwrap());
    cases.filter(|case: &Case| matches!(case.verdict.as_str(), "allow" | "allow_children")).collect()
}

/// Returns the document that the program prints for the case.
fn printed(case: &Case) -> Value {
    let arguments = ["policy", "--resource", &case.arn, "--permission", &case.action, "--account", ACCOUNT];
    let output =
        Command::new(counterparts::port_iam()).env_clear().args(arguments).args(["--output", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}: {}", case.id, String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["policy"].take()
}

/// Returns the end of every Allow, which is the same in each.
fn end(policy: &Value) -> Timestamp {
    let statements = policy["Statement"].as_array().unwrap();
    let ends = statements.iter().map(|statement| &statement["Condition"]["DateLessThan"]["aws:CurrentTime"]);
    let mut ends: Vec<Timestamp> = ends.map(|end| end.as_str().unwrap().parse().unwrap()).collect();
    ends.dedup();
    let [end] = ends[..] else { panic!("{policy}") };
    end
}

/// Returns `resource` with another name in the place of the last one of `named`: one of the same length and beginning.
fn sibling(named: &str, resource: &str) -> Option<String> {
    let named = named.trim_end_matches([':', '*', '/']);
    let name = named.rsplit([':', '/']).next()?;
    let last = name.chars().last()?;
    let other = format!("{}{}", name.strip_suffix(last)?, if last == 'q' { 'z' } else { 'q' });
    let at = resource.rfind(name)?;
    Some(format!("{}{other}{}", &resource[..at], &resource[at + name.len()..]))
}

/// Returns the same resource in another region; none when it names none.
fn in_another_region(arn: &str) -> Option<String> {
    let mut parts: Vec<&str> = arn.splitn(6, ':').collect();
    let region = std::mem::replace(parts.get_mut(3)?, "ap-south-1");
    (!region.is_empty()).then(|| parts.join(":"))
}

/// Returns the same resource in another account; none when it names none.
fn in_another_account(arn: &str) -> Option<String> {
    let mut parts: Vec<&str> = arn.splitn(6, ':').collect();
    let account = std::mem::replace(parts.get_mut(4)?, STRANGER);
    (account.len() == STRANGER.len()).then(|| parts.join(":"))
}

fn questions(case: &Case) -> Vec<Question> {
    let policy = printed(case);
    let end = end(&policy);
    let second = SignedDuration::from_secs(1);
    let context = |now: Timestamp, owner: &str| {
        let mut context = Map::from_iter([("aws:CurrentTime".to_owned(), json!(now.to_string()))]);
        if case.action.to_lowercase().starts_with("s3:") {
            context.insert("s3:ResourceAccount".to_owned(), json!(owner));
        }
        context
    };
    let ask = |about, resource: &str, context, is_allowed| Question {
        case: case.id.clone(),
        about,
        policy: policy.clone(),
        action: case.action.clone(),
        resource: resource.to_owned(),
        context,
        is_allowed,
    };
    let in_time = || context(end - second, ACCOUNT);
    let mut questions = Vec::new();
    for resource in &case.allowed {
        questions.push(ask("the resource", resource, in_time(), true));
        questions.push(ask("at the end", resource, context(end, ACCOUNT), false));
        questions.push(ask("after the end", resource, context(end + second, ACCOUNT), false));
        if case.action.to_lowercase().starts_with("s3:") {
            questions.push(ask("a bucket of a stranger", resource, context(end - second, STRANGER), false));
        }
        let others = [
            ("a sibling", sibling(&case.arn, resource)),
            ("another region", in_another_region(resource)),
            ("another account", in_another_account(resource)),
        ];
        questions
            .extend(others.iter().filter_map(|(about, other)| Some(ask(*about, other.as_ref()?, in_time(), false))));
    }
    questions.extend(case.denied.iter().map(|resource| ask(denial(case, resource), resource, in_time(), false)));
    questions
}

/// Returns what makes `resource`, which the case denies, another one than those that were asked for.
fn denial(case: &Case, resource: &str) -> &'static str {
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    let region = |arn: &str| arn.split(':').nth(3).map(str::to_owned);
    if account(resource) != account(&case.arn) {
        "another account"
    } else if region(resource) != region(&case.arn) {
        "another region"
    } else if *resource == case.arn {
        "the resource above what is allowed"
    } else {
        "a longer name"
    }
}

fn ours(question: &Question) -> bool {
    let mut context = Context::new();
    for (key, value) in &question.context {
        context = context.with(key, value.as_str().unwrap());
    }
    let policy = PolicyDocument::parse(&question.policy).unwrap();
    let request = Request::new(&question.action, &question.resource).with_context(context);
    evaluate(&[policy], None, &request).is_allowed()
}

/// Returns the policy that KMS gives every key by default: without one, IAM decides nothing about a key.
fn key_policy() -> Value {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": root }, "Action": "kms:*", "Resource": "*" }],
    })
}

/// Asks the simulator everything in one process; each answer is `allowed`, `denied` or `error`, and why.
fn theirs(questions: &[Question], packages: &Path) -> Vec<Value> {
    let line = |question: &Question| {
        json!({
            "identity": [question.policy], "boundary": null, "action": question.action, "resource": question.resource,
            "principal": SESSION, "account": ACCOUNT, "context": question.context,
            "resourcePolicy": question.action.starts_with("kms:").then(key_policy),
        })
    };
    let lines: Vec<String> = questions.iter().map(|question| line(question).to_string()).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("questions.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts/oracle.mjs"))
        .arg(&file)
        .env("NPMT", packages)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn all_questions() -> Vec<Question> {
    let cases = granting_cases();
    assert_eq!(cases.len(), 108);
    cases.iter().flat_map(questions).collect()
}

fn shown(question: &Question) -> String {
    let Question { case, about, action, resource, is_allowed, .. } = question;
    format!("{case}, {about}: {action} on {resource} should be {}", if *is_allowed { "allowed" } else { "denied" })
}

#[test]
fn each_granting_case_is_allowed_what_it_asked_for_and_nothing_beside_it() {
    let questions = all_questions();
    let wrong: Vec<String> =
        questions.iter().filter(|question| ours(question) != question.is_allowed).map(shown).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), questions.len(), wrong.join("\n"));
    for about in
        ["a sibling", "a longer name", "another account", "another region", "after the end", "a bucket of a stranger"]
    {
        assert!(questions.iter().any(|question| question.about == about), "nothing was asked about {about}");
    }
    // Every one is tried with a name that goes on where that of the resource ends.
    for case in granting_cases() {
        let is_tried = |question: &Question| question.case == case.id && question.about == "a longer name";
        assert!(questions.iter().any(is_tried), "{}", case.id);
    }
}

#[test]
fn an_unrelated_simulator_says_the_same_of_every_printed_document() {
    let part = "the policy simulator on the documents that `policy` prints";
    let Some(packages) = counterparts::named("PORT_IAM_NPMT", part) else { return };
    let questions = all_questions();
    let answers = theirs(&questions, &packages);
    assert_eq!(answers.len(), questions.len());
    let (mut wrong, mut allowed, mut unanswered) = (Vec::new(), Vec::new(), Vec::new());
    let mut judged: BTreeMap<&str, usize> = BTreeMap::new();
    for (question, answer) in questions.iter().zip(&answers) {
        if answer["verdict"] == "error" {
            // It knows no resource of this form: so it is with a queue's name that holds a slash.
            unanswered.push(format!("{}: {}", shown(question), answer["why"]));
            continue;
        }
        *judged.entry(question.about).or_default() += 1;
        if question.is_allowed {
            allowed.push(question.case.as_str());
        }
        if answer["verdict"] != if question.is_allowed { "allowed" } else { "denied" } {
            wrong.push(format!("{}; it says {answer}", shown(question)));
        }
    }
    eprintln!("judged: {judged:?}\n{} questions that the simulator cannot answer:", unanswered.len());
    eprintln!("{}", unanswered.join("\n"));
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    let cases = granting_cases();
    let silent: Vec<&str> = cases.iter().map(|case| case.id.as_str()).filter(|case| !allowed.contains(case)).collect();
    assert_eq!(silent, UNANSWERABLE);
}
