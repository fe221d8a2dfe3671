//! `port-iam aws`: prints the policies of the AWS identities that take part.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::Surroundings;
use crate::assets;
use crate::config::variables::AWS_ACCOUNT_ID;
use crate::domain::identifier::AccountId;
use crate::failure::Failure;
use crate::report::Report;

/// Print the policies of the AWS identities that take part.
///
/// An administrator attaches `granter` and `revoker` to the workflows' IAM user (they are two managed policies), creates
/// `boundary` as the policy `port-iam-boundary`, and gives `requester-policy` to the people who ask.
#[derive(Clone, Debug, clap::Args)]
pub struct AwsArgs {
    /// Which policy; all of them when none is named.
    #[arg(value_enum)]
    policy: Option<Which>,
    /// The account, 12 digits [environment: AWS_ACCOUNT_ID].
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The partition, such as aws-us-gov.
    #[arg(long, value_name = "NAME", default_value = "aws")]
    partition: String,
}

/// A policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// What the grant workflow may do.
    Granter,
    /// What the revoke workflow may do.
    Revoker,
    /// The most that any grant can allow.
    Boundary,
    /// What people need to assume a granted role.
    RequesterPolicy,
}

/// Runs the command.
///
/// # Errors
///
/// Fails when the account is missing or wrong.
pub fn run(surroundings: &Surroundings<'_>, args: AwsArgs) -> Result<Report, Failure> {
    let account = args.account.as_deref().or_else(|| surroundings.world.variable(AWS_ACCOUNT_ID));
    let Some(account) = account else {
        return Err(Failure::usage("the account is not given").hint("pass --account ID, or set AWS_ACCOUNT_ID"));
    };
    let account = AccountId::parse("--account", account)
        .map_err(|refusal| Failure::usage(refusal.to_string()).hint(refusal.remedy))?;
    let one = |which: Which| -> Result<Value, Failure> {
        let (names, partition, account) = (&surroundings.names, args.partition.as_str(), account.as_str());
        let policy = match which {
            Which::Granter => assets::granter_policy(names, partition, account),
            Which::Revoker => assets::revoker_policy(names, partition, account),
            Which::Boundary => assets::boundary_policy(),
            Which::RequesterPolicy => assets::requester_policy(names, partition, account),
        };
        policy.map_err(|error| Failure::usage(error.to_string()))
    };
    if let Some(which) = args.policy {
        let policy = one(which)?;
        return Ok(Report::done(format!("{policy:#}"), json!({ "policy": policy })));
    }
    let (granter, revoker, boundary, requester) =
        (one(Which::Granter)?, one(Which::Revoker)?, one(Which::Boundary)?, one(Which::RequesterPolicy)?);
    let text = format!(
        "# granter: for the workflows' identity\n{granter:#}\n\n# revoker: for the workflows' identity\n{revoker:#}\n\n# boundary: the managed policy {}, the most that any grant can allow\n{boundary:#}\n\n# requester-policy: for the people who ask\n{requester:#}",
        surroundings.names.boundary
    );
    Ok(Report::done(
        text,
        json!({ "granter": granter, "revoker": revoker, "boundary": boundary, "requester_policy": requester }),
    ))
}
