//! A sweep of five thousand grants, of which some have expired.

use jiff::SignedDuration;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::Value;

use crate::crowd::multiply;
use crate::installed::Installed;
use crate::program::{Ended, environment, run_for_memory, runtime};
use crate::table::Table;

const GRANTS: usize = 5_000;
const EXPIRED: usize = 200;
/// The most requests that an expired grant may cost.
const OF_EXPIRED: usize = 12;
/// At so many live grants a sweep looks closely, although nothing about them is odd.
const CLOSE_LOOKS: usize = 200;
/// IAM's bucket: requests a second, and at once.
const RATE: u32 = 150;
const BURST: u32 = 5;
/// How much memory thousands of grants may take beside one, in MB: a few hundred bytes of each.
const MEMORY: f64 = 32.0;

/// Measures all of it.
pub(crate) fn measure(table: &mut Table) {
    table.about(&format!("A sweep of {GRANTS} grants, {EXPIRED} of them expired"));
    let (one, _) = swept(1, 0, &[], false);
    let (_, exchanges) = swept(GRANTS, EXPIRED, &["--close-looks", "0"], false);
    let without = count(table, &exchanges);
    let (all, exchanges) = swept(GRANTS, EXPIRED, &[], false);
    table.figure("requests with the close looks at others, which are no part of that", exchanges.len() as f64, "");
    table.figure("requests of each of them", (exchanges.len() - without) as f64 / CLOSE_LOOKS as f64, "each");
    table.figure("its time", all.milliseconds, "ms");
    table.at_most("memory beyond that of a sweep of one grant", all.megabytes - one.megabytes, MEMORY, "MB");
    table.figure("the most memory that it holds", all.megabytes, "MB");
    let (throttled, exchanges) = swept(GRANTS, EXPIRED, &[], true);
    let refused = exchanges.iter().filter(|exchange| exchange.api == Api::Aws && exchange.status == 400).count();
    table.figure(&format!("requests that IAM throttles at {RATE} a second"), refused as f64, "");
    table.at_most("steps that fail for it", failed(&throttled) as f64, 0.0, "");
    table.figure("its time then", throttled.milliseconds, "ms");
}

/// Sweeps so many grants; returns how it ended, and what it has asked.
fn swept(grants: usize, expired: usize, flags: &[&str], throttled: bool) -> (Ended, Vec<Exchange>) {
    let installed = Installed::new();
    let model = installed.granted();
    let names: Vec<String> = (1..grants).map(|number| format!("Permission-r_{number:05}")).collect();
    let (over, live) = names.split_at(expired);
    multiply(&installed, &model, live, None);
    let end = installed.harness.sandbox.clock.now() - SignedDuration::from_mins(1);
    multiply(&installed, &model, over, Some(end));
    if throttled {
        installed.harness.sandbox.aws.throttle_by_time(BURST, RATE);
    }
    let since = installed.harness.sandbox.log.len();
    let own = Installed::credentials_of_workflow().map(|(name, value)| (name, value.to_owned()));
    let all = environment(&installed.harness, own);
    let ended = run_for_memory(&runtime(), &[&["sweep", "--output", "json"], flags].concat(), &all).well();
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told["sweep"]["done"].as_array().unwrap().len(), expired, "{}", ended.stderr);
    assert_eq!(installed.roles().len(), grants - expired);
    (ended, installed.exchanges_since(since))
}

fn failed(ended: &Ended) -> usize {
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let count = |name: &str| told["sweep"][name].as_array().map_or(0, Vec::len);
    count("failed") + count("findings")
}

/// Tells what was asked for; returns how many requests that were.
fn count(table: &mut Table, exchanges: &[Exchange]) -> usize {
    let of_iam = |exchange: &&Exchange| matches!(exchange.aws_action(), Some("ListRoles" | "ListPolicies"));
    let of_port = |exchange: &&Exchange| exchange.api == Api::Port && exchange.path.ends_with("/entities/search");
    let pages = [exchanges.iter().filter(of_iam).count(), exchanges.iter().filter(of_port).count()];
    table.figure("pages of IAM", pages[0] as f64, "");
    table.figure("pages of Port", pages[1] as f64, "");
    let most = pages[0] + pages[1] + OF_EXPIRED * EXPIRED;
    table.at_most(
        &format!("requests: the pages and {OF_EXPIRED} for each expired grant"),
        exchanges.len() as f64,
        most as f64,
        "",
    );
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for exchange in exchanges {
        let name = match exchange.aws_action() {
            Some(action) => action.to_owned(),
            None => format!("{} {}", exchange.method, form(&exchange.path)),
        };
        *kinds.entry(name).or_default() += 1;
    }
    for (name, count) in kinds.iter().filter(|(_, count)| **count >= EXPIRED / 2) {
        table.figure(&format!("  {name}"), *count as f64 / EXPIRED as f64, "each");
    }
    exchanges.len()
}

/// Returns a path without what names one grant.
fn form(path: &str) -> String {
    let part =
        |part: &str| if part.starts_with("Permission-") || part.starts_with("r_") { "…" } else { part }.to_owned();
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
