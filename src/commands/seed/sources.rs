//! Reads the files that the command line names.

use std::fs::File;
use std::io::Read;

use crate::domain::seed::{ParsedFile, parse};
use crate::failure::Failure;

/// The largest file, in bytes: some hundred thousand entries.
const LARGEST: u64 = 32 * 1024 * 1024;
const STANDARD_INPUT: &str = "-";

/// Reads and parses all files; what is wrong with their form is in the result.
///
/// # Errors
///
/// Fails when a file cannot be read, is no text or too large, or when one is named twice.
pub(super) fn read(files: &[String]) -> Result<ParsedFile, Failure> {
    let mut all = ParsedFile::default();
    for (index, name) in files.iter().enumerate() {
        if files[..index].contains(name) {
            return Err(Failure::usage(format!("--file {name} is named twice")).hint("name every file once"));
        }
        let parsed = if name == STANDARD_INPUT {
            parse("standard input", &text(name, std::io::stdin().lock())?)
        } else {
            let file = File::open(name).map_err(|error| unreadable(name, &error))?;
            parse(name, &text(name, file)?)
        };
        all.entries.extend(parsed.entries);
        all.mistakes.extend(parsed.mistakes);
    }
    Ok(all)
}

fn text(name: &str, stream: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    stream.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(Failure::usage(format!("--file {name} is larger than {LARGEST} bytes")).hint("divide it"));
    }
    String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("--file {name} is no text")).hint("save it as JSON or YAML, in UTF-8"))
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::usage(format!("--file {name} cannot be read: {error}"))
}
