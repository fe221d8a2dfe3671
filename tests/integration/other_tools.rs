//! Credentials that other tools keep: Port's own CLI and the GitHub CLI.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use port_iam::sandbox::cast;
use serde_json::json;

use crate::harness::{Harness, Ran};

const ADA_IN_PORT: [&str; 2] = ["PORT_CLIENT_ID", "PORT_CLIENT_SECRET"];
const FROM_PORT: &str = "credentials of Port from ~/.port/config.yaml";
const FROM_GH: &str = "credentials of GitHub from gh auth token";

/// Writes the file of Port's CLI into the home folder, with the platform engineer's credentials.
fn port_config(harness: &Harness, api_url: &str) {
    std::fs::create_dir(harness.folder.path().join(".port")).unwrap();
    let (id, secret) = (cast::ADA.port_client_id, cast::ADA.port_client_secret);
    let text = format!(
        "default_org: acme\norganizations:\n  other:\n    client_id: nobody\n    client_secret: nothing\n  acme:\n    \
         client_id: {id}\n    client_secret: {secret}\n    api_url: {api_url}\n"
    );
    harness.file(".port/config.yaml", &text);
}

#[test]
fn the_default_organisation_in_the_file_of_port_s_cli_is_taken_and_said_when_asked() {
    let mut harness = Harness::with_blueprints();
    port_config(&harness, &harness.variable("PORT_API_URL"));
    ADA_IN_PORT.iter().chain(&["PORT_API_URL"]).for_each(|name| harness.set(name, None));
    // Without the file nobody has said who looks.
    let ran = harness.run(&["list", "--output", "json"]).exits(0);
    assert_eq!(ran.json()["port"]["looked_at"], json!(false), "{}", ran.stdout);
    let home = harness.folder.path().to_str().unwrap().to_owned();
    harness.set("HOME", Some(&home));
    let ran = harness.run(&["list", "--output", "json"]).exits(0);
    assert_eq!(ran.json()["port"]["looked_at"], json!(true), "{}", ran.stdout);
    assert!(!ran.stderr.contains("credentials of"), "{}", ran.stderr);
    let ran = harness.run(&["-v", "list"]).exits(0);
    assert!(ran.stderr.contains(FROM_PORT), "{}", ran.stderr);
    // A variable comes before the file.
    let ran = harness.run_with(&["list", "-v"], &[("PORT_CLIENT_ID", "nobody"), ("PORT_CLIENT_SECRET", "nothing")]);
    assert!(ran.stderr.contains("credentials of Port from PORT_CLIENT_ID"), "{}", ran.stderr);
}

/// Starts the program for a GitHub of one's own, which ends before anything is sent: its workflows' tokens are no use
/// with AWS.
fn plan(harness: &Harness, flags: &[&str]) -> Ran {
    let folder = harness.folder.path();
    let mut command = Command::new(env!("CARGO_BIN_EXE_port-iam"));
    command.env_clear().env("PATH", folder).env("HOME", folder).env("AWS_REGION", "us-east-1");
    command.env("GITHUB_API_URL", "https://github.acme.example/api/v3").env("PORT_IAM_GITHUB_ORG", "acme");
    harness.heard("plan", &command.arg("plan").args(flags).output().unwrap())
}

#[test]
fn the_github_cli_is_asked_for_the_token_of_the_host_that_is_meant() {
    let harness = Harness::new();
    port_config(&harness, "https://api.us.port.io/v1");
    let ran = plan(&harness, &["-v"]).exits(4);
    assert!(ran.stderr.contains("no GitHub token is set") && ran.stderr.contains(FROM_PORT), "{}", ran.stderr);

    let token = cast::ADA.github_token;
    let program = harness.file("gh", &format!("#!/bin/sh\necho \"$*\" >> \"$HOME/asked\"\necho {token}\n"));
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let ran = plan(&harness, &["-v"]).exits(2);
    assert!(ran.stderr.contains("this is another GitHub") && ran.stderr.contains(FROM_GH), "{}", ran.stderr);
    let asked = std::fs::read_to_string(harness.folder.path().join("asked")).unwrap();
    assert_eq!(asked, "auth token --hostname github.acme.example\n");
    let ran = plan(&harness, &[]).exits(2);
    assert!(!ran.stderr.contains("credentials of"), "{}", ran.stderr);
}
