//! What `demo` and `sandbox` share: a sandbox that listens, the environment of whoever works in it, and its portal.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::assets;
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;
use crate::failure::Failure;
use crate::portal::Portal;
use crate::report::Report;
use crate::sandbox::{Options, Sandbox, cast};
use crate::world::World;

/// Files that a sandbox writes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Files {
    /// Write the environment to this file once all three listen: NAME=value lines that a shell can source.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Write one JSON line an exchange to this file, secrets left out.
    #[arg(long, value_name = "FILE")]
    request_log: Option<PathBuf>,
}

/// Serves until somebody stops it, which is how it ends: what was to be told was told before.
///
/// # Errors
///
/// Returns the failure of the serving.
pub(super) async fn until_stopped(
    world: &World,
    serving: impl Future<Output = Result<Report, Failure>>,
) -> Result<Report, Failure> {
    world.stop.serving(serving, Report::done("", Value::Null)).await
}

/// Starts a sandbox and writes its environment file.
///
/// # Errors
///
/// Fails when it cannot listen or write its files.
pub(super) fn start(world: &World, names: &Names, files: &Files, run_workflows: bool) -> Result<Sandbox, Failure> {
    let account = AwsAccount::parse("account", cast::AWS_ACCOUNT_ID, "aws")?;
    let manager = assets::manager_policies(names, &account).map_err(|error| Failure::failed(error.to_string()))?;
    let options = Options {
        manager_policies: vec![manager.granter, manager.revoker],
        request_log: files.request_log.clone(),
        run_workflows_with: run_workflows.then(|| world.program.clone()),
    };
    let sandbox =
        Sandbox::start(&options).map_err(|error| Failure::failed(format!("could not start the sandbox: {error}")))?;
    if let Some(path) = &files.env_file {
        write_at_once(path, &environment(&sandbox, ""))
            .map_err(|error| Failure::failed(format!("could not write {}: {error}", path.display())))?;
    }
    Ok(sandbox)
}

/// Opens the portal of a sandbox: its address is known before it is served.
///
/// # Errors
///
/// Fails when no port can be taken.
pub(super) fn open_portal(sandbox: &Arc<Sandbox>, names: &Names) -> Result<(Portal, TcpListener), Failure> {
    Portal::open(Arc::clone(sandbox), names.clone())
        .map_err(|error| Failure::failed(format!("could not open the portal: {error}")))
}

/// Serves the portal for as long as the command runs.
///
/// # Errors
///
/// Fails when the portal does; it does not end by itself.
pub(super) async fn serve_portal(portal: Portal, listener: TcpListener) -> Result<Report, Failure> {
    let ended = portal.serve(listener).await;
    let why = ended.map_or_else(|error| error.to_string(), |()| "it ended".to_owned());
    Err(Failure::failed(format!("could not serve the portal: {why}")))
}

/// Returns the environment as `NAME=value` lines that a shell can source, each behind `word`: nothing, or `export `.
pub(super) fn environment(sandbox: &Sandbox, word: &str) -> String {
    let line = |(name, value): &(&str, String)| format!("{word}{name}={}\n", quoted_for_shell(value));
    sandbox.environment().iter().chain(&second_account()).map(line).collect()
}

/// Returns the platform engineer's credentials of the second AWS account, under names that no program takes for the
/// account to work in.
pub(super) fn second_account() -> [(&'static str, String); 3] {
    let (_, id, secret) = cast::IN_SECOND_ACCOUNT[0];
    [
        ("SANDBOX_SECOND_AWS_ACCOUNT_ID", cast::SECOND_AWS_ACCOUNT_ID),
        ("SANDBOX_SECOND_AWS_ACCESS_KEY_ID", id),
        ("SANDBOX_SECOND_AWS_SECRET_ACCESS_KEY", secret),
    ]
    .map(|(name, value)| (name, value.to_owned()))
}

/// Returns `value` as one word of a shell.
fn quoted_for_shell(value: &str) -> String {
    let plain = value.chars().all(|character| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character));
    if plain && !value.is_empty() { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

/// Writes a file so that whoever waits for it never sees half of it, and nobody else reads it.
fn write_at_once(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let unfinished = PathBuf::from(name);
    // What is left of an earlier start keeps its mode, and may be a link that leads elsewhere: only a new file will do.
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&unfinished)?.write_all(text.as_bytes())?;
    std::fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_word_of_a_shell() {
        assert_eq!(quoted_for_shell("http://127.0.0.1:1/a+b="), "http://127.0.0.1:1/a+b=");
        assert_eq!(quoted_for_shell("'; touch pwned; echo '"), r"''\''; touch pwned; echo '\'''");
        assert_eq!(quoted_for_shell(""), "''");
    }
    /// It opens everything of a sandbox. What is there under its names already may be readable by others, or lead elsewhere.
    #[cfg(unix)]
    #[test]
    fn what_is_written_is_its_owner_s_alone_whatever_an_earlier_start_has_left() {
        use std::fs::{Permissions, read_to_string, set_permissions, write};
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        for left in ["nothing", "a file", "an unfinished file", "a link in its place"] {
            let folder = tempfile::tempdir().unwrap();
            let [file, unfinished, elsewhere] =
                ["environment", "environment.new", "elsewhere"].map(|name| folder.path().join(name));
            let open_to_all = match left {
                "a file" => Some(&file),
                "an unfinished file" => Some(&unfinished),
                "a link in its place" => Some(&elsewhere),
                _ => None,
            };
            if let Some(path) = open_to_all {
                write(path, "left over").unwrap();
                set_permissions(path, Permissions::from_mode(0o666)).unwrap();
            }
            if open_to_all == Some(&elsewhere) {
                symlink(&elsewhere, &unfinished).unwrap();
            }
            write_at_once(&file, "A=secret").unwrap();
            let metadata = file.symlink_metadata().unwrap();
            assert!(metadata.is_file(), "{left}: {metadata:?}");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{left}");
            assert_eq!(read_to_string(&file).unwrap(), "A=secret", "{left}");
            assert!(unfinished.symlink_metadata().is_err(), "{left}: it is still there");
            if open_to_all == Some(&elsewhere) {
                assert_eq!(read_to_string(&elsewhere).unwrap(), "left over", "{left}");
            }
        }
    }
}
