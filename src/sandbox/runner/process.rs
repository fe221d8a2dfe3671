//! Runs the script of one step with bash, as the hosted runner does, and ends it in time.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How long a process may go on after SIGINT, and then after SIGTERM: GitHub's figures.
const AFTER_INTERRUPT: Duration = Duration::from_millis(7_500);
const AFTER_TERMINATE: Duration = Duration::from_millis(2_500);
/// How often a running step looks whether it was cancelled.
const CHECK: Duration = Duration::from_millis(50);

/// A script with all that its process is given.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// File that bash reads.
    pub(super) file: PathBuf,
    /// `shell: bash` was said: then failures in pipes count.
    pub(super) strict: bool,
    pub(super) environment: BTreeMap<String, OsString>,
    pub(super) directory: PathBuf,
    /// File that takes standard output and error.
    pub(super) log: PathBuf,
    pub(super) deadline: Instant,
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// By itself; the exit code is missing when a signal ended it.
    Exited(Option<i32>),
    TimedOut,
    Cancelled,
}

/// Runs `script` to its end, or to its deadline, or until `cancelled` says so.
pub(super) async fn run(script: &Script, cancelled: impl Fn() -> bool) -> io::Result<Ending> {
    let mut child = spawn(script)?;
    let ending = tokio::select! {
        status = child.wait() => return Ok(Ending::Exited(status?.code())),
        () = sleep_until(script.deadline) => Ending::TimedOut,
        () = until(cancelled) => Ending::Cancelled,
    };
    end(&mut child).await?;
    Ok(ending)
}

fn spawn(script: &Script) -> io::Result<Child> {
    // One file for both streams keeps their order; appending keeps them from writing over each other.
    let log = OpenOptions::new().create(true).append(true).open(&script.log)?;
    let flags: &[&str] = if script.strict { &["--noprofile", "--norc", "-eo", "pipefail"] } else { &["-e"] };
    Command::new("bash")
        .args(flags)
        .arg(&script.file)
        .env_clear()
        .envs(&script.environment)
        .current_dir(&script.directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

async fn until(cancelled: impl Fn() -> bool) {
    while !cancelled() {
        sleep(CHECK).await;
    }
}

/// Asks the entry process to end, first kindly; then ends all that is left of its group.
async fn end(child: &mut Child) -> io::Result<()> {
    let Some(process) = child.id() else { return Ok(()) };
    for (signal, patience) in [("-INT", AFTER_INTERRUPT), ("-TERM", AFTER_TERMINATE)] {
        send(signal, &process.to_string()).await?;
        if timeout(patience, child.wait()).await.is_ok() {
            break;
        }
    }
    send("-KILL", &format!("-{process}")).await?;
    child.wait().await?;
    Ok(())
}

async fn send(signal: &str, target: &str) -> io::Result<ExitStatus> {
    // The standard library sends no signals. That the process is gone by now is no error.
    let script = "kill \"$1\" -- \"$2\" 2>/dev/null";
    Command::new("bash").args(["-c", script, "bash", signal, target]).stdin(Stdio::null()).status().await
}
