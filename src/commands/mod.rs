//! The commands: one file each, `Args` and one `async fn run`. No command calls another; what several need stands in
//! `connected` (their clients), `looking` (those that there are credentials for), `checkout` (the reviewed files),
//! `level` (a value of the command line), `set_up` (an installation), `through_port`
//! (an action executed in Port), `serving` (a sandbox) and `workflow_step` (the runner's files).

pub mod audit;
pub mod aws;
mod checkout;
pub mod completions;
pub mod connected;
pub mod credentials;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod doctor;
pub mod extend;
pub mod give_back;
pub mod grant;
pub mod init;
mod level;
pub mod list;
mod looking;
pub mod man;
pub mod plan;
pub mod policy;
pub mod request;
pub mod revoke;
pub mod rotate;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod seed;
#[cfg(feature = "sandbox")]
mod serving;
mod set_up;
pub mod show;
pub mod sweep;
mod through_port;
pub mod uninstall;
mod workflow_step;

use crate::cli::{Cli, Command, Global};
use crate::config::variables::PORT_IAM_PREFIX;
use crate::domain::names::Names;
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
}

/// Runs a command.
///
/// # Errors
///
/// Fails as the command does.
pub async fn run(cli: Cli, world: &World, ui: &Ui) -> Result<Report, Failure> {
    let prefix = cli.global.prefix.as_deref().or_else(|| world.variable(PORT_IAM_PREFIX)).unwrap_or_default();
    let names = Names::with_prefix(prefix).map_err(|error| Failure::usage(error.to_string()))?;
    let surroundings = Surroundings { global: cli.global, world, ui, names };
    match cli.command {
        Command::Seed(args) => seed::run(&surroundings, args).await,
        Command::Plan(args) => plan::run(&surroundings, args).await,
        Command::Init(args) => init::run(&surroundings, args).await,
        Command::Grant(args) => grant::run(&surroundings, args).await,
        Command::Extend(args) => extend::run(&surroundings, args).await,
        Command::Return(args) => give_back::run(&surroundings, args).await,
        Command::Revoke(args) => revoke::run(&surroundings, args).await,
        Command::Rotate(args) => rotate::run(&surroundings, args).await,
        Command::Sweep(args) => sweep::run(&surroundings, args).await,
        Command::Request(args) => request::run(&surroundings, args).await,
        Command::Policy(args) => policy::run(&surroundings, args),
        Command::Audit(args) => audit::run(&surroundings, args).await,
        Command::Aws(args) => aws::run(&surroundings, args),
        Command::Doctor(args) => doctor::run(&surroundings, args).await,
        Command::Completions(args) => Ok(completions::run(&surroundings, &args)),
        Command::Man(args) => man::run(&surroundings, &args),
        Command::Uninstall(args) => uninstall::run(&surroundings, args).await,
        Command::List(args) => list::run(&surroundings, args).await,
        Command::Show(args) => show::run(&surroundings, args).await,
        Command::Credentials(args) => credentials::run(&surroundings, args).await,
        #[cfg(feature = "sandbox")]
        Command::Demo(args) => demo::run(&surroundings, args).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(&surroundings, args).await,
        #[cfg(feature = "sandbox")]
        Command::SandboxGh { arguments } => {
            let exit_code = crate::sandbox::gh::run(&arguments, &world.environment).await;
            Ok(Report::done("", serde_json::Value::Null).with_exit_code(exit_code))
        }
    }
}
