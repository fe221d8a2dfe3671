//! How many round trips somebody waits for: each answer takes its time, and what can be asked at once is asked at once.

use std::time::Duration;

use port_iam::sandbox::request_log::{Exchange, round_trips};

use crate::installed::Installed;

/// What an answer takes: long beside anything that a busy machine does between two requests.
const LATENCY: Duration = Duration::from_millis(250);

fn name(exchange: &Exchange) -> String {
    match exchange.aws_action() {
        Some(action) => action.to_owned(),
        None => format!("{} {}", exchange.method, exchange.path),
    }
}

/// Returns what was waited for, one after the other.
fn waited_for(installed: &Installed, command: impl FnOnce(&Installed)) -> Vec<String> {
    let since = installed.harness.sandbox.log.len();
    installed.harness.sandbox.faults.set_latency(LATENCY);
    command(installed);
    installed.harness.sandbox.faults.set_latency(Duration::ZERO);
    let exchanges = installed.exchanges_since(since);
    round_trips(&exchanges).into_iter().map(name).collect()
}

fn at_most(most: usize, waited_for: &[String]) {
    assert!(
        waited_for.len() <= most,
        "{} round trips, and {most} at most:\n{}",
        waited_for.len(),
        waited_for.join("\n")
    );
}

#[test]
fn a_grant_is_no_deeper_than_its_safety_asks_for() {
    let installed = Installed::new();
    let request = installed.request();
    at_most(7, &waited_for(&installed, |installed| _ = installed.grant(&request).exits(0)));
}

#[test]
fn a_revocation_is_no_deeper_than_its_safety_asks_for() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    at_most(9, &waited_for(&installed, |installed| _ = installed.revoke(&revocation).exits(0)));
}
