//! `port-iam man`: the manual, a page for each command.

use std::path::PathBuf;

use clap::CommandFactory as _;
use serde_json::Value;

use super::Surroundings;
use crate::cli::Cli;
use crate::failure::Failure;
use crate::report::Report;

/// Print the manual page, or write those of all commands.
///
/// The page of `port-iam list` is then `man port-iam-list`, and so on.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder, such as ~/.local/share/man/man1.
    #[arg(long, value_name = "FOLDER")]
    directory: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// Fails when the folder cannot be made or written to.
pub fn run(surroundings: &Surroundings<'_>, args: &ManArgs) -> Result<Report, Failure> {
    let Some(folder) = &args.directory else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
        rendered.map_err(|error| Failure::failed(format!("could not render the page: {error}")))?;
        surroundings.world.stdout.write(&String::from_utf8_lossy(&page));
        return Ok(Report::done("", Value::Null));
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| Failure::failed(format!("could not write to {}: {error}", folder.display())))?;
    Ok(Report::done(format!("The pages are in {}.", folder.display()), serde_json::json!({ "directory": folder })))
}
