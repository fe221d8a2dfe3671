//! The pages, as a person sees them: `port-iam demo --serve` as a process, and a real browser that clicks through it.
//!
//! `tests/counterparts/portal.mjs` is the story. Its screenshots are in `target/screenshots`; with `PORT_IAM_WRITE_GOLDEN` it
//! takes the pictures of the README anew, too.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use port_iam::sandbox::cast;
use serde_json::Value;

use crate::counterparts::{named, port_iam, search_path};

/// A command that serves its portal, until this is dropped.
struct Served {
    command: Child,
    /// Kept open: what comes behind the address has to go somewhere.
    output: BufReader<ChildStdout>,
    address: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(port_iam())
            .args(arguments)
            .env_clear()
            .env("PATH", search_path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(command.stdout.take().unwrap());
        let mut served = Self { command, output, address: String::new() };
        served.address = served.told_address();
        served
    }

    /// Waits for the address. It comes before anything is set up.
    fn told_address(&mut self) -> String {
        let mut told = String::new();
        for line in self.output.by_ref().lines() {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("# The portal: ") {
                return address.to_owned();
            }
            told.push_str(&line);
            if let Ok(Value::Object(result)) = serde_json::from_str(&told) {
                return result["portal"].as_str().unwrap().to_owned();
            }
        }
        panic!("the command ended without an address: {told}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which the story has told then.
        _ = self.command.kill();
        _ = self.command.wait();
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
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
    let images = std::env::var_os("PORT_IAM_WRITE_GOLDEN").map(|_| root().join("docs/images"));
    let output = Command::new("node")
        .arg("tests/counterparts/portal.mjs")
        .args([story, &served.address])
        .arg(screenshots())
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", home.path())
        .env("NPMT", packages)
        .env("CHROMIUM", chromium)
        .envs(images.map(|folder| ("IMAGES", folder)))
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
    play("grants", &["demo", "--serve", "--output", "json"]);
}

#[test]
fn a_request_waits_in_the_browser_until_an_approver_decides() {
    play("approval", &["demo", "--serve", "--output", "json", "--approval"]);
}

#[test]
fn a_sandbox_in_which_nothing_is_set_up_has_pages_that_say_so() {
    play("empty", &["sandbox", "--serve"]);
}
