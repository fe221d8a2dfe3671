//! Where the real counterparts are: `scripts/test` installs them and names them in the environment. The tests inside the
//! crate and those beside it both take this file in.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

/// What nobody can install: a folder that lies beside a checkout, or does not.
const BESIDE_THE_CHECKOUT: &str = "PORT_IAM_SHARED";

/// Returns the program or folder that `variable` names. Without it the caller leaves `part` out, and this says so past
/// the capture of the test harness: a test that was left out must not look like one that passed.
///
/// # Panics
///
/// Where `CI` is set, when it is one that `scripts/test` installs; and everywhere when what is named is not there.
pub(crate) fn named(variable: &str, part: &str) -> Option<PathBuf> {
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    match looked_up(variable, std::env::var_os(variable), part) {
        Ok(path) => {
            assert!(path.exists(), "{variable} names {}, which is not there", path.display());
            Some(path)
        }
        Err(message) => {
            assert!(may_be_left_out(variable, in_ci), "{message}");
            std::io::stderr().write_all(format!("{message}\n").as_bytes()).unwrap();
            None
        }
    }
}

/// Returns the path, or the line that tells what is left out.
fn looked_up(variable: &str, value: Option<OsString>, part: &str) -> Result<PathBuf, String> {
    let value = value.filter(|path| !path.is_empty()).map(PathBuf::from);
    let message = || format!("LEFT OUT, since {variable} is not set (scripts/test sets it where it can): {part}");
    value.ok_or_else(message)
}

fn may_be_left_out(variable: &str, in_ci: bool) -> bool {
    !in_ci || variable == BESIDE_THE_CHECKOUT
}

#[test]
fn in_ci_only_what_cannot_be_installed_is_left_out() {
    assert!(looked_up("PORT_IAM_NPMT", Some("".into()), "x").unwrap_err().starts_with("LEFT OUT, since PORT_IAM_NPMT"));
    assert_eq!(looked_up("PORT_IAM_NPMT", Some("/npm".into()), "x"), Ok(PathBuf::from("/npm")));
    for (variable, in_ci, expected) in [
        ("PORT_IAM_NPMT", false, true),
        ("PORT_IAM_NPMT", true, false),
        ("PORT_IAM_ACT", true, false),
        ("PORT_IAM_SHARED", true, true),
    ] {
        assert_eq!(may_be_left_out(variable, in_ci), expected, "{variable} {in_ci}");
    }
}
