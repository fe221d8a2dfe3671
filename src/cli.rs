//! The command line: what can be said, and nothing of what is done.

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands;

/// Temporary AWS permissions through Port: sets up the whole system over Port, GitHub and AWS, and runs it.
#[derive(Debug, Parser)]
#[command(name = "port-iam", version, max_term_width = 100, propagate_version = true, disable_help_subcommand = true)]
#[command(
    after_long_help = "Try it without any account: port-iam demo\n\nExit codes: 0 done or nothing to do, 1 failure, 2 usage, 3 changes pending, 4 login needed, 5 refused by policy."
)]
pub struct Cli {
    /// Settings that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that every command takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// Form of the result on standard output.
    #[arg(long, value_enum, default_value_t = Output::Text, global = true)]
    pub output: Output,
    /// Tell warnings and errors only.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Tell more: every repeated request and what else helps to find a mistake.
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Prefix of all names, for a second installation beside another [environment: PORT_IAM_PREFIX].
    #[arg(long, global = true, value_name = "NAME")]
    pub prefix: Option<String>,
}

/// Form of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For machines; the field `version` tells the form.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fill the catalog with resources and permissions: the guide's samples, your own, or files.
    Seed(commands::seed::SeedArgs),
    /// Set up Port, a GitHub repository and AWS as one unit.
    Init(commands::init::InitArgs),
    /// Grant what a Port run asks for (inside the grant workflow).
    Grant(commands::grant::GrantArgs),
    /// Take a grant away: by its Port action, directly, or inside the revoke workflow.
    Revoke(commands::revoke::RevokeArgs),
    /// Ask for permissions: execute the Port action and follow its run to the end.
    Request(commands::request::RequestArgs),
    /// Show what would be granted on a resource, without network or credentials.
    Policy(commands::policy::PolicyArgs),
    /// Print the policies of the AWS identities that take part.
    Aws(commands::aws::AwsArgs),
    /// Show the whole main job on a sandbox: set-up, request, grant, revocation, expiry.
    #[cfg(feature = "sandbox")]
    Demo(commands::demo::DemoArgs),
    /// Serve Port, GitHub and AWS IAM on loopback, to try commands by hand.
    #[cfg(feature = "sandbox")]
    Sandbox(commands::sandbox::SandboxArgs),
    /// Stands in for `gh release download` inside the sandbox's runner.
    #[cfg(feature = "sandbox")]
    #[command(hide = true)]
    SandboxGh {
        /// What `gh` was called with.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}
