//! Another runtime for workflows that are there: told, moved when somebody asks for it, taken back by its own word.

use port_iam::domain::runtime::PinnedRuntime;
use port_iam::domain::setup::sealed;

use super::*;

const WORKFLOW: &str = ".github/workflows/create-iam-permissions.yaml";
const SUBJECT: &str = "runtime of the workflows";

/// Returns the path of a program that tells this version.
pub(crate) fn program(harness: &Harness, version: &str) -> String {
    let path = harness.folder.path().join(format!("port-iam-{version}"));
    let mut bytes = crate::harness::runtime();
    bytes.truncate(64);
    bytes.extend(format!("port-iam-runtime-version={version};").bytes());
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn workflow(harness: &Harness) -> String {
    harness.sandbox.github.file(REPOSITORY, "main", WORKFLOW).unwrap()
}

/// Returns the lines of a workflow that do not tell which runtime it runs.
fn settings(text: &str) -> Vec<String> {
    let is_pin = |line: &str| line.contains("RUNTIME_") || line.starts_with("# Of what follows");
    text.lines().filter(|line| !is_pin(line)).map(str::to_owned).collect()
}

fn check(harness: &Harness, program: &str, exit_code: u8) -> Value {
    let command = ["version", "--check-runtime", REPOSITORY, "--runtime-binary", program, "--output", "json"];
    harness.run(&command).exits(exit_code).json()
}

fn open(harness: &Harness, arguments: &[&str]) -> Vec<(String, String)> {
    let plan = harness.run(&[&["plan", "--output", "json"], arguments].concat()).json();
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["change"] != "keep");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    steps.map(|step| (text(&step["subject"]), text(&step["change"]))).collect()
}

#[test]
fn an_older_runtime_is_found_upgraded_and_found_to_be_the_same() {
    let harness = Harness::new();
    let (old, new) = (program(&harness, "0.0.8"), program(&harness, "0.0.9"));
    harness.run(&["init", "--yes", "--runtime-binary", &old]).exits(0);
    let before = workflow(&harness);
    assert!(before.contains("port-iam-v0.0.8-"), "{before}");
    assert_eq!(check(&harness, &old, 0)["verdict"], "same");
    let found = check(&harness, &new, 3);
    assert_eq!((&found["verdict"], &found["workflows"][0]["version"]), (&json!("upgrade-available"), &json!("0.0.8")));

    // Nothing of it is done by the way, whatever else there is to do.
    assert_eq!(open(&harness, &["--runtime-binary", &new]), [(SUBJECT.to_owned(), "left".to_owned())]);
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes", "--runtime-binary", &new]).exits(3);
    assert!(ran.stdout.contains("the workflows run 0.0.8, and this program is 0.0.9"), "{}", ran.stdout);
    assert_eq!(method_and_path(&writes(&harness, since)), [""; 0]);
    assert_eq!(workflow(&harness), before);
    let doctor = harness.run(&["doctor", "--runtime-binary", &new, "--output", "json"]).json();
    let runtime = doctor["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "runtime").unwrap();
    assert_eq!(runtime["severity"], "warning", "{runtime}");
    assert!(runtime["remedy"].as_str().unwrap().contains("--upgrade"), "{runtime}");

    let upgrade = ["--upgrade", "--runtime-binary", &new];
    let planned = open(&harness, &upgrade);
    assert_eq!(planned[0], (SUBJECT.to_owned(), "create".to_owned()));
    assert_eq!(planned[1..], [("files on the branch main".to_owned(), "change".to_owned())]);
    // Our own ruleset takes nothing without a review.
    harness.run(&[&["init", "--yes"], &upgrade[..]].concat()).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    let after = workflow(&harness);
    assert!(after.contains("port-iam-v0.0.9-"), "{after}");
    assert_eq!(settings(&after), settings(&before), "every other setting stays");
    assert_eq!(harness.sandbox.github.releases(REPOSITORY).len(), 2, "what is under way may need the old one");
    assert_eq!(check(&harness, &new, 0)["verdict"], "same");
    assert_eq!(check(&harness, &old, 3)["verdict"], "newer");
    harness.run(&["init", "--yes", "--runtime-binary", &new]).exits(0);
}

#[test]
fn an_older_program_takes_nothing_back_unless_that_is_said() {
    let harness = Harness::new();
    let (old, new) = (program(&harness, "0.0.8"), program(&harness, "0.0.9"));
    harness.run(&["init", "--yes", "--runtime-binary", &new]).exits(0);
    let before = workflow(&harness);
    harness.run(&["init", "--yes", "--runtime-binary", &old]).exits(3);
    let ran = harness.run(&["init", "--yes", "--upgrade", "--runtime-binary", &old]).exits(5);
    assert!(ran.stderr.contains("that is no upgrade") && ran.stderr.contains("--downgrade"), "{}", ran.stderr);
    assert_eq!(workflow(&harness), before);
    harness.run(&["init", "--yes", "--downgrade", "--runtime-binary", &old]).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    assert!(workflow(&harness).contains("port-iam-v0.0.8-"));
}

#[test]
fn the_upgrade_waits_in_one_pull_request_and_what_that_pins_is_there_before() {
    let harness = Harness::new();
    let (old, new) = (program(&harness, "0.0.8"), program(&harness, "0.0.9"));
    harness.run(&["init", "--yes", "--runtime-binary", &old]).exits(0);
    let upgrade = ["init", "--yes", "--upgrade", "--runtime-binary", &new];
    let ran = harness.run(&upgrade).exits(3);
    assert!(ran.stdout.contains("pull request #1"), "{}", ran.stdout);
    assert!(workflow(&harness).contains("port-iam-v0.0.8-"));
    // What the pull request pins is there before anybody merges it.
    assert_eq!(harness.sandbox.github.releases(REPOSITORY).len(), 2);
    harness.run(&upgrade).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes", "--runtime-binary", &new]).exits(0);
    assert_eq!(check(&harness, &new, 0)["verdict"], "same");
}

#[test]
fn a_workflow_that_somebody_has_edited_is_moved_only_with_force() {
    let harness = Harness::new();
    let (old, new) = (program(&harness, "0.0.8"), program(&harness, "0.0.9"));
    harness.run(&["init", "--yes", "--runtime-binary", &old]).exits(0);
    let edited = workflow(&harness).replace("timeout-minutes: 10", "timeout-minutes: 60");
    harness.sandbox.github.commit_file(REPOSITORY, "main", WORKFLOW, Some(edited.as_bytes())).unwrap();
    harness.run(&["init", "--yes", "--upgrade", "--runtime-binary", &new]).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    assert_eq!(workflow(&harness), edited);
    // The upgrade is not over: one workflow runs the old one, and what else it runs nobody knows.
    let found = check(&harness, &new, 1);
    assert_eq!(found["verdict"], "mismatch");
    assert_eq!(found["workflows"][0]["matches"], false, "{found}");
    assert_eq!(found["workflows"][1]["matches"], true, "{found}");
}

/// Returns a workflow with a step of somebody else, and the seal computed anew, as anybody can.
fn tampered(ours: &str) -> String {
    let rest = ours.splitn(3, '\n').nth(2).unwrap().replace("    steps:\n", "    steps:\n      - run: curl evil\n");
    sealed(&format!("{}\n{rest}", ours.lines().next().unwrap()))
}

#[test]
fn a_workflow_that_init_did_not_write_is_called_the_same_by_no_check_whatever_it_pins() {
    let harness = Harness::new();
    let own = program(&harness, "0.0.8");
    harness.run(&["init", "--yes", "--runtime-binary", &own]).exits(0);
    let found = check(&harness, &own, 0);
    assert_eq!(found["workflows"][0]["as_written"], true, "{found}");
    let github = &harness.sandbox.github;
    let ours = workflow(&harness);
    let reseal =
        |text: &str| sealed(&format!("{}\n{}", text.lines().next().unwrap(), text.splitn(3, '\n').nth(2).unwrap()));
    let port = ours.lines().find(|line| line.trim().starts_with("PORT_API_URL:")).unwrap();
    let elsewhere = reseal(&ours.replace(port, "          PORT_API_URL: \"https://evil.example\""));
    // It leaves the pins alone, and the seal is right.
    for (text, said) in [
        (tampered(&ours), "it is not what `init` writes with the runtime that it pins"),
        (elsewhere, "the workflows do not name one account, one region and one address of Port"),
        (reseal(&ours.replacen("0.1.0", "0.0.8", 1)), "the newest commit to it is not one of `init`"),
    ] {
        assert!(text != ours && PinnedRuntime::of_workflow(&text) == PinnedRuntime::of_workflow(&ours), "{said}");
        github.commit_file(REPOSITORY, "main", WORKFLOW, Some(text.as_bytes())).unwrap();
        let found = check(&harness, &own, 1);
        assert_eq!(
            (&found["verdict"], &found["workflows"][0]["matches"]),
            (&json!("mismatch"), &json!(false)),
            "{found}"
        );
        assert_eq!(found["workflows"][0]["as_written"], false, "{found}");
        let ran = harness.run(&["version", "--check-runtime", REPOSITORY, "--runtime-binary", &own]).exits(1);
        assert!(ran.stdout.contains(&format!("create-iam-permissions.yaml: {said}")), "{}", ran.stdout);
    }
}

#[test]
fn that_there_is_no_environment_is_believed_of_a_workflow_only_where_it_is_ours() {
    let harness = Harness::new();
    harness.sandbox.github.set_plan(false);
    let (old, new) = (program(&harness, "0.0.8"), program(&harness, "0.0.9"));
    harness.run(&["init", "--yes", "--writers-are-admins", "--runtime-binary", &old]).exits(0);
    let planned = || open(&harness, &["--writers-are-admins", "--runtime-binary", &new]);
    let environment = ("environment port-iam".to_owned(), "create".to_owned());
    assert!(!planned().contains(&environment), "{:?}", planned());
    let tampered = tampered(&workflow(&harness));
    harness.sandbox.github.commit_file(REPOSITORY, "main", WORKFLOW, Some(tampered.as_bytes())).unwrap();
    assert!(planned().contains(&environment), "{:?}", planned());
}

/// Returns what `doctor` says of the workflows.
fn judged(harness: &Harness, program: &str) -> (String, String) {
    let doctor = harness.run(&["doctor", "--runtime-binary", program, "--output", "json"]).exits(1).json();
    let found = doctor["findings"].as_array().unwrap().iter().find(|it| it["check"] == "workflows").unwrap();
    (found["severity"].as_str().unwrap().to_owned(), found.to_string())
}

#[test]
fn no_other_runtime_hides_what_somebody_has_put_into_a_workflow_or_deleted() {
    const SWEEP: &str = ".github/workflows/sweep-iam-permissions.yaml";
    let harness = Harness::new();
    let (old, new) = (program(&harness, "0.0.8"), program(&harness, "0.0.9"));
    harness.run(&["init", "--yes", "--runtime-binary", &old]).exits(0);
    let github = &harness.sandbox.github;
    let ours = workflow(&harness);

    let tampered = tampered(&ours);
    github.commit_file(REPOSITORY, "main", WORKFLOW, Some(tampered.as_bytes())).unwrap();
    let ran = harness.run(&["plan", "--runtime-binary", &new]);
    assert!(ran.stdout.contains("curl evil"), "{}", ran.stdout);
    let (severity, said) = judged(&harness, &new);
    assert_eq!(severity, "error", "{said}");
    assert!(said.contains(WORKFLOW), "{said}");
    let ran = harness.run(&["init", "--yes", "--runtime-binary", &new]).exits(3);
    assert!(ran.stdout.contains("curl evil"), "{}", ran.stdout);

    github.commit_file(REPOSITORY, "main", WORKFLOW, Some(ours.as_bytes())).unwrap();
    github.commit_file(REPOSITORY, "main", SWEEP, None).unwrap();
    let ran = harness.run(&["plan", "--runtime-binary", &new]);
    assert!(ran.stdout.contains(&format!("file {SWEEP}: it is missing")), "{}", ran.stdout);
    let (severity, said) = judged(&harness, &new);
    assert!(severity == "error" && said.contains(SWEEP), "{said}");
    assert_eq!(check(&harness, &old, 1)["verdict"], "mismatch");
}

#[test]
fn a_line_above_the_pin_makes_no_other_runtime_the_same() {
    let harness = Harness::new();
    let own = program(&harness, "0.0.8");
    harness.run(&["init", "--yes", "--runtime-binary", &own]).exits(0);
    let ours = workflow(&harness);
    let pin = ours.lines().find(|line| line.trim().starts_with("RUNTIME_SHA256:")).unwrap();
    let other = format!("          RUNTIME_SHA256: \"{}\"", "f".repeat(64));
    let decoy = format!("env:\n  {}\n\npermissions: {{}}", pin.trim());
    let rest = ours.splitn(3, '\n').nth(2).unwrap().replace(pin, &other).replace("permissions: {}", &decoy);
    let text = sealed(&format!("{}\n{rest}", ours.lines().next().unwrap()));
    harness.sandbox.github.commit_file(REPOSITORY, "main", WORKFLOW, Some(text.as_bytes())).unwrap();
    let found = check(&harness, &own, 1);
    assert_eq!(found["verdict"], "mismatch", "{found}");
    assert!(found["workflows"][0]["pinned_sha256"].is_null(), "{found}");
}

#[test]
fn what_is_told_by_versions_alone_is_not_called_the_same() {
    let harness = Harness::new();
    let own = program(&harness, env!("CARGO_PKG_VERSION"));
    harness.run(&["init", "--yes", "--runtime-binary", &own]).exits(0);
    assert_eq!(check(&harness, &own, 0)["verdict"], "same");
    // Without a mark nobody knows which is newer.
    let unmarked = harness.folder.path().join("unmarked");
    std::fs::write(&unmarked, &crate::harness::runtime()[..64]).unwrap();
    let unmarked = unmarked.to_str().unwrap();
    let found = check(&harness, unmarked, 3);
    assert_eq!((&found["verdict"], &found["program"]["version"]), (&json!("other-build"), &Value::Null));
    let ran = harness.run(&["init", "--yes", "--upgrade", "--runtime-binary", unmarked]).exits(5);
    assert!(ran.stderr.contains("--downgrade"), "{}", ran.stderr);
}

#[test]
fn an_asset_that_was_swapped_is_told_by_every_look_and_no_check_calls_it_sound() {
    let harness = Harness::new();
    let own = program(&harness, "0.0.8");
    harness.run(&["init", "--yes", "--runtime-binary", &own]).exits(0);
    let [tag] = harness.sandbox.github.releases(REPOSITORY).try_into().unwrap();
    assert!(harness.sandbox.github.swap_asset(REPOSITORY, &tag, "port-iam-x86_64-linux.gz", b"another program"));
    let found = check(&harness, &own, 1);
    assert_eq!(found["verdict"], "mismatch");
    assert!(found["workflows"].as_array().unwrap().iter().all(|workflow| workflow["matches"] == false), "{found}");
    let ran = harness.run(&["version", "--check-runtime", REPOSITORY, "--runtime-binary", &own]).exits(1);
    assert!(ran.stdout.contains("does not hold what the workflows pin"), "{}", ran.stdout);
    // A newer program does not take it for an upgrade alone.
    let new = program(&harness, "0.0.9");
    assert_eq!(check(&harness, &new, 1)["verdict"], "mismatch");
}

#[test]
fn a_check_says_what_it_cannot_find_and_a_version_alone_asks_nobody() {
    let harness = Harness::new();
    let ran = harness.run(&["version"]).exits(0);
    assert!(ran.stdout.starts_with(&format!("port-iam {}\n", env!("CARGO_PKG_VERSION"))), "{}", ran.stdout);
    assert!(harness.sandbox.log.exchanges().is_empty());
    let ran = harness.run(&["version", "--check-runtime", REPOSITORY]).exits(1);
    assert!(ran.stderr.contains("there is no repository"), "{}", ran.stderr);
    harness.run(&["version", "--check-runtime", "port-iam-permissions"]).exits(2);
    make_repository(&harness, true, true);
    let ran = harness.run(&["version", "--check-runtime", REPOSITORY]).exits(1);
    assert!(ran.stderr.contains("holds no workflow of this installation"), "{}", ran.stderr);
}
