//! The same life where things stand elsewhere: in the repository of a user, on an Enterprise Server, under another prefix, and
//! in an organisation that has Port's newer integration with GitHub alone.

use port_iam::sandbox::request_log::Api;

use super::not_green;
use crate::harness::Harness;
use crate::installed::REPOSITORY;

/// Sets up, finds nothing more to do and nothing wrong, and takes everything away again.
#[track_caller]
fn lives_and_ends(harness: &Harness, repository: &str, place: &[&str]) {
    let run = |words: &[&str], code: u8| harness.run(&[words, place].concat()).exits(code);
    let before = harness.sandbox.inventory();
    run(&["init", "--yes"], 0);
    let since = harness.sandbox.log.len();
    run(&["init", "--yes"], 0);
    for api in [Api::Port, Api::Github, Api::Aws] {
        assert!(harness.writes(api, since).is_empty(), "{api:?}: {place:?}");
    }
    run(&["plan"], 0);
    run(&["seed", "--yes"], 0);
    let ran = run(&["doctor", "--output", "json"], 0);
    assert!(!ran.stdout.contains("\"error\""), "{}", ran.stdout);
    let ran = run(&["uninstall", "--yes", "--delete-entities", "--output", "json"], 0).json();
    let left: Vec<&str> = ran["left"].as_array().unwrap().iter().map(|it| it["subject"].as_str().unwrap()).collect();
    assert!(left.contains(&format!("repository {repository}").as_str()), "{left:?}");
    // The repository stays with its history, and so does what Port keeps of what was done.
    let is_named = |change: &&String| {
        change.contains(&format!(" github {repository} "))
            || ["~ port audit log", "~ port runs"].contains(&change.as_str())
    };
    let changes = before.changes(&harness.sandbox.inventory());
    let unnamed: Vec<&String> = changes.iter().filter(|change| !is_named(change)).collect();
    assert!(unnamed.is_empty(), "{place:?}: {unnamed:#?}");
    for path in harness.sandbox.github.files(repository, "main").unwrap().into_keys() {
        assert!(!path.starts_with(".github"), "{path}");
    }
}

#[test]
fn in_the_repository_of_a_user() {
    let mut harness = Harness::for_installation();
    harness.set("PORT_IAM_GITHUB_ORG", Some("ada"));
    harness.set("PORT_IAM_REPOSITORY", Some("mine"));
    lives_and_ends(&harness, "ada/mine", &[]);
}

#[test]
fn beside_another_installation_under_a_prefix() {
    lives_and_ends(&Harness::for_installation(), REPOSITORY, &["--prefix", "team-a"]);
}

#[test]
fn on_an_enterprise_server() {
    let mut harness = Harness::for_installation();
    harness.sandbox.github.set_enterprise_server();
    let address = format!("{}/api/v3", harness.variable("GITHUB_API_URL"));
    harness.set("GITHUB_API_URL", Some(&address));
    lives_and_ends(&harness, REPOSITORY, &[]);
}

#[test]
fn with_the_newer_integration_alone() {
    let mut harness = Harness::for_installation();
    harness.clock_ahead = Some(jiff::SignedDuration::ZERO);
    let _ = harness.sandbox.port.clone().with_ocean();
    lives_and_ends(&harness, REPOSITORY, &[]);
    // What it set up before was as sound as what GitHub's app starts.
    harness.run(&["init", "--yes"]).exits(0);
    assert!(not_green(&harness).iter().all(|odd| !odd.starts_with("error")));
}
