//! `port-iam policy schema`: the keys of the rules file, for editors.

use serde_json::Value;

use crate::commands::Surroundings;
use crate::report::Report;

/// The schema of this program's rules files.
const SCHEMA: &str = include_str!("../../../docs/reference/port-iam.schema.json");

const HELP: &str = "\
For example, in a checkout of the target repository:

  port-iam policy schema > .github/port-iam.schema.json

and, for editors that read it, as the first line of .github/port-iam.yaml:

  # yaml-language-server: $schema=port-iam.schema.json";

/// Print the JSON Schema of the rules file, for editors.
///
/// It is of this version of the program, and needs nothing. `port-iam policy test` says what only the program can see.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct SchemaArgs {}

pub(super) fn run(surroundings: &Surroundings<'_>) -> Report {
    surroundings.world.stdout.write(SCHEMA);
    Report::done("", Value::Null)
}
