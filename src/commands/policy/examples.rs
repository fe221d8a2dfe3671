//! `port-iam policy test`: does the rules file decide its own examples as it says?

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use crate::commands::Surroundings;
use crate::commands::checkout::configuration;
use crate::domain::rehearsal::{Outcome, rehearse};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

/// Run the examples of the rules file.
///
/// Each entry of `examples` is decided as a grant would be, apart from what only Port and AWS know. Exit code 1 when
/// one is decided otherwise than it says. What names an action that AWS does not have, as far as this version knows, is
/// warned of.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TestArgs {
    /// A checkout of the target repository.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    repository: PathBuf,
}

pub(super) fn run(surroundings: &Surroundings<'_>, args: &TestArgs) -> Result<Report, Failure> {
    let configuration = configuration(&args.repository, &surroundings.names).map_err(|failure| Failure {
        // A file that cannot be used is a test that fails, not a request that is refused.
        kind: if failure.kind == FailureKind::Refused { FailureKind::Failed } else { failure.kind },
        ..failure
    })?;
    let warnings = configuration.rules.unmatched();
    warnings.iter().for_each(|warning| surroundings.ui.warning(warning));
    let now = surroundings.world.now();
    let outcomes: Vec<Outcome> =
        configuration.rules.examples.iter().map(|example| rehearse(&configuration, example, now)).collect();
    let failed = outcomes.iter().filter(|outcome| !outcome.is_as_expected).count();
    let mut text = String::new();
    for outcome in &outcomes {
        let word = if outcome.is_as_expected { "ok    " } else { "FAILED" };
        let _ = writeln!(text, "{word} line {}: {}", outcome.line, outcome.name);
        if !outcome.is_as_expected {
            let _ = writeln!(text, "       expected {}, got {}", outcome.expected, outcome.got);
        }
    }
    let _ = writeln!(text, "{} of {} examples as expected", outcomes.len() - failed, outcomes.len());
    if outcomes.is_empty() {
        text.push_str("The rules file has no `examples:`; each one protects a rule from an edit that was not meant.\n");
    }
    let entries: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            json!({ "name": outcome.name, "line": outcome.line, "expected": outcome.expected, "got": outcome.got,
                "ok": outcome.is_as_expected })
        })
        .collect();
    let report = Report::done(text, json!({ "examples": entries, "failed": failed, "warnings": warnings }));
    Ok(if failed == 0 { report } else { report.with_exit_code(1) })
}
