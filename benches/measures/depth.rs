//! Round trips: how many, and that nothing but them takes time.

use std::time::Duration;

use port_iam::sandbox::request_log::{Api, Exchange, round_trips};

use crate::installed::{Dispatched, Installed};
use crate::program::{Ended, environment, run, runtime};
use crate::table::{Table, median};

const ROUNDS: usize = 5;
const LATENCY: Duration = Duration::from_millis(50);
/// What may come on top of the round trips: so much of them, and so much besides.
const MARGIN: f64 = 1.15;
const BESIDES: f64 = 50.0;

/// What a command came to on the wire.
struct OnTheWire {
    milliseconds: f64,
    depth: usize,
    /// Of Port, GitHub and AWS: connections that were accepted beyond the requests that were under way at once.
    beyond: usize,
}

/// Measures grant and revoke with a latency before every answer.
pub(crate) fn measure(table: &mut Table) {
    table.about(&format!("Round trips, with {} ms before every answer, {ROUNDS} times", LATENCY.as_millis()));
    let installed = Installed::new();
    let (mut grants, mut revocations) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let asked = installed.request();
        grants.push(command(&installed, "grant", &asked));
        let returned = installed.give_back(&asked.grant());
        revocations.push(command(&installed, "revoke", &returned));
    }
    for (what, rounds, deepest) in [("grant", grants, 7.0), ("revoke", revocations, 9.0)] {
        let depth = rounds.iter().map(|round| round.depth).max().unwrap_or_default();
        table.at_most(&format!("round trips of a {what}"), depth as f64, deepest, "");
        let took = median(&rounds.iter().map(|round| round.milliseconds).collect::<Vec<_>>());
        let most = MARGIN * depth as f64 * LATENCY.as_secs_f64() * 1_000.0 + BESIDES;
        table.at_most(&format!("the time of a {what}, the process itself included"), took, most, "ms");
        let beyond = rounds.iter().map(|round| round.beyond).max().unwrap_or_default();
        table.at_most(&format!("connections of a {what} beyond its requests at once"), beyond as f64, 0.0, "");
    }
}

fn command(installed: &Installed, command: &str, dispatched: &Dispatched) -> OnTheWire {
    let sandbox = &installed.harness.sandbox;
    let all = environment(&installed.harness, installed.variables_of_step(dispatched));
    let (since, before) = (sandbox.log.len(), sandbox.connections());
    sandbox.faults.set_latency(LATENCY);
    let ended: Ended = run(&runtime(), &[command], &all).well();
    sandbox.faults.set_latency(Duration::ZERO);
    let exchanges = installed.exchanges_since(since);
    let accepted = sandbox.connections();
    let hosts = [Api::Port, Api::Github, Api::Aws];
    let beyond = |which: usize| (accepted[which] - before[which]).saturating_sub(at_once(&exchanges, hosts[which]));
    OnTheWire {
        milliseconds: ended.milliseconds,
        depth: round_trips(&exchanges).len(),
        beyond: (0..hosts.len()).map(beyond).sum(),
    }
}

/// Returns how many requests to a host were under way at once, at most.
fn at_once(exchanges: &[Exchange], api: Api) -> usize {
    let of_host = || exchanges.iter().filter(move |exchange| exchange.api == api);
    let under_way = |at: Duration| of_host().filter(|exchange| exchange.span.0 <= at && at < exchange.span.1).count();
    of_host().map(|exchange| under_way(exchange.span.0)).max().unwrap_or_default()
}
