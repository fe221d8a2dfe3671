//! A second `init`, which has nothing to do.

use std::time::Duration;

use port_iam::sandbox::request_log::round_trips;

use crate::harness::Harness;
use crate::table::Table;

/// Long beside anything that a busy machine does between two requests.
const LATENCY: Duration = Duration::from_millis(100);

/// Measures it.
pub(crate) fn measure(table: &mut Table) {
    table.about("An `init` that has nothing to do");
    let harness = Harness::for_installation();
    harness.run(&["init", "--yes"]).exits(0);
    let since = harness.sandbox.log.len();
    harness.sandbox.faults.set_latency(LATENCY);
    harness.run(&["init", "--yes"]).exits(0);
    harness.sandbox.faults.set_latency(Duration::ZERO);
    let exchanges = harness.sandbox.log.exchanges().split_off(since);
    let writes = exchanges.iter().filter(|exchange| exchange.is_write()).count();
    table.at_most("reads", (exchanges.len() - writes) as f64, 30.0, "");
    table.at_most("writes", writes as f64, 0.0, "");
    table.at_most("round trips", round_trips(&exchanges).len() as f64, 4.0, "");
}
