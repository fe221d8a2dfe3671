//! The debug log: warnings always, more with `--verbose` or in a runner's debug mode. It goes to standard error.

use std::io::Write;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::config::variables::RUNNER_DEBUG;
use crate::world::{Sink, World};

/// Sends our own events to standard error until the guard is dropped. Other crates are not listened to: they log what
/// they send.
pub(crate) fn to_stderr(world: &World, verbose: bool, is_colored: bool) -> DefaultGuard {
    let debug = verbose || world.variable(RUNNER_DEBUG) == Some("1");
    let ours = Targets::new().with_target("port_iam", if debug { LevelFilter::DEBUG } else { LevelFilter::WARN });
    let sink = world.stderr.clone();
    let told = tracing_subscriber::fmt::layer()
        .with_ansi(is_colored)
        .without_time()
        .with_target(false)
        .with_writer(move || Writer(sink.clone()))
        .with_filter(ours);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(told))
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
