//! Grants without Port, of which Port knows nothing while they are on no record: a role of the same name in another account
//! takes nothing of that away.

use jiff::SignedDuration;
use port_iam::sandbox::aws::Copy;
use port_iam::sandbox::fault::Fault;

use super::*;
use crate::break_glass::{checkout, granted_without_port};
use crate::installed::BUCKET;

const IN_SECOND: &str = "Permission-bg-20261128T011500Z-0a1b2c3d";

/// A grant without Port in the first account, and one of Port's in each, which tells whose installation it is.
fn granted_at_home_without_port(installed: &Installed) -> (String, Dispatched) {
    let (at_home, there) = (installed.request(), granted(installed));
    grant(installed, &at_home).exits(0);
    (granted_without_port(installed), there)
}

/// Makes a role of this name in the second account, a copy of another one with a tag of its own.
fn copy_in_second(installed: &Installed, of: &Dispatched, name: &str, (key, value): (&str, &str)) {
    let copy = Copy { name: name.to_owned(), trust: None, tag: (key.to_owned(), value.to_owned()) };
    installed.harness.sandbox.second_aws.copy_grant(&of.grant(), &[copy]);
}

/// Checks that something tells of the grant of the first account as its tags do.
#[track_caller]
fn tells_of_the_grant_at_home(told: &Value) {
    for (property, value) in [
        ("resource", BUCKET),
        ("requester", "dana@acme.example"),
        ("break_glass_by", "arn:aws:iam::123456789012:user/ada"),
        ("account", cast::AWS_ACCOUNT_ID),
    ] {
        assert_eq!(told[property], value, "{property}: {told}");
    }
    assert!(["granted_from", "trust_digest", "policy_digest"].iter().all(|it| told[*it].is_string()), "{told}");
}

/// Anybody's role, with the tag of an installation that the rules list: nothing is said of it.
#[test]
fn a_role_of_its_name_elsewhere_keeps_no_grant_off_the_record_that_ends_before_a_sweep() {
    let installed = installed();
    let (without_port, there) = granted_at_home_without_port(&installed);
    installed.set_rules(|rules| format!("{rules}\nother-installations: [\"org_other/7\"]\n"));
    copy_in_second(&installed, &there, &without_port, ("port-iam:scope", "org_other/7"));
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    let ran = swept::sweep(&installed, REVOKERS, &[]).exits(0);
    assert!(!installed.roles().contains(&without_port), "{}", ran.stdout);
    assert_eq!(roles_in_second(&installed), [without_port.as_str()]);
    let record = installed.record(&without_port)["properties"].clone();
    tells_of_the_grant_at_home(&record);
    assert_eq!((&record["state"], &record["review_due"]), (&json!("expired"), &json!(true)), "{record}");
}

/// The account that is asked first holds the role that somebody has made of its name.
#[test]
fn what_each_of_two_roles_of_one_name_claims_is_kept_on_the_record_whichever_goes_first() {
    let installed = installed();
    let (without_port, there) = granted_at_home_without_port(&installed);
    copy_in_second(&installed, &there, &without_port, ("port-iam:resource", "arn:aws:s3:::decoy"));
    let first = format!("{}=first", cast::AWS_ACCOUNT_ID);
    let revoke = ["revoke", &without_port, "--direct", "--account-profile", &first];
    listed::with_profiles_beside(&installed, &revoke, &ada_in_second()).exits(0);
    assert!(!installed.roles().contains(&without_port) && !roles_in_second(&installed).contains(&without_port));
    let record = installed.record(&without_port)["properties"].clone();
    assert_eq!((&record["account"], &record["resource"]), (&json!(SECOND), &json!("arn:aws:s3:::decoy")), "{record}");
    let [kept] = record["receipt"]["later"].as_array().unwrap().as_slice() else { panic!("{record}") };
    tells_of_the_grant_at_home(kept);
    assert_eq!(kept["role"], format!("arn:aws:iam::123456789012:role/port-iam/{without_port}"));
    assert_eq!((&record["state"], &record["review_due"]), (&json!("revoked"), &json!(true)), "{record}");
}

/// Where a policy of the organisation keeps everybody from attaching anything.
#[test]
fn a_role_of_its_name_elsewhere_that_cannot_be_denied_is_taken_away_all_the_same() {
    let installed = installed();
    let (without_port, there) = granted_at_home_without_port(&installed);
    swept::sweep(&installed, REVOKERS, &[]);
    copy_in_second(&installed, &there, &without_port, ("port-iam:resource", "arn:aws:s3:::decoy"));
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    let fault = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=AttachRolePolicy&", 0, usize::MAX, fault);
    let ran = swept::sweep(&installed, REVOKERS, &[]);
    assert!(installed.harness.sandbox.faults.hits() > 0);
    assert_eq!(roles_in_second(&installed), [""; 0], "{}", ran.stdout);
}

/// Neither a record nor an answer of AWS tells of it: it may be of the account that was not looked at.
#[test]
fn one_that_is_found_nowhere_and_is_on_no_record_is_not_called_gone() {
    let installed = installed();
    let there = granted(&installed);
    copy_in_second(&installed, &there, IN_SECOND, ("port-iam:resource", SECOND_BUCKET));
    let ran = installed.harness.run(&["revoke", IN_SECOND, "--direct"]).exits(1);
    assert!(ran.stderr.contains("was not found in 123456789012: in another account it would be live"), "{ran:?}");
    assert!(ran.stderr.contains("PORT_IAM_AWS_PROFILES") && !ran.stdout.contains("gone already"), "{ran:?}");
    assert!(roles_in_second(&installed).contains(&IN_SECOND.to_owned()));
    assert_eq!(installed.record(IN_SECOND), Value::Null);
    let second = format!("{SECOND}=second");
    listed::with_profiles(&installed, &["revoke", IN_SECOND, "--direct", "--account-profile", &second]).exits(0);
    assert_eq!(roles_in_second(&installed), [there.grant()]);
    assert_eq!(installed.record(IN_SECOND)["properties"]["account"], SECOND);
}

#[test]
fn the_accounts_that_were_looked_at_for_them_are_named_also_while_port_answers() {
    let installed = installed();
    let there = granted(&installed);
    copy_in_second(&installed, &there, IN_SECOND, ("port-iam:requester", "max@acme.example"));
    let ran = installed.harness.run(&["revoke", "--requester", "max@acme.example", "--yes"]).exits(0);
    let told = format!("these were looked for in {} alone", cast::AWS_ACCOUNT_ID);
    assert!(ran.stdout.contains("No live grant was found.") && ran.stdout.contains(&told), "{}", ran.stdout);
    assert!(roles_in_second(&installed).contains(&IN_SECOND.to_owned()));
}

/// Breaks the glass in the second account, and returns the grant.
fn granted_in_second_without_port(installed: &Installed) -> String {
    let folder = checkout(installed);
    let arguments = [
        &["grant", "--break-glass", "Port is down", "--repository", &folder][..],
        &["--requester", "dana@acme.example", "--resource", SECOND_BUCKET, "--permission", "s3:PutObject"][..],
        &["--yes", "--output", "json"][..],
    ];
    let ran = installed.harness.run_with(&arguments.concat(), &ada_in_second()).exits(0);
    ran.json()["grant"]["id"].as_str().unwrap().to_owned()
}

/// A sweep puts what has ended on record first, and comes to the other one of that name a moment later.
#[test]
fn the_record_of_one_that_has_just_ended_is_not_taken_for_that_of_another_account() {
    let installed = installed();
    let (without_port, _) = granted_at_home_without_port(&installed);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(30));
    let name = granted_in_second_without_port(&installed);
    let tag = ("port-iam:run".to_owned(), name.trim_start_matches("Permission-").to_owned());
    installed.harness.sandbox.aws.copy_grant(&without_port, &[Copy { name: name.clone(), trust: None, tag }]);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(31));
    let ran = swept::sweep(&installed, REVOKERS, &[]).exits(1);
    assert!(ran.stdout.contains(&format!("{name} is on record as a grant in 123456789012")), "{}", ran.stdout);
    assert!(!installed.roles().contains(&name) && roles_in_second(&installed).contains(&name));
    let record = installed.record(&name)["properties"].clone();
    assert_eq!((&record["account"], &record["resource"]), (&json!(cast::AWS_ACCOUNT_ID), &json!(BUCKET)), "{record}");
    assert_eq!(record["receipt"]["later"][0]["resource"], SECOND_BUCKET, "{record}");
}

#[test]
fn one_whose_name_is_on_record_of_the_other_account_is_denied_and_what_it_claims_is_kept() {
    let installed = installed();
    granted_at_home_without_port(&installed);
    let name = granted_in_second_without_port(&installed);
    let ended = json!({ "grant": name, "account": cast::AWS_ACCOUNT_ID, "state": "revoked", "review_due": false,
        "granted_from": "2026-11-23T10:00:00Z", "revoked_at": "2026-11-23T11:00:00Z" });
    let record = json!({ "identifier": name, "title": name, "properties": ended });
    installed.harness.upsert("permission_records", &record);
    let ran = swept::sweep(&installed, REVOKERS, &[]).exits(1);
    assert!(ran.stdout.contains("the record of its name is of a grant in another account"), "{}", ran.stdout);
    let record = installed.record(&name)["properties"].clone();
    assert_eq!(record["receipt"]["later"][0]["resource"], SECOND_BUCKET, "{record}");
    assert_eq!((&record["account"], &record["review_due"]), (&json!(cast::AWS_ACCOUNT_ID), &json!(true)), "{record}");
    let attached = installed.harness.sandbox.second_aws.attached_policies(&name).unwrap();
    assert_eq!(attached, ["arn:aws:iam::aws:policy/AWSDenyAll"], "{}", ran.stdout);
}
