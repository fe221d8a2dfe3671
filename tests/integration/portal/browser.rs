//! The pages, as a person sees them: `port-iam demo --serve` as a process, and a real browser that clicks through it.
//!
//! `tests/counterparts/portal.mjs` is the story. Its screenshots are in `target/screenshots`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use port_iam::sandbox::cast;
use serde_json::Value;

use crate::counterparts::{named, port_iam, search_path};

/// A demo that serves its portal, until this is dropped.
struct Served {
    demo: Child,
    address: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let demo = Command::new(port_iam())
            .args(["demo", "--serve", "--output", "json"])
            .args(arguments)
            .env_clear()
            .env("PATH", search_path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut served = Self { demo, address: String::new() };
        served.address = served.told_address();
        served
    }

    /// Waits for the address. It comes before anything is set up, and nothing comes behind it.
    fn told_address(&mut self) -> String {
        let mut told = String::new();
        for line in BufReader::new(self.demo.stdout.take().unwrap()).lines() {
            told.push_str(&line.unwrap());
            if let Ok(Value::Object(result)) = serde_json::from_str(&told) {
                return result["portal"].as_str().unwrap().to_owned();
            }
        }
        panic!("the demo ended without an address: {told}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which the story has told then.
        _ = self.demo.kill();
        _ = self.demo.wait();
    }
}

/// Where screenshots are found after the tests.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots")
}

fn play(story: &str, arguments: &[&str]) {
    let part = format!("the portal in a real browser, the story \"{story}\"");
    let (Some(chromium), Some(packages)) = (named("PORT_IAM_CHROMIUM", &part), named("PORT_IAM_NPMT", &part)) else {
        return;
    };
    let served = Served::start(arguments);
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("node")
        .arg("tests/counterparts/portal.mjs")
        .args([story, &served.address])
        .arg(screenshots())
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", home.path())
        .env("NPMT", packages)
        .env("CHROMIUM", chromium)
        .output()
        .unwrap();
    assert!(output.status.success(), "{story}: {}", String::from_utf8_lossy(&output.stderr));
    let pages = std::fs::read_to_string(screenshots().join(format!("{story}.html"))).unwrap();
    assert!(pages.contains("What AWS has now"));
    for secret in secrets() {
        assert!(!pages.contains(secret), "a page shows {secret}");
    }
}

/// Everything of the cast that a page must never show.
fn secrets() -> Vec<&'static str> {
    let of_people = cast::PEOPLE
        .iter()
        .flat_map(|person| [person.port_client_secret, person.github_token, person.aws_secret_access_key]);
    of_people
        .chain([cast::WORKFLOW_PORT_CLIENT_SECRET, cast::MANAGER_SECRET_ACCESS_KEY, cast::PORT_APP_TOKEN])
        .collect()
}

#[test]
fn a_permission_is_requested_tested_extended_returned_revoked_and_runs_out_in_the_browser() {
    play("grants", &[]);
}

#[test]
fn a_request_waits_in_the_browser_until_an_approver_decides() {
    play("approval", &["--approval"]);
}
