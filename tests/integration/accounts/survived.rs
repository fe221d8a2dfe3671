//! A grant and a revocation in the second account, with a fault at each of their requests: nothing is live there that is
//! not on record, a plain re-run converges, and one sweep leaves nothing. The matrix does the same in one account.

use jiff::SignedDuration;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::Value;

use super::swept::sweep;
use super::*;

/// What happens: how the fault is called, how often, and what it is. A connection that is cut for good at a request is what
/// a `kill -9` there leaves in the three systems.
const TROUBLES: [(&str, usize, Fault); 3] = [
    ("the answer is lost", 1, Fault::DropAfter),
    ("the request is lost", 1, Fault::DropBefore),
    ("nothing answers from there on", usize::MAX, Fault::DropBefore),
];

/// Returns how many requests of its own a job sends to each system.
fn requests(installed: &Installed, job: impl FnOnce()) -> Vec<(Api, usize)> {
    let since = installed.harness.sandbox.log.len();
    job();
    let exchanges = installed.exchanges_since(since);
    let own = |api: Api| exchanges.iter().filter(|it| it.api == api && !it.path.ends_with("/dispatches")).count();
    [Api::Port, Api::Github, Api::Aws].map(|api| (api, own(api))).to_vec()
}

/// Asserts that every role of the second account that can do something is in the catalog and on record.
#[track_caller]
fn assert_on_record(installed: &Installed, what: &str) {
    for role in installed.harness.sandbox.second_aws.roles("/port-iam/") {
        let name = role.name;
        let mut attached = Vec::new();
        let (_, id, secret) = cast::IN_SECOND_ACCOUNT[0];
        installed.harness.with_aws_as(id, secret, async |iam| {
            let answer = iam.list_attached_role_policies().role_name(&name).send().await.unwrap();
            attached.extend(answer.attached_policies.unwrap_or_default().into_iter().filter_map(|it| it.policy_arn));
        });
        let is_powerless = attached.is_empty() || attached.iter().any(|arn| arn.ends_with("AWSDenyAll"));
        let is_listed = installed.entities().iter().any(|entity| entity["identifier"] == name.as_str());
        let record = installed.record(&name)["properties"].clone();
        assert!(is_powerless || (is_listed && record["account"] == SECOND), "{what}: {name} is live and not on record");
        assert!(is_powerless || record["revoked_at"].is_null(), "{what}: {name} is live and recorded as ended");
    }
}

/// Whatever is left is over by now: one sweep explains everything.
#[track_caller]
fn clear_away(installed: &Installed, what: &str) {
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(125));
    for _ in 0..2 {
        sweep(installed, REVOKERS, &[]);
        // What is found missing goes an hour later.
        installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    }
    let ran = sweep(installed, REVOKERS, &[]).exits(0);
    assert_eq!((roles_in_second(installed), installed.roles()), (Vec::new(), Vec::new()), "{what}: {}", ran.stdout);
    assert_eq!(installed.harness.sandbox.second_aws.policy_arns("/port-iam/"), Vec::<String>::new(), "{what}");
    assert_eq!(installed.entities(), Vec::<Value>::new(), "{what}");
}

#[test]
fn a_grant_in_the_second_account_survives_a_fault_at_each_of_its_requests() {
    let first = installed();
    let asked = request(&first, SECOND_BUCKET, "s3:PutObject");
    let counts = requests(&first, || _ = grant(&first, &asked).exits(0));
    assert!(counts.iter().map(|(_, count)| count).sum::<usize>() > 20, "{counts:?}");
    for (name, times, fault) in &TROUBLES {
        let installed = installed();
        for (api, count) in &counts {
            for index in 0..*count {
                let what = format!("{name} at the request {index} of {api:?}");
                let asked = request(&installed, SECOND_BUCKET, "s3:PutObject");
                let faults = &installed.harness.sandbox.faults;
                faults.plan_nth(*api, index, *times, fault.clone());
                let ran = grant(&installed, &asked);
                faults.clear();
                assert_on_record(&installed, &what);
                if ran.exit_code == 0 {
                    assert_eq!(roles_in_second(&installed), [asked.grant()], "{what}: it says that it is done");
                }
                let again = grant(&installed, &asked);
                assert_on_record(&installed, &what);
                // A run that the first attempt has ended brings nothing back, and what was made for it is undone while AWS
                // answers; else it can do nothing, and the sweep finds it.
                let is_there = roles_in_second(&installed) == [asked.grant()];
                assert!(is_there || again.exit_code != 0, "{what}: {again:?}");
                assert!(!is_there || again.exit_code == 0 || *times > 1, "{what}: {again:?}");
                if again.exit_code == 0 {
                    revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
                }
                clear_away(&installed, &what);
            }
        }
    }
}

#[test]
fn a_revocation_in_the_second_account_survives_a_fault_at_each_of_its_requests() {
    let first = installed();
    let asked = granted(&first);
    let ended = first.give_back(&asked.grant());
    let counts = requests(&first, || _ = revoke(&first, &ended).exits(0));
    assert!(counts.iter().map(|(_, count)| count).sum::<usize>() > 20, "{counts:?}");
    for (name, times, fault) in &TROUBLES {
        let installed = installed();
        for (api, count) in &counts {
            for index in 0..*count {
                let what = format!("{name} at the request {index} of {api:?}");
                let asked = granted(&installed);
                let ended = installed.give_back(&asked.grant());
                let faults = &installed.harness.sandbox.faults;
                faults.plan_nth(*api, index, *times, fault.clone());
                let ran = revoke(&installed, &ended);
                faults.clear();
                assert_on_record(&installed, &what);
                let is_gone = roles_in_second(&installed).is_empty();
                assert!(ran.exit_code != 0 || is_gone, "{what}: it says that it is gone");
                let is_over = installed.record(&asked.grant())["properties"]["revoked_at"].is_string();
                assert!(is_gone || !is_over, "{what}: it is recorded as ended, and there");
                let is_listed = !installed.entities().is_empty();
                let again = if is_listed { installed.give_back(&asked.grant()) } else { ended };
                let again = revoke(&installed, &again).exits(0);
                assert_eq!(roles_in_second(&installed), Vec::<String>::new(), "{what}: {again:?}");
                assert_eq!(installed.record(&asked.grant())["properties"]["state"], "revoked", "{what}: {again:?}");
                assert_eq!(installed.entities(), Vec::<Value>::new(), "{what}");
            }
        }
        clear_away(&installed, name);
    }
}
