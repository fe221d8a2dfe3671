//! `kill -9` of the program between two requests of a grant, a revocation and a sweep that reach into the second account:
//! nothing is ever live without a record or recorded as ended while it is live, a re-run comes to the same end, and one
//! sweep leaves nothing unexplained.
//!
//! A share of the requests is taken, each with one of the two moments; with `PORT_IAM_MATRIX=all` every request with both.

use jiff::SignedDuration;
use port_iam::sandbox::nth_request::NthRequest;

use super::survived::{assert_ends_when_run_again, assert_on_record, clear_away, requests};
use super::swept::{as_sweep, sweep};
use super::*;
use crate::matrix::kill::{When, program};
use crate::matrix::size;

/// So many requests of a job are taken, when not all are.
const SHARE: usize = 9;

/// Where the program dies.
struct Death {
    nth: NthRequest,
    when: When,
    what: String,
}

/// Returns where a job that sends these requests dies, and where nobody runs it again: at every other place.
fn deaths(all: &[NthRequest]) -> Vec<Death> {
    assert!(all.len() > 20, "{all:?}");
    let is_whole = size() == "all";
    let step = if is_whole { 1 } else { all.len().div_ceil(SHARE) };
    // The writes lie at the end: the last place is always among them.
    let places = all.iter().rev().step_by(step).enumerate();
    let death = |(number, nth): (usize, &NthRequest)| {
        let both = [When::BeforeTheAnswer, When::BeforeTheRequest];
        let moments = if is_whole { both.to_vec() } else { vec![both[number % 2]] };
        let nth = nth.clone();
        moments.into_iter().map(move |when| {
            let what = format!("killed {when:?} at {nth:?}");
            Death { nth: nth.clone(), when, what }
        })
    };
    places.flat_map(death).collect()
}

impl Death {
    /// Runs the program, kills it there, and asserts what must hold at every moment.
    #[track_caller]
    fn die(&self, installed: &Installed, arguments: &[&str], variables: &[(&'static str, String)]) {
        program(installed, arguments, variables, &self.nth, self.when, &self.what);
        assert_on_record(installed, &self.what);
    }
}

#[track_caller]
fn assert_is_recorded_as_ended(installed: &Installed, asked: &Dispatched, what: &str) {
    let record = installed.record(&asked.grant())["properties"].clone();
    assert!(record["revoked_at"].is_string(), "{what}: {record}");
    assert!(record["state"] == "revoked" || record["state"] == "expired", "{what}: {record}");
}

#[test]
fn a_grant_that_is_killed_in_the_second_account_converges_or_is_swept_away() {
    let first = installed();
    let asked = request(&first, SECOND_BUCKET, "s3:PutObject");
    let requests = requests(&first, || _ = grant(&first, &asked).exits(0));
    let installed = installed();
    for (number, death) in deaths(&requests).iter().enumerate() {
        let what = &death.what;
        let asked = request(&installed, SECOND_BUCKET, "s3:PutObject");
        death.die(&installed, &["grant"], &environment(&installed, GRANTERS, &asked));
        // At every other place nobody runs it again: the sweep alone must do.
        if number % 2 == 0 {
            grant(&installed, &asked).exits(0);
            assert_on_record(&installed, what);
            assert_eq!(roles_in_second(&installed), [asked.grant()], "{what}");
        }
        clear_away(&installed, what);
    }
}

#[test]
fn a_revocation_that_is_killed_in_the_second_account_converges_or_is_swept_away() {
    let first = installed();
    let asked = granted(&first);
    let ended = first.give_back(&asked.grant());
    let requests = requests(&first, || _ = revoke(&first, &ended).exits(0));
    let installed = installed();
    for (number, death) in deaths(&requests).iter().enumerate() {
        let what = &death.what;
        let asked = granted(&installed);
        let ended = installed.give_back(&asked.grant());
        death.die(&installed, &["revoke"], &environment(&installed, REVOKERS, &ended));
        if number % 2 == 0 {
            assert_ends_when_run_again(&installed, &asked, &ended, what);
        }
        clear_away(&installed, what);
        assert_is_recorded_as_ended(&installed, &asked, what);
    }
}

#[test]
fn a_sweep_that_is_killed_is_gone_on_with_in_both_accounts() {
    let over = |installed: &Installed| {
        let asked = granted(installed);
        installed.harness.sandbox.clock.advance(SignedDuration::from_mins(125));
        asked
    };
    let first = installed();
    over(&first);
    let requests = requests(&first, || _ = sweep(&first, REVOKERS, &[]).exits(0));
    let installed = installed();
    for death in deaths(&requests) {
        let what = &death.what;
        let asked = over(&installed);
        as_sweep(&installed, REVOKERS, |variables| death.die(&installed, &["sweep"], variables));
        let swept = sweep(&installed, REVOKERS, &[]).exits(0);
        assert_eq!(roles_in_second(&installed), Vec::<String>::new(), "{what}: {}", swept.stdout);
        clear_away(&installed, what);
        // Either by whoever asked for it, or because its time was over.
        assert_is_recorded_as_ended(&installed, &asked, what);
    }
}
