//! All questions of the battery, put to an unrelated policy simulator as well.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::counterparts::named;

/// What the simulator's own tables do not know, so that it gives no answer: these pairs of action and target, and no other.
const UNANSWERED: [(&str, &str); 4] = [
    ("iam:GetRoleTemplateVersion", "role-template elsewhere"),
    ("sts:AssumeRoot", "root-user elsewhere"),
    ("sts:GetFederationToken", "federated-user elsewhere"),
    ("sts:SetContext", "self-session elsewhere"),
];

#[test]
fn an_unrelated_simulator_answers_every_question_of_the_battery_as_it_is_written() {
    let Some(packages) = named("PORT_IAM_NPMT", "the policy simulator, to which all of the battery is put") else {
        return;
    };
    let battery = battery();
    // Each identity has a process of its own.
    std::thread::scope(|scope| {
        for job in [Job::Granter, Job::Revoker] {
            let (battery, packages) = (&battery, packages.as_path());
            scope.spawn(move || assert_answered_as_written(battery, job, packages));
        }
    });
}

fn assert_answered_as_written(battery: &Battery, job: Job, packages: &Path) {
    let questions: Vec<Question<'_>> = battery.questions().collect();
    let allowed = expected(job, battery).unwrap();
    let answers = simulated(battery, &documents(job), &questions, packages);
    assert_eq!(answers.len(), questions.len());
    assert!(answers.len() > 10_000, "{}", answers.len());
    let (mut wrong, mut unanswered, mut confirmed) = (Vec::new(), BTreeSet::new(), 0);
    for (question, answer) in questions.iter().zip(&answers) {
        let written = allowed.circumstances(question.action, &question.target.name);
        let verdict = if written.contains(&question.circumstance) { "allowed" } else { "denied" };
        match &answer["verdict"] {
            given if given == verdict => confirmed += usize::from(verdict == "allowed"),
            // No answer is no yes, and nothing that is to be allowed may go without one.
            given if given == "error" && verdict == "denied" => {
                unanswered.insert((question.action, question.target.name.as_str()));
            }
            _ => wrong
                .push(format!("{} on {} ({}): {answer}", question.action, question.target.name, question.circumstance)),
        }
    }
    eprintln!(
        "{job:?}: {} cases judged, {confirmed} of them allowed, {} pairs unanswered",
        answers.len(),
        unanswered.len()
    );
    assert!(wrong.is_empty(), "{job:?}: {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(confirmed > 50, "{job:?}: {confirmed}");
    assert_eq!(unanswered, UNANSWERED.into(), "{job:?}: pairs without an answer");
}

/// Asks all of it in one process, and returns an answer for each question.
fn simulated(battery: &Battery, identity: &[Value], questions: &[Question<'_>], packages: &Path) -> Vec<Value> {
    // What all of them have in common is said once.
    let common = json!({ "identity": identity, "boundary": null, "principal": MANAGER, "account": ACCOUNT });
    let line = |question: &Question<'_>| {
        let keys = battery.condition_keys(question.circumstance);
        let context: serde_json::Map<String, Value> = keys
            .into_iter()
            .map(|(key, values)| (key.to_owned(), if key == "aws:TagKeys" { json!(values) } else { json!(values[0]) }))
            .collect();
        json!({ "action": question.action, "resource": question.target.arn, "context": context }).to_string()
    };
    let lines: Vec<String> = std::iter::once(common.to_string()).chain(questions.iter().map(line)).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cases.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts/oracle.mjs");
    let output = Command::new("node").arg(script).arg(&path).env("NPMT", packages).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
