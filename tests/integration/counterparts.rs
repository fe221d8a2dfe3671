//! Where the real counterparts are: `scripts/test` installs them and names them in the environment.

use std::io::Write as _;
use std::path::PathBuf;

/// Returns the program or folder that `variable` names. Without it the caller leaves `part` out, and this says so past
/// the capture of the test harness: a test that was left out must not look like one that passed.
pub(crate) fn named(variable: &str, part: &str) -> Option<PathBuf> {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) else {
        let message = format!("LEFT OUT, since {variable} is not set (scripts/test sets it where it can): {part}\n");
        std::io::stderr().write_all(message.as_bytes()).unwrap();
        return None;
    };
    assert!(path.exists(), "{variable} names {}, which is not there", path.display());
    Some(path)
}

/// The program under test.
pub(crate) fn port_iam() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_port-iam"))
}

/// Returns the search path, which the runner's bash and act need.
pub(crate) fn search_path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned())
}
