//! The commands: one file each, `Args` and one `async fn run`. No command calls another; what several need stands in
//! `connected` (their clients), `given` (what cannot be used of what they are given), `looking` (those that there are
//! credentials for), `checkout` (the reviewed files), `level`, `named_grant` and `since` (values of the command line),
//! `no_installation` (a hint), `set_up` (an installation), `through_port` (an action executed in Port), `serving` (a
//! sandbox) and `workflow_step` (the runner's files).

#[cfg(feature = "full")]
pub mod audit;
#[cfg(feature = "full")]
pub mod aws;
mod checkout;
#[cfg(feature = "full")]
pub mod completions;
mod confirmation;
pub mod connected;
#[cfg(feature = "full")]
pub mod credentials;
#[cfg(feature = "sandbox")]
pub mod demo;
#[cfg(feature = "full")]
pub mod doctor;
#[cfg(feature = "full")]
pub mod extend;
#[cfg(feature = "full")]
pub mod give_back;
mod given;
pub mod grant;
#[cfg(feature = "full")]
pub mod init;
#[cfg(feature = "full")]
mod level;
#[cfg(feature = "full")]
pub mod list;
#[cfg(feature = "full")]
mod looking;
#[cfg(feature = "full")]
pub mod man;
mod named_grant;
#[cfg(feature = "full")]
mod no_installation;
#[cfg(feature = "full")]
pub mod plan;
#[cfg(feature = "full")]
pub mod policy;
#[cfg(feature = "full")]
pub mod report;
#[cfg(feature = "full")]
pub mod request;
pub mod revoke;
#[cfg(feature = "full")]
pub mod rotate;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "full")]
pub mod seed;
#[cfg(feature = "sandbox")]
mod serving;
#[cfg(feature = "full")]
mod set_up;
#[cfg(feature = "full")]
pub mod show;
#[cfg(feature = "full")]
mod since;
pub mod sweep;
mod through_port;
#[cfg(feature = "full")]
pub mod uninstall;
#[cfg(feature = "full")]
pub mod version;
mod workflow_step;

use crate::cli::{Cli, Command, Global};
use crate::config::variables::PORT_IAM_PREFIX;
use crate::domain::names::Names;
use crate::domain::own_command::Invocation;
use crate::failure::Failure;
use crate::report::Report;
use crate::ui::Ui;
use crate::world::World;

/// What every command is given.
pub struct Surroundings<'a> {
    /// Flags that every command takes.
    pub global: Global,
    /// The surroundings.
    pub world: &'a World,
    /// Who is told what happens.
    pub ui: &'a Ui,
    /// The installation's names.
    pub names: Names,
    /// How this program is called for the installation that the command line names.
    pub invocation: Invocation,
}

/// Runs a command.
///
/// # Errors
///
/// Fails as the command does.
pub async fn run(cli: Cli, world: &World, ui: &Ui) -> Result<Report, Failure> {
    let prefix = cli.global.prefix.as_deref().or_else(|| world.variable(PORT_IAM_PREFIX)).unwrap_or_default();
    let names = Names::with_prefix(prefix).map_err(|error| Failure::usage(error.to_string()))?;
    let (owner, repository) = cli.command.place();
    let invocation = Invocation::new(prefix).at(owner, repository);
    let is_told_whole = cli.command.tells_what_is_next();
    if !cli.global.output.is_of_every_command() && !cli.command.makes_documents() {
        return Err(Failure::usage("this command has no such form: --output is text or json")
            .hint("`port-iam report` makes documents: --output html, csv or md"));
    }
    let surroundings = Surroundings { global: cli.global, world, ui, names, invocation };
    match Box::pin(dispatch(&surroundings, cli.command)).await {
        Ok(report) if is_told_whole => Ok(report.completed(&surroundings.invocation)),
        Ok(report) => Ok(report),
        Err(failure) => {
            #[cfg(feature = "full")]
            let failure = Box::pin(no_installation::told(&surroundings, failure)).await;
            Err(failure.completed(&surroundings.invocation))
        }
    }
}

async fn dispatch(surroundings: &Surroundings<'_>, command: Command) -> Result<Report, Failure> {
    // Each on the heap: the future of all would be as large as the largest of them, and is built on a thread's stack.
    match command {
        #[cfg(feature = "full")]
        Command::Seed(args) => Box::pin(seed::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Plan(args) => Box::pin(plan::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Init(args) => Box::pin(init::run(surroundings, args)).await,
        Command::Grant(args) => Box::pin(grant::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Extend(args) => Box::pin(extend::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Return(args) => Box::pin(give_back::run(surroundings, args)).await,
        Command::Revoke(args) => Box::pin(revoke::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Rotate(args) => Box::pin(rotate::run(surroundings, args)).await,
        Command::Sweep(args) => Box::pin(sweep::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Request(args) => Box::pin(request::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Policy(args) => policy::run(surroundings, args),
        #[cfg(feature = "full")]
        Command::Audit(args) => Box::pin(audit::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Report(args) => Box::pin(report::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Aws(args) => aws::run(surroundings, args),
        #[cfg(feature = "full")]
        Command::Doctor(args) => Box::pin(doctor::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Completions(args) => Ok(completions::run(surroundings, &args)),
        #[cfg(feature = "full")]
        Command::Version(args) => Box::pin(version::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Man(args) => man::run(surroundings, &args),
        #[cfg(feature = "full")]
        Command::Uninstall(args) => Box::pin(uninstall::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::List(args) => Box::pin(list::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Show(args) => Box::pin(show::run(surroundings, args)).await,
        #[cfg(feature = "full")]
        Command::Credentials(args) => Box::pin(credentials::run(surroundings, args)).await,
        #[cfg(feature = "sandbox")]
        Command::Demo(args) => Box::pin(demo::run(surroundings, args)).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => Box::pin(sandbox::run(surroundings, args)).await,
        #[cfg(feature = "sandbox")]
        Command::SandboxGh { arguments } => {
            let exit_code = crate::sandbox::gh::run(&arguments, &surroundings.world.environment).await;
            Ok(Report::done("", serde_json::Value::Null).with_exit_code(exit_code))
        }
    }
}
