//! Whether a grant was used: what AWS shows, and what it cannot show.

use std::process::Command;

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::{assume, grant, report};
use crate::counterparts::named;
use crate::installed::Installed;

fn usage(installed: &Installed, name: &str, flags: &[&str]) -> Value {
    grant(&report(installed, flags).json(), name)["usage"].clone()
}

#[test]
fn a_session_is_seen_in_the_region_in_which_it_was_opened() {
    let installed = Installed::new();
    let name = installed.granted().grant();
    assume(&installed, cast::DANA, &name, "eu-central-1");
    installed.pass(20);
    // Whoever does not look there does not see it, and says where nobody was seen.
    let unseen = usage(&installed, &name, &[]);
    assert_eq!(unseen["verdict"], "not-seen", "{unseen}");
    assert!(unseen["evidence"].as_str().unwrap().starts_with("not seen in us-east-1 so far; "), "{unseen}");
    // The region of AWS's global addresses is asked whichever others are named.
    let elsewhere = usage(&installed, &name, &["--regions", "eu-west-1"]);
    assert!(elsewhere["evidence"].as_str().unwrap().starts_with("not seen in eu-west-1, us-east-1"), "{elsewhere}");
    let seen = usage(&installed, &name, &["--regions", "eu-central-1"]);
    assert_eq!(seen["verdict"], "used", "{seen}");
    assert!(seen["evidence"].as_str().unwrap().starts_with("1 session was opened in eu-central-1"), "{seen}");
    assert!(seen["last_used"].is_string());
}

#[test]
fn a_switch_in_the_console_and_a_service_that_iam_saw_are_uses_too() {
    let installed = Installed::new();
    let (switched, used) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    installed.harness.sandbox.aws.switch_in_console(&switched, "dana", "us-east-1");
    assert!(installed.harness.sandbox.aws.use_role_with(&used, "s3"));
    installed.pass(20);
    assert_eq!(usage(&installed, &switched, &[])["verdict"], "used");
    assert_eq!(usage(&installed, &used, &[])["evidence"], "its role was used with s3 (IAM, last accessed)");
}

#[test]
fn an_attempt_that_was_refused_is_no_use() {
    let installed = Installed::new();
    let name = installed.granted().grant();
    installed.pass(61);
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assume(&installed, cast::DANA, &name, "us-east-1");
    }));
    assert!(refused.is_err(), "its time is over");
    installed.pass(20);
    assert_eq!(usage(&installed, &name, &[])["verdict"], "not-seen");
    // IAM, which knows of every region, may be four hours late; it tells of a role that is there.
    installed.pass(240);
    assert_eq!(usage(&installed, &name, &[])["verdict"], "unused");
}

#[test]
fn without_the_rights_it_cannot_be_known_and_the_reason_is_told() {
    let installed = Installed::new();
    let name = installed.granted().grant();
    assume(&installed, cast::DANA, &name, "us-east-1");
    installed.pass(20);
    // The workflow's identity may look at the roles, and at no event.
    let workflow = Installed::credentials_of_workflow();
    let told = installed.harness.run_with(&["report", "--output", "json"], &workflow).exits(0).json();
    let usage = &grant(&told, &name)["usage"];
    assert_eq!(usage["verdict"], "cannot-know");
    let why = usage["evidence"].as_str().unwrap();
    assert!(why.contains("cloudtrail:LookupEvents") && why.contains("nor can IAM be asked"), "{why}");
    assert_eq!(told["totals"]["unused"], 0);
    // The question that was refused is not asked of every grant.
    let asked = installed.harness.sandbox.log.exchanges();
    let lookups = asked.iter().filter(|it| it.aws_action() == Some("LookupEvents")).count();
    assert_eq!(lookups, 2, "the switches of the console, and the first grant");
}

#[test]
fn too_early_too_late_and_too_many_cannot_be_known() {
    let installed = Installed::new();
    let name = installed.granted().grant();
    let why = usage(&installed, &name, &[])["evidence"].as_str().unwrap().to_owned();
    assert!(why.contains("too early to tell"), "{why}");
    installed.pass(20);
    let why = usage(&installed, &name, &["--look-ups", "0"])["evidence"].as_str().unwrap().to_owned();
    assert!(why.contains("--look-ups sets how many"), "{why}");
    installed.harness.run(&["revoke", &name, "--direct"]).exits(0);
    installed.pass(100 * 24 * 60);
    let why = usage(&installed, &name, &["--since", "200d"])["evidence"].as_str().unwrap().to_owned();
    assert!(why.contains("CloudTrail keeps no more"), "{why}");
}

#[test]
fn what_the_sandbox_answers_is_what_amazon_s_own_client_reads() {
    let part = "CloudTrail and IAM's last accessed information of the sandbox, read by boto3";
    let Some(python) = named("PORT_IAM_PYTHON", part) else { return };
    let installed = Installed::new();
    let name = installed.granted().grant();
    assume(&installed, cast::DANA, &name, "us-east-1");
    installed.harness.sandbox.aws.use_role_with(&name, "s3");
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .args(["tests/counterparts/usage.py", &installed.harness.variable("AWS_ENDPOINT_URL"), &name])
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_ACCESS_KEY_ID", installed.harness.variable("AWS_ACCESS_KEY_ID"))
        .env("AWS_SECRET_ACCESS_KEY", installed.harness.variable("AWS_SECRET_ACCESS_KEY"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["events"], json!(["AssumeRole"]));
    assert_eq!(told["used"], json!(["s3"]));
    let errors =
        ["InvalidLookupAttributesException", "InvalidMaxResultsException", "InvalidTimeRangeException", "NoSuchEntity"];
    assert_eq!(told["errors"], json!(errors));
}
