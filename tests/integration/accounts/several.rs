//! `revoke --requester` and `--resource` without Port, which alone knows of the grants of every account.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;

use super::*;

const HOME: &str = cast::AWS_ACCOUNT_ID;

fn of_dana(more: &[&'static str]) -> Vec<&'static str> {
    [&["revoke", "--requester", "dana@acme.example", "--yes"], more].concat()
}

#[test]
fn without_port_the_accounts_that_were_looked_at_are_named_whether_or_not_anything_was_found() {
    let installed = installed();
    let there = granted(&installed);
    let told = format!("Without Port it was looked for in {HOME} alone: in another account a grant would be live");
    let nothing = installed.harness.run(&of_dana(&["--aws-only"])).exits(0);
    assert!(
        nothing.stdout.contains("No live grant was found.") && nothing.stdout.contains(&told),
        "{}",
        nothing.stdout
    );
    let json = installed.harness.run(&of_dana(&["--aws-only", "--output", "json"])).exits(0).json();
    assert_eq!((&json["accounts"], &json["not_looked_at"]), (&json!([HOME]), &json!([])), "{json}");
    let at_home = installed.request();
    grant(&installed, &at_home).exits(0);
    installed.harness.sandbox.faults.plan(Some(Api::Port), 0, 999, Fault::DropBefore);
    let ran = installed.harness.run(&of_dana(&[])).exits(0);
    installed.harness.sandbox.faults.clear();
    assert!(ran.stdout.contains(&at_home.grant()) && ran.stdout.contains(&told), "{}", ran.stdout);
    assert_eq!((installed.roles(), roles_in_second(&installed)), (Vec::new(), vec![there.grant()]));
}

#[test]
fn what_port_tells_of_another_account_needs_no_such_word() {
    let installed = installed();
    let there = granted(&installed);
    let ran = installed.harness.run(&of_dana(&["--output", "json"])).exits(1);
    let json = ran.json();
    assert_eq!((&json["left"][0]["grant"], &json["accounts"]), (&json!(there.grant()), &json!([HOME])), "{json}");
    assert!(!installed.harness.run(&of_dana(&[])).exits(1).stdout.contains("Without Port"));
}

#[test]
fn an_account_whose_credentials_are_nobody_s_is_told_as_not_looked_at() {
    let installed = installed();
    let there = granted(&installed);
    let nobody = ["--aws-only", "--account-profile", "210987654321=nobody"];
    let ran = listed::with_profiles(&installed, &of_dana(&nobody)).exits(1);
    let told = [format!("looked for in {HOME} alone"), format!("The account {SECOND} was not looked at")];
    assert!(told.iter().all(|told| ran.stdout.contains(told)), "{}", ran.stdout);
    let json =
        listed::with_profiles(&installed, &of_dana(&[&nobody[..], &["--output", "json"]].concat())).exits(1).json();
    assert_eq!((&json["accounts"], &json["not_looked_at"][0]["account"]), (&json!([HOME]), &json!(SECOND)), "{json}");
    assert_eq!(roles_in_second(&installed), [there.grant()]);
}

#[test]
fn an_account_with_credentials_is_looked_at_and_named() {
    let installed = installed();
    let there = granted(&installed);
    let second = ["--aws-only", "--account-profile", "210987654321=second", "--output", "json"];
    let json = listed::with_profiles(&installed, &of_dana(&second)).exits(0).json();
    assert_eq!((&json["accounts"], &json["not_looked_at"]), (&json!([HOME, SECOND]), &json!([])), "{json}");
    assert_eq!(json["revoked"][0]["grant"], json!(there.grant()));
    assert_eq!(roles_in_second(&installed), [""; 0]);
}
