//! Which requests a cell takes when the matrix is not to be whole: more where a flow is no variant of another and a case
//! costs little, and in each row others.

use super::Requests;
use super::faults::{Row, Trouble};
use super::flows::{Effort, FLOWS, Flow};

/// So many cases a cell of a flow that is a variant of another has at least, if it has as many requests.
const SHARE: usize = 4;
/// A flow that sends more requests is a long one.
const LONG: usize = 40;

/// How large the matrix shall be.
pub(crate) fn size() -> String {
    chosen().0
}

/// Returns the one flow that is run, if it is not all of them.
pub(super) fn only() -> Option<&'static Flow> {
    let name = chosen().1?;
    let found = FLOWS.iter().find(|flow| flow.name == name);
    Some(found.unwrap_or_else(|| panic!("PORT_IAM_MATRIX: there is no flow {name:?}")))
}

/// Returns the size and the flow of `PORT_IAM_MATRIX`: `all:sweep` is all of the sweep, `sweep` a bounded number of its cases.
fn chosen() -> (String, Option<String>) {
    let chosen = std::env::var("PORT_IAM_MATRIX").unwrap_or_else(|_| "bounded".to_owned());
    let (size, flow) = match chosen.split_once(':') {
        Some((size, flow)) => (size.to_owned(), Some(flow.to_owned())),
        None if FLOWS.iter().any(|flow| flow.name == chosen) => ("bounded".to_owned(), Some(chosen)),
        None => (chosen, None),
    };
    assert!(["all", "bounded"].contains(&size.as_str()), "PORT_IAM_MATRIX: {size:?} is neither a size nor a flow");
    (size, flow)
}

/// Which requests the cell of a flow takes in the row of this number.
pub(super) fn indexes(requests: &Requests, number: usize, row: &Row, flow: &Flow) -> Vec<usize> {
    let all = 0..requests.names.len();
    if size() == "all" {
        return all.collect();
    }
    // What other flows have as well is tried there.
    let own: Vec<usize> = all.filter(|&index| row.is_stale || (flow.is_its_own)(&requests.names[index])).collect();
    assert!(!own.is_empty(), "{}: no request is its own: {:?}", flow.name, requests.names);
    let (from, step) = stride(own.len(), number, row, flow.effort);
    own.into_iter().skip(from).step_by(step).collect()
}

/// Returns the first of so many requests that is taken, and that after how many the next one is.
fn stride(count: usize, number: usize, row: &Row, effort: Effort) -> (usize, usize) {
    let is_kill = matches!(row.trouble, Trouble::Kill(_));
    let share = |cases: usize| {
        // Of what may change nothing it takes more to find something.
        let step = (count / if row.may_change_nothing { 2 * cases } else { cases }).max(1);
        (number % step, step)
    };
    // Of a long flow each case is dear.
    let sparse = if count > LONG { 2 } else { 1 };
    match effort {
        // A fault that comes once and the same for good take turns: each request meets it in one of the two forms.
        Effort::Most if !is_kill && !row.may_change_nothing && count > 2 * SHARE => (number % 2, 2),
        Effort::Most => (0, 1),
        // Before a request it is as behind the one before: either way between all of them, and every second time the
        // program is run again, every second time only swept.
        Effort::Share if is_kill => (0, 2 * sparse),
        Effort::Share if row.is_end => (number % 3.min(count), 3 * sparse),
        // Few of the reads of a sweep tell of anything new.
        Effort::Share if row.is_stale => share(SHARE),
        Effort::Share => share(SHARE / sparse),
        Effort::Little if row.is_end => share(2 * SHARE),
        Effort::Little => share(SHARE / 2),
    }
}

const EFFORTS: [Effort; 3] = [Effort::Most, Effort::Share, Effort::Little];

#[test]
fn no_cell_is_empty_however_few_requests_a_flow_sends() {
    for (number, row) in super::faults::rows().iter().enumerate() {
        for (count, effort) in (1..200).flat_map(|count| EFFORTS.map(|effort| (count, effort))) {
            let (from, _) = stride(count, number, row, effort);
            assert!(from < count, "{}: {effort:?} of {count}", row.name);
        }
    }
}

#[test]
fn between_any_two_requests_the_program_is_killed_in_every_flow_but_the_dear_and_the_long_ones() {
    let rows = super::faults::rows();
    let kills: Vec<(usize, &Row)> =
        rows.iter().enumerate().filter(|(_, row)| matches!(row.trouble, Trouble::Kill(_))).collect();
    let [before, behind] = kills[..] else { panic!("{kills:?}") };
    let count = LONG - 1;
    for effort in [Effort::Most, Effort::Share] {
        let taken = |(number, row): (usize, &Row)| {
            let (from, step) = stride(count, number, row, effort);
            (from..count).step_by(step).collect::<Vec<_>>()
        };
        let (before, behind) = (taken(before), taken(behind));
        let is_killed = |gap: usize| before.contains(&gap) || (gap > 0 && behind.contains(&(gap - 1)));
        assert!((0..count).all(is_killed), "{effort:?}: {before:?} {behind:?}");
    }
}
