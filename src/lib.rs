//! Temporary AWS permissions through Port.
//!
//! [`run`] is the whole program as a function of its arguments and its [`World`].

pub mod assets;
pub mod cli;
pub mod clients;
pub mod commands;
pub mod config;
pub mod domain;
pub mod engine;
pub mod failure;
mod log;
pub mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod ui;
pub mod world;

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;

use cli::Cli;
use failure::{Failure, FailureKind};
use report::print_failure;
use ui::Ui;
use world::World;

/// Runs the program and returns its exit code. The first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, world: &World) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return print_usage(world, &error, is_verbose(&arguments)),
    };
    let ui = Ui::new(world, cli.global.quiet);
    let output = cli.global.output;
    let _log = log::to_stderr(world, cli.global.verbose);
    let when_stopped = cli.command.when_stopped();
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("could not start: {error}")))
        .and_then(|runtime| runtime.block_on(until_signal(commands::run(cli, world, &ui), when_stopped)));
    match result {
        Ok(report) => {
            report.print(world, output);
            report.exit_code
        }
        Err(failure) => {
            ui.failure(&failure);
            print_failure(world, output, &failure);
            failure.kind.exit_code()
        }
    }
}

/// `--version` ends the parsing, so that a `--verbose` beside it has to be looked for.
fn is_verbose(arguments: &[OsString]) -> bool {
    let is_verbose = |text: &str| text == "--verbose" || ["-v", "-Vv", "-vV"].contains(&text);
    arguments.iter().filter_map(|argument| argument.to_str()).any(is_verbose)
}

/// Help and version go to standard output and are no failure; everything else is a usage error.
fn print_usage(world: &World, error: &clap::Error, is_verbose: bool) -> u8 {
    match error.kind() {
        ErrorKind::DisplayVersion if is_verbose => {
            let edition = domain::reference::edition().map_or_else(String::new, |edition| edition.describe());
            world.stdout.write(&format!("{}AWS actions: {edition}\n", error.render()));
            0
        }
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            world.stdout.write(&error.render().to_string());
            0
        }
        _ => {
            world.stderr.write(&error.render().to_string());
            FailureKind::Usage.exit_code()
        }
    }
}

/// Ends with the signal's exit code when one arrives. `hint` says what becomes of what is half done.
async fn until_signal<T>(
    work: impl Future<Output = Result<T, Failure>>,
    hint: Option<&'static str>,
) -> Result<T, Failure> {
    let stopped = |kind, name: &str| {
        let failure = Failure::new(kind, format!("stopped by {name}"));
        hint.into_iter().fold(failure, Failure::hint)
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            return tokio::select! {
                result = work => result,
                _ = interrupt.recv() => Err(stopped(FailureKind::Interrupted, "SIGINT")),
                _ = terminate.recv() => Err(stopped(FailureKind::Terminated, "SIGTERM")),
            };
        }
        Err(Failure::failed("could not listen for signals"))
    }
    #[cfg(not(unix))]
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(stopped(FailureKind::Interrupted, "an interrupt")),
    }
}
