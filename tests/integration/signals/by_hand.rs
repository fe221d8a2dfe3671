//! What people run themselves: several grants at once, one without Port, another key, the whole installation.

use port_iam::sandbox::cast;

use super::*;
use crate::installed::{BUCKET, REPOSITORY};
use crate::rotate;

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

fn policy(grant: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/port-iam/{grant}")
}

#[test]
fn of_several_grants_those_that_have_begun_go_and_the_others_are_named_and_are_as_they_were() {
    for flags in [&["revoke", "--resource", BUCKET][..], &["revoke", "--resource", BUCKET, "--aws-only"]] {
        let installed = Installed::new();
        // More than are taken apart at once.
        let grants: Vec<String> = cast::CROWD[..6].iter().map(|person| installed.granted_to(*person).grant()).collect();
        installed.harness.sandbox.faults.set_latency(Duration::from_millis(250));
        let again = [flags, &["--yes", "--output", "json"]].concat();
        let child = spawn(&installed.harness, &again, &[]);
        // The first thing that is done to any: those behind it begin some answers later.
        let has_begun = || grants.iter().any(|grant| installed.is_denied(grant));
        let ran = told_when_stopped(&installed.harness, child, "TERM", has_begun).exits(143);
        installed.harness.sandbox.faults.set_latency(Duration::ZERO);
        let told = ran.json();
        let named = |list: &str| -> Vec<String> {
            let items = told[list].as_array().unwrap().iter();
            sorted(items.map(|item| item["grant"].as_str().unwrap().to_owned()).collect())
        };
        let (gone, left) = (named("revoked"), named("left"));
        assert!(!gone.is_empty() && !left.is_empty(), "{told:#}");
        assert_eq!(sorted([gone, left.clone()].concat()), sorted(grants));
        assert_eq!(sorted(installed.roles()), left);
        for (grant, item) in std::iter::zip(&left, told["left"].as_array().unwrap()) {
            assert_eq!(installed.attached(grant), [policy(grant)]);
            assert_eq!(installed.record(grant)["properties"]["state"], "live");
            assert_eq!(item["message"], "not begun, stopped by SIGTERM");
        }
        let states = installed.entities().into_iter().map(|entity| entity["properties"]["state"].clone());
        assert!(states.into_iter().all(|state| state == "live"), "nothing is marked that was not begun");
        installed.harness.run(&again).exits(0);
        assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    }
}

#[test]
fn several_grants_that_are_still_being_looked_for_are_left_at_once() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching("Action=ListRoles&", 0, usize::MAX, Fault::Hang);
    let hits = faults.hits();
    let child = spawn(&installed.harness, &["revoke", "--resource", BUCKET, "--aws-only", "--yes"], &[]);
    until("the request", || (faults.hits() > hits).then_some(()));
    let asked = Instant::now();
    told_when_stopped(&installed.harness, child, "INT", || true).exits(130);
    assert!(asked.elapsed() < Duration::from_secs(3), "it took {:?}", asked.elapsed());
    assert!(installed.is_live(&grant));
}

/// The work is that of Port's run, whoever waits for it.
#[test]
fn a_revocation_through_port_goes_on_without_whoever_follows_it() {
    for arguments in [["revoke"], ["return"]] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        let runs = |action: &str| {
            let mut count = 0;
            installed.harness.with_port(async |port| count = port.runs_of(action).await.unwrap().len());
            count
        };
        let action = format!("{}_permissions", arguments[0]);
        let child = spawn(&installed.harness, &[arguments[0], &grant], &[]);
        until("the run", || (runs(&action) == 1).then_some(()));
        let asked = Instant::now();
        let ran = told_when_stopped(&installed.harness, child, "INT", || true).exits(130);
        assert!(asked.elapsed() < Duration::from_secs(3), "it took {:?}", asked.elapsed());
        assert!(ran.stderr.contains("a run that was started goes on without you"), "{}", ran.stderr);
        assert_eq!(runs(&action), 1);
    }
}

#[test]
fn a_direct_revocation_that_has_begun_is_finished() {
    for flags in [&["--direct"][..], &["--direct", "--aws-only"]] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        installed.harness.sandbox.faults.set_latency(Duration::from_millis(200));
        let child = spawn(&installed.harness, &[&["revoke", &grant], flags].concat(), &[]);
        let ran = told_when_stopped(&installed.harness, child, "INT", || installed.is_denied(&grant)).exits(130);
        assert!(ran.stdout.contains(&grant), "{}", ran.stdout);
        assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    }
}

#[test]
fn a_revocation_without_port_that_cannot_be_finished_says_so() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.sandbox.faults.plan_matching("Action=DeletePolicy&", 0, 1, Fault::HangBefore);
    let again = ["revoke", &grant, "--direct", "--aws-only"];
    let child = spawn(&installed.harness, &again, &[]);
    let ran = told_when_stopped(&installed.harness, child, "TERM", || installed.roles().is_empty()).exits(143);
    assert!(ran.stderr.contains(&format!("the revocation of {grant} is not finished")), "{}", ran.stderr);
    installed.harness.run(&again).exits(0);
    assert_eq!(installed.policies(), [""; 0]);
}

#[test]
fn a_new_key_that_cannot_be_set_is_taken_back_and_the_old_one_works_on() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let faults = &harness.sandbox.faults;
    faults.plan_matching("secrets/AWS_ACCESS_KEY_ID", 1, usize::MAX, Fault::HangBefore);
    let child = spawn(harness, &["rotate", "--yes", "--repository", REPOSITORY], &[]);
    let ran = told_when_stopped(harness, child, "TERM", || rotate::keys(harness).len() == 2).exits(143);
    faults.clear();
    assert_eq!(rotate::keys(harness), [(cast::MANAGER_ACCESS_KEY_ID.to_owned(), true)], "{}", ran.stderr);
    assert!(ran.stderr.contains("the old key works on"), "{}", ran.stderr);
    harness.run(&["rotate", "--yes", "--repository", REPOSITORY]).exits(0);
}

/// The new key is set; what is left is to see that no workflow works with the old one, which may take long.
#[test]
fn a_rotation_that_is_stopped_while_workflows_end_names_the_key_that_is_left() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let faults = &harness.sandbox.faults;
    faults.plan_matching("/actions/runs", 0, usize::MAX, Fault::HangBefore);
    let hits = faults.hits();
    let child = spawn(harness, &["rotate", "--yes", "--repository", REPOSITORY], &[]);
    let ran = told_when_stopped(harness, child, "TERM", || faults.hits() > hits).exits(143);
    let old = cast::MANAGER_ACCESS_KEY_ID;
    assert!(ran.stderr.contains(&format!("disable and delete {old} in IAM")), "{}", ran.stderr);
    assert_eq!(rotate::keys(harness).len(), 2);
}

#[test]
fn uninstall_begins_nothing_more_and_says_what_is_gone_and_what_is_left() {
    let installed = Installed::new();
    let harness = &installed.harness;
    harness.sandbox.faults.set_latency(Duration::from_millis(150));
    let since = harness.sandbox.log.len();
    let child = spawn(harness, &["uninstall", "--yes"], &[]);
    let has_begun = || installed.exchanges_since(since).iter().any(|exchange| exchange.method == "DELETE");
    let ran = told_when_stopped(harness, child, "TERM", has_begun).exits(143);
    harness.sandbox.faults.set_latency(Duration::ZERO);
    let line = |start: &str| ran.stderr.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    let (removed, left) = (line("hint: removed: "), line("hint: left: "));
    assert!(!removed.is_empty() && !left.contains("nothing") && !left.is_empty(), "{}", ran.stderr);
    harness.run(&["uninstall", "--yes"]).exits(0);
    let again = harness.run(&["uninstall", "--yes"]).exits(0);
    assert!(again.stdout.starts_with("Nothing is there to be removed."), "{}", again.stdout);
}
