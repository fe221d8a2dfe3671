//! `uninstall` of an installation over two accounts.

use port_iam::sandbox::request_log::Api;

use super::*;

fn writes(installed: &Installed, since: usize) -> usize {
    [Api::Aws, Api::Port, Api::Github].iter().map(|api| installed.harness.writes(*api, since).len()).sum()
}

#[track_caller]
fn assert_nothing_in(aws: &port_iam::sandbox::aws::Account) {
    assert_eq!((aws.role_names("/"), aws.policy_arns("/")), (Vec::new(), Vec::new()));
}

#[test]
fn an_installation_is_taken_away_from_both_accounts_and_its_grants_before() {
    let installed = installed();
    let (there, at_home) = (granted(&installed), installed.request());
    grant(&installed, &at_home).exits(0);
    let second = format!("{SECOND}=second");
    let uninstall = ["uninstall", "--yes", "--account-profile", &second];
    let since = installed.harness.sandbox.log.len();
    // Access in any of them stands in the way of everything.
    let ran = listed::with_profiles(&installed, &uninstall).exits(5);
    for grant in [there.grant(), at_home.grant()] {
        assert!(ran.stderr.contains(&format!("{grant} is live")), "{}", ran.stderr);
    }
    assert_eq!(writes(&installed, since), 0);
    let shown = listed::with_profiles(&installed, &[&uninstall[..], &["--revoke-all", "--dry-run"]].concat()).exits(3);
    let of_second = shown.stdout.find(&format!("- AWS    role port-iam-granter of {SECOND}"));
    let of_home = shown.stdout.find("- AWS    role port-iam-granter\n");
    assert!(of_second.is_some() && of_second < of_home, "{}", shown.stdout);
    listed::with_profiles(&installed, &[&uninstall[..], &["--revoke-all"]].concat()).exits(0);
    assert_nothing_in(&installed.harness.sandbox.aws);
    assert_nothing_in(&installed.harness.sandbox.second_aws);
    for (grant, account) in [(there.grant(), SECOND), (at_home.grant(), cast::AWS_ACCOUNT_ID)] {
        let record = installed.record(&grant)["properties"].clone();
        let role = format!("arn:aws:iam::{account}:role/port-iam/{grant}");
        assert_eq!((&record["state"], &record["receipt"]["role"]), (&json!("revoked"), &json!(role)), "{record}");
    }
    let again = listed::with_profiles(&installed, &[&uninstall[..], &["--github-org", "acme"]].concat()).exits(0);
    assert!(again.stdout.starts_with("Nothing is there to be removed."), "{}", again.stdout);
}

#[test]
fn an_account_without_credentials_is_left_by_name_alone_and_what_stays_there_is_told() {
    let installed = installed();
    let asked = granted(&installed);
    let leave = ["uninstall", "--yes", "--leave-account", SECOND];
    let since = installed.harness.sandbox.log.len();
    // Port knows of access there, which nobody here can take away.
    let ran = installed.harness.run(&[&leave[..], &["--revoke-all"]].concat()).exits(5);
    assert!(ran.stderr.contains(&format!("{} is of the account {SECOND}", asked.grant())), "{}", ran.stderr);
    assert_eq!(writes(&installed, since), 0);
    revoke(&installed, &installed.give_back(&asked.grant())).exits(0);
    let ran = installed.harness.run(&leave).exits(0);
    assert!(
        ran.stdout.contains(&format!("= AWS    everything of {SECOND}: its credentials were not given")),
        "{}",
        ran.stdout
    );
    assert_nothing_in(&installed.harness.sandbox.aws);
    let second = &installed.harness.sandbox.second_aws;
    assert_eq!(second.role_names("/"), ["port-iam-granter", "port-iam-revoker"]);
    // As it says: whoever has its credentials takes the rest away.
    let told = "port-iam uninstall --github-org acme --repository port-iam-permissions";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let rest = ["uninstall", "--yes", "--github-org", "acme", "--repository", "port-iam-permissions"];
    installed.harness.run_with(&rest, &ada_in_second()).exits(0);
    assert_nothing_in(second);
}

#[test]
fn a_profile_that_is_of_another_account_takes_nothing_away() {
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    let wrong = format!("{SECOND}=first");
    let ran = listed::with_profiles(&installed, &["uninstall", "--yes", "--account-profile", &wrong]).exits(5);
    assert!(ran.stderr.contains("its credentials belong to 123456789012"), "{}", ran.stderr);
    assert_eq!(writes(&installed, since), 0);
}
