//! A set-up in the place of one that was taken away: GitHub lets no release have a tag that an immutable one has had.

use port_iam::sandbox::github::GitHub;
use serde_json::json;

use super::allow_deletion_of_repositories;
use crate::harness::Harness;
use crate::installed::REPOSITORY;
use crate::life::planted::asked;
use crate::oidc;

const GRANT: &str = ".github/workflows/create-iam-permissions.yaml";

/// Returns the tag of the one release there is, which all workflows have to name.
#[track_caller]
fn released(github: &GitHub) -> String {
    let [tag] = github.releases(REPOSITORY).try_into().unwrap();
    let files = github.files(REPOSITORY, "main").unwrap();
    let workflows: Vec<_> = files.iter().filter(|(path, _)| path.starts_with(".github/workflows/")).collect();
    assert_eq!(workflows.len(), 3);
    for (path, text) in workflows {
        let text = String::from_utf8_lossy(text);
        assert!(text.contains(&format!("RUNTIME_TAG: \"{tag}\"\n")), "{path} takes it from {tag}: {text}");
    }
    tag
}

/// All that looks at the runtime agrees on where it is.
#[track_caller]
fn assert_whole(harness: &Harness, tag: &str) {
    harness.run(&["plan", "--aws-setup"]).exits(0);
    let since = harness.sandbox.log.len();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    assert_eq!(super::writes(harness, since).len(), 0);
    harness.run(&["version", "--check-runtime", REPOSITORY]).exits(0);
    let told = harness.run(&["doctor", "--output", "json"]).json();
    let runtime = told["findings"].as_array().unwrap().iter().find(|it| it["check"] == "runtime").unwrap().clone();
    assert_eq!(runtime["severity"], "ok", "{runtime}");
    assert!(runtime["message"].as_str().or(runtime["what"].as_str()).is_none_or(|it| it.contains(tag)), "{runtime}");
    let upgrade = harness.run(&["plan", "--upgrade"]);
    assert_eq!(upgrade.exit_code, 0, "it is the same program: {}", upgrade.stdout);
}

#[test]
fn what_was_taken_away_is_set_up_again_with_the_same_program_in_the_same_repository_and_in_a_new_one() {
    let harness = oidc::harness();
    let github = &harness.sandbox.github;
    let init = ["init", "--yes", "--aws-setup"];
    harness.run(&init).exits(0);
    let first = released(github);
    assert_whole(&harness, &first);

    let shown = harness.run(&["uninstall", "--dry-run"]).exits(3).stdout;
    assert!(shown.contains("which GitHub lets no release have again"), "{shown}");
    let ran = harness.run(&["uninstall", "--yes"]).exits(0);
    assert!(ran.stdout.contains("a later `init` with this program takes the next"), "{}", ran.stdout);
    let ran = harness.run(&init).exits(0);
    assert!(ran.stderr.contains(&format!("published as {first}-2")), "{}", ran.stderr);
    assert_eq!(released(github), format!("{first}-2"));
    assert_whole(&harness, &format!("{first}-2"));

    allow_deletion_of_repositories(&harness);
    let shown = harness.run(&["uninstall", "--dry-run", "--delete-repository"]).exits(3).stdout;
    assert!(shown.contains("in a repository of this name neither"), "{shown}");
    harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(0);
    harness.run(&init).exits(0);
    assert_eq!(released(github), format!("{first}-3"));
    assert_whole(&harness, &format!("{first}-3"));
}

#[test]
fn what_was_cut_short_before_the_release_was_published_uses_the_draft_that_is_there() {
    let harness = oidc::harness();
    let init = ["init", "--yes", "--aws-setup"];
    harness.run(&init).exits(0);
    let first = released(&harness.sandbox.github);
    harness.run(&["uninstall", "--yes"]).exits(0);
    let draft = json!({ "tag_name": first, "name": first, "draft": true });
    asked(&harness, "POST", &format!("/repos/{REPOSITORY}/releases"), &draft);
    harness.run(&init).exits(0);
    assert_eq!(released(&harness.sandbox.github), format!("{first}-2"));
    let all = asked(&harness, "GET", &format!("/repos/{REPOSITORY}/releases"), &json!({}));
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
}

#[test]
fn a_release_that_somebody_deleted_comes_back_under_the_next_tag_and_the_plan_says_so_before() {
    let harness = oidc::harness();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    let github = &harness.sandbox.github;
    let first = released(github);
    let releases = asked(&harness, "GET", &format!("/repos/{REPOSITORY}/releases"), &json!({}));
    asked(&harness, "DELETE", &format!("/repos/{REPOSITORY}/releases/{}", releases[0]["id"]), &json!({}));
    asked(&harness, "DELETE", &format!("/repos/{REPOSITORY}/git/refs/tags/{first}"), &json!({}));
    let plan = harness.run(&["plan"]).exits(3).stdout;
    assert!(plan.contains(&format!("release {first}-2")), "{plan}");
    assert!(plan.contains(&format!("~ {GRANT}: it runs the same program, from a release of another tag")), "{plan}");
    // The workflows come by a pull request; the release is there before.
    harness.run(&["init", "--yes"]).exits(3);
    let [(number, ..)] = github.open_pull_requests(REPOSITORY).try_into().unwrap();
    assert!(github.merge_pull_request(REPOSITORY, number));
    assert_eq!(released(github), format!("{first}-2"));
    assert_whole(&harness, &format!("{first}-2"));
}
