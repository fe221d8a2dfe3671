//! A branch that may not be pushed to: one pull request, found again by every further run.

use port_iam::sandbox::fault::Fault;

use super::*;

fn pulls(harness: &Harness) -> Vec<Value> {
    let path = format!("/repos/{REPOSITORY}/pulls?state=all");
    github(harness, "GET", &path, &json!({})).as_array().unwrap().clone()
}

/// A sandbox with an empty repository whose default branch nobody may push to.
fn protected() -> Harness {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    assert!(harness.sandbox.github.protect_branch(REPOSITORY, "main"));
    harness
}

/// Lets every branch take signed commits alone, whoever pushes.
fn require_signatures(harness: &Harness) {
    let signed = json!({ "name": "signed", "target": "branch", "enforcement": "active", "bypass_actors": [],
        "conditions": { "ref_name": { "include": ["~ALL"], "exclude": [] } },
        "rules": [{ "type": "required_signatures" }] });
    github(harness, "POST", &format!("/repos/{REPOSITORY}/rulesets"), &signed);
}

#[test]
fn files_that_may_not_be_pushed_wait_in_one_pull_request_and_the_actions_wait_with_them() {
    let harness = protected();
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("waiting for pull request #1 (http"), "{}", ran.stdout);
    assert_eq!(action(&harness, "request_permissions"), Value::Null);
    let [pull] = pulls(&harness).try_into().unwrap();
    assert!(pull["head"]["ref"].as_str().unwrap().starts_with("port-iam/"), "{pull:#}");

    let since = harness.sandbox.log.len();
    let again = harness.run(&["init", "--yes"]).exits(3);
    assert!(again.stdout.contains("waiting for pull request #1 "), "{}", again.stdout);
    assert_eq!(pulls(&harness).len(), 1);
    let written = method_and_path(&writes(&harness, since));
    // The push that is tried, and the branch that is there already.
    assert_eq!(written, ["POST /graphql".to_owned(), format!("POST /repos/{REPOSITORY}/git/refs")]);

    let plan = harness.run(&["plan", "--output", "json"]).exits(3).json();
    let open = plan["steps"].as_array().unwrap().iter().filter(|step| step["change"] == "create").count();
    assert!(open >= 6, "{plan:#}");

    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(action(&harness, "request_permissions")["identifier"], "request_permissions");
    assert_done(&harness);
}

#[test]
fn a_run_that_is_cut_off_between_branch_and_pull_request_is_taken_up_again() {
    // The second commit is that of the branch; the first one is refused.
    for (request, after) in [("POST /graphql", 1), ("/pulls", 0), ("/pulls", 1), ("/git/refs", 0)] {
        let harness = protected();
        harness.sandbox.faults.plan_matching(request, after, 1, Fault::DropAfter);
        harness.run(&["init", "--yes"]);
        harness.sandbox.faults.clear();
        harness.run(&["init", "--yes"]).exits(3);
        assert_eq!(pulls(&harness).len(), 1, "{request} {after}");
        assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
        harness.run(&["init", "--yes"]).exits(0);
        assert_done(&harness);
    }
}

#[test]
fn a_branch_into_which_somebody_has_put_something_else_is_not_proposed_as_ours() {
    let harness = protected();
    harness.run(&["init", "--yes"]).exits(3);
    let [pull] = pulls(&harness).try_into().unwrap();
    let branch = pull["head"]["ref"].as_str().unwrap();
    let workflow = ".github/workflows/create-iam-permissions.yaml";
    harness.sandbox.github.commit_file(REPOSITORY, branch, workflow, Some(b"on: push\n")).unwrap();
    let ran = harness.run(&["init", "--yes"]).exits(1);
    assert!(
        ran.stderr.contains(&format!("the branch {branch} holds something else than what `init` proposes")),
        "{}",
        ran.stderr
    );
    assert_eq!(pulls(&harness).len(), 1);
}

#[test]
fn a_pull_request_that_waits_is_the_one_of_every_further_run_wherever_main_has_gone() {
    let harness = protected();
    harness.run(&["init", "--yes"]).exits(3);
    let [before] = pulls(&harness).try_into().unwrap();
    let commit = |branch: &str, path: &str| {
        harness.sandbox.github.commit_file(REPOSITORY, branch, path, Some(b"more\n")).unwrap();
    };
    commit("main", "docs/more.md");
    let since = harness.sandbox.log.len();
    let again = harness.run(&["init", "--yes"]).exits(3);
    assert!(again.stdout.contains("waiting for pull request #1 "), "{}", again.stdout);
    let [after] = pulls(&harness).try_into().unwrap();
    assert_eq!((&after["head"]["ref"], &after["head"]["sha"]), (&before["head"]["ref"], &before["head"]["sha"]));
    let written = method_and_path(&writes(&harness, since));
    assert_eq!(written, ["POST /graphql".to_owned(), format!("POST /repos/{REPOSITORY}/git/refs")]);
    // What somebody puts on top of it is no more ours than before.
    let branch = before["head"]["ref"].as_str().unwrap();
    commit(branch, "docs/further.md");
    let ran = harness.run(&["init", "--yes"]).exits(1);
    assert!(ran.stderr.contains("holds something else than what `init` proposes"), "{}", ran.stderr);
}

#[test]
fn a_branch_that_was_made_and_left_empty_takes_the_files_though_main_has_moved() {
    let harness = protected();
    harness.sandbox.faults.plan_matching("POST /graphql", 1, usize::MAX, Fault::DropBefore);
    harness.run(&["init", "--yes"]);
    harness.sandbox.faults.clear();
    harness.sandbox.github.commit_file(REPOSITORY, "main", "docs/more.md", Some(b"more\n")).unwrap();
    harness.run(&["init", "--yes"]).exits(3);
    let [pull] = pulls(&harness).try_into().unwrap();
    let branch = pull["head"]["ref"].as_str().unwrap();
    assert!(harness.sandbox.github.file(REPOSITORY, branch, ".github/port-iam.yaml").is_some());
    assert!(harness.sandbox.github.file(REPOSITORY, branch, "docs/more.md").is_none(), "it was made before");
}

#[test]
fn what_was_merged_and_is_gone_again_is_proposed_on_a_branch_of_its_own() {
    const WORKFLOW: &str = ".github/workflows/sweep-iam-permissions.yaml";
    let harness = protected();
    harness.run(&["init", "--yes"]).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    let proposed = |number: u64| {
        harness.sandbox.github.commit_file(REPOSITORY, "main", WORKFLOW, None).unwrap();
        harness.run(&["init", "--yes"]).exits(3);
        let pull = pulls(&harness).into_iter().find(|pull| pull["number"] == number).unwrap();
        assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, number));
        pull["head"]["ref"].as_str().unwrap().to_owned()
    };
    let first = proposed(2);
    assert_eq!(proposed(3), format!("{first}-2"));
    assert!(harness.sandbox.github.file(REPOSITORY, "main", WORKFLOW).is_some());
}

#[test]
fn a_branch_that_takes_signed_commits_alone_takes_ours_without_a_pull_request() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    require_signatures(&harness);
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(pulls(&harness), [Value::Null; 0]);
    assert!(harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").is_some());
    assert_done(&harness);
}

#[test]
fn a_pull_request_of_signed_commits_is_opened_where_both_are_called_for() {
    let harness = protected();
    require_signatures(&harness);
    harness.run(&["init", "--yes"]).exits(3);
    assert_eq!(pulls(&harness).len(), 1);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes"]).exits(0);
    assert_done(&harness);
}
