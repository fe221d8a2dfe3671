//! `kill -9` of the spawned program while a request of it is on its way.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::nth_request::NthRequest;

use super::flows::{Case, DEBUG};
use crate::installed::Installed;

/// How long the program may take to come to the request: as long as a busy machine needs.
const BOUND: Duration = Duration::from_secs(60);

/// When the program dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// The request was sent and is never carried out.
    BeforeTheRequest,
    /// The request was carried out, and nobody hears of it.
    BeforeTheAnswer,
}

/// Does so in the middle of a case.
pub(super) fn at(place: &Installed, case: &Case, nth: &NthRequest, when: When, what: &str) {
    let arguments: Vec<&str> = case.job.arguments.iter().map(String::as_str).collect();
    program(place, &arguments, &case.job.variables, nth, when, what);
}

/// Starts the program, holds this request of it, and kills the program there.
pub(crate) fn program(
    place: &Installed,
    arguments: &[&str],
    variables: &[(&'static str, String)],
    nth: &NthRequest,
    when: When,
    what: &str,
) {
    let sandbox = &place.harness.sandbox;
    let hits = sandbox.faults.hits();
    let held = match when {
        When::BeforeTheRequest => Fault::HangBefore,
        When::BeforeTheAnswer => Fault::Hang,
    };
    sandbox.faults.plan_nth(nth, usize::MAX, held);
    let mut child = Command::new(env!("CARGO_BIN_EXE_port-iam"))
        .args(arguments)
        .env_clear()
        .envs(place.harness.environment.iter().cloned())
        .envs(variables.iter().cloned())
        .envs([DEBUG])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + BOUND;
    while sandbox.faults.hits() == hits {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("{what}: it ended by itself ({status}) before the request");
        }
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{what}: the request did not come");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL: nothing of the program runs any more.
    child.kill().unwrap();
    place.harness.heard("the killed program", &child.wait_with_output().unwrap());
    sandbox.faults.clear();
}
