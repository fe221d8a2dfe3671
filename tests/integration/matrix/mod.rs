//! The fault matrix: each flow, each of its requests, each thing that can go wrong with a request, and `kill -9` of the
//! program between any two requests.
//!
//! After each case: nothing is live that is not on record, nothing is recorded as ended that is live, a plain re-run
//! converges, and one sweep behind all grace periods leaves nothing unexplained. The matrix prints its table.
//!
//! `PORT_IAM_MATRIX=all` takes every request in every cell. With `bounded`, or without the variable, each cell takes a
//! part of them, of which `bounded` tells; no cell is empty. The name of a flow takes that one alone.

mod bounded;
mod faults;
mod flows;
mod invariants;
pub(crate) mod kill;
mod sweeps;
mod table;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::nth_request::NthRequest;
use port_iam::sandbox::request_log::Api;
use serde_json::json;

use bounded::indexes;
pub(crate) use bounded::size;
use faults::{PATIENT, Row, Trouble};
use flows::{Case, FLOWS, Flow, Job};
use table::Table;

use crate::installed::Installed;
use crate::sweep::policy_arn;

/// So many cases share a place at most: what is there grows with each of them.
const CASES_OF_A_PLACE: usize = 24;

/// The requests of a flow that met no fault.
#[derive(Clone, Debug)]
struct Requests {
    /// Which they are, so that each is met again.
    nths: Vec<NthRequest>,
    names: Vec<String>,
}

impl Requests {
    fn of(flow: &Flow) -> Self {
        let place = (flow.place)();
        let case = (flow.prepare)(&place, 0);
        let since = place.harness.sandbox.log.len();
        let ran = case.job.run(&place);
        assert_eq!(ran.exit_code, flow.ends_with, "{}: {ran:?}", flow.name);
        let exchanges = place.exchanges_since(since);
        let name = |action: Option<&str>, method: &str, path: &str| match action {
            Some(action) => action.to_owned(),
            None => format!("{method} {path}"),
        };
        Self {
            nths: NthRequest::all(&exchanges),
            names: exchanges.iter().map(|it| name(it.aws_action(), &it.method, &it.path)).collect(),
        }
    }
}

/// A part of a cell that is worked on by one thread.
struct Part<'a> {
    flow: &'a Flow,
    requests: &'a Requests,
    row: &'a Row,
    indexes: Vec<usize>,
    /// What is tried besides, in this order, until a case has counted: few of the reads of a flow tell of anything new.
    further: Vec<usize>,
}

#[test]
fn every_flow_survives_every_fault_at_every_request() {
    let began = Instant::now();
    let only = bounded::only();
    let flows = FLOWS.iter().filter(|flow| only.is_none_or(|only| only.name == flow.name));
    let flows: Vec<(&Flow, Requests)> = flows.map(|flow| (flow, Requests::of(flow))).collect();
    let rows = faults::rows();
    let mut parts = VecDeque::new();
    for (flow, requests) in &flows {
        for (number, row) in rows.iter().enumerate() {
            let indexes = indexes(requests, number, row, flow);
            let others = (0..requests.names.len()).filter(|index| row.is_stale && !indexes.contains(index));
            let mut further: Vec<usize> = others.collect();
            for some in indexes.chunks(CASES_OF_A_PLACE) {
                let further = std::mem::take(&mut further);
                parts.push_back(Part { flow, requests, row, indexes: some.to_vec(), further });
            }
        }
    }
    let table = Mutex::new(Table::new(flows.iter().map(|(flow, requests)| (flow.name, requests.nths.len()))));
    let (parts, broken) = (Mutex::new(parts), Mutex::new(Vec::new()));
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(part) = next() {
                    let since = Instant::now();
                    let (cases, failures) = work(&part);
                    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
                    table.add(part.row.name, part.flow.name, cases, since.elapsed());
                    broken.lock().unwrap_or_else(PoisonError::into_inner).extend(failures);
                }
            });
        }
    });
    let (table, broken) = (table.into_inner().unwrap(), broken.into_inner().unwrap());
    table.print(began.elapsed());
    assert!(broken.is_empty(), "{} cases failed:\n{}", broken.len(), broken.join("\n"));
    assert_eq!(table.empty_cells(), Vec::<String>::new());
    assert!(only.is_some() || table.total() >= 300, "{} cases", table.total());
}

/// Does all cases of a part. Returns how many there were, and what broke.
fn work(part: &Part<'_>) -> (usize, Vec<String>) {
    let (mut cases, mut failures, mut place) = (0, Vec::new(), None);
    let further = part.further.iter().map(|index| (index, true));
    for (&index, is_further) in part.indexes.iter().map(|index| (index, false)).chain(further) {
        if is_further && cases > 0 {
            break;
        }
        let here = place.take().unwrap_or_else(part.flow.place);
        let request = &part.requests.names[index];
        let what = format!("{}, {}, request {index} ({request})", part.flow.name, part.row.name);
        let one = std::panic::AssertUnwindSafe(|| one_case(part, &here, index, &what));
        match std::panic::catch_unwind(one) {
            Ok(happened) => cases += usize::from(happened),
            Err(_) => failures.push(what),
        }
        // What a case left that failed must not fail the others.
        place = (part.flow.place_is_kept && failures.is_empty()).then_some(here);
    }
    (cases, failures)
}

/// Does one case, and returns whether its fault changed anything.
fn one_case(part: &Part<'_>, place: &Installed, index: usize, what: &str) -> bool {
    let (flow, requests) = (part.flow, part.requests);
    let when = match &part.row.trouble {
        Trouble::Fault { fault, times, patience } => {
            return one_fault(part, place, index, what, (fault, *times), *patience);
        }
        Trouble::Kill(when) => when,
    };
    let case = (flow.prepare)(place, index);
    kill::at(place, &case, &requests.nths[index], *when, what);
    invariants::hold_but_for(place, case.lost.as_deref(), what);
    if *when == kill::When::BeforeTheAnswer && flow.can_be_swept {
        // Nobody runs it again: the sweep alone must do. Whoever comes late changes nothing about it.
        invariants::nothing_is_unexplained_after_a_sweep(place, &case, what);
        (flow.again)(place, &case).run(place);
    } else {
        let again = (flow.again)(place, &case).run(place);
        invariants::hold(place, what);
        (flow.converged)(place, &case, None, &again, what);
    }
    invariants::nothing_is_unexplained_after_a_sweep(place, &case, what);
    invariants::clear_away(place, what);
    true
}

/// Lays a fault, so many times, at one request of a case. Where the program waits only so long for an answer, a busy
/// machine can end it before the request is reached: nothing was tried then, and the case begins anew with more patience.
fn one_fault(
    part: &Part<'_>,
    place: &Installed,
    index: usize,
    what: &str,
    (fault, times): (&Fault, usize),
    patience: Duration,
) -> bool {
    let (flow, requests) = (part.flow, part.requests);
    let mut case = (flow.prepare)(place, index);
    case.aws_is_away = times > 1 && requests.nths[index].api == Api::Aws;
    case.is_stale = part.row.is_stale;
    let faults = &place.harness.sandbox.faults;
    let hits = faults.hits();
    if times > 1 && flow.sees_its_beginning {
        place.harness.sandbox.remember();
    }
    faults.plan_nth(&requests.nths[index], times, fault.clone());
    let first = case.job.run_patiently(place, patience);
    faults.clear();
    if faults.hits() == hits && patience < PATIENT {
        (flow.again)(place, &case).run(place);
        invariants::nothing_is_unexplained_after_a_sweep(place, &case, what);
        invariants::clear_away(place, what);
        return one_fault(part, &(flow.place)(), index, what, (fault, times), patience * 4);
    }
    if faults.hits() == hits {
        assert!(part.row.may_change_nothing, "{what}: the fault met no request; {first:?}");
    }
    invariants::hold_but_for(place, case.lost.as_deref(), what);
    (flow.kept_its_word)(place, &case, &first, what);
    let again = (flow.again)(place, &case).run(place);
    invariants::hold(place, what);
    (flow.converged)(place, &case, Some(&first), &again, what);
    invariants::nothing_is_unexplained_after_a_sweep(place, &case, what);
    invariants::clear_away(place, what);
    faults.hits() > hits
}

/// What whoever looks would say of a place in which this was done to a live grant.
fn objection(look: impl Fn(&Installed), change: impl Fn(&Installed, &str)) -> String {
    let place = Installed::new();
    let grant = place.granted().grant();
    look(&place);
    change(&place, &grant);
    let objected = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&place))).unwrap_err();
    objected.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn the_invariants_are_none_that_always_hold() {
    let hold = |place: &Installed| invariants::hold(place, "looked at");
    let forgotten = |blueprint: &'static str| {
        objection(hold, move |place, grant| {
            place.harness.delete_entity(blueprint, grant);
        })
    };
    assert!(forgotten("provisioned_permissions").contains("is live without an entity"));
    assert!(forgotten("permission_records").contains("is live, and recorded as null"));
    for ended in [
        json!({ "state": "revoked" }),
        json!({ "state": "grant-failed" }),
        json!({ "revoked_at": "2026-11-23T20:00:00Z" }),
    ] {
        let told = objection(hold, |place, grant| {
            let body = json!({ "identifier": grant, "properties": ended });
            place.harness.upsert("permission_records", &body);
        });
        assert!(told.contains("is live, and recorded as"), "{told}");
    }
}

#[test]
fn what_a_sweep_leaves_unexplained_is_told() {
    let job = Job::new(&["sweep"]);
    let case = Case { passes: SignedDuration::ZERO, ..flows::case(job) };
    let swept = |place: &Installed| invariants::nothing_is_unexplained_after_a_sweep(place, &case, "looked at");
    let vanished = objection(swept, |place, grant| {
        place.harness.with_aws(async |iam| {
            iam.detach_role_policy().role_name(grant).policy_arn(policy_arn(grant)).send().await.unwrap();
            iam.delete_role().role_name(grant).send().await.unwrap();
        });
    });
    assert!(vanished.contains("are left without a role"), "{vanished}");
    let foreign = objection(swept, |place, _| {
        place.harness.with_aws(async |iam| {
            let statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
            let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
            let policy = iam.create_policy().path("/port-iam/").policy_name("nobody-s").policy_document(document);
            policy.send().await.unwrap();
        });
    });
    assert!(foreign.contains("the sweep: ") && foreign.contains("nobody-s"), "{foreign}");
}
