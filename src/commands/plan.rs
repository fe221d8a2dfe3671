//! `port-iam plan`: what `init` would do, and nothing of it done.

use std::path::{Path, PathBuf};

use super::Surroundings;
use super::set_up::{self, Prepared, SetUpArgs, report};
use crate::domain::setup::{EmittedFile, emitted};
use crate::failure::Failure;
use crate::report::Report;

/// Show what init would do, and what somebody has changed since.
///
/// One plan over Port, GitHub and AWS, made from reads only: `+` is created, `~` is changed (old -> new), `!` is not ours,
/// was edited by hand or waits for somebody, and `=` is as it shall be. `init` carries out the very same plan.
///
/// It exits with 0 when there is nothing to do, and with 3 when something is open.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    #[command(flatten)]
    set_up: SetUpArgs,
    /// Write everything that is wanted into this folder too, for administrators who bring it about by their own means:
    /// `port/`, `github/` and `aws/`. A file that is there and differs is refused. Secrets are no part of it.
    #[arg(long, value_name = "FOLDER")]
    emit: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// Fails on missing settings before anything is sent, when a system cannot be asked, and when a file cannot be written.
pub async fn run(surroundings: &Surroundings<'_>, args: PlanArgs) -> Result<Report, Failure> {
    let prepared = Prepared::new(surroundings, &args.set_up).await?;
    let progress = |sentence: &str| surroundings.ui.status(sentence);
    let setup = prepared.setup(surroundings, &progress);
    let (identity, observation) = set_up::look(surroundings, &setup).await?;
    if let Some(folder) = &args.emit {
        let files = emitted(&observation.wanted);
        write_all(folder, &files)?;
        surroundings.ui.status(&format!("Wrote {} files to {}", files.len(), folder.display()));
    }
    Ok(report::planned(&identity, &observation))
}

/// Writes all files or, where one is there with other contents, none.
fn write_all(folder: &Path, files: &[EmittedFile]) -> Result<(), Failure> {
    for EmittedFile { path, contents } in files {
        match std::fs::read_to_string(folder.join(path)) {
            Ok(there) if there == *contents => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            _ => {
                return Err(Failure::usage(format!("--emit: {} is there and differs", folder.join(path).display()))
                    .hint("name an empty folder; nothing was written"));
            }
        }
    }
    for EmittedFile { path, contents } in files {
        let path = folder.join(path);
        let failed = |error: std::io::Error| Failure::failed(format!("could not write {}: {error}", path.display()));
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
        std::fs::write(&path, contents).map_err(failed)?;
    }
    Ok(())
}
