//! How it ends before a sweep has put it on record: nothing but its role tells of it, which goes only once it is on one.

use super::*;

const OTHER: &str = "arn:aws:s3:::second-bucket";
pub(super) const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

/// Returns what the permanent record tells.
pub(super) fn recorded(installed: &Installed, grant: &str) -> Value {
    installed.record(grant)["properties"].clone()
}

/// Checks that the record tells who had what, and since when.
#[track_caller]
pub(super) fn tells_of_the_grant(record: &Value) {
    for (property, value) in [
        ("requester", json!("dana@acme.example")),
        ("reason", json!("Port is down: OPS-7 _pager_")),
        ("resource", json!(BUCKET)),
        ("actions", json!(["s3:PutObject"])),
        ("account", json!("123456789012")),
        ("break_glass_by", json!("arn:aws:iam::123456789012:user/ada")),
        ("review_due", json!(true)),
    ] {
        assert_eq!(record[property], value, "{property}: {record}");
    }
    assert!(record["granted_from"].is_string() && record["granted_until"].is_string(), "{record}");
}

#[test]
fn one_that_is_ended_without_port_can_do_nothing_and_waits_for_the_sweep_that_puts_it_on_record() {
    for by_person in [false, true] {
        let installed = Installed::new();
        let grant = granted(&installed);
        down(&installed);
        let arguments = match by_person {
            true => vec!["revoke", "--requester", "dana@acme.example", "--aws-only", "--yes"],
            false => vec!["revoke", &grant, "--direct", "--aws-only"],
        };
        let ran = installed.harness.run(&arguments).exits(0);
        let told = [
            format!("{grant} can do nothing any more in AWS"),
            format!("kept {}", role_arn(&grant)),
            "which puts it on record for review".to_owned(),
        ];
        told.iter().for_each(|told| assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout));
        assert_eq!(installed.attached(&grant), [DENY_ALL]);
        // Once more it is the same.
        let ran = installed.harness.run(&[&arguments[..], &["--output", "json"]].concat()).exits(0);
        let told = &ran.json()["revoked"];
        let told = if by_person { &told[0] } else { told };
        assert_eq!((&told["kept"], &told["role"]), (&json!([role_arn(&grant)]), &Value::Null), "{told}");
        up(&installed);
        let ran = installed.sweep(&[]);
        assert!(done(&ran).contains(&format!("revoke {grant}")), "{ran:?}");
        assert!(!found(&ran).iter().any(|it| it.starts_with("tampered")), "{ran:?}");
        assert!(!installed.roles().contains(&grant));
        assert!(!installed.policies().iter().any(|arn| arn.contains(&grant)), "{:?}", installed.policies());
        let record = recorded(&installed, &grant);
        tells_of_the_grant(&record);
        assert_eq!((&record["state"], &record["revoked_by"]), (&json!("revoked"), &json!("sweep")));
        let export = installed.harness.run(&["audit", "export"]).exits(0).stdout;
        assert!(export.contains(&grant), "{export}");
        assert!(found(&installed.sweep(&[])).contains(&format!("review-due {grant}")));
    }
}

#[test]
fn one_that_is_ended_while_port_does_not_answer_stays_until_it_can_be_put_on_record() {
    let installed = Installed::new();
    let grant = granted(&installed);
    down(&installed);
    let ran = installed.harness.run(&["revoke", &grant, "--direct"]).exits(1);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("can do nothing any more; its role stays"), "{ran:?}");
    assert_eq!(installed.attached(&grant), [DENY_ALL]);
    up(&installed);
    assert_eq!(installed.record(&grant), Value::Null);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert!(!installed.roles().contains(&grant));
    let record = recorded(&installed, &grant);
    tells_of_the_grant(&record);
    let by = json!("arn:aws:iam::123456789012:user/ada");
    assert_eq!((&record["state"], &record["revoked_by"]), (&json!("revoked"), &by));
    assert!(record["receipt"]["tampering"].is_null(), "{record}");
}

#[test]
fn one_that_expires_while_port_takes_no_record_stays_until_it_does() {
    let installed = Installed::new();
    let other = installed.granted().grant();
    let grant = granted_without_port(&installed);
    installed.harness.run(&["revoke", &other, "--direct"]).exits(0);
    installed.pass(61);
    let refused = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_exactly("POST /v1/blueprints/permission_records/entities", refused);
    installed.sweep(&[]).exits(1);
    assert_eq!((installed.attached(&grant), installed.record(&grant)), (vec![DENY_ALL.to_owned()], Value::Null));
    up(&installed);
    installed.sweep(&[]).exits(0);
    assert!(!installed.roles().contains(&grant));
    let record = recorded(&installed, &grant);
    tells_of_the_grant(&record);
    assert_eq!(record["state"], "expired");
}

#[test]
fn one_that_ends_before_a_sweep_is_recorded_as_a_sweep_would_have_recorded_it() {
    let installed = Installed::new();
    installed.granted();
    switch_on(&installed, "");
    let ran = break_glass(&installed, &checkout(&installed), &["--resource", OTHER, "--yes"]).exits(0);
    let grant = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert_eq!(done(&installed.sweep(&[]).exits(0)), [format!("back-fill {grant}")]);
    let by_sweep = recorded(&installed, &grant);
    // As though no sweep had come.
    for blueprint in ["provisioned_permissions", "permission_records"] {
        installed.harness.delete_entity(blueprint, &grant);
    }
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    let by_itself = recorded(&installed, &grant);
    tells_of_the_grant(&by_itself);
    assert_eq!(by_itself["additional_resources"], json!([OTHER]));
    for property in
        ["grant", "run", "additional_resources", "policy_digest", "trust_digest", "granted_from", "granted_until"]
    {
        assert_eq!(by_itself[property], by_sweep[property], "{property}");
        assert!(!by_itself[property].is_null(), "{property}");
    }
    for form in ["jsonl", "csv"] {
        let export = installed.harness.run(&["audit", "export", "--output-format", form]).exits(0).stdout;
        assert!(export.contains(OTHER), "{form}: {export}");
    }
}
