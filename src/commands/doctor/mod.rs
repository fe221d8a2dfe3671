//! `port-iam doctor`: looks whether a live installation is as it should be. Each kind of check is a module of its own.

mod checkup;
mod security;

use super::Surroundings;
use crate::failure::Failure;
use crate::report::Report;

/// Look whether a live installation is as it should be. It changes nothing.
///
/// It says when the sweep last ran and how it ended, whose account its schedule hangs on, and how old the data of AWS's
/// actions are. It ends with 1 on an error; warnings do not fail. It needs a GitHub token, and says what it could not
/// look at without credentials of Port. With --security it looks at the workflows' AWS identities instead.
#[derive(Clone, Debug, clap::Args)]
pub struct DoctorArgs {
    /// Target repository [environment: GITHUB_REPOSITORY]. With --security the roles must trust what `init --aws-setup`
    /// would write for it today, which GitHub is asked about; a trust that cannot be compared so is not called sound.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Try every IAM and STS action on behalf of the workflows' AWS identities, and compare what is allowed with the
    /// written list; compare the statements of their policies and their trust with what `init --aws-setup` would write;
    /// exit 1 on any difference. AWS is asked (iam:SimulatePrincipalPolicy), or their policies are read.
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
/// Fails when it is not said which repository is meant. What cannot be asked is a finding.
pub async fn run(surroundings: &Surroundings<'_>, args: DoctorArgs) -> Result<Report, Failure> {
    if args.security {
        return security::run(surroundings, args.user.as_deref(), args.repository.as_deref()).await;
    }
    checkup::run(surroundings, args.repository.as_deref()).await
}
