//! Temporary AWS permissions through Port.
//!
//! [`run`] is the whole program as a function of its arguments and its [`World`].

pub mod api_error;
#[cfg(feature = "full")]
pub mod assets;
pub mod cli;
pub mod clients;
pub mod color;
pub mod commands;
pub mod config;
#[cfg(test)]
#[path = "../tests/integration/counterparts/named.rs"]
mod counterparts;
pub mod domain;
pub mod engine;
pub mod failure;
mod log;
#[cfg(feature = "sandbox")]
pub mod portal;
pub mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod stop;
pub mod ui;
mod usage;
pub mod world;

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;

use cli::Cli;
use color::{ColorChoice, is_colored};
use failure::{Failure, FailureKind};
use report::Output;
use report::{Report, print_failure};
use stop::{Signal, Stop};
use ui::Ui;
use world::World;

/// Runs the program and returns its exit code. The first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, world: &World) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return print_usage(world, &error, &arguments),
    };
    let for_a_program = cli.command.answers_a_program().then(|| world.for_a_program());
    let world = for_a_program.as_ref().unwrap_or(world);
    let color = cli.global.color;
    let is_told_in_colors = is_colored(world, color, world.stderr_is_terminal);
    let makes_document = !cli.global.output.is_of_every_command();
    let ui = Ui::new(world, cli.global.quiet).colored(is_told_in_colors).beside_document(makes_document);
    // What is wrong is told on standard error alone where a program reads the result.
    let output = if for_a_program.is_some() { Output::Text } else { cli.global.output };
    let _log = log::to_stderr(world, cli.global.verbose, is_told_in_colors);
    let (ends_in_order, when_stopped) = (cli.command.ends_in_order(), cli.command.when_stopped());
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("could not start: {error}")))
        .and_then(|runtime| {
            let work = Box::pin(clients::http::sharing(commands::run(cli, world, &ui)));
            runtime.block_on(until_signal(work, &world.stop, ends_in_order, when_stopped))
        });
    match result {
        Ok(report) => {
            report.print(world, output, is_colored(world, color, world.stdout_is_terminal));
            report.exit_code
        }
        Err(failure) => {
            ui.failure(&failure);
            print_failure(world, output, &failure);
            failure.kind.exit_code()
        }
    }
}

/// Help and mistakes end the parsing, so that `--color` beside them has to be looked for.
fn color_choice(arguments: &[OsString]) -> ColorChoice {
    use clap::ValueEnum as _;
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let beside = texts.windows(2).filter(|pair| pair[0] == "--color").map(|pair| pair[1]);
    let joined = texts.iter().filter_map(|text| text.strip_prefix("--color="));
    let chosen = beside.chain(joined).filter_map(|text| ColorChoice::from_str(text, false).ok()).next_back();
    chosen.unwrap_or_default()
}

/// `--version` ends the parsing, so that a `--verbose` beside it has to be looked for.
fn is_verbose(arguments: &[OsString]) -> bool {
    let is_verbose = |text: &str| text == "--verbose" || ["-v", "-Vv", "-vV"].contains(&text);
    arguments.iter().filter_map(|argument| argument.to_str()).any(is_verbose)
}

/// Help and version go to standard output and are no failure; everything else is a usage error.
fn print_usage(world: &World, error: &clap::Error, arguments: &[OsString]) -> u8 {
    let choice = color_choice(arguments);
    let rendered = |is_terminal: bool| {
        let text = error.render();
        if is_colored(world, choice, is_terminal) { text.ansi().to_string() } else { text.to_string() }
    };
    match error.kind() {
        ErrorKind::DisplayVersion if is_verbose(arguments) => {
            let edition = domain::reference::edition().map_or_else(String::new, |edition| edition.describe());
            world.stdout.write(&format!("{}AWS actions: {edition}\n", error.render()));
            0
        }
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            world.stdout.write(&rendered(world.stdout_is_terminal));
            0
        }
        _ => {
            world.stderr.write(&rendered(world.stderr_is_terminal));
            print_failure(world, usage::output(arguments), &usage::failure(error));
            FailureKind::Usage.exit_code()
        }
    }
}

/// Ends with the signal's exit code when one arrives. `hint` says what becomes of what is half done.
///
/// Work that `ends_in_order` is asked to stop and goes on; a second signal ends it at once, and so does the clock.
async fn until_signal(
    work: impl Future<Output = Result<Report, Failure>>,
    stop: &Stop,
    ends_in_order: bool,
    hint: Option<&'static str>,
) -> Result<Report, Failure> {
    let mut signals = Signals::listen()?;
    let mut work = Box::pin(work);
    let signal = tokio::select! {
        result = &mut work => return result,
        signal = signals.next() => signal,
    };
    if ends_in_order {
        stop.ask(signal);
        tokio::select! {
            result = &mut work => return stopped(result, signal, hint),
            _ = signals.next() => {}
            _ = stop.outlasted(stop::LONGEST_END) => {}
        }
    }
    Err(hint.into_iter().fold(signal.failure(), Failure::hint))
}

/// What ended in order after a signal ends with the signal's exit code, unless it was refused anyway. Where it has
/// nothing to say of its own, `hint` says what to do.
fn stopped(result: Result<Report, Failure>, signal: Signal, hint: Option<&'static str>) -> Result<Report, Failure> {
    match result {
        Ok(report) => Ok(report.with_exit_code(signal.exit_code())),
        Err(failure) if failure.kind == FailureKind::Failed => Err(Failure { kind: signal.failure().kind, ..failure }),
        Err(failure) if failure.kind.is_of_a_signal() && failure.hints.is_empty() => {
            Err(hint.into_iter().fold(failure, Failure::hint))
        }
        Err(failure) => Err(failure),
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen =
            |kind| signal(kind).map_err(|error| Failure::failed(format!("could not listen for signals: {error}")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
    fn listen() -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        // Where it cannot be listened for, no signal is told.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}
