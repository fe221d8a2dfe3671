//! `port-iam doctor`: looks whether a live installation is as it should be. Each kind of check is a module of its own.

mod security;

use super::Surroundings;
use crate::failure::Failure;
use crate::report::Report;

/// Look whether a live installation is as it should be. It changes nothing.
#[derive(Clone, Debug, clap::Args)]
pub struct DoctorArgs {
    /// Try every IAM and STS action on behalf of the workflows' AWS identities, and compare what is allowed with the
    /// written list; exit 1 on any difference. AWS is asked (iam:SimulatePrincipalPolicy), or their policies are read.
    #[arg(long)]
    security: bool,
    /// The workflows' IAM user, where they use an access key; else the roles port-iam-granter and port-iam-revoker are
    /// looked at.
    #[arg(long, value_name = "NAME", requires = "security")]
    user: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Fails when no check is named, and when a system cannot be asked.
pub async fn run(surroundings: &Surroundings<'_>, args: DoctorArgs) -> Result<Report, Failure> {
    if !args.security {
        return Err(Failure::usage("it is not said what to look at").hint("pass --security"));
    }
    security::run(surroundings, args.user.as_deref()).await
}
