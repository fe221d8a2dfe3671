//! One sweep over both accounts.

use jiff::SignedDuration;
use port_iam::sandbox::aws::Copy;
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::*;
use crate::harness::Ran;

const NOBODY: &str = "arn:aws:iam::210987654321:role/no-such-role";

/// A job of the sweep workflow with these roles.
pub(super) fn sweep(installed: &Installed, roles: [&str; 2], flags: &[&str]) -> Ran {
    as_sweep(installed, roles, |variables| {
        let all: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        installed.harness.run_with(&[&["sweep", "--output", "json"], flags].concat(), &all)
    })
}

/// Does something in the environment of a job of the sweep workflow. A schedule starts it, and not a dispatch: the token of
/// any run is that of this workflow here.
pub(super) fn as_sweep<T>(
    installed: &Installed,
    roles: [&str; 2],
    job: impl FnOnce(&[(&'static str, String)]) -> T,
) -> T {
    let workflow = "acme/port-iam-permissions/.github/workflows/sweep-iam-permissions.yaml@refs/heads/main";
    let github = &installed.harness.sandbox.github;
    github.forge_claim("job_workflow_ref", Some(json!(workflow)));
    let own = Installed::credentials_of_workflow();
    let mut variables: Vec<_> = own.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    variables.extend(oidc::variables(installed, roles[0], &oidc::run_of(installed)));
    variables.push(("PORT_IAM_FURTHER_AWS_ROLE_ARNS", roles[1].to_owned()));
    let done = job(&variables);
    github.stop_forging();
    done
}

/// `ACCOUNT ACTION SUBJECT` of what was done.
fn done(ran: &Ran) -> Vec<String> {
    listed(ran, "done", "action")
}

/// `ACCOUNT KIND SUBJECT` of what people have to look at.
fn findings(ran: &Ran) -> Vec<String> {
    listed(ran, "findings", "kind")
}

fn listed(ran: &Ran, list: &str, kind: &str) -> Vec<String> {
    let items = ran.json()["sweep"][list].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items.iter().map(|it| format!("{} {} {}", text(&it["account"]), text(&it[kind]), text(&it["subject"]))).collect()
}

/// A live grant in the first account.
fn granted_at_home(installed: &Installed) -> Dispatched {
    let asked = installed.request();
    grant(installed, &asked).exits(0);
    asked
}

#[test]
fn one_sweep_ends_what_is_over_in_one_account_and_finds_what_is_wrong_in_the_other() {
    let installed = installed();
    let at_home = granted_at_home(&installed);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    let asked = granted(&installed);
    let stray = Copy {
        name: "Permission-r_stray".to_owned(),
        trust: None,
        tag: ("port-iam:run".to_owned(), "r_stray".to_owned()),
    };
    installed.harness.sandbox.second_aws.copy_grant(&asked.grant(), &[stray]);
    let ran = sweep(&installed, REVOKERS, &["--dry-run"]).exits(3);
    assert_eq!(listed(&ran, "steps", "action").len(), 2, "{}", ran.stdout);
    let ran = sweep(&installed, REVOKERS, &[]).exits(1);
    let denied = format!("{SECOND} deny Permission-r_stray");
    assert_eq!(done(&ran), [format!("123456789012 revoke {}", at_home.grant()), denied], "{}", ran.stdout);
    let stray = format!("{SECOND} tampered arn:aws:iam::{SECOND}:role/port-iam/Permission-r_stray");
    assert_eq!(findings(&ran), [stray]);
    let accounts = &ran.json()["sweep"]["accounts"];
    assert_eq!((&accounts[0]["id"], &accounts[1]["id"]), (&json!("123456789012"), &json!(SECOND)));
    assert_eq!((&accounts[0]["entities"], &accounts[1]["entities"]), (&json!(1), &json!(1)));
}

#[test]
fn a_sweep_over_two_healthy_accounts_has_nothing_to_do() {
    let installed = installed();
    granted_at_home(&installed);
    granted(&installed);
    for _ in 0..2 {
        let ran = sweep(&installed, REVOKERS, &[]).exits(0);
        assert_eq!((done(&ran), findings(&ran)), (Vec::new(), Vec::new()), "{}", ran.stdout);
    }
}

#[test]
fn an_account_that_cannot_be_swept_is_told_and_keeps_no_other_from_it() {
    let installed = installed();
    let at_home = granted_at_home(&installed);
    let there = granted(&installed);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    let ran = sweep(&installed, [REVOKERS[0], NOBODY], &[]).exits(1);
    assert_eq!(done(&ran), [format!("123456789012 revoke {}", at_home.grant())]);
    let not_swept = &ran.json()["sweep"]["not_swept"];
    assert_eq!(not_swept[0]["account"], SECOND);
    assert!(not_swept[0]["message"].as_str().unwrap().contains(NOBODY), "{not_swept}");
    assert_eq!(roles_in_second(&installed), [there.grant()]);
    // Nothing that names the other account is called gone.
    assert!(installed.record(&there.grant())["properties"]["revoked_at"].is_null());
    sweep(&installed, [REVOKERS[0], NOBODY], &["--dry-run"]).exits(1);
    assert_eq!(done(&sweep(&installed, REVOKERS, &[]).exits(0)), [format!("{SECOND} revoke {}", there.grant())]);
    assert!(installed.entities().is_empty());
}

#[test]
fn an_account_of_the_rules_that_the_workflow_does_not_reach_is_never_silently_healthy() {
    let installed = installed();
    granted(&installed);
    let ran = sweep(&installed, [REVOKERS[0], ""], &[]).exits(1);
    let not_swept = &ran.json()["sweep"]["not_swept"][0];
    assert_eq!(not_swept["account"], SECOND);
    assert!(
        not_swept["hints"][0].as_str().unwrap().contains("port-iam init --add-account 210987654321"),
        "{not_swept}"
    );
    installed.set_rules(|rules| rules.replace(ENTRY, ""));
    let ran = sweep(&installed, REVOKERS, &[]).exits(1);
    assert!(ran.stdout.contains("the rules file does not name it"), "{}", ran.stdout);
    // Whoever took the account out of the rules is told what is still on record of it.
    assert!(findings(&ran)[0].starts_with("123456789012 unexplained Permission-"), "{}", ran.stdout);
}

/// The entity says that the grant is in the other account, where nothing of it is.
#[test]
fn a_forged_account_makes_no_live_role_look_gone() {
    for (blueprint, account) in [
        ("provisioned_permissions", json!(SECOND)),
        ("provisioned_permissions", json!("999999999999")),
        ("provisioned_permissions", Value::Null),
        ("permission_records", json!(SECOND)),
    ] {
        let installed = installed();
        let at_home = granted_at_home(&installed);
        let there = granted(&installed);
        for grant in [&at_home, &there] {
            let other = if grant.grant() == there.grant() && account == SECOND {
                json!(cast::AWS_ACCOUNT_ID)
            } else {
                account.clone()
            };
            installed.edit_entity(blueprint, &grant.grant(), &json!({ "account": other }));
        }
        // Twice, and an hour later, as what is missing is removed at last.
        for minutes in [0, 20, 61] {
            installed.harness.sandbox.clock.advance(SignedDuration::from_mins(minutes));
            if minutes < 61 {
                sweep(&installed, REVOKERS, &[]).exits(0);
                let roles = (installed.roles(), roles_in_second(&installed));
                assert_eq!(roles, (vec![at_home.grant()], vec![there.grant()]), "{blueprint} {account}");
                assert!(installed.is_live(&at_home.grant()));
                assert_eq!(installed.entities().len(), 2);
            }
        }
        sweep(&installed, REVOKERS, &[]).exits(0);
        for grant in [at_home, there] {
            let record = installed.record(&grant.grant());
            assert!(record["properties"]["receipt"]["role"].is_string(), "{blueprint} {account}: {record}");
        }
    }
}

/// While one account cannot be looked at, what says that it is in the other is not believed.
#[test]
fn an_entity_that_may_be_of_an_account_that_cannot_be_looked_at_is_left() {
    let installed = installed();
    let there = granted(&installed);
    for blueprint in ["provisioned_permissions", "permission_records"] {
        let account = if blueprint == "permission_records" { Value::Null } else { json!(cast::AWS_ACCOUNT_ID) };
        installed.edit_entity(blueprint, &there.grant(), &json!({ "account": account, "state": "revoke-failed" }));
    }
    let ran = sweep(&installed, [REVOKERS[0], NOBODY], &[]).exits(1);
    assert_eq!(findings(&ran), [format!("123456789012 doubtful {}", there.grant())], "{}", ran.stdout);
    assert_eq!((done(&ran), installed.entities().len()), (Vec::new(), 1));
}

/// A role of the same name in the other account, with everything that the catalog says pointing at the real one.
#[test]
fn a_decoy_is_denied_and_the_grant_stands() {
    let installed = installed();
    let at_home = granted_at_home(&installed);
    let there = granted(&installed);
    let tag = ("port-iam:run".to_owned(), at_home.run_id.clone());
    installed
        .harness
        .sandbox
        .second_aws
        .copy_grant(&there.grant(), &[Copy { name: at_home.grant(), trust: None, tag }]);
    let ran = sweep(&installed, REVOKERS, &[]).exits(1);
    assert_eq!(done(&ran), [format!("{SECOND} deny {}", at_home.grant())], "{}", ran.stdout);
    assert!(installed.is_live(&at_home.grant()));
    assert_eq!(sweep(&installed, REVOKERS, &[]).exits(1).json()["sweep"]["done"], json!([]));
}

/// The same, and its time is over: it goes, and nothing that Port knows of the real one changes.
#[test]
fn a_decoy_that_is_over_goes_alone() {
    let installed = installed();
    let there = granted(&installed);
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    let at_home = granted_at_home(&installed);
    let before = (installed.record(&at_home.grant()), installed.entities());
    let tag = ("port-iam:run".to_owned(), at_home.run_id.clone());
    installed
        .harness
        .sandbox
        .second_aws
        .copy_grant(&there.grant(), &[Copy { name: at_home.grant(), trust: None, tag }]);
    let ran = sweep(&installed, REVOKERS, &[]);
    assert!(done(&ran).contains(&format!("{SECOND} revoke {}", at_home.grant())), "{}", ran.stdout);
    assert_eq!(roles_in_second(&installed), Vec::<String>::new());
    assert!(installed.is_live(&at_home.grant()));
    assert_eq!(installed.record(&at_home.grant()), before.0);
    let entities = installed.entities();
    assert!(entities.iter().any(|entity| entity["identifier"] == at_home.grant().as_str()), "{entities:?}");
    assert_eq!(installed.run(&at_home.run_id)["status"], "SUCCESS");
    assert_eq!(installed.record(&there.grant())["properties"]["state"], "expired");
}

/// Each record that waits for a person is told once: with its account, and with the workflows' own where it names none.
#[test]
fn a_marked_record_is_told_with_its_account_and_with_the_first_where_it_names_none_of_them() {
    let installed = installed();
    granted_at_home(&installed);
    for (grant, account) in [
        ("Permission-r_there", json!(SECOND)),
        ("Permission-r_home", json!(cast::AWS_ACCOUNT_ID)),
        ("Permission-r_nobodys", json!("999999999999")),
        ("Permission-r_none", Value::Null),
    ] {
        installed.edit_entity("permission_records", grant, &json!({ "account": account, "review_due": true }));
    }
    let at_home = ["home", "nobodys", "none"].map(|name| format!("123456789012 tampered Permission-r_{name}"));
    let there = format!("{SECOND} tampered Permission-r_there");
    let ran = sweep(&installed, REVOKERS, &[]).exits(1);
    assert_eq!(findings(&ran), [at_home.as_slice(), std::slice::from_ref(&there)].concat(), "{}", ran.stdout);
    // Where the second account cannot be swept, its record is told all the same.
    let ran = sweep(&installed, [REVOKERS[0], NOBODY], &[]).exits(1);
    assert!(findings(&ran).contains(&"123456789012 tampered Permission-r_there".to_owned()), "{}", ran.stdout);
}

/// What guards a sweep against a wrong organisation counts each account's grants alone.
#[test]
fn too_much_in_one_account_is_held_back_there_alone() {
    let installed = installed();
    let at_home = granted_at_home(&installed);
    let there = granted(&installed);
    // More roles than may be taken, on record here and missing there.
    for number in 0..8 {
        let grant = format!("Permission-r_missing{number}");
        for blueprint in ["provisioned_permissions", "permission_records"] {
            installed.edit_entity(
                blueprint,
                &grant,
                &json!({ "account": SECOND, "requester": "dana@acme.example", "state": "live" }),
            );
        }
    }
    let ran = sweep(&installed, REVOKERS, &[]).exits(5);
    let json = &ran.json()["sweep"];
    let held = json["held"].as_array().unwrap();
    assert!(held.len() == 8 && held.iter().all(|step| step["account"] == SECOND), "{}", ran.stdout);
    assert_eq!((&json["accounts"][0]["stopped"], json["accounts"][1]["stopped"].is_string()), (&Value::Null, true));
    assert!(installed.is_live(&at_home.grant()) && roles_in_second(&installed) == [there.grant()]);
}
