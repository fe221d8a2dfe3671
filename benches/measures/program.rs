//! Programs as processes: how long they take, and the most memory that they hold.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::harness::Harness;

/// Executes a program and writes the most memory that it has held, in KiB, as the system tells when a process has ended.
/// Its own memory is the least that it can tell: a process begins as a copy of the one that makes it.
const PEAK: &str = "
import os, sys
child = os.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], 'w') as told:
    told.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
";

/// What a process came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// From its start to its end.
    pub(crate) milliseconds: f64,
    /// The most memory that it has held; nothing unless that was asked for.
    pub(crate) megabytes: f64,
}

impl Ended {
    /// Returns it where all went well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Returns the whole program: what `scripts/bench` has built, else the one that cargo has built beside this.
pub(crate) fn whole() -> PathBuf {
    named("PORT_IAM_BENCH_PROGRAM").unwrap_or_else(crate::counterparts::port_iam)
}

/// Returns the runtime that the workflows download; the whole program where no other was built.
pub(crate) fn runtime() -> PathBuf {
    named("PORT_IAM_BENCH_RUNTIME").unwrap_or_else(whole)
}

/// Returns a program that `scripts/bench` has installed.
///
/// # Panics
///
/// Panics where it has not: a figure that is left out must not look like one that holds.
pub(crate) fn installed(variable: &str) -> PathBuf {
    named(variable).unwrap_or_else(|| panic!("{variable} is not set; run this through scripts/bench"))
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Runs a program in an environment of its own.
pub(crate) fn run(program: &Path, arguments: &[&str], environment: &[(String, String)]) -> Ended {
    ended(Command::new(program).args(arguments), environment)
}

/// The same, and tells the most memory that it has held.
pub(crate) fn run_for_memory(program: &Path, arguments: &[&str], environment: &[(String, String)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("peak");
    let python = std::env::var_os("PORT_IAM_PYTHON").unwrap_or_else(|| "python3".into());
    // Without what Python reads of the site, so that its own memory is small.
    let mut command = Command::new(python);
    command.args(["-I", "-S", "-c", PEAK]).arg(&told).arg(program).args(arguments);
    let mut ended = ended(&mut command, environment);
    let kibibytes: f64 = std::fs::read_to_string(&told).unwrap().trim().parse().unwrap();
    ended.megabytes = kibibytes * 1_024.0 / 1e6;
    ended
}

fn ended(command: &mut Command, environment: &[(String, String)]) -> Ended {
    let command = command.env_clear().envs(environment.iter().cloned()).stdin(Stdio::null());
    let began = Instant::now();
    let output = command.output().unwrap();
    let milliseconds = began.elapsed().as_secs_f64() * 1_000.0;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        milliseconds,
        megabytes: 0.0,
    }
}

/// Returns the environment of whoever works in a sandbox, with some variables instead of theirs.
pub(crate) fn environment<'a>(
    harness: &Harness,
    variables: impl IntoIterator<Item = (&'a str, String)>,
) -> Vec<(String, String)> {
    let own = harness.environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let others = variables.into_iter().map(|(name, value)| (name.to_owned(), value));
    own.chain(others).collect()
}
