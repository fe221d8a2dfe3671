//! `port-iam sweep` against the sandbox: AWS and Port compared both ways, and what is done about each difference.

mod attacked;
mod foreign;
mod hidden;
mod large;
mod laundered;
mod left_over;
mod odd_pages;
mod on_record_again;
mod over;
mod reconfigured;
mod remembered;
mod replayed;
mod tampered;

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
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

/// Each kind of step is due once: of one kind, a few are done at the same time.
#[test]
fn a_dry_run_tells_what_the_sweep_behind_it_does_step_by_step() {
    let installed = Installed::new();
    let granted = |person: cast::Person, duration: &str| {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": duration });
        let asked = installed.execute(person, "request_permissions", crate::installed::BUCKET, &form);
        installed.grant(&asked).exits(0);
        asked.grant()
    };
    let expired = granted(cast::DANA, "1h");
    let [first, second, third, fourth, ..] = cast::CROWD;
    let [tampered, departed, lost, missing, begun] =
        [cast::MAX, first, second, third, fourth].map(|person| granted(person, "4h"));
    installed.pass(61);
    let policy = |grant: &str| format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    installed.harness.with_aws(async |iam| {
        let everything = attacked::everything().to_string();
        let create = iam.create_policy_version().policy_arn(policy(&tampered)).set_as_default(true);
        create.policy_document(everything).send().await.unwrap();
        for grant in [&missing, &begun] {
            iam.detach_role_policy().role_name(grant).policy_arn(policy(grant)).send().await.unwrap();
            iam.delete_role().role_name(grant).send().await.unwrap();
        }
        iam.delete_policy().policy_arn(policy(&missing)).send().await.unwrap();
    });
    installed.edit_entity("provisioned_permissions", &departed, &json!({ "requester": cast::GONE.email }));
    for grant in [&lost, &begun] {
        installed.harness.delete_entity("provisioned_permissions", grant);
    }
    let since = installed.harness.sandbox.log.len();
    let would = installed.sweep(&["--dry-run"]).exits(3);
    for api in [Api::Aws, Api::Port] {
        let writes = installed.harness.writes(api, since);
        assert!(writes.is_empty(), "{writes:?}");
    }
    let expected = [
        format!("deny {tampered}"),
        format!("revoke {expired}"),
        format!("revoke {departed}"),
        format!("record-again {lost}"),
        format!("mark-missing {missing}"),
        format!("remove-policy {}", policy(&begun)),
    ];
    let planned = would.json()["sweep"]["steps"].clone();
    assert_eq!(named(&planned, "action"), expected);
    assert_eq!((done(&would), found(&would)), (vec![], vec![format!("tampered {}", role_arn(&tampered))]));
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(ran.json()["sweep"]["steps"], planned);
    assert_eq!(done(&ran), expected);
    assert_eq!((found(&ran), &ran.json()["sweep"]["failed"]), (found(&would), &json!([])));
}

#[test]
fn another_account_than_the_rules_file_s_is_refused() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("123456789012", "210987654321"));
    let ran = installed.sweep(&[]).exits(5);
    assert!(ran.stderr.contains("not an account of this installation"), "{}", ran.stderr);
}
