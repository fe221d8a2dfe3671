//! `port-iam policy who-can`: who may ask for a resource, by the rules file alone.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::commands::Surroundings;
use crate::commands::checkout::configuration;
use crate::domain::arn::Arn;
use crate::domain::identifier::{AccountId, ActionName};
use crate::domain::policy::{Allowances, Judged, judge};
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::rules::{ApprovalRule, ApprovalsNeeded, Rule};
use crate::failure::Failure;
use crate::report::Report;

/// Tell who may ask for a resource, and under which rule.
///
/// Answers from the rules file alone, without network or credentials: whether somebody is in a team, and what the
/// catalog holds, only Port knows.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct WhoCanArgs {
    /// ARN of the resource.
    #[arg(long, value_name = "ARN")]
    resource: String,
    /// AWS account that the resource lies in, for an ARN that names none (an S3 bucket); without it, of any account.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// IAM action, such as s3:PutObject; without it, whoever may ask for anything there.
    #[arg(long, value_name = "ACTION")]
    permission: Option<String>,
    /// A checkout of the target repository.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    repository: PathBuf,
}

pub(super) fn run(surroundings: &Surroundings<'_>, args: &WhoCanArgs) -> Result<Report, Failure> {
    let usage = |refusal: Refusal| Failure::usage(refusal.to_string()).hint(refusal.remedy);
    let arn = Arn::parse("--resource", &args.resource).map_err(usage)?;
    let action = args.permission.as_deref().map(ActionName::parse).transpose().map_err(usage)?;
    let account = args.account.as_deref().map(|id| AccountId::parse("--account", id)).transpose().map_err(usage)?;
    let configuration = configuration(&args.repository, &surroundings.names)?;
    let rules = &configuration.rules;
    let verdict = action
        .as_ref()
        .and_then(|action| judge(&[arn.as_str()], &[action.as_str()], &Allowances::from(rules)).into_iter().next());
    let place = rules.check_place_of("--resource", &arn, account.as_ref()).err();
    let found: Vec<&Rule> = match place {
        Some(_) => Vec::new(),
        None => rules.rules.iter().filter(|rule| rule.may_cover(&arn, account.as_ref(), action.as_ref())).collect(),
    };
    let answer = Answer { arn: &arn, action: action.as_ref(), verdict, place, found };
    Ok(Report::done(answer.text(), answer.json()))
}

struct Answer<'a> {
    arn: &'a Arn,
    action: Option<&'a ActionName>,
    /// What AWS's tables and the file's exceptions say of the action.
    verdict: Option<Judged>,
    /// Why nothing is granted in the account or region of the resource.
    place: Option<Refusal>,
    found: Vec<&'a Rule>,
}

impl Answer<'_> {
    fn text(&self) -> String {
        let what = self.action.map_or("anything".to_owned(), ToString::to_string);
        let mut text = String::new();
        if let Some(place) = &self.place {
            let _ =
                writeln!(text, "Nobody can ask for {what} on {}: {}\n    → {}", self.arn, place.reason, place.remedy);
            return text;
        }
        if self.found.is_empty() {
            let _ = writeln!(text, "Nobody can ask for {what} on {}: no rule speaks of it.", self.arn);
        } else {
            let _ = writeln!(text, "Who can ask for {what} on {}:", self.arn);
        }
        for rule in &self.found {
            write_rule(&mut text, rule);
        }
        if let Some(judged) = &self.verdict {
            let word = if judged.is_granted() { "can be granted" } else { "would not be granted to anybody" };
            let _ = writeln!(text, "{} {word}: {}", judged.action, judged.reason);
            if !judged.remedy.is_empty() {
                let _ = writeln!(text, "    → {}", judged.remedy);
            }
        }
        text
    }

    fn json(&self) -> Value {
        json!({
            "resource": self.arn.as_str(),
            "permission": self.action.map(ActionName::as_str),
            "nobody_because": self.place.as_ref().map(|refusal| refusal.reason.clone()),
            "rules": self.found.iter().map(|rule| rule_json(rule)).collect::<Vec<_>>(),
            "verdict": self.verdict.as_ref().map(|judged| json!({
                "verdict": judged.verdict, "granted": judged.is_granted(), "reason": judged.reason,
                "remedy": judged.remedy })),
        })
    }
}

fn requesters(rule: &Rule) -> Vec<String> {
    rule.requesters.iter().map(ToString::to_string).collect()
}

fn accounts(rule: &Rule) -> Vec<&str> {
    rule.accounts.iter().map(AccountId::as_str).collect()
}

fn write_rule(text: &mut String, rule: &Rule) {
    let _ = writeln!(
        text,
        "  {} — rule {}, for at most {}",
        requesters(rule).join(", "),
        quoted(&rule.name),
        rule.longest_duration
    );
    if !rule.accounts.is_empty() {
        let _ = writeln!(text, "    in the accounts: {}", accounts(rule).join(", "));
    }
    let _ = writeln!(text, "    resource types: {}", rule.resource_types.join(", "));
    let _ = writeln!(text, "    actions: {}", rule.actions.join(", "));
    if !rule.bundles.is_empty() {
        let _ = writeln!(text, "    of the bundles: {}", rule.bundles.join(", "));
    }
    let approval = match &rule.approval {
        ApprovalRule::None => "nobody has to approve".to_owned(),
        ApprovalRule::Required { approvers } => match rule.approvals {
            ApprovalsNeeded::One => format!("one of {} has to approve", approvers.join(", ")),
            ApprovalsNeeded::All => format!("each of {}, but the requester, has to approve", approvers.join(", ")),
        },
    };
    let _ = writeln!(text, "    approval: {approval}");
    let reason = &rule.reason;
    match &reason.pattern {
        Some(pattern) => drop(writeln!(text, "    reason: like {}", pattern.as_str())),
        None if reason.is_required => text.push_str("    reason: required\n"),
        None => {}
    }
    if let Some(ticket) = &reason.ticket {
        let _ = writeln!(text, "    ticket in the reason: like {}", ticket.as_str());
    }
}

fn rule_json(rule: &Rule) -> Value {
    let approvers = match &rule.approval {
        ApprovalRule::None => Vec::new(),
        ApprovalRule::Required { approvers } => approvers.clone(),
    };
    let approval = match rule.approvals {
        _ if approvers.is_empty() => "none",
        ApprovalsNeeded::One => "required",
        ApprovalsNeeded::All => "all",
    };
    json!({
        "name": rule.name,
        "requesters": requesters(rule),
        "accounts": accounts(rule),
        "resource_types": rule.resource_types,
        "resources": rule.resources,
        "actions": rule.actions,
        "bundles": rule.bundles,
        "longest_duration": rule.longest_duration.to_string(),
        "approval": approval,
        "approvers": approvers,
        "reason": rule.reason.pattern.as_ref().map_or(
            if rule.reason.is_required { Value::from("required") } else { Value::Null },
            |pattern| pattern.as_str().into()),
        "ticket": rule.reason.ticket.as_ref().map(|ticket| ticket.as_str()),
    })
}
