//! The command line: what can be said, and nothing of what is done.

use clap::{Parser, Subcommand};

use crate::color::ColorChoice;
use crate::commands;
use crate::config::variables;
use crate::report::Output;
use crate::stop::GO_ON;

/// What is left to whoever follows a run of Port's, and no longer does.
const RUN_GOES_ON: &str =
    "a run that was started goes on without you: look at it in Port; where there is none, run the same command again";

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
    /// Colours in what people read; NO_COLOR comes before it, FORCE_COLOR and CLICOLOR_FORCE behind.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto, global = true)]
    pub color: ColorChoice,
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

/// The commands. What each does stands with its arguments: a comment here would replace that help.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the documentation of the arguments is the help of the command")]
pub enum Command {
    #[cfg(feature = "sandbox")]
    Demo(commands::demo::DemoArgs),
    #[cfg(feature = "full")]
    Init(commands::init::InitArgs),
    #[cfg(feature = "full")]
    Plan(commands::plan::PlanArgs),
    #[cfg(feature = "full")]
    Seed(commands::seed::SeedArgs),
    #[cfg(feature = "full")]
    Request(commands::request::RequestArgs),
    #[cfg(feature = "full")]
    Extend(commands::extend::ExtendArgs),
    #[cfg(feature = "full")]
    Return(commands::give_back::ReturnArgs),
    Revoke(commands::revoke::RevokeArgs),
    #[cfg(feature = "full")]
    List(commands::list::ListArgs),
    #[cfg(feature = "full")]
    Show(commands::show::ShowArgs),
    #[cfg(feature = "full")]
    Credentials(commands::credentials::CredentialsArgs),
    Sweep(commands::sweep::SweepArgs),
    #[cfg(feature = "full")]
    Rotate(commands::rotate::RotateArgs),
    #[cfg(feature = "full")]
    Policy(commands::policy::PolicyArgs),
    #[cfg(feature = "full")]
    Aws(commands::aws::AwsArgs),
    #[cfg(feature = "full")]
    Audit(commands::audit::AuditArgs),
    #[cfg(feature = "full")]
    Report(commands::report::ReportArgs),
    #[cfg(feature = "full")]
    Doctor(commands::doctor::DoctorArgs),
    #[cfg(feature = "full")]
    Uninstall(commands::uninstall::UninstallArgs),
    Grant(commands::grant::GrantArgs),
    #[cfg(feature = "full")]
    Version(commands::version::VersionArgs),
    #[cfg(feature = "full")]
    Completions(commands::completions::CompletionsArgs),
    #[cfg(feature = "full")]
    Man(commands::man::ManArgs),
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
        match self {
            Self::Revoke(args) => !args.follows_a_run(),
            Self::Grant(_) | Self::Sweep(_) => true,
            #[cfg(feature = "full")]
            Self::Init(_) | Self::Seed(_) | Self::Rotate(_) | Self::Uninstall(_) | Self::Doctor(_) => true,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(_) => true,
            #[cfg(feature = "sandbox")]
            Self::Demo(args) => args.is_served(),
            #[cfg(feature = "full")]
            _ => false,
        }
    }

    /// Returns whether the command has its result as a document too: a page, a table, Markdown.
    pub(crate) fn makes_documents(&self) -> bool {
        match self {
            #[cfg(feature = "full")]
            Self::Report(_) => true,
            _ => false,
        }
    }

    /// Returns owner and name of the target repository as flags give them; the name may bring the owner along.
    pub(crate) fn place(&self) -> (Option<&str>, Option<&str>) {
        match self {
            #[cfg(feature = "full")]
            Self::Init(args) => args.place(),
            #[cfg(feature = "full")]
            Self::Plan(args) => args.place(),
            #[cfg(feature = "full")]
            Self::Doctor(args) => args.place(),
            #[cfg(feature = "full")]
            Self::Uninstall(args) => args.place(),
            #[cfg(feature = "full")]
            Self::Rotate(args) => (None, args.place()),
            Self::Sweep(args) => (None, args.place()),
            _ => (None, None),
        }
    }

    /// Returns whether the result tells commands of this program. What others print is data, as it is.
    pub(crate) fn tells_what_is_next(&self) -> bool {
        match self {
            Self::Revoke(_) | Self::Sweep(_) => true,
            #[cfg(feature = "full")]
            Self::Seed(_) | Self::Request(_) | Self::Extend(_) | Self::Return(_) | Self::Show(_) => true,
            #[cfg(feature = "full")]
            Self::Rotate(_) | Self::Doctor(_) | Self::Uninstall(_) => true,
            _ => false,
        }
    }

    /// Returns whether another program reads standard output and nothing but the result may stand there.
    pub fn answers_a_program(&self) -> bool {
        match self {
            #[cfg(feature = "full")]
            Self::Credentials(_) => true,
            _ => false,
        }
    }

    /// Returns what to do when the command was stopped half-way; none where nothing is left half done.
    pub fn when_stopped(&self) -> Option<&'static str> {
        match self {
            Self::Revoke(args) if args.follows_a_run() => Some(RUN_GOES_ON),
            Self::Grant(_) | Self::Revoke(_) | Self::Sweep(_) => Some(GO_ON),
            #[cfg(feature = "full")]
            Self::Init(_) | Self::Seed(_) | Self::Rotate(_) | Self::Uninstall(_) => Some(GO_ON),
            #[cfg(feature = "full")]
            Self::Request(_) | Self::Extend(_) | Self::Return(_) => Some(RUN_GOES_ON),
            #[cfg(feature = "full")]
            Self::Plan(_) | Self::Policy(_) | Self::Aws(_) | Self::Audit(_) | Self::Report(_) | Self::Doctor(_) => None,
            #[cfg(feature = "full")]
            Self::List(_) | Self::Show(_) | Self::Credentials(_) | Self::Completions(_) | Self::Man(_) => None,
            #[cfg(feature = "full")]
            Self::Version(_) => None,
            #[cfg(feature = "sandbox")]
            Self::Demo(_) | Self::Sandbox(_) | Self::SandboxGh { .. } => None,
        }
    }
}

#[cfg(all(test, feature = "discover", feature = "sandbox"))]
mod reference;

#[cfg(all(test, feature = "discover", feature = "sandbox"))]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Returns the whole help of a command and of everything below it.
    fn tree(command: &mut clap::Command, path: &str) -> String {
        let mut text = format!("==== {path}\n\n{}\n", command.render_long_help());
        for below in command.get_subcommands_mut() {
            let path = format!("{path} {}", below.get_name());
            text.push_str(&tree(below, &path));
        }
        text
    }

    /// After a wanted change: `PORT_IAM_WRITE_GOLDEN=1 cargo test --lib golden`, and read the difference.
    #[test]
    fn the_command_tree_is_the_golden_file() {
        let mut command = Cli::command().term_width(100);
        command.build();
        let lines = tree(&mut command, "port-iam");
        let tree: String = lines.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let golden = format!("{}/tests/golden/commands.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("PORT_IAM_WRITE_GOLDEN").is_some() {
            std::fs::write(&golden, &tree).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap();
        let differs = tree.lines().zip(expected.lines()).position(|(one, other)| one != other);
        let differs =
            differs.or_else(|| (tree != expected).then_some(tree.lines().count().min(expected.lines().count())));
        assert_eq!(differs.map(|line| line + 1), None, "the first line of {golden} that differs");
    }

    #[test]
    fn every_argument_has_a_help_and_no_two_flags_of_a_command_are_one() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            assert!(command.is_hide_set() || command.get_about().is_some(), "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        let command = Cli::command();
        check(&command);
        command.debug_assert();
    }
}
