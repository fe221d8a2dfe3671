//! The command line: what can be said, and nothing of what is done.

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::config::variables;
use crate::stop::GO_ON;

/// Temporary AWS permissions through Port: sets up the whole system over Port, GitHub and AWS, and runs it.
#[derive(Debug, Parser)]
#[command(name = "port-iam", version, max_term_width = 100, propagate_version = true, disable_help_subcommand = true)]
#[command(after_long_help = after_long_help())]
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
#[command(next_help_heading = "Options of every command")]
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

fn after_long_help() -> String {
    format!(
        "Try it without any account: port-iam demo\n\nEnvironment variables, where no flag says otherwise:\n{}\nExit \
         codes: 0 done or nothing to do, 1 failure, 2 usage, 3 changes pending, 4 login needed, 5 refused by policy, \
         130 and 143 stopped by a signal.",
        variables::table()
    )
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

/// The commands. What each does stands with its arguments: a comment here would replace that help.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the documentation of the arguments is the help of the command")]
pub enum Command {
    #[cfg(feature = "sandbox")]
    Demo(commands::demo::DemoArgs),
    Init(commands::init::InitArgs),
    Seed(commands::seed::SeedArgs),
    Request(commands::request::RequestArgs),
    Extend(commands::extend::ExtendArgs),
    Return(commands::give_back::ReturnArgs),
    Revoke(commands::revoke::RevokeArgs),
    List(commands::list::ListArgs),
    Show(commands::show::ShowArgs),
    Credentials(commands::credentials::CredentialsArgs),
    Sweep(commands::sweep::SweepArgs),
    Policy(commands::policy::PolicyArgs),
    Aws(commands::aws::AwsArgs),
    Audit(commands::audit::AuditArgs),
    Doctor(commands::doctor::DoctorArgs),
    Grant(commands::grant::GrantArgs),
    #[cfg(feature = "sandbox")]
    Sandbox(commands::sandbox::SandboxArgs),
    #[cfg(feature = "sandbox")]
    #[command(hide = true)]
    SandboxGh {
        /// What `gh` was called with.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

impl Command {
    /// Returns whether the command finishes or undoes what is half done before it stops.
    pub fn ends_in_order(&self) -> bool {
        matches!(self, Self::Grant(_) | Self::Revoke(_) | Self::Sweep(_) | Self::Init(_) | Self::Seed(_))
    }

    /// Returns whether another program reads standard output and nothing but the result may stand there.
    pub fn answers_a_program(&self) -> bool {
        matches!(self, Self::Credentials(_))
    }

    /// Returns what to do when the command was stopped half-way; none where nothing is left half done.
    pub fn when_stopped(&self) -> Option<&'static str> {
        match self {
            Self::Init(_) | Self::Seed(_) | Self::Grant(_) | Self::Revoke(_) | Self::Sweep(_) => Some(GO_ON),
            Self::Request(_) | Self::Extend(_) | Self::Return(_) => {
                Some("the run goes on without you; look at it in Port")
            }
            Self::Policy(_) | Self::Aws(_) | Self::Audit(_) | Self::Doctor(_) => None,
            Self::List(_) | Self::Show(_) | Self::Credentials(_) => None,
            #[cfg(feature = "sandbox")]
            Self::Demo(_) | Self::Sandbox(_) | Self::SandboxGh { .. } => None,
        }
    }
}
