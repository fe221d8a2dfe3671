//! What grows with what: a grant with nothing that is there already, the compiler with the actions alone.

use std::time::Instant;

use port_iam::domain::arn::Arn;
use port_iam::domain::identifier::{AccountId, ActionName};
use port_iam::domain::policy::{Allowances, Judged, actions_on, compile, judge};
use serde_json::Map;

use crate::crowd::multiply;
use crate::installed::{BUCKET, Installed};
use crate::program::{environment, run, runtime};
use crate::seeding::resource;
use crate::table::{Table, median};

const ROUNDS: usize = 7;
const GRANTS: [usize; 3] = [1, 1_000, 5_000];
const RESOURCES: [usize; 3] = [1, 1_000, 10_000];
const ACTIONS: [usize; 4] = [12, 24, 48, 96];
/// Compilations behind one figure, since a single one takes microseconds, and figures behind a median.
const COMPILED: u32 = 20;
const TURNS: usize = 51;
/// How much more than flat a time may be, where the sandbox has to look through more as well.
const FLAT: f64 = 1.5;
/// How much more than linear.
const LINEAR: f64 = 1.25;

/// Measures all of it.
pub(crate) fn measure(table: &mut Table) {
    table.about(&format!("Growth of a grant, {ROUNDS} times"));
    let grown = |what: &str, table: &mut Table, sizes: [usize; 3], grow: &dyn Fn(&Installed, usize)| {
        let figures = sizes.map(|size| {
            let installed = Installed::new();
            installed.harness.sandbox.aws.set_roles_quota(20_000);
            grow(&installed, size);
            granted(&installed)
        });
        for (size, (requests, milliseconds)) in sizes.iter().zip(&figures) {
            table.figure(&format!("a grant beside {size} {what}: {requests} requests"), *milliseconds, "ms");
        }
        let more = |of: usize| (figures[of].0 as f64 / figures[0].0 as f64, figures[of].1 / figures[0].1);
        table.at_most(&format!("requests beside {} {what}, and beside 1", sizes[2]), more(2).0, 1.0, "×");
        table.at_most(&format!("time beside {} {what}, and beside 1", sizes[2]), more(2).1, FLAT, "×");
    };
    grown("grants", table, GRANTS, &|installed, size| {
        let model = installed.granted();
        let names: Vec<String> = (1..size).map(|number| format!("Permission-r_{number:05}")).collect();
        multiply(installed, &model, &names, None);
    });
    grown("resources of the catalog", table, RESOURCES, &|installed, size| {
        installed.harness.sandbox.port.copy_entity("aws_resource", BUCKET, (1..size).map(resource).collect());
        let permission = |number: usize| (format!("s3:Made{number}"), Map::new());
        installed.harness.sandbox.port.copy_entity(
            "iam_permissions",
            "s3:PutObject",
            (1..size).map(permission).collect(),
        );
    });
    compiler(table);
}

/// Grants some times; returns requests and time of one.
fn granted(installed: &Installed) -> (usize, f64) {
    let (mut times, mut requests) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let person = port_iam::sandbox::cast::CROWD[round % 10];
        let asked = installed.request_by(person);
        let all = environment(&installed.harness, installed.variables_of_step(&asked));
        let since = installed.harness.sandbox.log.len();
        times.push(run(&runtime(), &["grant"], &all).well().milliseconds);
        requests = installed.exchanges_since(since).len();
    }
    (requests, median(&times))
}

fn compiler(table: &mut Table) {
    table.about("Growth of the policy compiler, in actions of s3 on a bucket");
    let account = AccountId::parse("account", "123456789012").unwrap();
    let arn = Arn::parse("resource", BUCKET).unwrap();
    let names: Vec<String> =
        actions_on(&arn).into_iter().filter(|facts| !facts.denied).map(|facts| facts.name).collect();
    let texts: Vec<&str> = names.iter().map(String::as_str).collect();
    let verdicts = judge(&[BUCKET], &texts, &Allowances::default());
    let granted: Vec<ActionName> = verdicts
        .into_iter()
        .filter(Judged::is_granted)
        .map(|judged| ActionName::parse(&judged.action).unwrap())
        .collect();
    let compiled = |count: usize| {
        let began = Instant::now();
        for _ in 0..COMPILED {
            let actions = &granted[..count];
            let policy = compile(std::slice::from_ref(&arn), actions, &account, &Allowances::default());
            std::hint::black_box(policy.unwrap());
        }
        began.elapsed().as_secs_f64() * 1_000.0 / f64::from(COMPILED)
    };
    // All sizes in every turn, so that what slows the machine for a while slows each of them.
    let turns: Vec<[f64; 4]> = (0..TURNS).map(|_| ACTIONS.map(compiled)).collect();
    let times = std::array::from_fn::<_, 4, _>(|size| median(&turns.iter().map(|turn| turn[size]).collect::<Vec<_>>()));
    for (count, time) in ACTIONS.iter().zip(times) {
        table.figure(&format!("compile {count} actions"), time * 1_000.0, "µs");
    }
    let of_each = |which: usize| times[which] / ACTIONS[which] as f64;
    table.at_most("time of each of 96 actions, and of each of 12", of_each(3) / of_each(0), LINEAR, "×");
}
