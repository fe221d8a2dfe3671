//! `port-iam policy`: what would be granted, without network or credentials.

use serde_json::json;

use super::Surroundings;
use crate::assets;
use crate::domain::adoption::Limits;
use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::ActionName;
use crate::domain::policy::{LONGEST_POLICY, compile, documents, length_without_white_space, together};
use crate::domain::template::PolicyTemplate;
use crate::failure::Failure;
use crate::report::Report;

/// Show the policy that a request would be granted.
///
/// Needs no network and no credentials. What is refused is told with the reason, exit code 5. Rules and templates of a
/// repository are not looked at.
#[derive(Clone, Debug, clap::Args)]
pub struct PolicyArgs {
    /// ARN of a resource; repeat it for more.
    #[arg(long = "resource", value_name = "ARN", required = true, num_args = 1..)]
    resources: Vec<String>,
    /// IAM action, such as s3:PutObject; repeat it for more.
    #[arg(long = "permission", value_name = "ACTION", required = true, num_args = 1..)]
    permissions: Vec<String>,
    /// How long, from 15m to 7d.
    #[arg(long, value_name = "DURATION", default_value = "4h")]
    duration: String,
}

/// Runs the command.
///
/// # Errors
///
/// Refuses what would not be granted.
pub fn run(surroundings: &Surroundings<'_>, args: PolicyArgs) -> Result<Report, Failure> {
    let resources = args.resources.iter().map(|text| Arn::parse("--resource", text)).collect::<Result<Vec<_>, _>>()?;
    let actions = args.permissions.iter().map(|text| ActionName::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let duration = GrantDuration::parse("--duration", &args.duration)?;
    let template = assets::policy_template().map_err(|error| Failure::failed(error.to_string()))?;
    let template = PolicyTemplate::parse(&template, false)?;
    let end = duration.after(surroundings.world.now());
    let policies = documents(&template, &compile(&resources, &actions)?, end, Limits::default().room().documents)?;
    let policy = together(&policies);
    let length = length_without_white_space(&policy);
    surroundings.ui.status(&format!("{length} of {LONGEST_POLICY} characters"));
    Ok(Report::done(
        format!("{policy:#}"),
        json!({ "policy": policy, "limits": { "characters": length, "most": LONGEST_POLICY } }),
    ))
}
