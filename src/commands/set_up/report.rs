//! What `plan` and `init` came to, as text and JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::printable::printable_lines;
use crate::domain::reference;
use crate::domain::setup::{
    BOUNDARY_PENDING, BoundarySeen, Finding, Outcome, Plan, RulesFile, SECRETS_EXPOSED, Step, Subject, System, Systems,
    Thing, WAITING_FOR_PULL_REQUEST, Wanted,
};
use crate::engine::setup::{Applied, Identity, Observation};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

/// Stands for what was not looked at, since there are no credentials for it.
const UNSEEN: &str = "(not looked at)";
const LEFT_TO_YOU: &str = "There is nothing that `port-iam init` does; something differs and is left to you.";
const UNUSABLE: &str = ", but the rules file cannot be used: no grant until it is mended.";

/// Returns what is set up, where and as whom.
pub(in crate::commands) fn heading(identity: &Identity, wanted: &Wanted) -> String {
    format!(
        "Port organisation {} · GitHub {}/{} as {} · AWS account {} in {} as {} · AWS actions: {}",
        identity.organization.as_deref().unwrap_or(UNSEEN),
        wanted.owner,
        wanted.repository,
        identity.token.as_ref().map_or(UNSEEN, |token| &token.login),
        identity.account.id,
        identity.region,
        identity.caller.as_ref().map_or(UNSEEN, |caller| &caller.arn),
        reference::edition().map_or_else(String::new, |edition| edition.describe())
    )
}

fn target(identity: &Identity, wanted: &Wanted) -> Value {
    json!({
        "port_organization": identity.organization,
        "repository": format!("{}/{}", wanted.owner, wanted.repository),
        "default_branch": wanted.default_branch,
        "account": identity.account.id.as_str(),
        "region": identity.region,
        "caller": identity.caller.as_ref().map(|caller| &caller.arn),
        "aws_reference": reference::edition().map(|edition| json!({
            "version": edition.version, "updated_at": edition.updated_at.to_string() })),
    })
}

/// Returns the report of a dry run; `command` does what the plan says.
pub(in crate::commands) fn planned(identity: &Identity, observation: &Observation, command: &str) -> Report {
    let plan = &observation.plan;
    let heading = heading(identity, &observation.wanted);
    let does_this = format!("Nothing was changed. `{command}` does this.");
    let left = observation.wanted.invocation.completed(LEFT_TO_YOU);
    let (sentence, exit_code) = if plan.refused().next().is_some() {
        ("This is refused as it stands; nothing would be changed.", FailureKind::Refused.exit_code())
    } else if !plan.is_done() {
        (does_this.as_str(), FailureKind::ChangesPending.exit_code())
    } else if plan.pending().next().is_some() {
        ("There is nothing to do here; something waits for an administrator.", FailureKind::ChangesPending.exit_code())
    } else if plan.left().next().is_some() {
        (left.as_str(), FailureKind::ChangesPending.exit_code())
    } else {
        ("There is nothing to do.", 0)
    };
    let json = planned_json(identity, observation);
    let text = printable_lines(&format!("{heading}\n{plan}{sentence}"));
    Report::done(text, json).with_exit_code(exit_code).with_marks()
}

/// Returns a plan and where it would be carried out, for machines.
pub(in crate::commands) fn planned_json(identity: &Identity, observation: &Observation) -> Value {
    let mut json = observation.plan.json();
    json["target"] = target(identity, &observation.wanted);
    json
}

/// Returns the subjects that a plan leaves as they are.
pub(in crate::commands) fn kept(plan: &Plan) -> Vec<String> {
    let kept = plan.steps.iter().filter(|step| matches!(step.outcome, Outcome::Keep));
    kept.map(Step::named).collect()
}

/// Returns the report of a run that found everything as it shall be.
pub(in crate::commands) fn nothing_to_do(identity: &Identity, observation: &Observation, rules: &RulesFile) -> Report {
    let findings = observation.plan.findings.iter().chain(rules.findings());
    let mut json = json!({
        "changed": false,
        "target": target(identity, &observation.wanted),
        "done": [],
        "kept": kept(&observation.plan),
        "findings": findings.map(Finding::json).collect::<Vec<_>>(),
        "first_rule": rules.first_rule,
        "trust": rules.trust_sentence,
        "next": next(&observation.wanted, &observation.plan, rules),
    });
    let hidden = observation.seen.boundary == BoundarySeen::Hidden;
    let ending = if rules.unusable.is_some() { UNUSABLE } else { "; nothing was changed." };
    let waiting = waiting_text(&observation.plan);
    let open = open(&observation.plan, &BTreeSet::new());
    let left = names(observation.plan.left());
    let mut text = if open.is_empty() && left.is_empty() {
        format!("Everything is set up already{ending}{waiting}")
    } else if open.is_empty() {
        format!("What `init` sets up by itself is set up already{ending}\nLeft to you: {left}{waiting}")
    } else {
        let part = part(&observation.wanted);
        format!("{part} is set up already{ending}\nPending: {}{waiting}", open.join(", "))
    };
    json["pending"] = pending(&observation.plan);
    text.push_str(&exposed_text(&observation.plan));
    if hidden {
        text.push_str(&boundary_text(&observation.wanted));
        json["boundary"] = json!(observation.wanted.boundary.as_ref().ok());
    }
    text.push_str(&rules_text(identity, &observation.wanted, &observation.plan, rules));
    Report::done(printable_lines(&text), json).with_exit_code(exit_code(
        &observation.plan,
        rules,
        hidden || !waiting.is_empty(),
    ))
}

/// Returns the report of a plan that was carried out.
///
/// # Errors
///
/// Fails when a further plan would not be empty.
pub(in crate::commands) fn applied(
    identity: &Identity,
    applied: &Applied,
    findings: &[Finding],
    kept: &[String],
    rules: &RulesFile,
) -> Result<Report, Failure> {
    let Applied { done, pending, waiting, after } = applied;
    let waits = !pending.is_empty() || after.seen.boundary == BoundarySeen::Hidden;
    let left: Vec<String> = after
        .plan
        .steps
        .iter()
        .filter(|step| step.write().is_some() || matches!(step.outcome, Outcome::Refused { .. }))
        .filter(|step| !waiting.contains(&step.subject))
        .map(Step::named)
        .collect();
    if !left.is_empty() {
        return Err(Failure::failed(format!(
            "everything was done, and this is still not as it shall be: {}",
            left.join(", ")
        ))
        .hint("somebody may have changed it meanwhile, or a service has not caught up: run the same command again"));
    }
    let wanted = &after.wanted;
    let ending = if rules.unusable.is_some() { UNUSABLE } else { "." };
    let merge = pending.iter().find(|finding| finding.code == WAITING_FOR_PULL_REQUEST);
    let open = open(&after.plan, waiting);
    let left = names(after.plan.left());
    let place = format!("{}/{}", wanted.owner, wanted.repository);
    let mut lines = vec![match merge {
        Some(_) => format!("{place} waits for a pull request to be merged{ending}"),
        None if open.is_empty() && left.is_empty() => {
            format!("{place} is set up for AWS account {}{ending}", identity.account.id)
        }
        None => format!("{} is set up{ending}", part(wanted)),
    }];
    if !open.is_empty() {
        lines.push(format!("Pending for {place} and AWS account {}: {}", identity.account.id, open.join(", ")));
    }
    if !left.is_empty() {
        lines.push(format!("Left to you: {left}"));
    }
    for system in [System::Aws, System::Port, System::GitHub] {
        for (verb, word) in [("Created", "create"), ("Changed", "change")] {
            let steps: Vec<String> = done
                .iter()
                .filter(|step| step.system == system && step.word() == word)
                .map(|step| step.subject.to_string())
                .collect();
            if !steps.is_empty() {
                lines.push(format!("{verb} in {system}: {}", steps.join(", ")));
            }
        }
    }
    if !kept.is_empty() {
        lines.push(format!("Kept: {}", kept.join(", ")));
    }
    let all = findings.iter().chain(pending).chain(&after.plan.findings).chain(rules.findings());
    let mut json = json!({
        "changed": !done.is_empty(),
        "target": target(identity, wanted),
        "done": done.iter().map(Step::json).collect::<Vec<_>>(),
        "kept": kept,
        "findings": all.map(Finding::json).collect::<Vec<_>>(),
        "first_rule": rules.first_rule,
        "trust": rules.trust_sentence,
        "next": next(wanted, &after.plan, rules),
    });
    let mut text = lines.join("\n");
    if waits {
        for finding in pending {
            text.push_str(&format!("\n\n{finding}"));
        }
        let for_boundary = pending.iter().any(|finding| finding.code == BOUNDARY_PENDING);
        if for_boundary || after.seen.boundary == BoundarySeen::Hidden {
            text.push_str(&boundary_text(wanted));
            json["boundary"] = json!(wanted.boundary.as_ref().ok());
        }
    }
    let waiting_for = waiting_text(&after.plan);
    text.push_str(&waiting_for);
    text.push_str(&exposed_text(&after.plan));
    json["pending"] = self::pending(&after.plan);
    text.push_str(&rules_text(identity, wanted, &after.plan, rules));
    Ok(Report::done(printable_lines(&text), json).with_exit_code(exit_code(
        &after.plan,
        rules,
        waits || !waiting_for.is_empty(),
    )))
}

/// Returns the exit code. Rules and templates that cannot be used weigh most: everything else can be waited for.
fn exit_code(plan: &Plan, rules: &RulesFile, waits: bool) -> u8 {
    match (rules.unusable.is_some() || unusable_template(plan).is_some(), waits) {
        (true, _) => FailureKind::Failed.exit_code(),
        (false, true) => FailureKind::ChangesPending.exit_code(),
        (false, false) => 0,
    }
}

/// Returns the first template that no grant can be made from, with what to do about it.
fn unusable_template(plan: &Plan) -> Option<&str> {
    plan.left().find_map(|step| match (&step.subject.thing, &step.outcome) {
        (Thing::Template(_), Outcome::Left { remedy, .. }) => Some(remedy.as_str()),
        _ => None,
    })
}

/// Returns whose part this run has done.
fn part(wanted: &Wanted) -> String {
    if wanted.share == Systems::ALL {
        return "What these credentials can set up".to_owned();
    }
    let systems: Vec<String> = wanted.share.named().map(|system| system.to_string()).collect();
    format!("The part of {}", systems.join(" and "))
}

/// Returns the names of what waits for somebody else, and of what was tried and is left `waiting`.
fn open(plan: &Plan, waiting: &BTreeSet<Subject>) -> Vec<String> {
    let is_open = |step: &&Step| step.outcome.waits().is_some() || waiting.contains(&step.subject);
    plan.steps.iter().filter(is_open).map(Step::named).collect()
}

/// Returns what to do next; none while another administrator's part is open, which is named with its command.
fn next(wanted: &Wanted, plan: &Plan, rules: &RulesFile) -> Option<String> {
    let invocation = &wanted.invocation;
    match &rules.unusable {
        Some(finding) => Some(invocation.completed(&finding.remedy)),
        None if let Some(remedy) = unusable_template(plan) => Some(remedy.to_owned()),
        None if wanted.share != Systems::ALL && plan.pending().next().is_some() => None,
        None => Some(invocation.command("seed")),
    }
}

/// Returns what an administrator of AWS has to do, with the commands.
fn waiting_text(plan: &Plan) -> String {
    let step = |step: &Step| {
        let Some((reason, commands)) = step.outcome.waits() else { return String::new() };
        let lines: String = step.lines.iter().map(|line| format!("\n    {line}")).collect();
        let commands: String = commands.iter().map(|command| format!("\n  {command}")).collect();
        format!("\n\nWaiting for an administrator of {}: {}: {reason}{lines}{commands}", step.system, step.subject)
    };
    plan.pending().map(step).chain(plan.left().map(left_text)).collect()
}

/// Returns what differs and is left to the reader.
fn left_text(step: &Step) -> String {
    let Outcome::Left { reason, remedy } = &step.outcome else { return String::new() };
    let lines: String = step.lines.iter().map(|line| format!("\n    {line}")).collect();
    format!("\n\nLeft as it is: {} {}: {reason}{lines}\n  {remedy}", step.system, step.subject)
}

fn names<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    steps.map(Step::named).collect::<Vec<_>>().join(", ")
}

/// Returns what is said of workflows that could use the secrets and are not as this tool wrote them.
fn exposed_text(plan: &Plan) -> String {
    let exposed = plan.findings.iter().filter(|finding| finding.code == SECRETS_EXPOSED);
    exposed.map(|finding| format!("\n\n{finding}")).collect()
}

fn pending(plan: &Plan) -> Value {
    plan.pending().chain(plan.left()).map(Step::json).collect()
}

fn boundary_text(wanted: &Wanted) -> String {
    let document = wanted.boundary.as_ref().map_or_else(ToString::to_string, |document| format!("{document:#}"));
    format!("\n\nWaiting for the policy {}:\n{document}", wanted.names.boundary)
}

/// Returns what the rules file says. Nothing is said of a file that nobody has looked for.
fn rules_text(identity: &Identity, wanted: &Wanted, plan: &Plan, rules: &RulesFile) -> String {
    let path = &wanted.names.rules_path;
    let rule = match (&rules.unusable, &rules.first_rule, rules.trust_sentence) {
        (Some(_), ..) => String::new(),
        (None, Some(rule), _) => format!("\n\nThe first rule of {path}:\n{rule}"),
        (None, None, Some(_)) => format!("\n\n{path} holds no rule: nothing is granted."),
        (None, None, None) if identity.token.is_none() => String::new(),
        (None, None, None) => format!("\n\n{path} is not there yet: nothing is granted."),
    };
    let trust = rules.trust_sentence.map(|sentence| format!("\n\n{path} has {sentence}.")).unwrap_or_default();
    let next = next(wanted, plan, rules).map(|next| format!("\n\nNext: {next}")).unwrap_or_default();
    format!("{rule}{trust}{next}")
}
