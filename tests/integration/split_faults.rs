//! Every request about one of several policies meets every second fault, and with `PORT_IAM_MATRIX=all` every one, as a
//! grant makes them and as a revocation takes them away. The fault matrix has grants of one policy only; what must hold is
//! the same.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;

use crate::harness::Ran;
use crate::installed::{Dispatched, Installed};
use crate::matrix::size;
use crate::split::{ask, catalog, long_objects};

/// What goes wrong with the request of this number, once or from there on.
fn faults(number: usize) -> Vec<(Fault, usize)> {
    let outage = 999;
    let all = vec![
        (Fault::DropBefore, 1),
        (Fault::DropAfter, 1),
        (Fault::DropAfter, outage),
        (Fault::DropBefore, outage),
        (Fault::Status { status: 500, retry_after: None }, outage),
        (Fault::Status { status: 429, retry_after: Some(1) }, 1),
        (Fault::Html, 1),
        (Fault::Truncated, 1),
    ];
    let is_taken = |place: usize| size() == "all" || place % 2 == number % 2;
    all.into_iter().enumerate().filter(|(place, _)| is_taken(*place)).map(|(_, fault)| fault).collect()
}

/// What must hold at any moment.
#[track_caller]
fn assert_on_record(installed: &Installed, grant: &str, what: &str) {
    let has_entity = installed.entities().iter().any(|entity| entity["identifier"] == grant);
    let record = installed.record(grant);
    let state = record["properties"]["state"].as_str().unwrap_or("none");
    if installed.is_live(grant) {
        assert!(has_entity, "{what}: live without an entity");
        assert!(matches!(state, "live" | "granting"), "{what}: live and recorded as {state}");
    }
}

#[track_caller]
fn assert_nothing_left(installed: &Installed, grant: &str, what: &str) {
    let left: Vec<String> =
        installed.roles().into_iter().chain(installed.policies()).filter(|name| name.contains(grant)).collect();
    assert!(left.is_empty(), "{what}: {left:?}");
    assert!(!installed.entities().iter().any(|entity| entity["identifier"] == grant), "{what}: the entity is left");
}

/// A re-run either completes the grant, or finds its run ended and nothing of it in AWS that could be used.
///
/// Where AWS no longer answers, what was made cannot be undone; a run that failed may then be live, on record and with its
/// end, if the failure said so.
fn converge(installed: &Installed, request: &Dispatched, (first, aws_is_away): (&Ran, bool), what: &str) {
    let grant = request.grant();
    let again = installed.grant(request);
    assert_on_record(installed, &grant, what);
    let status = installed.run(&request.run_id)["status"].as_str().unwrap().to_owned();
    let attached = installed.attached(&grant);
    match status.as_str() {
        "SUCCESS" => {
            assert_eq!(again.exit_code, 0, "{what}: first {first:?}, then {again:?}");
            assert_eq!(attached.len(), 2, "{what}");
        }
        "FAILURE" => {
            let told = first.exit_code != 0 && first.stdout.contains("What to do: not undone:");
            assert!(
                (told && aws_is_away) || !installed.is_live(&grant),
                "{what}: a failed run is live; first {first:?}, then {again:?}"
            );
        }
        other => panic!("{what}: the run is {other}; first {first:?}, then {again:?}"),
    }
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert_nothing_left(installed, &grant, what);
}

/// Returns where among the requests to AWS those stand that are about the grant's policies.
fn about_policies(installed: &Installed, flow: impl FnOnce()) -> Vec<usize> {
    let since = installed.harness.sandbox.log.len();
    flow();
    let mut exchanges = installed.exchanges_since(since);
    exchanges.retain(|exchange| exchange.api == Api::Aws);
    let is_about = |index: &usize| {
        let body = &exchanges[*index].body;
        let second = body["PolicyArn"].as_str().is_some_and(|arn| arn.ends_with(".2"));
        second || matches!(exchanges[*index].aws_action(), Some("CreatePolicy" | "AttachRolePolicy" | "DeletePolicy"))
    };
    (0..exchanges.len()).filter(is_about).collect()
}

#[test]
fn a_grant_of_several_policies_survives_every_fault_at_each_of_them() {
    let installed = Installed::new();
    let objects = long_objects(8);
    catalog(&installed, &objects);
    let first = ask(&installed, &objects);
    let indexes = about_policies(&installed, || {
        installed.grant(&first).exits(0);
    });
    assert!(indexes.len() >= 5, "{indexes:?}");
    installed.harness.run(&["revoke", &first.grant(), "--direct"]).exits(0);
    for (number, index) in indexes.iter().enumerate() {
        for (fault, times) in faults(number) {
            let what = format!("{fault:?} x{times} at AWS request {index}");
            let request = ask(&installed, &objects);
            installed.harness.sandbox.faults.plan(Some(Api::Aws), *index, times, fault.clone());
            let first = installed.grant(&request);
            installed.harness.sandbox.faults.clear();
            assert_on_record(&installed, &request.grant(), &what);
            converge(&installed, &request, (&first, times > 1), &what);
        }
    }
}

#[test]
fn a_revocation_of_several_policies_survives_every_fault_at_each_of_them() {
    let installed = Installed::new();
    let objects = long_objects(8);
    catalog(&installed, &objects);
    let granted = || {
        let request = ask(&installed, &objects);
        installed.grant(&request).exits(0);
        request.grant()
    };
    let first = granted();
    let indexes = about_policies(&installed, || {
        installed.revoke(&installed.give_back(&first)).exits(0);
    });
    assert!(indexes.len() >= 5, "{indexes:?}");
    for (number, index) in indexes.iter().enumerate() {
        for (fault, times) in faults(number) {
            let what = format!("{fault:?} x{times} at AWS request {index}");
            let grant = granted();
            let revocation = installed.give_back(&grant);
            installed.harness.sandbox.faults.plan(Some(Api::Aws), *index, times, fault.clone());
            let code = installed.revoke(&revocation).exit_code;
            installed.harness.sandbox.faults.clear();
            let state = installed.record(&grant)["properties"]["state"].clone();
            assert!(!installed.is_live(&grant) || state == "live", "{what}: live and recorded as {state}");
            let left = installed.policies().iter().any(|arn| arn.contains(&grant));
            assert!(code != 0 || (!left && !installed.roles().contains(&grant)), "{what}: exit 0 and still there");
            installed.revoke(&installed.retry(&revocation, &grant)).exits(0);
            assert_nothing_left(&installed, &grant, &what);
            assert_eq!(installed.record(&grant)["properties"]["state"], "revoked", "{what}");
        }
    }
}
