//! The debug log: warnings always, more with `--verbose` or in a runner's debug mode. It goes to standard error.

use std::io::Write;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer as _;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::config::variables::RUNNER_DEBUG;
use crate::domain::printable::one_line;
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
        .fmt_fields(one_line_each())
        .with_writer(move || Writer(sink.clone()))
        .with_filter(ours);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(told))
}

/// What services and files say is on one line, without a control character: nobody but us begins one, or colours it.
fn one_line_each() -> impl for<'writer> FormatFields<'writer> + 'static {
    debug_fn(|writer, field, value| {
        let value = one_line(&format!("{value:?}"));
        if field.name() == "message" { write!(writer, "{value}") } else { write!(writer, "{field}={value}") }
    })
    .delimited(" ")
}

struct Writer(Sink);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // The runner's older form of a command works anywhere in a line, and a service's words may hold one.
        self.0.write(&format!("{}\n", harmless(&String::from_utf8_lossy(bytes))));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
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
    fn nothing_that_others_say_begins_a_line_or_is_a_workflow_command_or_a_control_character() {
        let kept = Kept::default();
        let world =
            World::isolated(BTreeMap::new(), PathBuf::new(), Sink::new(std::io::sink()), Sink::new(kept.clone()));
        let guard = to_stderr(&world, false, false);
        let words = "line 3:\n::error::forged\r::error::forged \u{1b}[31m##[error]forged";
        tracing::warn!(error = %words, grant = "g", "could not read {words}");
        drop(guard);
        let told = "line 3: ::error::forged ::error::forged  [31m## [error]forged";
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, format!(" WARN could not read {told} error={told} grant=\"g\"\n"));
    }
}
