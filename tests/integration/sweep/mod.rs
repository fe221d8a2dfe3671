//! `port-iam sweep` against the sandbox: AWS and Port compared both ways, and what is done about each difference.

mod attacked;
mod beyond;
mod dry_run;
mod failed;
mod foreign;
mod hidden;
mod large;
mod laundered;
mod left_over;
mod meanwhile;
pub(crate) mod namesakes;
mod odd_pages;
pub(crate) mod old_answers;
mod on_record_again;
mod over;
mod reconfigured;
mod remembered;
mod replayed;
mod tampered;
mod versions;

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::harness::{Ran, decoded};
use crate::installed::Installed;

/// What the sweep says it did, as `action subject`.
pub(crate) fn done(ran: &Ran) -> Vec<String> {
    named(&ran.json()["sweep"]["done"], "action")
}

/// What the sweep found, as `kind subject`.
pub(crate) fn found(ran: &Ran) -> Vec<String> {
    named(&ran.json()["sweep"]["findings"], "kind")
}

fn named(list: &Value, what: &str) -> Vec<String> {
    let item = |item: &Value| format!("{} {}", item[what].as_str().unwrap(), item["subject"].as_str().unwrap());
    list.as_array().unwrap().iter().map(item).collect()
}

pub(crate) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/port-iam/{name}")
}

pub(crate) fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/port-iam/{name}")
}

/// Takes the roles of two grants away, and of the second one the policy too.
pub(crate) fn take_apart_by_hand(installed: &Installed, [but_for_its_policy, whole]: [&str; 2]) {
    installed.harness.with_aws(async |iam| {
        for grant in [but_for_its_policy, whole] {
            iam.detach_role_policy().role_name(grant).policy_arn(policy_arn(grant)).send().await.unwrap();
            iam.delete_role().role_name(grant).send().await.unwrap();
        }
        iam.delete_policy().policy_arn(policy_arn(whole)).send().await.unwrap();
    });
}

#[track_caller]
pub(crate) fn assert_quiet(installed: &Installed) {
    let since = installed.harness.sandbox.log.len();
    let ran = installed.sweep(&[]).exits(0);
    assert!(done(&ran).is_empty() && found(&ran).is_empty(), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

/// Says that somebody has looked at what was found.
pub(crate) fn acknowledge(installed: &Installed, grant: &str) {
    installed.edit_entity("permission_records", grant, &json!({ "review_due": false }));
}

#[test]
fn what_is_as_it_must_be_is_left_alone() {
    let installed = Installed::new();
    assert_quiet(&installed);
    installed.granted();
    assert_quiet(&installed);
    installed.pass(45);
    assert_quiet(&installed);
}

#[test]
fn a_sweep_says_of_each_look_what_it_looks_at() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    // Then its run has to vouch for it.
    installed.harness.delete_entity("provisioned_permissions", &grant);
    let ran = installed.harness.run(&["sweep", "--repository", crate::installed::REPOSITORY, "--dry-run"]);
    let mut told: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("1 role")).collect();
    assert!(told.contains(&"Looking closer at 1 role"), "{}", ran.stderr);
    assert!(told.contains(&"Comparing 1 role with what its run asked for"), "{}", ran.stderr);
    let all = told.len();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), all, "{}", ran.stderr);
}

#[test]
fn a_sweep_that_would_take_too_much_takes_nothing_unless_it_is_forced() {
    let installed = Installed::new();
    let grants: Vec<String> = cast::CROWD[..6].iter().map(|person| installed.granted_to(*person).grant()).collect();
    // One person's grants would be one person's; these are only said to be hers.
    for grant in &grants {
        let body = json!({ "identifier": grant, "properties": { "requester": cast::GONE.email } });
        installed.harness.upsert("provisioned_permissions", &body);
    }
    let since = installed.harness.sandbox.log.len();
    let ran = installed.sweep(&[]).exits(5);
    assert!(ran.stderr.contains("6 of 6 live grants would be taken"), "{}", ran.stderr);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    let would = installed.sweep(&["--dry-run"]).exits(3);
    assert_eq!(would.json()["sweep"]["steps"].as_array().unwrap().len(), 6);
    installed.sweep(&["--force"]).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn another_account_than_the_rules_file_s_is_refused() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("123456789012", "210987654321"));
    let ran = installed.sweep(&[]).exits(5);
    assert!(ran.stderr.contains("not an account of this installation"), "{}", ran.stderr);
}
