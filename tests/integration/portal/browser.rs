//! The pages, as a person sees them: `port-iam demo --serve` as a process, and a real browser that clicks through it.
//!
//! `tests/counterparts/portal.mjs` is the story. Its screenshots are in `target/screenshots`; with `PORT_IAM_WRITE_GOLDEN` it
//! takes the pictures of the README anew, too.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use port_iam::sandbox::cast;

use super::served::Served;
use crate::counterparts::{named, port_iam, search_path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where screenshots are found after the tests.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots")
}

/// Plays a story, and returns what it printed; nothing where no browser is named.
fn play(story: &str, arguments: &[&str]) -> Option<String> {
    play_after(story, arguments, &[])
}

/// The same behind some commands of whoever works in the sandbox.
fn play_after(story: &str, arguments: &[&str], commands: &[&[&str]]) -> Option<String> {
    let part = format!("the portal in a real browser, the story \"{story}\"");
    let (Some(chromium), Some(packages)) = (named("PORT_IAM_CHROMIUM", &part), named("PORT_IAM_NPMT", &part)) else {
        return None;
    };
    let home = tempfile::tempdir().unwrap();
    let mut browser = opened(story, home.path(), &packages, &chromium);
    let environment = home.path().join("environment");
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let served = Served::start(&[arguments, &["--env-file", environment.to_str().unwrap()]].concat());
    for command in commands {
        let told = std::fs::read_to_string(&environment).unwrap();
        let variables = told.lines().filter_map(|line| line.split_once('='));
        let mut own = Command::new(port_iam());
        own.args(*command).env_clear().env("PATH", search_path()).env("HOME", home.path()).envs(variables);
        let output = own.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    writeln!(browser.stdin.take().unwrap(), "{started} {}", served.address).unwrap();
    let output = browser.wait_with_output().unwrap();
    assert!(output.status.success(), "{story}: {}", String::from_utf8_lossy(&output.stderr));
    let pages = std::fs::read_to_string(screenshots().join(format!("{story}.html"))).unwrap();
    assert!(pages.contains("What AWS has now"));
    for secret in secrets(&std::fs::read_to_string(environment).unwrap()) {
        assert!(!pages.contains(&secret), "a page shows {secret}");
    }
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Returns a browser that stands ready, and waits for the address on its standard input.
fn opened(story: &str, home: &Path, packages: &Path, chromium: &Path) -> Child {
    let images = std::env::var_os("PORT_IAM_WRITE_GOLDEN").map(|_| root().join("docs/images"));
    let mut browser = Command::new("node")
        .args(["tests/counterparts/portal.mjs", story])
        .arg(screenshots())
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", home)
        .env("NPMT", packages)
        .env("CHROMIUM", chromium)
        .envs(images.map(|folder| ("IMAGES", folder)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = [0; 6];
    if browser.stdout.as_mut().unwrap().read_exact(&mut told).is_err() || told != *b"ready\n" {
        let output = browser.wait_with_output().unwrap();
        panic!("{story}: {}", String::from_utf8_lossy(&output.stderr));
    }
    browser
}

/// Everything that a page must never show: what the platform engineer was told, what every token of GitHub begins with, and
/// the keys of the cast.
fn secrets(environment: &str) -> Vec<String> {
    let lines = environment.lines().filter_map(|line| line.split_once('='));
    let drawn = lines.filter(|(name, _)| name.contains("SECRET") || name.contains("TOKEN")).map(|(_, value)| value);
    let of_aws = cast::PEOPLE.iter().map(|person| person.aws_secret_access_key);
    let all: Vec<String> = drawn.chain(of_aws).chain(["ghp_", "ghs_"]).map(str::to_owned).collect();
    assert!(all.len() > 8, "{all:?}");
    all
}

#[test]
fn a_permission_is_requested_tested_extended_returned_revoked_and_runs_out_in_the_browser() {
    play("grants", &["demo", "--serve", "--output", "json"]);
}

#[test]
fn a_request_waits_in_the_browser_until_an_approver_decides() {
    play("approval", &["demo", "--serve", "--output", "json", "--approval"]);
}

/// README's promise, which the reader's own reading and typing has to fit into.
#[test]
fn a_newcomer_reaches_a_granted_and_a_revoked_permission_in_under_five_minutes() {
    let Some(told) = play("newcomer", &["demo", "--serve", "--output", "json"]) else { return };
    let seconds: u64 = told.trim().parse().unwrap();
    println!("from the start of `demo --serve` to the revoked grant: {seconds} s");
    std::fs::write(screenshots().join("newcomer.txt"), format!("{seconds} s\n")).unwrap();
    assert!(seconds <= 300, "{seconds} s");
}

#[test]
fn a_sandbox_in_which_nothing_is_set_up_has_pages_that_say_so() {
    play("empty", &["sandbox", "--serve"]);
}

#[test]
fn a_sandbox_that_was_set_up_by_hand_has_the_pages_of_a_grant_too() {
    let set_up: [&[&str]; 2] = [&["init", "--yes", "--aws-setup"], &["seed", "--yes"]];
    play_after("by-hand", &["sandbox", "--serve"], &set_up);
}
