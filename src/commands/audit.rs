//! `port-iam audit`: the permanent records as a file, and what has become of them since.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::since::Since;
use super::{Surroundings, connected};
use crate::domain::audit::{self, Comparison, Export, Finding};
use crate::domain::time::utc;
use crate::failure::Failure;
use crate::report::Output;
use crate::report::Report;

/// Export the permanent records, and look later what has become of them.
#[derive(Clone, Debug, clap::Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum AuditCommand {
    /// Print the permanent records, each with the SHA-256 of its content, chained with the time of the export.
    ///
    /// Who could do what and when stays answerable after every log has gone. Keep the end of the chain, which is told
    /// at the end, in another place than the file: whoever can write both can write them anew.
    Export {
        /// Leave out the grants that had ended before, by their time or earlier: a day such as 2026-03-01 (UTC), a moment,
        /// or so long ago (30d). One that was found to be changed counts until it is recorded as ended.
        #[arg(long, value_name = "DATE", value_parser = Since::parse)]
        since: Option<Since>,
        /// Form of the export; only jsonl can be verified later.
        #[arg(long, value_enum, default_value_t = Form::Jsonl)]
        output_format: Form,
    },
    /// Compare an earlier export (jsonl) with what Port holds now; exit 1 when a record was changed, deleted or added.
    ///
    /// That a grant has ended since is no change, and one that began later is none that was added.
    Verify {
        /// The earlier export.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One JSON object a line.
    Jsonl,
    /// A table.
    Csv,
}

/// Runs the command.
///
/// # Errors
///
/// Fails on a time that has not begun, when Port cannot be asked, and when the earlier export cannot be read or was changed.
pub async fn run(surroundings: &Surroundings<'_>, args: AuditArgs) -> Result<Report, Failure> {
    match args.command {
        AuditCommand::Export { since, output_format } => export(surroundings, since, output_format).await,
        AuditCommand::Verify { file } => verify(surroundings, &file).await,
    }
}

async fn export(surroundings: &Surroundings<'_>, since: Option<Since>, form: Form) -> Result<Report, Failure> {
    let world = surroundings.world;
    let since = since.map(|since| since.before(world.now())).transpose()?;
    let port = connected::port(world)?;
    let entities = port.search(&surroundings.names.permission_records, &[]).await?;
    let export = Export::of(&entities, world.now(), since);
    let text = match form {
        Form::Jsonl => export.json_lines(),
        Form::Csv => audit::csv(&export.records),
    };
    let (records, chain) = (export.records.len(), export.chain());
    surroundings.ui.status(&format!("{records} records; the chain ends with {chain}"));
    // Not as a report's text, which is made harmless for terminals: every byte of it counts.
    if surroundings.global.output == Output::Text {
        world.stdout.write(&text);
    }
    Ok(Report::done("", json!({ "records": records, "chain": chain, "export": text })))
}

async fn verify(surroundings: &Surroundings<'_>, file: &std::path::Path) -> Result<Report, Failure> {
    let port = connected::port(surroundings.world)?;
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("could not read {}: {error}", file.display())))?;
    let earlier = audit::read(&text).map_err(|problem| {
        Failure::failed(format!("{} is not as it was exported: {problem}", file.display()))
            .hint("only an export of the form jsonl can be verified; take an untouched copy")
    })?;
    // Whoever has kept it elsewhere sees whether the file was written anew.
    let (records, chain) = (earlier.records.len(), earlier.chain());
    surroundings.ui.status(&format!("{records} records of {}; the chain ends with {chain}", utc(earlier.at)));
    let entities = port.search(&surroundings.names.permission_records, &[]).await?;
    let comparison = audit::compare(&earlier, &entities);
    let exit_code = u8::from(!comparison.findings.is_empty());
    Ok(Report::done(told(&comparison), as_json(&comparison)).with_exit_code(exit_code))
}

fn told(comparison: &Comparison) -> String {
    let Comparison { findings, unchanged, ended, noted } = comparison;
    let finding = |finding: &Finding| match finding {
        Finding::Deleted { record } => format!("{record} was deleted\n"),
        Finding::Changed { record, fields } => format!("{record} was changed: {}\n", fields.join(", ")),
        Finding::Added { record } => format!("{record} was added: it began before the export and is not in it\n"),
    };
    let list: String = findings.iter().map(finding).collect();
    let noted = if *noted == 0 { String::new() } else { format!("{noted} with something found since, ") };
    format!("{list}{unchanged} unchanged, {ended} ended since, {noted}{} changed, deleted or added.", findings.len())
}

fn as_json(comparison: &Comparison) -> Value {
    let finding = |finding: &Finding| match finding {
        Finding::Deleted { record } => json!({ "record": record, "finding": "deleted" }),
        Finding::Changed { record, fields } => json!({ "record": record, "finding": "changed", "fields": fields }),
        Finding::Added { record } => json!({ "record": record, "finding": "added" }),
    };
    json!({
        "unchanged": comparison.unchanged,
        "ended": comparison.ended,
        "noted": comparison.noted,
        "findings": comparison.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
