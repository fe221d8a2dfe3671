//! `port-iam policy`: what would be granted, without network or credentials.

mod actions;
mod asked;
mod examples;
mod reviewed;
mod schema;
mod show;
mod telling;
mod who_can;

use super::Surroundings;
use crate::failure::Failure;
use crate::report::Report;

/// Show what a request would be granted, and why.
///
/// Judges each action on each resource by AWS's own tables, and prints the documents that `grant` would write. Needs no
/// network and no credentials. Exit code 0 when every action can be granted, 5 when one cannot.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: Option<PolicyCommand>,
    #[command(flatten)]
    show: show::ShowArgs,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum PolicyCommand {
    Actions(actions::ActionsArgs),
    Schema(schema::SchemaArgs),
    Test(examples::TestArgs),
    WhoCan(who_can::WhoCanArgs),
}

/// Runs the command.
///
/// # Errors
///
/// Fails when the command line is wrong or the files of the repository cannot be used. What would not be granted is a
/// report with exit code 5.
pub fn run(surroundings: &Surroundings<'_>, args: PolicyArgs) -> Result<Report, Failure> {
    match args.command {
        None => show::run(surroundings, args.show),
        Some(PolicyCommand::Actions(args)) => actions::run(&args),
        Some(PolicyCommand::Schema(_)) => Ok(schema::run(surroundings)),
        Some(PolicyCommand::Test(args)) => examples::run(surroundings, &args),
        Some(PolicyCommand::WhoCan(args)) => who_can::run(surroundings, &args),
    }
}
