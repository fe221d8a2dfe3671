//! What `init` came to, as text and JSON.

use serde_json::{Value, json};

use crate::domain::setup::{BoundarySeen, Finding, Outcome, Plan, Step, System, Wanted};
use crate::engine::setup::{Applied, Identity, Observation};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;
use crate::ui::printable_lines;

const NEXT: &str = "port-iam seed";

/// Returns what is set up, where and as whom.
pub(super) fn heading(identity: &Identity, wanted: &Wanted) -> String {
    format!(
        "Port organisation {} · GitHub {}/{} as {} · AWS account {} in {} as {}",
        identity.organization,
        wanted.owner,
        wanted.repository,
        identity.token.login,
        identity.caller.account.id,
        identity.region,
        identity.caller.arn
    )
}

fn target(identity: &Identity, wanted: &Wanted) -> Value {
    json!({
        "port_organization": identity.organization,
        "repository": format!("{}/{}", wanted.owner, wanted.repository),
        "default_branch": wanted.default_branch,
        "account": identity.caller.account.id.as_str(),
        "region": identity.region,
        "caller": identity.caller.arn,
    })
}

/// Returns the report of a dry run.
pub(super) fn planned(heading: &str, identity: &Identity, observation: &Observation) -> Report {
    let plan = &observation.plan;
    let (sentence, exit_code) = if plan.refused().next().is_some() {
        ("This is refused as it stands; nothing would be changed.", FailureKind::Refused.exit_code())
    } else if plan.is_done() {
        ("There is nothing to do.", 0)
    } else {
        ("Nothing was changed. Run it without --dry-run to do this.", FailureKind::ChangesPending.exit_code())
    };
    let mut json = plan.json();
    json["target"] = target(identity, &observation.wanted);
    let text = printable_lines(&format!("{heading}\n{plan}{sentence}"));
    Report::done(text, json).with_exit_code(exit_code)
}

/// Returns the subjects that a plan leaves as they are.
pub(super) fn kept(plan: &Plan) -> Vec<String> {
    let kept = plan.steps.iter().filter(|step| matches!(step.outcome, Outcome::Keep));
    kept.map(|step| format!("{} {}", step.system, step.subject)).collect()
}

/// Returns the report of a run that found everything as it shall be.
pub(super) fn nothing_to_do(identity: &Identity, observation: &Observation, rule: Option<&str>) -> Report {
    let mut json = json!({
        "changed": false,
        "target": target(identity, &observation.wanted),
        "done": [],
        "kept": kept(&observation.plan),
        "findings": observation.plan.json()["findings"],
        "first_rule": rule,
        "next": NEXT,
    });
    let hidden = observation.seen.boundary == BoundarySeen::Hidden;
    let mut text = "Everything is set up already; nothing was changed.".to_owned();
    if hidden {
        text.push_str(&boundary_text(&observation.wanted));
        json["boundary"] = observation.wanted.boundary.clone();
    }
    text.push_str(&rule_text(&observation.wanted, rule));
    Report::done(printable_lines(&text), json).with_exit_code(exit_code(hidden))
}

/// Returns the report of a plan that was carried out.
///
/// # Errors
///
/// Fails when a further plan would not be empty.
pub(super) fn applied(
    identity: &Identity,
    applied: &Applied,
    findings: &[Finding],
    kept: &[String],
    rule: Option<&str>,
) -> Result<Report, Failure> {
    let Applied { done, pending, after } = applied;
    let waits = !pending.is_empty() || after.seen.boundary == BoundarySeen::Hidden;
    let left: Vec<String> = after
        .plan
        .steps
        .iter()
        .filter(|step| step.write().is_some() || matches!(step.outcome, Outcome::Refused { .. }))
        .filter(|step| !(waits && step.system == System::Aws))
        .map(|step| format!("{} {}", step.system, step.subject))
        .collect();
    if !left.is_empty() {
        return Err(Failure::failed(format!(
            "everything was done, and this is still not as it shall be: {}",
            left.join(", ")
        ))
        .hint("somebody may have changed it meanwhile, or a service has not caught up: run the same command again"));
    }
    let wanted = &after.wanted;
    let mut lines = vec![format!(
        "{}/{} is set up for AWS account {}.",
        wanted.owner, wanted.repository, identity.caller.account.id
    )];
    for system in [System::Aws, System::Port, System::GitHub] {
        for (verb, word) in [("Created", "create"), ("Changed", "change")] {
            let steps: Vec<&str> = done
                .iter()
                .filter(|step| step.system == system && step.word() == word)
                .map(|step| step.subject.as_str())
                .collect();
            if !steps.is_empty() {
                lines.push(format!("{verb} in {system}: {}", steps.join(", ")));
            }
        }
    }
    if !kept.is_empty() {
        lines.push(format!("Kept: {}", kept.join(", ")));
    }
    let all = findings.iter().chain(pending).chain(&after.plan.findings);
    let mut json = json!({
        "changed": !done.is_empty(),
        "target": target(identity, wanted),
        "done": done.iter().map(Step::json).collect::<Vec<_>>(),
        "kept": kept,
        "findings": all.map(Finding::json).collect::<Vec<_>>(),
        "first_rule": rule,
        "next": NEXT,
    });
    let mut text = lines.join("\n");
    if waits {
        for finding in pending {
            text.push_str(&format!("\n\n{finding}"));
        }
        text.push_str(&boundary_text(wanted));
        json["boundary"] = wanted.boundary.clone();
    }
    text.push_str(&rule_text(wanted, rule));
    Ok(Report::done(printable_lines(&text), json).with_exit_code(exit_code(waits)))
}

fn exit_code(waits: bool) -> u8 {
    if waits { FailureKind::ChangesPending.exit_code() } else { 0 }
}

fn boundary_text(wanted: &Wanted) -> String {
    format!("\n\nWaiting for the policy {}:\n{:#}", wanted.names.boundary, wanted.boundary)
}

fn rule_text(wanted: &Wanted, rule: Option<&str>) -> String {
    let rule = rule.map_or_else(
        || format!("\n\n{} holds no rule: nothing is granted.", wanted.names.rules_path),
        |rule| format!("\n\nThe first rule of {}:\n{rule}", wanted.names.rules_path),
    );
    format!("{rule}\n\nNext: {NEXT}")
}
