//! What `list` and `show` tell over both accounts, to somebody with credentials of both.

use std::process::Command;

use port_iam::sandbox::aws::Copy;
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::*;

/// Runs the program itself, whose AWS SDK reads profiles of a file.
pub(super) fn with_profiles(installed: &Installed, arguments: &[&str]) -> crate::harness::Ran {
    with_profiles_beside(installed, arguments, &[])
}

/// The same beside other credentials than those of the first account.
pub(super) fn with_profiles_beside(
    installed: &Installed,
    arguments: &[&str],
    credentials: &[(&str, &str)],
) -> crate::harness::Ran {
    let [(_, id, secret), (_, danas_id, danas_secret)] = cast::IN_SECOND_ACCOUNT;
    let config = format!(
        "[profile powerless]\naws_access_key_id = {danas_id}\naws_secret_access_key = {danas_secret}\nregion = us-east-1\n[profile second]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\nregion = us-east-1\n[profile nobody]\naws_access_key_id = AKIA0000000000NOBODY\naws_secret_access_key = nobody-knows-it\nregion = us-east-1\n[profile first]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        cast::ADA.aws_access_key_id,
        cast::ADA.aws_secret_access_key
    );
    let file = installed.harness.file("aws-config", &config);
    let variables = installed.harness.environment.iter().map(|(name, value)| (*name, value.as_str()));
    let output = Command::new(env!("CARGO_BIN_EXE_port-iam"))
        .args(arguments)
        .env_clear()
        .envs(variables)
        .envs(credentials.iter().copied())
        .envs([("AWS_CONFIG_FILE", file.as_str()), ("NO_PROXY", "127.0.0.1"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .output()
        .unwrap();
    installed.harness.heard(&format!("{arguments:?}"), &output)
}

fn by_account(json: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    json["grants"].as_array().unwrap().iter().map(|it| (text(&it["account"]), text(&it["state"]))).collect()
}

#[test]
fn one_list_tells_of_all_accounts_and_names_those_that_it_did_not_look_at() {
    let installed = installed();
    let at_home = installed.request();
    grant(&installed, &at_home).exits(0);
    let there = granted(&installed);
    let second = format!("{SECOND}=second");
    let ran = with_profiles(&installed, &["list", "--account-profile", &second, "--output", "json"]).exits(0);
    let live = |account: &str| (account.to_owned(), "live".to_owned());
    let mut rows = by_account(&ran.json());
    rows.sort();
    assert_eq!(rows, [live("123456789012"), live(SECOND)], "{}", ran.stdout);
    assert_eq!(ran.json()["aws"]["accounts"], json!(["123456789012", SECOND]));
    let ran = with_profiles(&installed, &["list", "--account-profile", &second]).exits(0);
    assert!(ran.stdout.lines().next().unwrap().contains("account"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(" ! "), "{}", ran.stdout);
    let ran =
        with_profiles(&installed, &["list", "--account-profile", &second, "--account", SECOND, "--output", "json"]);
    assert_eq!(by_account(&ran.exits(0).json()), [live(SECOND)]);
    let shown = with_profiles(&installed, &["show", &there.grant(), "--account-profile", &second]).exits(0);
    assert!(
        shown.stdout.contains(&format!("arn:aws:iam::{SECOND}:role/port-iam/{}", there.grant())),
        "{}",
        shown.stdout
    );
    // With credentials of one account the others are named, and never silently healthy.
    let ran = installed.harness.run(&["list"]).exits(0);
    assert!(ran.stdout.contains(&format!("it is of the account {SECOND}, at which these credentials did not look")));
    let ran = with_profiles(&installed, &["list", "--account-profile", &format!("{SECOND}=first")]).exits(0);
    assert!(ran.stdout.contains(&format!("account {SECOND} not looked at")), "{}", ran.stdout);
}

#[test]
fn a_grant_of_another_account_than_its_entity_says_is_told_where_it_is() {
    let installed = installed();
    let there = granted(&installed);
    for blueprint in ["provisioned_permissions", "permission_records"] {
        installed.edit_entity(blueprint, &there.grant(), &json!({ "account": cast::AWS_ACCOUNT_ID }));
    }
    let second = format!("{SECOND}=second");
    let ran = with_profiles(&installed, &["list", "--account-profile", &second, "--output", "json"]).exits(0);
    assert_eq!(by_account(&ran.json()), [(SECOND.to_owned(), "live".to_owned())], "{}", ran.stdout);
    let told = "Port says that it is in the account 123456789012, and its role is in 210987654321";
    assert_eq!(ran.json()["grants"][0]["differences"], json!([told]));
}

#[test]
fn an_administrator_with_both_credentials_takes_grants_away_in_both_accounts() {
    let installed = installed();
    let at_home = installed.request();
    grant(&installed, &at_home).exits(0);
    let there = granted(&installed);
    let second = format!("{SECOND}=second");
    let ran = with_profiles(&installed, &["revoke", &there.grant(), "--direct", "--account-profile", &second]).exits(0);
    assert!(ran.stdout.contains("is revoked"), "{}", ran.stdout);
    assert_eq!((roles_in_second(&installed), installed.roles()), (Vec::new(), vec![at_home.grant()]));
    let again = granted(&installed);
    let all = ["revoke", "--requester", "dana@acme.example", "--yes", "--account-profile", &second];
    let ran = with_profiles(&installed, &all).exits(0);
    assert!(ran.stdout.contains(&again.grant()), "{}", ran.stdout);
    assert_eq!((roles_in_second(&installed), installed.roles()), (Vec::new(), Vec::new()));
    assert!(installed.entities().is_empty());
}

/// Whoever makes a role of its name elsewhere writes no record of it.
#[test]
fn the_record_of_a_grant_without_port_is_that_of_the_role_in_the_first_account() {
    let installed = installed();
    let (at_home, there) = (installed.request(), granted(&installed));
    grant(&installed, &at_home).exits(0);
    let without_port = crate::break_glass::granted_without_port(&installed);
    let tag = ("port-iam:resource".to_owned(), "arn:aws:s3:::decoy".to_owned());
    let decoy = Copy { name: without_port.clone(), trust: None, tag };
    installed.harness.sandbox.second_aws.copy_grant(&there.grant(), &[decoy]);
    let second = format!("{SECOND}=second");
    with_profiles(&installed, &["revoke", &without_port, "--direct", "--account-profile", &second]).exits(0);
    assert_eq!((roles_in_second(&installed), installed.roles()), (vec![there.grant()], vec![at_home.grant()]));
    let record = installed.record(&without_port)["properties"].clone();
    assert_eq!(
        (&record["resource"], &record["requester"]),
        (&json!(crate::installed::BUCKET), &json!("dana@acme.example"))
    );
    assert_eq!(record["break_glass_by"], "arn:aws:iam::123456789012:user/ada", "{record}");
    assert_eq!(record["state"], "revoked", "{record}");
    assert_eq!(record["receipt"]["later"][0]["resource"], "arn:aws:s3:::decoy", "{record}");
}
