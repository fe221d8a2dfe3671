//! `credentials`: a session of a grant's role for the AWS CLI, and nothing else on standard output.

use jiff::Timestamp;
use port_iam::sandbox::cast::{self, Person};
use port_iam::sandbox::request_log::Exchange;
use serde_json::Value;

use crate::harness::Ran;
use crate::installed::{BUCKET, Installed};

const NO_PORT: [(&str, &str); 2] = [("PORT_CLIENT_ID", ""), ("PORT_CLIENT_SECRET", "")];

/// The AWS keys of a person, in the place of the engineer's.
fn keys_of(person: Person) -> [(&'static str, &'static str); 2] {
    [("AWS_ACCESS_KEY_ID", person.aws_access_key_id), ("AWS_SECRET_ACCESS_KEY", person.aws_secret_access_key)]
}

fn credentials(installed: &Installed, grant: &str, variables: &[(&'static str, &str)]) -> Ran {
    installed.harness.run_with(&["credentials", grant], variables)
}

fn moment(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// Returns what AWS was asked for by the newest AssumeRole.
fn assumed(installed: &Installed) -> Exchange {
    let exchanges = installed.harness.sandbox.log.exchanges();
    exchanges.into_iter().rfind(|exchange| exchange.aws_action() == Some("AssumeRole")).unwrap()
}

fn granted_for(installed: &Installed, duration: &str) -> String {
    let form = serde_json::json!({ "permissions": ["s3:PutObject"], "duration": duration });
    let request = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    installed.grant(&request).exits(0);
    request.grant()
}

#[test]
fn the_requester_gets_the_form_of_aws_and_nothing_else_is_said() {
    let installed = Installed::new();
    let grant = granted_for(&installed, "1h");
    let ran = credentials(&installed, &grant, &keys_of(cast::DANA)).exits(0);
    assert_eq!(ran.stderr, "");
    let form: Value = ran.json();
    let keys: Vec<&String> = form.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]);
    assert_eq!(form["Version"], 1);
    let until = moment(&installed.record(&grant)["properties"]["granted_until"]);
    assert!(moment(&form["Expiration"]) <= until, "{}", form["Expiration"]);
    let asked = assumed(&installed).body;
    assert_eq!(asked["RoleArn"], format!("arn:aws:iam::123456789012:role/port-iam/{grant}"));
    assert_eq!(asked["RoleSessionName"], cast::DANA.iam_user);
    // They work: AWS knows the session.
    let session = [
        ("AWS_ACCESS_KEY_ID", form["AccessKeyId"].as_str().unwrap()),
        ("AWS_SECRET_ACCESS_KEY", form["SecretAccessKey"].as_str().unwrap()),
        ("AWS_SESSION_TOKEN", form["SessionToken"].as_str().unwrap()),
    ];
    let listed = installed.harness.run_with(&["list", "--output", "json"], &[&session[..], &NO_PORT].concat());
    assert!(listed.stderr.contains("assumed-role") || listed.stdout.contains("assumed-role"), "{}", listed.stderr);
}

#[test]
fn inside_a_workflow_and_in_json_standard_output_holds_the_form_or_nothing() {
    let installed = Installed::new();
    let grant = granted_for(&installed, "1h");
    let variables = [&keys_of(cast::DANA)[..], &[("GITHUB_ACTIONS", "true")]].concat();
    let ran = installed.harness.run_with(&["credentials", &grant, "--output", "json"], &variables).exits(0);
    assert_eq!(ran.json()["Version"], 1);
    let ran = installed.harness.run_with(&["credentials", "Permission-r_0", "--output", "json"], &variables);
    assert_eq!((ran.exit_code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    // Whoever may read roles is told more.
    let ran = credentials(&installed, "Permission-r_0", &keys_of(cast::ADA)).exits(1);
    for hint in [
        "hint: if the grant has ended, `port-iam show Permission-r_0` says when and by whom\n",
        "hint: if it is of another account than your own credentials, pass --account ID\n",
    ] {
        assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn a_session_ends_with_the_grant_and_within_an_hour_for_who_is_a_role() {
    let installed = Installed::new();
    let grant = granted_for(&installed, "4h");
    credentials(&installed, &grant, &keys_of(cast::ADA)).exits(0);
    let seconds = |body: &Value| body["DurationSeconds"].as_str().unwrap().parse::<i64>().unwrap();
    assert!((14_000..=14_400).contains(&seconds(&assumed(&installed).body)), "{}", assumed(&installed).body);
    let keys = installed.harness.sandbox.aws.sign_in("Developer", cast::DANA.email);
    let session = [
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.as_str()),
        ("AWS_SESSION_TOKEN", keys.session_token.as_str()),
    ];
    credentials(&installed, &grant, &session).exits(0);
    // Who may not read the role learns the end from Port.
    assert_eq!(seconds(&assumed(&installed).body), 3_600);
    credentials(&installed, &grant, &[&session[..], &NO_PORT].concat()).exits(0);
    assert_eq!(seconds(&assumed(&installed).body), 900, "nobody told the end");
    installed.pass(235);
    let ran = credentials(&installed, &grant, &keys_of(cast::ADA)).exits(0);
    // AWS gives no session that is shorter than 15 minutes; what is told to end is the grant.
    assert_eq!(seconds(&assumed(&installed).body), 900);
    let until = moment(&installed.record(&grant)["properties"]["granted_until"]);
    assert_eq!(moment(&ran.json()["Expiration"]), until);
    installed.pass(6);
    let since = installed.harness.sandbox.log.len();
    let ran = credentials(&installed, &grant, &keys_of(cast::ADA)).exits(5);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("was over at"), "{}", ran.stderr);
    let asked: Vec<_> =
        installed.exchanges_since(since).iter().flat_map(|it| it.aws_action().map(str::to_owned)).collect();
    assert!(!asked.contains(&"AssumeRole".to_owned()), "{asked:?}");
}

#[test]
fn who_is_not_let_in_is_told_why_on_standard_error() {
    let installed = Installed::new();
    let trust = "trust:\n  mode: iam-user\n  name: local-part\n  domains: [acme.example]\n";
    installed.set_rules(|rules| rules.replacen("trust:\n  mode: account\n", trust, 1));
    let grant = granted_for(&installed, "1h");
    let ran = credentials(&installed, &grant, &keys_of(cast::MAX)).exits(1);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    for part in ["could not assume the role", "AccessDenied", "[AWS request id: ", "port-iam aws requester-policy"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    credentials(&installed, &grant, &keys_of(cast::DANA)).exits(0);
    let ran = installed.harness.run_with(&["credentials", &grant, "--account", "210987654321"], &keys_of(cast::DANA));
    assert!(ran.exits(1).stderr.contains("could not assume the role"));
}

#[test]
fn a_profile_that_would_start_the_program_anew_is_refused_before_anything_is_asked() {
    let installed = Installed::new();
    let config = installed
        .harness
        .file("config", "[profile upload]\ncredential_process = port-iam credentials Permission-r_1\n");
    let no_key = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_PROFILE", "upload"),
    ];
    let since = installed.harness.sandbox.log.len();
    for arguments in [&["credentials", "Permission-r_1"][..], &["credentials", "Permission-r_1", "--profile", "upload"]]
    {
        let ran = installed.harness.run_with(arguments, &no_key).exits(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("from this very command"), "{}", ran.stderr);
    }
    assert_eq!(installed.harness.sandbox.log.len(), since);
}
