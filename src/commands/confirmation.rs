//! The question before something is done that `--yes` would have answered.
//!
//! One ending for every command: where nobody can be asked it is a wrong call (exit 2), a no leaves everything pending
//! (exit 3), and a signal at the question is one (exit 130).

use serde_json::Value;

use crate::domain::printable::printable_lines;
use crate::failure::{Failure, FailureKind};
use crate::report::Report;
use crate::world::World;

/// Asks whether to do it. `hint` says what a caller without a terminal has to pass, and `shown` what it is about: whoever is
/// asked has to see that, even when everything else is quiet.
///
/// # Errors
///
/// Fails with "usage" where nobody can be asked, and after a signal.
pub(super) fn confirmed(world: &World, question: &str, shown: Option<&str>, hint: &str) -> Result<bool, Failure> {
    check_somebody_is_there(world, hint).map_err(|failure| match shown {
        Some(shown) => Failure { message: format!("{}:\n{shown}", failure.message), ..failure },
        None => failure,
    })?;
    if let Some(shown) = shown {
        world.stderr.write(&format!("{}\n", printable_lines(shown)));
    }
    world.terminal.confirm(question).map_err(|error| match error.kind() {
        std::io::ErrorKind::Interrupted => {
            Failure::new(FailureKind::Interrupted, "stopped at the question; nothing was done")
        }
        _ => Failure::usage(format!("nobody could be asked: {error}")).hint(hint),
    })
}

/// Finds out that nobody can be asked, before anything is looked at for the question's sake.
///
/// # Errors
///
/// Fails with "usage" where that is so.
pub(super) fn check_somebody_is_there(world: &World, hint: &str) -> Result<(), Failure> {
    if world.terminal.is_interactive() {
        return Ok(());
    }
    Err(Failure::usage("nobody can be asked whether to do it").hint(hint))
}

/// Returns how a command ends whose question was answered with no: everything that it would have done is pending.
pub(super) fn declined(sentence: &str, json: Value) -> Report {
    Report::done(sentence, json).with_exit_code(FailureKind::ChangesPending.exit_code())
}
