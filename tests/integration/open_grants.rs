//! What a requester has already, and how much may be open at once.

use port_iam::sandbox::cast;
use serde_json::json;

use crate::installed::{BUCKET, Dispatched, Installed};

fn ask(installed: &Installed, duration: &str) -> Dispatched {
    let form = json!({ "permissions": ["s3:PutObject"], "duration": duration });
    installed.execute(cast::DANA, "request_permissions", BUCKET, &form)
}

fn limit(installed: &Installed, line: &str) {
    installed.set_rules(|rules| rules.replacen("\nrules:", &format!("\n{line}\nrules:"), 1));
}

#[test]
fn what_is_live_for_longer_is_pointed_at_and_not_made_again() {
    let installed = Installed::new();
    let live = ask(&installed, "4h");
    installed.grant(&live).exits(0);
    let again = ask(&installed, "1h");
    let since = installed.harness.sandbox.log.len();
    installed.grant(&again).exits(5);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    let log = installed.log_of(&again.run_id);
    let entity = &installed.entities()[0]["properties"];
    for told in [&live.grant(), entity["expiry_time"].as_str().unwrap(), entity["sign_in_url"].as_str().unwrap()] {
        assert!(log.contains(told), "{told}: {log}");
    }
    assert_eq!(installed.run(&again.run_id)["status"], "FAILURE");
    // What goes beyond its end is another grant, and so is the same after it was given back.
    installed.grant(&ask(&installed, "8h")).exits(0);
    installed.harness.run(&["revoke", &live.grant(), "--direct"]).exits(0);
    assert_eq!(installed.entities().len(), 1);
}

#[test]
fn one_grant_too_many_is_refused_with_those_that_are_open() {
    for line in ["open-grants: { per-requester: 2 }", "open-grants: { per-resource: 2 }"] {
        let installed = Installed::new();
        limit(&installed, line);
        let first = installed.granted();
        let second = installed.granted();
        // The same run once more is none of the others.
        installed.grant(&second).exits(0);
        let third = installed.request();
        let ran = installed.grant(&third).exits(5);
        for grant in [first.grant(), second.grant()] {
            assert!(ran.stdout.contains(&grant), "{line}: {}", ran.stdout);
        }
        assert_eq!(installed.roles().len(), 2, "{line}");
        installed.harness.run(&["revoke", &first.grant(), "--direct"]).exits(0);
        installed.grant(&installed.request()).exits(0);
    }
}
