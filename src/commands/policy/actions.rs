//! `port-iam policy actions`: what can be asked for.

use std::fmt::Write as _;

use serde_json::json;

use crate::commands::level::Level;
use crate::domain::arn::Arn;
use crate::domain::policy::{ActionFacts, actions_of, actions_on, kind_of};
use crate::domain::reference::{self, AccessLevel};
use crate::domain::refusal::Refusal;
use crate::failure::Failure;
use crate::report::Report;

/// List what can be asked for a resource or of a service.
///
/// Without either, lists the services. Actions that only the rules file can allow are marked.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ActionsArgs {
    /// A resource: the actions that can be granted on it alone; with --account-wide those of its service too that IAM
    /// cannot limit to a resource.
    #[arg(long, value_name = "ARN", conflicts_with = "service")]
    resource: Option<String>,
    /// Prefix of a service, such as s3: all its actions.
    #[arg(long, value_name = "PREFIX")]
    service: Option<String>,
    /// With --resource, the account-wide actions of its service too.
    #[arg(long, requires = "resource")]
    account_wide: bool,
    /// Only actions of this level, one of AWS's (List, Read, Write, Tagging, Permissions management); repeat it or
    /// separate them by commas.
    #[arg(long = "level", value_enum, value_delimiter = ',')]
    levels: Vec<Level>,
}

pub(super) fn run(args: &ActionsArgs) -> Result<Report, Failure> {
    let mut facts = match (&args.resource, &args.service) {
        (Some(arn), _) => {
            let usage = |refusal: Refusal| Failure::usage(refusal.to_string()).hint(refusal.remedy);
            let arn = Arn::parse("--resource", arn).map_err(usage)?;
            if kind_of(&arn).is_none() {
                let message = format!("{arn} has the form of no resource that IAM knows");
                return Err(Failure::usage(message).hint("copy the ARN from the AWS console"));
            }
            let mut facts = actions_on(&arn);
            facts.retain(|facts| args.account_wide || !facts.account_wide);
            facts
        }
        (None, Some(prefix)) => {
            let facts = actions_of(prefix);
            if facts.is_empty() {
                let message = format!("AWS has no service with the prefix {prefix:?}");
                return Err(Failure::usage(message).hint("`port-iam policy actions` lists the services"));
            }
            facts
        }
        (None, None) => return Ok(services()),
    };
    let levels: Vec<AccessLevel> = args.levels.iter().map(|level| (*level).into()).collect();
    facts.retain(|facts| levels.is_empty() || levels.contains(&facts.level));
    Ok(Report::done(table(&facts), json!({ "actions": facts.iter().map(entry).collect::<Vec<_>>() })))
}

fn services() -> Report {
    let services: Vec<_> = reference::services().collect();
    let mut text = String::new();
    for service in &services {
        let _ = writeln!(text, "{:<32} {}", service.prefix, service.name);
    }
    let entry = |service: &reference::Service| json!({ "prefix": service.prefix, "name": service.name, "actions": service.actions.len() });
    Report::done(text, json!({ "services": services.iter().map(entry).collect::<Vec<_>>() }))
}

fn table(facts: &[ActionFacts]) -> String {
    let mut text = String::new();
    for facts in facts {
        let _ = writeln!(text, "{:<52} {:<22} {}", facts.name, facts.level.title(), facts.flags().join(", "));
    }
    text
}

fn entry(facts: &ActionFacts) -> serde_json::Value {
    json!({
        "action": facts.name,
        "level": facts.level,
        "flags": facts.flags(),
        "resource_kinds": facts.kinds,
    })
}
