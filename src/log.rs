//! The debug log: warnings always, more with `--verbose` or in a runner's debug mode. It goes to standard error.

use std::io::Write;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;

use crate::config::variables::RUNNER_DEBUG;
use crate::world::{Sink, World};

/// Sends our own events to standard error until the guard is dropped. Other crates are not listened to: they log what
/// they send.
pub(crate) fn to_stderr(world: &World, verbose: bool, is_colored: bool) -> DefaultGuard {
    let debug = verbose || world.variable(RUNNER_DEBUG) == Some("1");
    let filter = EnvFilter::new(if debug { "port_iam=debug" } else { "port_iam=warn" });
    let sink = world.stderr.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(is_colored)
        .without_time()
        .with_target(false)
        .with_writer(move || Writer(sink.clone()))
        .finish();
    tracing::subscriber::set_default(subscriber)
}

struct Writer(Sink);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // The runner's older form of a command works anywhere in a line, and a service's words may hold one.
        self.0.write(&String::from_utf8_lossy(bytes).replace("##[", "## ["));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
