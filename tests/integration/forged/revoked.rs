//! The ways to end a grant, a revocation, a return by each of those whose it is and the timer, and every field of what decides
//! about them forged, one at a time.

mod idle;
mod rows;

use std::collections::BTreeMap;

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use super::complete::unaccounted;
use super::{End, Forge, Row};
use crate::installed::{Dispatched, Installed};
use crate::patience::until;
use idle::decides_nothing;
use rows::rows;

/// Who or what wants the grant to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// `revoke_permissions`, by Dana.
    Revoke,
    /// `return_permissions`, by Ada, who administers Port and did not ask for the grant.
    Return,
    /// The same by Dana, who asked for it.
    ReturnOfRequester,
    /// The same by Max, who approved it.
    ReturnOfApprover,
    /// `revoke_expired_permissions`.
    Timer,
}

const WAYS: [Way; 5] = [Way::Revoke, Way::Return, Way::ReturnOfRequester, Way::ReturnOfApprover, Way::Timer];
const RUN: &str = "GET /v1/actions/runs/RUN";
const GRANTED_BY: &str = "GET /v1/actions/runs/GRANTED";
const APPROVERS: &str = "GET /v1/actions/runs/GRANTED/approvers";
const DANA: &str = "GET /v1/users/dana%40acme.example";
const ADA: &str = "GET /v1/users/ada%40acme.example";
const MAX: &str = "GET /v1/users/max%40acme.example";
const EXPIRED: &str = "POST /v1/blueprints/provisioned_permissions/entities/search";
const RULES: &str = "POST /graphql";

impl Way {
    /// An installation in which this way is open.
    fn installed(self) -> Installed {
        let installed = Installed::new();
        if self == Self::ReturnOfApprover {
            installed.let_everybody_execute("return_permissions");
            crate::returning::let_everybody_approve(&installed);
        }
        installed
    }

    /// A grant, and the dispatch that is to end it.
    fn dispatch(self, installed: &Installed) -> (String, Dispatched) {
        let grant = match self {
            Self::ReturnOfApprover => crate::returning::approved_by(installed, cast::MAX).grant(),
            _ => installed.granted().grant(),
        };
        let returned_by = |person| installed.execute(person, "return_permissions", &grant, &json!({}));
        let dispatched = match self {
            Self::Revoke => installed.give_back(&grant),
            Self::Return => returned_by(cast::ADA),
            Self::ReturnOfRequester => returned_by(cast::DANA),
            Self::ReturnOfApprover => returned_by(cast::MAX),
            Self::Timer => {
                let before = installed.runs().len();
                installed.pass(61);
                let inputs = installed.next_dispatch(before).inputs;
                let context: Value = serde_json::from_str(&inputs["port_context"]).unwrap();
                Dispatched { run_id: context["runId"].as_str().unwrap().to_owned(), inputs }
            }
        };
        (grant, dispatched)
    }

    /// Names a request as rows do, with what it is about.
    fn named(asked: &str, grant: &str, run_id: &str) -> String {
        let granted_by = grant.trim_start_matches("Permission-");
        asked.replace(run_id, "RUN").replace(grant, "GRANT").replace(granted_by, "GRANTED")
    }

    fn of(asked: &str, grant: &str, run_id: &str) -> String {
        let granted_by = grant.trim_start_matches("Permission-");
        asked.replace("GRANTED", granted_by).replace("GRANT", grant).replace("RUN", run_id)
    }
}

fn step(
    installed: &Installed,
    dispatched: &Dispatched,
    event: fn(&mut Value),
    changes: &[(&'static str, &str)],
) -> crate::harness::Ran {
    let mut whole = json!({ "inputs": dispatched.inputs, "sender": { "login": cast::PORT_APP_LOGIN } });
    event(&mut whole);
    let file = installed.harness.file("forged-revocation.json", &whole.to_string());
    let mut all = vec![("GITHUB_EVENT_PATH", file.as_str())];
    all.extend_from_slice(changes);
    installed.step("revoke", dispatched, &all)
}

fn check(installed: &Installed, way: Way, row: &Row) {
    let (grant, original) = way.dispatch(installed);
    let (mut dispatched, mut event, mut variable): (_, fn(&mut Value), _) = (original.clone(), |_| {}, None);
    let faults = &installed.harness.sandbox.faults;
    match &row.forge {
        Forge::Dispatch(forge) => dispatched = forge(dispatched),
        Forge::Event(forge) => event = *forge,
        Forge::Variable(name, value) => variable = Some((*name, *value)),
        Forge::Answer(asked, pointer, value) => {
            let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: value.clone() };
            let asked = Way::of(asked, &grant, &original.run_id);
            // The run is read once to decide, and once more to be told: that must find the real one.
            if asked.ends_with(&original.run_id) {
                faults.plan_first(&asked, fault)
            } else {
                faults.plan_exactly(&asked, fault)
            }
        }
        Forge::Aws(forge) => forge(installed, &grant),
        Forge::Rules(..) | Forge::Port(_) => unreachable!("no row of a revocation"),
    }
    let since = installed.harness.sandbox.log.len();
    let ran = step(installed, &dispatched, event, variable.as_slice());
    faults.clear();
    let told = format!("{way:?}, {}:\n{}\n{}", row.what, ran.stdout, ran.stderr);
    assert_eq!(ran.exit_code, if row.end == End::Unknown { 1 } else { 5 }, "{told}");
    assert!(ran.stdout.contains(row.words), "{told}");
    assert_eq!(installed.aws_writes_since(since), [""; 0], "{told}");
    assert!(installed.roles().contains(&grant), "{told}");
    super::told_as(installed, row.end, &original.run_id, &told);
    // The next row begins with nothing.
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
}

#[test]
fn every_forged_field_of_a_revocation_is_refused() {
    check_all(Way::Revoke, 27);
}

#[test]
fn every_forged_field_of_a_return_is_refused() {
    check_all(Way::Return, 37);
}

#[test]
fn every_forged_field_of_a_return_by_whoever_asked_is_refused() {
    check_all(Way::ReturnOfRequester, 34);
}

#[test]
fn every_forged_field_of_a_return_by_whoever_approved_is_refused() {
    check_all(Way::ReturnOfApprover, 37);
}

#[test]
fn every_forged_field_of_the_timer_is_refused() {
    check_all(Way::Timer, 15);
}

/// Checks every row, and that the grant ends without any of them.
fn check_all(way: Way, at_least: usize) {
    let rows = rows(way);
    assert!(rows.len() >= at_least, "{} rows", rows.len());
    let installed = way.installed();
    for row in &rows {
        check(&installed, way, row);
    }
    let (grant, dispatched) = way.dispatch(&installed);
    step(&installed, &dispatched, |_| {}, &[]).exits(0);
    assert!(!installed.roles().contains(&grant));
}

/// Returns what a way asks of Port and GitHub before it takes anything away, as rows name it, with the answers.
fn answers(way: Way) -> BTreeMap<String, Vec<Value>> {
    let installed = way.installed();
    let (grant, dispatched) = way.dispatch(&installed);
    // Port notes what GitHub answers, which may be behind the start of the workflow.
    until("the workflow of the run", || installed.run(&dispatched.run_id)["link"].is_string().then_some(()));
    let since = installed.harness.sandbox.log.len();
    step(&installed, &dispatched, |_| {}, &[]).exits(0);
    let decides = |exchange: &Exchange| exchange.api != Api::Aws || !exchange.is_write();
    let mut answers = BTreeMap::<String, Vec<Value>>::new();
    for mut exchange in installed.exchanges_since(since).into_iter().take_while(decides) {
        let is_login = exchange.path.ends_with("/access_token");
        // Records are read beside the first write, so that the end can be written into them; what they say ends nothing.
        let is_of_records = exchange.path.contains("/permission_records/");
        if exchange.api == Api::Aws || is_login || is_of_records || exchange.is_write() || exchange.status != 200 {
            continue;
        }
        let asked = Way::named(&format!("{} {}", exchange.method, exchange.path), &grant, &dispatched.run_id);
        exchange.response.as_object_mut().unwrap().remove("ok");
        answers.entry(asked).or_default().push(exchange.response);
    }
    answers
}

#[test]
fn every_field_of_an_answer_to_a_revocation_has_a_row_or_decides_nothing() {
    let (mut missing, mut stale) = (Vec::<String>::new(), Vec::<String>::new());
    for way in WAYS {
        let of_way = |field: String| format!("{way:?}: {field}");
        let unaccounted = unaccounted(&answers(way), &rows(way), &decides_nothing(way));
        missing.extend(unaccounted.0.into_iter().map(of_way));
        stale.extend(unaccounted.1.into_iter().map(of_way));
    }
    assert_eq!((missing, stale), (Vec::<String>::new(), Vec::<String>::new()), "fields without a row, or with both");
}

/// The twin of the rows: what is said to decide nothing is forged, and the grant ends.
fn may_say_anything(way: Way) {
    let installed = way.installed();
    for (asked, pointers, _) in decides_nothing(way) {
        for pointer in pointers {
            let (grant, dispatched) = way.dispatch(&installed);
            let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: json!("anything") };
            let faults = &installed.harness.sandbox.faults;
            faults.plan_first(&Way::of(asked, &grant, &dispatched.run_id), fault);
            let ran = step(&installed, &dispatched, |_| {}, &[]);
            faults.clear();
            assert_eq!(ran.exit_code, 0, "{way:?} {asked} {pointer}: {}\n{}", ran.stdout, ran.stderr);
            assert!(!installed.roles().contains(&grant));
        }
    }
}

#[test]
fn what_decides_nothing_of_a_revocation_may_say_anything() {
    may_say_anything(Way::Revoke);
}

#[test]
fn what_decides_nothing_of_a_return_may_say_anything() {
    may_say_anything(Way::Return);
}

#[test]
fn what_decides_nothing_of_a_return_by_whoever_asked_may_say_anything() {
    may_say_anything(Way::ReturnOfRequester);
}

#[test]
fn what_decides_nothing_of_a_return_by_whoever_approved_may_say_anything() {
    may_say_anything(Way::ReturnOfApprover);
}

#[test]
fn what_decides_nothing_of_the_timer_may_say_anything() {
    may_say_anything(Way::Timer);
}

/// Returns how many rows each way has.
pub(super) fn numbers() -> [usize; 5] {
    WAYS.map(|way| rows(way).len())
}
