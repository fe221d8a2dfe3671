//! Every request of a grant and of a revocation meets every fault once. Whatever happens, nothing is live that is not on
//! record, nothing is recorded as revoked that is live, and a plain re-run or a direct revocation leaves nothing behind.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;

use crate::harness::Ran;
use crate::installed::{Dispatched, Installed};
use crate::split::{ask, catalog, long_objects};

/// What goes wrong, once or from there on.
fn faults() -> Vec<(Fault, usize)> {
    let outage = 999;
    vec![
        (Fault::DropBefore, 1),
        (Fault::DropAfter, 1),
        (Fault::DropAfter, outage),
        (Fault::DropBefore, outage),
        (Fault::Status { status: 500, retry_after: None }, outage),
        (Fault::Status { status: 429, retry_after: Some(1) }, 1),
        (Fault::Html, 1),
        (Fault::Truncated, 1),
    ]
}

/// Returns which API each request of a clean flow goes to, in order.
fn requests(installed: &Installed, flow: impl FnOnce()) -> Vec<Api> {
    let since = installed.harness.sandbox.log.len();
    flow();
    installed.exchanges_since(since).iter().map(|exchange| exchange.api).collect()
}

/// Plans a fault for the request number `index` of a flow: counted among the requests to its own API, since requests to
/// different ones are sent at once.
fn plan(installed: &Installed, apis: &[Api], index: usize, fault: &Fault, times: usize) {
    let api = apis[index];
    let before = apis[..index].iter().filter(|other| **other == api).count();
    installed.harness.sandbox.faults.plan(Some(api), before, times, fault.clone());
}

/// Whether the grant's policy works: it is attached, and nothing denies everything beside it.
fn is_live(installed: &Installed, grant: &str) -> bool {
    let attached = installed.harness.sandbox.aws.attached_policies(grant).unwrap_or_default();
    attached.iter().any(|arn| arn.contains(grant)) && !attached.iter().any(|arn| arn.ends_with("/AWSDenyAll"))
}

/// What must hold at any moment.
#[track_caller]
fn assert_on_record(installed: &Installed, grant: &str, what: &str) {
    let has_entity = installed.entities().iter().any(|entity| entity["identifier"] == grant);
    let record = installed.record(grant);
    let state = record["properties"]["state"].as_str().unwrap_or("none");
    if is_live(installed, grant) {
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

#[test]
fn a_grant_survives_every_fault_at_every_request() {
    let installed = Installed::new();
    let first = installed.request();
    let apis = requests(&installed, || {
        installed.grant(&first).exits(0);
    });
    assert!(apis.len() > 15);
    installed.harness.run_with(&["revoke", &first.grant(), "--direct"], &[]).exits(0);
    for (fault, times) in faults() {
        for index in 0..apis.len() {
            let what = format!("{fault:?} x{times} at request {index} of {apis:?}");
            let request = installed.request();
            plan(&installed, &apis, index, &fault, times);
            let first = installed.grant(&request);
            installed.harness.sandbox.faults.clear();
            assert_on_record(&installed, &request.grant(), &what);
            converge(&installed, &request, &first, &what, 1);
        }
    }
}

/// A re-run either completes the grant, or finds its run ended and nothing of it in AWS that could be used.
///
/// What AWS no longer answers about cannot be undone; a run that failed may then be live, on record and with its end, if
/// the failure said so.
fn converge(installed: &Installed, request: &Dispatched, first: &Ran, what: &str, policies: usize) {
    let grant = request.grant();
    let again = installed.grant(request);
    assert_on_record(installed, &grant, what);
    let status = installed.run(&request.run_id)["status"].as_str().unwrap().to_owned();
    let attached = installed.harness.sandbox.aws.attached_policies(&grant).unwrap_or_default();
    match status.as_str() {
        "SUCCESS" => {
            assert_eq!(again.exit_code, 0, "{what}: first {first:?}, then {again:?}");
            assert_eq!(attached.len(), policies, "{what}");
        }
        "FAILURE" => {
            let told = first.exit_code != 0 && first.stdout.contains("What to do: not undone:");
            assert!(
                told || !is_live(installed, &grant),
                "{what}: a failed run is live; first {first:?}, then {again:?}"
            );
        }
        other => panic!("{what}: the run is {other}; first {first:?}, then {again:?}"),
    }
    installed.harness.run_with(&["revoke", &grant, "--direct"], &[]).exits(0);
    assert_nothing_left(installed, &grant, what);
}

#[test]
fn a_revocation_survives_every_fault_at_every_request() {
    let installed = Installed::new();
    let first = installed.give_back(&installed.granted().grant());
    let apis = requests(&installed, || {
        installed.revoke(&first).exits(0);
    });
    assert!(apis.len() > 15);
    for (fault, times) in faults() {
        for index in 0..apis.len() {
            let what = format!("{fault:?} x{times} at request {index} of {apis:?}");
            let grant = installed.granted().grant();
            let revocation = installed.give_back(&grant);
            plan(&installed, &apis, index, &fault, times);
            let code = installed.revoke(&revocation).exit_code;
            installed.harness.sandbox.faults.clear();
            let live = installed.harness.sandbox.aws.attached_policies(&grant).is_some_and(|attached| {
                !attached.is_empty() && !attached.iter().any(|arn| arn.ends_with("/AWSDenyAll"))
            });
            let state = installed.record(&grant)["properties"]["state"].clone();
            assert!(!live || state == "live", "{what}: live and recorded as {state}");
            assert!(code != 0 || !installed.roles().contains(&grant), "{what}: exit 0 and still there");
            installed.revoke(&installed.retry(&revocation, &grant)).exits(0);
            assert_nothing_left(&installed, &grant, &what);
            assert_eq!(installed.record(&grant)["properties"]["state"], "revoked", "{what}");
        }
    }
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
    installed.harness.run_with(&["revoke", &first.grant(), "--direct"], &[]).exits(0);
    for (fault, times) in faults() {
        for index in &indexes {
            let what = format!("{fault:?} x{times} at AWS request {index}");
            let request = ask(&installed, &objects);
            installed.harness.sandbox.faults.plan(Some(Api::Aws), *index, times, fault.clone());
            let first = installed.grant(&request);
            installed.harness.sandbox.faults.clear();
            assert_on_record(&installed, &request.grant(), &what);
            converge(&installed, &request, &first, &what, 2);
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
    for (fault, times) in faults() {
        for index in &indexes {
            let what = format!("{fault:?} x{times} at AWS request {index}");
            let grant = granted();
            let revocation = installed.give_back(&grant);
            installed.harness.sandbox.faults.plan(Some(Api::Aws), *index, times, fault.clone());
            let code = installed.revoke(&revocation).exit_code;
            installed.harness.sandbox.faults.clear();
            let state = installed.record(&grant)["properties"]["state"].clone();
            assert!(!is_live(&installed, &grant) || state == "live", "{what}: live and recorded as {state}");
            let left = installed.policies().iter().any(|arn| arn.contains(&grant));
            assert!(code != 0 || (!left && !installed.roles().contains(&grant)), "{what}: exit 0 and still there");
            installed.revoke(&installed.retry(&revocation, &grant)).exits(0);
            assert_nothing_left(&installed, &grant, &what);
            assert_eq!(installed.record(&grant)["properties"]["state"], "revoked", "{what}");
        }
    }
}
