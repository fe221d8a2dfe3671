//! `port-iam plan`: what `init` would do, and nothing of it done.

use super::Surroundings;
use super::set_up::{self, EmissionArgs, Further, Prepared, SetUpArgs, exact_command, report};
use crate::failure::Failure;
use crate::report::Report;

/// Show what init would do, and what somebody has changed since.
///
/// One plan over Port, GitHub and AWS, made from reads only: `+` is created, `~` is changed (old -> new), `!` is not ours,
/// was edited by hand or waits for somebody, and `=` is as it shall be. `init` carries out the very same plan.
///
/// It exits with 0 when there is nothing to do, and with 3 when something is open.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    #[command(flatten)]
    set_up: SetUpArgs,
    #[command(flatten)]
    emission: EmissionArgs,
}

impl PlanArgs {
    /// Returns owner and name of the repository as flags give them.
    pub(crate) fn place(&self) -> (Option<&str>, Option<&str>) {
        self.set_up.named()
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails on missing settings before anything is sent, when a system cannot be asked, and when a file cannot be written.
pub async fn run(surroundings: &Surroundings<'_>, args: PlanArgs) -> Result<Report, Failure> {
    let prepared = Prepared::new(surroundings, &args.set_up).await?.showing(true);
    let progress = |sentence: &str| surroundings.ui.status(sentence);
    let setup = prepared.setup(surroundings, &progress);
    let (identity, observation) = set_up::look(surroundings, &setup).await?;
    args.emission.emit(surroundings, &setup, (&identity, &observation))?;
    let command = exact_command(&setup.asked.invocation, &args.set_up, Further::default());
    Ok(report::planned(&identity, &observation, &command))
}
