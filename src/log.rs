//! The debug log: warnings always, more with `--verbose` or in a runner's debug mode. It goes to standard error.

use std::io::Write;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::config::variables::RUNNER_DEBUG;
use crate::ui::harmless;
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
        // A service's words, or those of a file, may hold a workflow command, on a line of their own too.
        self.0.write(&format!("{}\n", harmless(&String::from_utf8_lossy(bytes))));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_line_of_what_others_say_is_a_workflow_command_of_either_form() {
        let kept = Kept::default();
        let mut writer = Writer(Sink::new(kept.clone()));
        writer.write_all(b"WARN line 3 is wrong:\n::error::forged ##[error]forged\n").unwrap();
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "WARN line 3 is wrong:\n : :error: :forged ## [error]forged\n");
    }
}
