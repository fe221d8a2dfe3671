//! The identities' policies allow what is written, no more and no less, by our evaluator and by another one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::*;
use crate::assets;
use crate::domain::account::AwsAccount;
use crate::domain::evaluation::{Context, PolicyDocument, Request, evaluate};
use crate::domain::identifier::AccountId;
use crate::domain::names::Names;

const ACCOUNT: &str = "123456789012";
const MANAGER: &str = "arn:aws:iam::123456789012:user/port-iam-management-user";
const ROLES: [&str; 2] =
    ["arn:aws:iam::123456789012:role/port-iam-granter", "arn:aws:iam::123456789012:role/port-iam-revoker"];

fn battery() -> Battery {
    let account = AwsAccount { id: AccountId::parse("account", ACCOUNT).unwrap(), partition: "aws".to_owned() };
    let identities: Vec<String> = ROLES.iter().chain([&MANAGER]).map(|&arn| arn.to_owned()).collect();
    Battery::new(&account, &Names::default(), &identities)
}

fn documents(job: Job) -> Vec<Value> {
    let policies = assets::manager_policies(&Names::default(), "aws", ACCOUNT).unwrap();
    match job {
        Job::Granter => vec![policies.granter],
        Job::Revoker => vec![policies.revoker],
        Job::Both => vec![policies.granter, policies.revoker],
    }
}

fn found(battery: &Battery, documents: &[Value]) -> Allowed {
    let identity: Vec<_> = documents.iter().map(|document| PolicyDocument::parse(document).unwrap()).collect();
    battery.allowed(|question| {
        let keys = battery.condition_keys(question.circumstance);
        let context = keys.into_iter().fold(Context::new(), |context, (key, value)| context.with(key, value));
        let request = Request::new(question.action, &question.target.arn).with_context(context);
        evaluate(&identity, None, &request).is_allowed()
    })
}

fn told(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("{difference}\n")).collect()
}

#[test]
fn the_identities_may_do_what_is_written_and_nothing_else() {
    let battery = battery();
    for job in [Job::Granter, Job::Revoker, Job::Both] {
        let differences = differences(&found(&battery, &documents(job)), &expected(job, &battery).unwrap());
        assert!(differences.is_empty(), "{job:?}:\n{}", told(&differences));
    }
}

#[test]
fn every_action_of_iam_and_sts_is_asked() {
    let battery = battery();
    let asked: BTreeSet<&str> = battery.questions().map(|question| question.action).collect();
    let known: usize =
        ["iam", "sts"].iter().map(|prefix| crate::domain::reference::service(prefix).unwrap().actions.len()).sum();
    // Everybody may ask who he is.
    assert_eq!(asked.len(), known - 1);
    assert!(battery.len() > 10_000, "{}", battery.len());
}

#[test]
fn nothing_is_written_about_the_identities_themselves_or_for_the_boundary_but_reading_it() {
    let battery = battery();
    let both = expected(Job::Both, &battery).unwrap();
    for (action, target) in both.pairs() {
        let reads = action.starts_with("iam:Get") || action.starts_with("iam:List");
        assert_ne!(target, "itself", "{action}");
        assert!(reads || target.contains("under our path"), "{action} on {target}");
    }
    for action in
        ["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:PassRole"]
    {
        assert!(both.pairs().all(|(known, _)| known != action), "{action}");
    }
}

#[test]
fn any_power_that_is_added_shows_as_a_difference() {
    let battery = battery();
    let written = expected(Job::Revoker, &battery).unwrap();
    let mut statements = documents(Job::Revoker).remove(0);
    for (action, resource, target) in [
        ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/port-iam/*", "role under our path"),
        ("iam:UpdateAssumeRolePolicy", "*", "role elsewhere"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/port-iam*", "the boundary"),
        ("iam:CreateAccessKey", MANAGER, "itself"),
        ("sts:AssumeRole", "*", "role under our path"),
        ("sts:GetFederationToken", "*", "federated-user elsewhere"),
        ("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/port-iam/*", "role under our path"),
        ("iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/port-iam*", "role of a path that begins alike"),
        ("iam:CreateAccountAlias", "*", "no resource"),
    ] {
        let added = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        statements["Statement"].as_array_mut().unwrap().push(added);
        let differences = differences(&found(&battery, std::slice::from_ref(&statements)), &written);
        let hit = differences.iter().any(|one| one.is_allowed && one.action == action && one.target == target);
        assert!(hit, "{action}: {}", told(&differences));
        statements["Statement"].as_array_mut().unwrap().pop();
    }
}

#[test]
fn power_that_is_missing_shows_as_a_difference() {
    let battery = battery();
    let mut granter = documents(Job::Granter).remove(0);
    granter["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != "ReadBoundary");
    let differences = differences(&found(&battery, &[granter]), &expected(Job::Granter, &battery).unwrap());
    assert!(differences.iter().all(|one| !one.is_allowed && one.target == "the boundary"), "{}", told(&differences));
    assert_eq!(differences.len(), 2);
}

/// Returns the questions whose answer could only be no by one field: each has a twin in the list that is allowed.
fn twins(battery: &Battery, allowed: &Allowed) -> Vec<(usize, usize)> {
    let questions: Vec<Question<'_>> = battery.questions().collect();
    let is_allowed =
        |one: &Question<'_>| allowed.circumstances(one.action, &one.target.name).contains(&one.circumstance);
    let mut twins = Vec::new();
    for (place, question) in questions.iter().enumerate().filter(|(_, question)| !is_allowed(question)) {
        let twin = questions.iter().position(|other| {
            let fields =
                usize::from(other.target != question.target) + other.circumstance.distance(question.circumstance);
            other.action == question.action && fields == 1 && is_allowed(other)
        });
        twins.extend(twin.map(|twin| (place, twin)));
    }
    twins
}

#[test]
fn every_escalation_that_is_refused_by_one_field_has_an_allowed_twin_and_another_simulator_says_so_too() {
    let battery = battery();
    let questions: Vec<Question<'_>> = battery.questions().collect();
    for job in [Job::Granter, Job::Revoker] {
        let allowed = expected(job, &battery).unwrap();
        let twins = twins(&battery, &allowed);
        assert!(twins.len() > 50, "{job:?}: {}", twins.len());
        let mut asked: BTreeSet<usize> = twins.iter().flat_map(|&(refused, twin)| [refused, twin]).collect();
        // What has no twin is asked once, in the circumstance that says most for it.
        let most = |question: &Question<'_>| {
            question.circumstance.to_string().contains("boundary: ours; mark: ours; policy: ours")
        };
        let neutral = |question: &Question<'_>| question.circumstance == Circumstance::NEUTRAL;
        asked.extend(questions.iter().enumerate().filter(|(_, one)| most(one) || neutral(one)).map(|(place, _)| place));
        let Some(packages) = std::env::var_os("PORT_IAM_NPMT") else {
            eprintln!("LEFT OUT: the battery was not put to the policy simulator, since PORT_IAM_NPMT names no folder");
            return;
        };
        let cases: Vec<&Question<'_>> = asked.iter().map(|&place| &questions[place]).collect();
        let answers = simulated(&battery, &documents(job), &cases, Path::new(&packages));
        let mut wrong = Vec::new();
        for (question, answer) in cases.iter().zip(&answers) {
            let written = allowed.circumstances(question.action, &question.target.name);
            let verdict = if written.contains(&question.circumstance) { "allowed" } else { "denied" };
            // The simulator refuses to judge what its tables do not know, which is no yes.
            if answer["verdict"] != verdict && !(verdict == "denied" && answer["verdict"] == "error") {
                wrong.push(format!(
                    "{} on {} ({}): {answer}",
                    question.action, question.target.name, question.circumstance
                ));
            }
        }
        assert_eq!(answers.len(), cases.len());
        let errors = answers.iter().filter(|answer| answer["verdict"] == "error").count();
        assert!(errors <= 10, "{errors} cases were not judged");
        eprintln!("{job:?}: {} cases judged, {} pairs of twins, {errors} not judged", cases.len(), twins.len());
        assert!(wrong.is_empty(), "{job:?}: {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}

fn simulated(battery: &Battery, identity: &[Value], cases: &[&Question<'_>], packages: &Path) -> Vec<Value> {
    let mut lines = String::new();
    for question in cases {
        let keys = battery.condition_keys(question.circumstance);
        let context: serde_json::Map<String, Value> = keys
            .into_iter()
            .map(|(key, value)| (key.to_owned(), if key == "aws:TagKeys" { json!([value]) } else { json!(value) }))
            .collect();
        let line = json!({ "identity": identity, "boundary": null, "action": question.action,
            "resource": question.target.arn, "principal": MANAGER, "account": ACCOUNT, "context": context });
        writeln!(lines, "{line}").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cases.jsonl");
    std::fs::write(&path, lines).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts/oracle.mjs");
    let output = Command::new("node").arg(script).arg(&path).env("NPMT", packages).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
