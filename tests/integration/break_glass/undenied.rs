//! How it ends where `AWSDenyAll` cannot be put on its role, and where IAM answers with an older moment: its role goes only
//! once it is on record all the same, and nothing is called taken away that is not.

use super::ended::{DENY_ALL, recorded, tells_of_the_grant};
use super::*;

/// Whoever ends it may not attach AWSDenyAll, by a narrower policy of theirs or one of the organisation.
fn undeniable(installed: &Installed) {
    let refused = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=AttachRolePolicy&", 0, 999, refused);
}

#[test]
fn one_that_cannot_be_denied_is_emptied_put_on_record_and_taken_away() {
    // Forbidden, and refused for what it is.
    for status in [403, 400] {
        for expired in [false, true] {
            let installed = Installed::new();
            let other = installed.granted().grant();
            let grant = granted_without_port(&installed);
            installed.harness.run(&["revoke", &other, "--direct"]).exits(0);
            let refused = Fault::Status { status, retry_after: None };
            installed.harness.sandbox.faults.plan_matching("Action=AttachRolePolicy&", 0, 999, refused);
            if expired {
                installed.pass(61);
                installed.sweep(&[]).exits(0);
            } else {
                installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
            }
            assert!(!installed.roles().contains(&grant), "{status} {expired}");
            assert!(!installed.policies().iter().any(|arn| arn.contains(&grant)), "{:?}", installed.policies());
            let record = recorded(&installed, &grant);
            tells_of_the_grant(&record);
            assert_eq!(record["state"], if expired { "expired" } else { "revoked" });
        }
    }
}

#[test]
fn one_that_was_denied_before_ends_by_whoever_may_not_deny_it() {
    let installed = Installed::new();
    let grant = granted(&installed);
    down(&installed);
    installed.harness.run(&["revoke", &grant, "--direct", "--aws-only"]).exits(0);
    up(&installed);
    undeniable(&installed);
    let ran = installed.harness.run(&["revoke", &grant, "--direct", "--aws-only"]).exits(0);
    assert!(ran.stdout.contains("can do nothing any more"), "{ran:?}");
    assert_eq!(installed.attached(&grant), [DENY_ALL]);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert!(!installed.roles().contains(&grant));
    tells_of_the_grant(&recorded(&installed, &grant));
}

#[test]
fn one_that_cannot_be_denied_and_goes_on_no_record_stays_empty_and_is_not_called_taken_away() {
    for aws_only in [false, true] {
        let installed = Installed::new();
        let grant = granted(&installed);
        down(&installed);
        undeniable(&installed);
        let more: &[&str] = if aws_only { &["--aws-only"] } else { &[] };
        let ran = installed.harness.run(&[&["revoke", &grant, "--direct"], more].concat()).exits(1);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        for part in [
            format!("{grant} has no policy any more, but AWSDenyAll could not be attached to its role"),
            format!("port-iam revoke {grant} --direct"),
        ] {
            assert!(told.contains(&part), "{part}: {told}");
        }
        assert!(!told.contains("can do nothing any more") && !told.contains("is gone"), "{told}");
        assert!(installed.roles().contains(&grant));
        assert_eq!((installed.attached(&grant), installed.record(&grant)), (Vec::new(), Value::Null));
        up(&installed);
        undeniable(&installed);
        installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        assert!(!installed.roles().contains(&grant));
        tells_of_the_grant(&recorded(&installed, &grant));
    }
}

#[test]
fn one_that_can_be_neither_denied_nor_emptied_is_told_as_live() {
    let installed = Installed::new();
    let grant = granted(&installed);
    undeniable(&installed);
    let refused = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=DetachRolePolicy&", 0, 999, refused);
    let ran = installed.harness.run(&["revoke", &grant, "--direct"]).exits(1);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains(&format!("{grant} may be live")), "{ran:?}");
    assert!(installed.is_live(&grant));
    assert_eq!(installed.record(&grant), Value::Null);
}

/// IAM does not show at once, everywhere, what was made.
#[test]
fn no_old_answer_about_a_role_takes_it_off_before_it_is_on_record() {
    for aws_only in [false, true] {
        let mut hits = 0;
        for number in 0..4 {
            let installed = Installed::new();
            installed.granted();
            installed.harness.sandbox.remember();
            let grant = granted_without_port(&installed);
            installed.harness.sandbox.faults.plan_matching("Action=GetRole&", number, 1, Fault::StaleRead);
            let more: &[&str] = if aws_only { &["--aws-only"] } else { &[] };
            installed.harness.run(&[&["revoke", &grant, "--direct"], more].concat()).exits(0);
            hits += installed.harness.sandbox.faults.hits();
            if aws_only {
                assert_eq!(installed.attached(&grant), [DENY_ALL], "{number}");
                continue;
            }
            assert!(!installed.roles().contains(&grant), "{number}");
            tells_of_the_grant(&recorded(&installed, &grant));
        }
        assert!(hits > 1, "{aws_only}: {hits}");
    }
}
