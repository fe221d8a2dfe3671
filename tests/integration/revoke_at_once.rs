//! Two at once take the same grant away: whoever comes last writes nothing over what the first has recorded.

use std::time::Duration;

use port_iam::sandbox::fault::Fault;
use serde_json::Value;

use crate::installed::Installed;
use crate::patience::until;
use crate::signals::spawn;

/// Holds a command when it would delete the role of a grant that is over, until another one has done everything.
#[track_caller]
fn is_overtaken(first: fn(&str) -> Vec<&str>, first_cause: &str, second: fn(&str) -> Vec<&str>, second_cause: &str) {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.pass(61);
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    faults.plan_matching("Action=DeleteRole&", 0, 1, Fault::HangBefore);
    let held = spawn(&installed.harness, &first(&grant), []);
    until("the role to be deleted", || (faults.hits() > hits).then_some(()));
    installed.harness.run(&second(&grant)).exits(0);
    let of_one = installed.record(&grant)["properties"].clone();
    installed.harness.heard("the overtaken command", &held.wait_with_output().unwrap()).exits(0);
    let of_both = installed.record(&grant)["properties"].clone();
    for kept in ["revoked_at", "revoked_by", "state", "review_due"] {
        assert_eq!(of_both[kept], of_one[kept], "{kept}: {of_both}");
    }
    assert!(of_one["receipt"]["asked_by"].as_str().unwrap().contains(second_cause), "{of_one}");
    assert!(of_both["receipt"]["later"][0]["asked_by"].as_str().unwrap().contains(first_cause), "{of_both}");
    let mut first_receipt = of_both["receipt"].clone();
    first_receipt.as_object_mut().unwrap().remove("later");
    assert_eq!(first_receipt, of_one["receipt"]);
}

/// Side by side, since the client waits long for the answer that is held.
#[test]
fn whoever_is_overtaken_leaves_the_receipt_of_the_other() {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            is_overtaken(|_| vec!["sweep"], "sweep", |grant| vec!["revoke", grant, "--direct"], "arn:aws:iam")
        });
        scope.spawn(|| {
            is_overtaken(|grant| vec!["revoke", grant, "--direct"], "arn:aws:iam", |_| vec!["sweep"], "sweep")
        });
    });
}

/// The one takes the role away and waits for Port, which tells it of the end that the other has recorded meanwhile.
#[test]
fn an_end_that_another_revocation_records_while_port_is_waited_for_makes_nobody_look_at_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(&format!("GET /v1/blueprints/permission_records/entities/{grant}"), 0, 1, Fault::Hang);
    let (hits, patience) = (faults.hits(), Duration::from_secs(4));
    let direct = ["revoke", grant.as_str(), "--direct"];
    std::thread::scope(|scope| {
        let first = scope.spawn(|| installed.harness.run_patiently(&direct, &[], patience));
        until("the role to be gone", || installed.roles().is_empty().then_some(()));
        installed.pass(1);
        installed.harness.run(&direct).exits(0);
        first.join().unwrap().exits(0);
    });
    assert_eq!(faults.hits() - hits, 1);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["review_due"], &record["receipt"]["tampering"]), (&Value::Null, &Value::Null), "{record}");
}
