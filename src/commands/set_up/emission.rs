//! What is wanted, written as files.

use std::path::{Path, PathBuf};

use crate::commands::Surroundings;
use crate::domain::setup::{EmittedFile, asset_path};
use crate::engine::setup::{Identity, Observation, Setup};
use crate::failure::Failure;

/// Where what is wanted is written to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct EmissionArgs {
    /// Write everything that is wanted into this folder too, for administrators who bring it about by their own means:
    /// `port/`, `github/` and `aws/`, each with a `commands.txt`, and the program that the workflows run. A file that is
    /// there and differs is refused. Secrets are no part of it.
    #[arg(long, value_name = "FOLDER")]
    emit: Option<PathBuf>,
}

impl EmissionArgs {
    /// Returns the folder that is written to, where one is named.
    pub(in crate::commands) fn folder(&self) -> Option<&Path> {
        self.emit.as_deref()
    }

    /// Writes the files, if it was asked for.
    ///
    /// # Errors
    ///
    /// Fails when a file is there and differs, and when one cannot be written.
    pub(in crate::commands) fn emit(
        &self,
        surroundings: &Surroundings<'_>,
        setup: &Setup<'_>,
        (identity, seen): (&Identity, &Observation),
    ) -> Result<(), Failure> {
        let Some(folder) = &self.emit else { return Ok(()) };
        let files = setup.emitted(identity, seen)?;
        let texts = files.iter().map(|EmittedFile { path, contents }| (path.as_str(), contents.as_bytes()));
        let asset = asset_path(&seen.wanted.release);
        let asset = (asset.as_str(), setup.found.runtime.bytes.as_slice());
        let files: Vec<(&str, &[u8])> = texts.chain([asset]).collect();
        write_all(folder, &files)?;
        surroundings.ui.status(&format!("Wrote {} files to {}", files.len(), folder.display()));
        Ok(())
    }
}

/// Writes all files or, where one is there with other contents, none.
fn write_all(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), Failure> {
    for (path, contents) in files {
        match std::fs::read(folder.join(path)) {
            Ok(there) if there == *contents => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            _ => {
                return Err(Failure::usage(format!("--emit: {} is there and differs", folder.join(path).display()))
                    .hint("name an empty folder; nothing was written"));
            }
        }
    }
    for (path, contents) in files {
        let path = folder.join(path);
        let failed = |error: std::io::Error| Failure::failed(format!("could not write {}: {error}", path.display()));
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
        std::fs::write(&path, contents).map_err(failed)?;
    }
    Ok(())
}
