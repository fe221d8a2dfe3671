//! What the tests run besides the program itself.

#[path = "counterparts/named.rs"]
mod named;

use std::path::PathBuf;

pub(crate) use named::named;

/// The program under test.
pub(crate) fn port_iam() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_port-iam"))
}

/// Returns the search path, which the runner's bash and act need.
pub(crate) fn search_path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned())
}
