//! `port-iam completions`: what a shell has to know to complete a command.

use clap::CommandFactory as _;
use serde_json::Value;

use super::Surroundings;
use crate::cli::Cli;
use crate::report::Report;

const HELP: &str = "\
For example:

  bash        port-iam completions bash > ~/.local/share/bash-completion/completions/port-iam
  zsh         port-iam completions zsh > ~/.zfunc/_port-iam     (with ~/.zfunc in fpath, before compinit)
  fish        port-iam completions fish > ~/.config/fish/completions/port-iam.fish
  powershell  port-iam completions powershell >> $PROFILE";

/// Print the completions for a shell.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: clap_complete::Shell,
}

/// Runs the command.
pub fn run(surroundings: &Surroundings<'_>, args: &CompletionsArgs) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "port-iam", &mut script);
    surroundings.world.stdout.write(&String::from_utf8_lossy(&script));
    Report::done("", Value::Null)
}
