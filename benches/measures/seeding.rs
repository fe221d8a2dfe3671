//! A catalog of ten thousand resources.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use port_iam::clients::port::Upsert;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Exchange;
use serde_json::{Value, json};

use crate::harness::Harness;
use crate::program::{environment, run, run_for_memory, whole};
use crate::table::Table;

const RESOURCES: usize = 10_000;
/// So many are written one at a time, and the time is scaled.
const ONE_BY_ONE: usize = 500;
const LATENCY: Duration = Duration::from_millis(20);
const FASTER: f64 = 20.0;
/// In MB.
const MEMORY: f64 = 60.0;
/// Port's published limits, each divided by this: so few that this catalog needs more than one period.
const STRICT: u64 = 200;

/// Measures all of it.
pub(crate) fn measure(table: &mut Table) {
    table.about(&format!(
        "Seeding {RESOURCES} resources, with {} ms before every answer; one by one is measured on {ONE_BY_ONE} and scaled",
        LATENCY.as_millis()
    ));
    let one_by_one = one_by_one();
    table.figure("one upsert at a time", one_by_one, "ms");
    let harness = Harness::with_blueprints();
    let file = harness.file("many.yaml", &buckets(RESOURCES));
    let arguments = ["seed", "--yes", "--file", &file];
    harness.sandbox.faults.set_latency(LATENCY);
    let in_bulk = run(&whole(), &arguments, &environment(&harness, [])).well();
    table.figure("`port-iam seed`", in_bulk.milliseconds, "ms");
    table.at_least("how much faster that is", one_by_one / in_bulk.milliseconds, FASTER, "×");
    let written = harness.sandbox.port.entities("aws_resource").len();
    table.at_least("resources that are there", written as f64, RESOURCES as f64, "");
    harness.sandbox.faults.set_latency(Duration::ZERO);
    again(table, &harness, &arguments);
    memory(table);
    partial(table);
    limits(table);
}

/// Writes some entities one after the other, on one connection; returns how long all of them would take, in milliseconds.
fn one_by_one() -> f64 {
    let harness = Harness::with_blueprints();
    let mut took = Duration::ZERO;
    harness.with_port(async |port| {
        let body = |number: usize| {
            json!({ "identifier": format!("arn:aws:s3:::bucket-{number}"), "properties": { "resource_type": "S3" } })
        };
        port.upsert_entity("aws_resource", &body(0), Upsert { run_id: None }).await.unwrap();
        harness.sandbox.faults.set_latency(LATENCY);
        let began = Instant::now();
        for number in 1..=ONE_BY_ONE {
            port.upsert_entity("aws_resource", &body(number), Upsert { run_id: None }).await.unwrap();
        }
        took = began.elapsed();
    });
    took.as_secs_f64() * 1_000.0 * RESOURCES as f64 / ONE_BY_ONE as f64
}

/// The same once more: what is there is not sent again.
fn again(table: &mut Table, harness: &Harness, arguments: &[&str]) {
    let before = bulks(harness).len();
    run(&whole(), arguments, &environment(harness, [])).well();
    table.at_most("writes of a second `port-iam seed`", (bulks(harness).len() - before) as f64, 0.0, "");
}

fn memory(table: &mut Table) {
    let harness = Harness::with_blueprints();
    let file = harness.file("many.yaml", &buckets(RESOURCES));
    let peak = run_for_memory(&whole(), &["seed", "--yes", "--file", &file], &environment(&harness, []));
    table.at_most("the most memory that it holds", peak.well().megabytes, MEMORY, "MB");
}

/// Port fails at three of twenty twice, and at one of them every time.
fn partial(table: &mut Table) {
    let harness = Harness::with_blueprints();
    let file = harness.file("some.yaml", &buckets(20));
    let failed_at = |places: &[usize]| {
        let error =
            |place: &usize| json!({ "index": place, "statusCode": 503, "error": "internal_error", "message": "busy" });
        Fault::Forged { pointer: "/errors".to_owned(), value: places.iter().map(error).collect() }
    };
    harness.sandbox.faults.plan_matching("/entities/bulk", 0, 1, failed_at(&[3, 11, 17]));
    harness.sandbox.faults.plan_matching("/entities/bulk", 0, 1, failed_at(&[0, 2]));
    harness.sandbox.faults.plan_matching("/entities/bulk", 0, 99, failed_at(&[0]));
    let ran = harness.run(&["seed", "--yes", "--file", &file]).exits(1);
    let sent: Vec<usize> =
        bulks(&harness).iter().filter_map(|bulk| bulk.body["entities"].as_array().map(Vec::len)).collect();
    table.at_least("entities of a partial failure that are sent again", sent[1] as f64, 3.0, "");
    let told = ran.stdout.contains("! aws_resource `arn:aws:s3:::bucket-3`") && ran.stdout.contains("19 created");
    table.at_least("the one that fails every time is told by its name", f64::from(u8::from(told)), 1.0, "");
}

/// An organisation that holds to its limits. Whoever waits lets the clock go on.
fn limits(table: &mut Table) {
    let mut harness = Harness::with_blueprints();
    harness.waits_by_the_clock = true;
    harness.sandbox.port.enforce_limits(STRICT);
    let file = harness.file("many.yaml", &buckets(RESOURCES));
    let began = harness.sandbox.clock.now();
    harness.run(&["seed", "--yes", "--file", &file]).exits(0);
    let periods = began.duration_until(harness.sandbox.clock.now()).as_secs_f64() / 300.0;
    let refused = harness.sandbox.log.exchanges().iter().filter(|exchange| exchange.status == 429).count();
    table.figure(&format!("periods that Port's limits, divided by {STRICT}, ask for"), periods.ceil(), "");
    table.at_most("answers of 429", refused as f64, 1.0, "");
}

fn bulks(harness: &Harness) -> Vec<Exchange> {
    let mut exchanges = harness.sandbox.log.exchanges();
    exchanges.retain(|exchange| exchange.path.ends_with("/entities/bulk"));
    exchanges
}

pub(crate) fn buckets(count: usize) -> String {
    (0..count).fold("resources:\n".to_owned(), |mut text, number| {
        writeln!(text, "  - identifier: arn:aws:s3:::bucket-{number}").unwrap();
        text
    })
}

/// Returns an entity of a resource as Port has it.
pub(crate) fn resource(number: usize) -> (String, serde_json::Map<String, Value>) {
    (format!("arn:aws:s3:::bucket-{number}"), serde_json::Map::new())
}
