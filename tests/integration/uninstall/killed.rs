//! `kill -9` between any two requests of `uninstall`, which is then run again: it comes to the same end, no moment exists in
//! which power is left and nothing guards it, and nothing of others is touched.
//!
//! Every fifth request is taken, each with one of the two moments; with `PORT_IAM_MATRIX=all` every request with both.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use port_iam::sandbox::nth_request::NthRequest;

use super::*;
use crate::matrix::kill::{When, program};
use crate::matrix::size;

const UNINSTALL: [&str; 3] = ["uninstall", "--yes", "--revoke-all"];
/// A blueprint, an action and a file of somebody else.
const THEIRS: &str = "theirs";

/// An installation with roles of its own, with a live grant, and with what others have beside it.
fn place() -> Installed {
    let installed = oidc::installed();
    let harness = &installed.harness;
    let keys = [
        ("AWS_ACCESS_KEY_ID", cast::ADA.aws_access_key_id),
        ("AWS_SECRET_ACCESS_KEY", cast::ADA.aws_secret_access_key),
    ];
    installed.step("grant", &installed.request(), &keys).exits(0);
    harness.with_port(async |port| {
        let blueprint = json!({ "identifier": THEIRS, "title": "Theirs", "schema": { "properties": {}, "required": [] },
            "mirrorProperties": {}, "calculationProperties": {}, "aggregationProperties": {}, "relations": {} });
        port.create_blueprint(&blueprint).await.unwrap();
        let action = json!({ "identifier": THEIRS, "title": "Theirs",
            "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {}, "required": [] } },
            "invocationMethod": { "type": "WEBHOOK", "url": "https://example.com" } });
        port.create_action(&action).await.unwrap();
    });
    harness.sandbox.github.commit_file(REPOSITORY, "main", "theirs.md", Some(b"theirs")).unwrap();
    installed
}

/// What is there at the end, without the moments and numbers that no two runs have in common.
fn end(harness: &Harness) -> Value {
    let mut state = state(harness);
    let records = state["port"]["entities"]["permission_records"].as_array_mut().unwrap();
    assert!(records.iter().all(|record| record["properties"]["revoked_at"].is_string()), "{records:?}");
    let count = records.len();
    state["port"]["entities"]["permission_records"] = count.into();
    state
}

/// While anything with power is there, a ruleset guards the branch.
#[track_caller]
fn assert_guarded(harness: &Harness, what: &str) {
    if harness.sandbox.github.rulesets(REPOSITORY).is_empty() {
        let secrets = get(harness, &format!("/repos/{REPOSITORY}/environments/port-iam/secrets"))["secrets"].clone();
        assert_eq!(secrets.as_array().map_or(0, Vec::len), 0, "{what}: {secrets}");
        assert_eq!(harness.sandbox.aws.role_names("/"), [""; 0], "{what}");
    }
}

fn one_case(nth: &NthRequest, when: When, expected: &Value, what: &str) {
    let place = place();
    let harness = &place.harness;
    program(&place, &UNINSTALL, &[], nth, when, what);
    assert_guarded(harness, what);
    let since = harness.sandbox.log.len();
    let ran = harness.run(&UNINSTALL);
    assert_eq!(ran.exit_code, 0, "{what}: {}", ran.stderr);
    assert_eq!(&end(harness), expected, "{what}");
    for exchange in writes(harness, since) {
        let sent = format!("{} {}", exchange.path, exchange.body);
        assert!(!sent.contains(THEIRS), "{what}: {sent}");
    }
    assert_nothing_to_do(harness);
}

#[test]
fn killed_anywhere_and_run_again_it_comes_to_the_same_end() {
    let reference = place();
    let since = reference.harness.sandbox.log.len();
    reference.harness.run(&UNINSTALL).exits(0);
    let (requests, expected) = (reference.exchanges_since(since), end(&reference.harness));
    assert_eq!(expected["aws"], json!({ "policies": [], "providers": [] }), "no power is left");
    assert!(requests.len() > 90, "{}", requests.len());
    let whole = size() == "all";
    let nths = NthRequest::all(&requests);
    let cases = nths.into_iter().enumerate().flat_map(|(index, nth)| {
        let moments = [When::BeforeTheRequest, When::BeforeTheAnswer].into_iter().enumerate();
        // Each moment has a fifth of the requests, but not the same.
        let taken = moments.filter(move |(moment, _)| whole || index % 10 == moment * 5);
        taken.map(move |(_, when)| (index, nth.clone(), when))
    });
    let cases: Mutex<VecDeque<(usize, NthRequest, When)>> = Mutex::new(cases.collect());
    let count = cases.lock().unwrap().len();
    assert!(count >= requests.len() / 6, "{count} cases");
    let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, nth, when)) = next() {
                    one_case(&nth, when, &expected, &format!("request {index}, {nth:?}, {when:?}"));
                }
            });
        }
    });
    println!("uninstall killed at {count} of {} requests", requests.len());
}
