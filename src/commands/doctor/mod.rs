//! `port-iam doctor`: looks whether a live installation is as it should be. Each kind of check is a module of its own.

mod checkup;
mod probe;
mod security;

use std::time::Duration;

use super::Surroundings;
use super::set_up::SetUpArgs;
use crate::domain::setup::System;
use crate::failure::Failure;
use crate::report::Report;

/// Look whether a live installation is as it should be. It changes nothing, but for --probe.
///
/// All checks run, side by side: credentials and rights, Port's integration and our objects in it, the repository and
/// what guards it, the runtime, the rules, the account, the boundary and the workflows' roles, the sweep, and more. What
/// `port-iam plan` finds open is found here as well; give it the settings that `init` was given. Each finding has a name
/// that stays, and a remedy. It ends with 1 on an error; warnings do not fail. What cannot be told from here is `unknown`,
/// and counted: with --output json `healthy` is then null, and not true. What credentials are missing for is told and not looked at; with --only that is no error.
///
/// With --security it tries the workflows' AWS identities instead, with --probe the way from Port to GitHub.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("repository", |argument| argument.value_name("OWNER/NAME").help("Target repository, with its owner or beside --github-org [environment: GITHUB_REPOSITORY, PORT_IAM_REPOSITORY]. With --security the roles must trust what `init --aws-setup` would write for it today, which GitHub is asked about; a trust that cannot be compared so is not called sound")))]
#[command(mut_arg("only", |argument| argument.help("Look at these systems alone; credentials for the others may be missing. Without AWS credentials the account comes from AWS_ACCOUNT_ID").long_help(None)))]
// What only `init` can do is no part of a look.
#[command(mut_arg("adopt", |argument| argument.hide(true)), mut_arg("force", |argument| argument.hide(true)))]
#[command(mut_arg("upgrade", |argument| argument.hide(true)), mut_arg("downgrade", |argument| argument.hide(true)))]
#[command(mut_arg("rotate_secrets", |argument| argument.hide(true)), mut_arg("aws_setup", |argument| argument.hide(true)))]
pub struct DoctorArgs {
    #[command(flatten)]
    set_up: SetUpArgs,
    /// Try every IAM and STS action on behalf of the workflows' AWS identities, and compare what is allowed with the
    /// written list; compare the statements of their policies and their trust with what `init --aws-setup` would write;
    /// exit 1 on any difference. AWS is asked (iam:SimulatePrincipalPolicy), or their policies are read.
    #[arg(long)]
    security: bool,
    /// Find out whether what Port starts arrives at GitHub: make an action of a random name in Port, execute it, watch
    /// its run of the grant workflow arrive, cancel that, and take the action away, after SIGINT and SIGTERM as well.
    ///
    /// Nothing can be granted by it: the workflow makes grants for runs of our own action alone. An action that an earlier
    /// probe has left is taken away too. It needs a Port administrator's credentials, and a token that may write Actions.
    #[arg(long, conflicts_with = "security")]
    probe: bool,
    /// The workflows' IAM user, where they use an access key. Without it --security looks at the roles port-iam-granter
    /// and port-iam-revoker.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

impl DoctorArgs {
    /// Returns owner and name of the repository as flags give them.
    pub(crate) fn place(&self) -> (Option<&str>, Option<&str>) {
        self.set_up.named()
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails when it is not said which repository is meant, and on wrong settings. What cannot be asked is a finding.
pub async fn run(surroundings: &Surroundings<'_>, args: DoctorArgs) -> Result<Report, Failure> {
    let place = args.set_up.place(surroundings.world);
    if args.security {
        let tried = security::run(surroundings, &args.set_up, args.user.as_deref(), place.as_deref());
        return surroundings.world.stop.within(Duration::ZERO, tried).await;
    }
    if args.probe {
        let share = args.set_up.share();
        if !share.contains(System::Port) || !share.contains(System::GitHub) {
            return Err(Failure::usage(
                "--probe is about the way from Port to GitHub, and --only leaves one of them out",
            )
            .hint("leave --only out, or name both: --only port,github"));
        }
        return probe::run(surroundings, place.as_deref()).await;
    }
    checkup::run(surroundings, &args.set_up, args.user.as_deref(), place.as_deref()).await
}
