//! The repository guards itself.

use std::time::Duration;

use port_iam::sandbox::fault::Fault;

use super::*;
use crate::patience::until;

fn rules_in_force(harness: &Harness) -> Vec<String> {
    let path = format!("/repos/{REPOSITORY}/rules/branches/main");
    let rules = github(harness, "GET", &path, &json!({}));
    rules.as_array().unwrap().iter().map(|rule| rule["type"].as_str().unwrap().to_owned()).collect()
}

fn rulesets(harness: &Harness) -> Vec<Value> {
    let path = format!("/repos/{REPOSITORY}/rulesets");
    github(harness, "GET", &path, &json!({})).as_array().unwrap().clone()
}

#[test]
fn nobody_changes_what_decides_without_a_review_and_no_release_is_changed() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(rules_in_force(&harness), ["deletion", "non_fast_forward", "pull_request"]);
    let owners = harness.sandbox.github.file(REPOSITORY, "main", ".github/CODEOWNERS").unwrap();
    assert!(owners.contains("\n/.github/ @ada\n"), "{owners}");
    let immutable = github(&harness, "GET", &format!("/repos/{REPOSITORY}/immutable-releases"), &json!({}));
    assert_eq!(immutable["enabled"], true);
    // The setting has to be there before the release that it shall hold for.
    let order = method_and_path(&harness.writes(Api::Github, 0));
    let place = |path: &str| order.iter().position(|line| line.ends_with(path)).unwrap();
    assert!(place("/immutable-releases") < place("/releases"), "{order:#?}");
    assert!(place("/graphql") < place("/rulesets"), "{order:#?}");
    assert!(place("/rulesets") < place("/secrets/PORT_CLIENT_ID"), "{order:#?}");
}

#[test]
fn a_ruleset_that_was_switched_off_is_switched_on_again_and_never_doubled() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let [ruleset] = rulesets(&harness).try_into().unwrap();
    let path = format!("/repos/{REPOSITORY}/rulesets/{}", ruleset["id"]);
    github(&harness, "PUT", &path, &json!({ "enforcement": "disabled" }));
    let plan = harness.run(&["plan"]).exits(3);
    assert!(
        plan.stdout.contains("~ GitHub rules of the branch main\n      + changes need a pull request"),
        "{}",
        plan.stdout
    );
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(rules_in_force(&harness).len(), 3);
    assert_eq!(rulesets(&harness).len(), 1);
    assert_done(&harness);
}

/// A ruleset of somebody else, with this review and whoever may pass it by.
fn theirs(name: &str, is_strict: bool, bypass_mode: &str) -> Value {
    let parameters = json!({ "required_approving_review_count": 2, "require_code_owner_review": true,
        "dismiss_stale_reviews_on_push": is_strict, "require_last_push_approval": true,
        "required_review_thread_resolution": false });
    json!({ "name": name, "target": "branch", "enforcement": "active",
        "conditions": { "ref_name": { "include": ["~ALL"], "exclude": ["refs/heads/port-iam/**/*"] } },
        "bypass_actors": [{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": bypass_mode }],
        "rules": [{ "type": "deletion" }, { "type": "non_fast_forward" },
            { "type": "pull_request", "parameters": parameters }] })
}

fn with_ruleset(body: &Value) -> Harness {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    github(&harness, "POST", &format!("/repos/{REPOSITORY}/rulesets"), body);
    harness
}

#[test]
fn rules_of_somebody_else_that_do_the_same_are_enough() {
    let harness = with_ruleset(&theirs("theirs", true, "pull_request"));
    // Nobody pushes there, so the files wait to be merged.
    harness.run(&["init", "--yes"]).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(rulesets(&harness).len(), 1);
    assert_done(&harness);
}

#[test]
fn rules_of_somebody_else_that_are_weaker_get_ours_beside_them() {
    for body in [theirs("theirs", false, "always"), theirs("theirs", true, "always")] {
        let harness = with_ruleset(&body);
        harness.run(&["init", "--yes"]).exits(0);
        let names: Vec<Value> = rulesets(&harness).iter().map(|ruleset| ruleset["name"].clone()).collect();
        assert_eq!(names, ["theirs", "port-iam"]);
        assert_done(&harness);
    }
}

#[test]
fn a_ruleset_of_our_name_that_somebody_else_made_is_shown_and_not_changed_without_a_word() {
    let foreign = json!({ "name": "port-iam", "target": "branch", "enforcement": "active",
        "conditions": { "ref_name": { "include": ["refs/heads/release/*"], "exclude": [] } },
        "bypass_actors": [], "rules": [{ "type": "required_linear_history" }] });
    let harness = with_ruleset(&foreign);
    let since = harness.sandbox.log.len();
    let plan = harness.run(&["plan"]);
    assert!(
        plan.stdout.contains("! GitHub rules of the branch main: a ruleset named port-iam exists"),
        "{}",
        plan.stdout
    );
    assert!(plan.stdout.contains("refs/heads/release/*"), "{}", plan.stdout);
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("--adopt"), "{}", ran.stderr);
    assert!(writes(&harness, since).is_empty());
    harness.run(&["init", "--yes", "--adopt"]).exits(0);
    assert_eq!(rules_in_force(&harness), ["required_linear_history", "deletion", "non_fast_forward", "pull_request"]);
    assert_done(&harness);
}

#[test]
fn what_somebody_loosened_in_our_ruleset_is_shown_and_drawn_tight_again() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let [ruleset] = rulesets(&harness).try_into().unwrap();
    let path = format!("/repos/{REPOSITORY}/rulesets/{}", ruleset["id"]);
    let loose = json!([{ "actor_id": 4, "actor_type": "RepositoryRole", "bypass_mode": "always" }]);
    github(&harness, "PUT", &path, &json!({ "bypass_actors": loose }));
    let plan = harness.run(&["plan"]).exits(3);
    assert!(plan.stdout.contains("pass it by: RepositoryRole 4 (always)"), "{}", plan.stdout);
    harness.run(&["init", "--yes"]).exits(0);
    let whole = github(&harness, "GET", &path, &json!({}));
    assert_eq!(whole["bypass_actors"][0]["bypass_mode"], "pull_request", "{whole}");
    assert_done(&harness);
}

#[test]
fn no_secret_goes_to_a_workflow_that_somebody_has_edited() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let path = format!("/repos/{REPOSITORY}/environments/port-iam/secrets/PORT_CLIENT_SECRET");
    github(&harness, "DELETE", &path, &json!({}));
    let workflow = ".github/workflows/create-iam-permissions.yaml";
    let ours = harness.sandbox.github.file(REPOSITORY, "main", workflow).unwrap();
    let theirs = ours.replace("timeout-minutes: 10", "timeout-minutes: 60");
    assert_ne!(ours, theirs);
    harness.sandbox.github.commit_file(REPOSITORY, "main", workflow, Some(theirs.as_bytes())).unwrap();
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains(workflow) && ran.stdout.contains("would get them"), "{}", ran.stdout);
    let sent = method_and_path(&writes(&harness, since));
    assert!(!sent.iter().any(|line| line.contains("/secrets/")), "{sent:#?}");
    // Where the branch takes a pull request alone, they wait for that.
    let ran = harness.run(&["init", "--yes", "--force"]).exits(3);
    assert!(ran.stdout.contains("waiting for pull request #1 "), "{}", ran.stdout);
    let sent = method_and_path(&writes(&harness, since));
    assert!(!sent.iter().any(|line| line.contains("/secrets/")), "{sent:#?}");
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes"]).exits(0);
    assert!(harness.sandbox.github.secret(REPOSITORY, Some("port-iam"), "PORT_CLIENT_SECRET").is_some());
    assert_done(&harness);
}

#[test]
fn no_secret_goes_to_a_repository_in_which_a_stranger_s_workflow_waits_for_it() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    let theirs = b"on: push\njobs:\n  take:\n    environment: port-iam\n    runs-on: ubuntu-latest\n    steps: []\n";
    let path = ".github/workflows/theirs.yaml";
    harness.sandbox.github.commit_file(REPOSITORY, "main", path, Some(theirs)).unwrap();
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("git rm .github/workflows/theirs.yaml"), "{}", ran.stdout);
    assert_eq!(harness.sandbox.github.secret(REPOSITORY, Some("port-iam"), "PORT_CLIENT_SECRET"), None);
}

const SWEEP: &str = ".github/workflows/sweep-iam-permissions.yaml";

/// Returns a text below the two lines that this tool puts above its own files: whoever can count can write them.
fn forged(rest: &str) -> Vec<u8> {
    port_iam::domain::setup::sealed(&format!("# Generated by `port-iam init` 0.1.0.\n{rest}")).into_bytes()
}

fn job(environment: &str) -> String {
    format!(
        "on: push\njobs:\n  take:\n    {environment}\n    runs-on: ubuntu-latest\n    permissions:\n      id-token: write\n    steps: []\n"
    )
}

fn with_workflow(harness: &Harness, path: &str, text: &[u8]) {
    harness.sandbox.github.commit_file(REPOSITORY, "main", path, Some(text)).unwrap();
}

fn has_secrets(harness: &Harness) -> bool {
    SECRETS.iter().any(|name| harness.sandbox.github.secret(REPOSITORY, ENVIRONMENT, name).is_some())
}

/// Whoever may write to the repository before `init` runs may write anything into its workflows.
#[test]
fn no_seal_no_computed_name_and_no_unreadable_file_gets_a_stranger_s_workflow_the_secrets() {
    let computed = job("environment:\n      name: ${{ format('{0}-{1}', 'port', 'iam') }}").into_bytes();
    let escaped = job("environment: \"port\\x2diam\"").into_bytes();
    let aliased = job("environment: *there").replace("on: push", "on: push\nenv: { A: &there PORT-IAM }").into_bytes();
    let long = [job("environment: port-iam").as_bytes(), &b"# more\n".repeat(200_000)].concat();
    let texts = [forged(&job("environment: port-iam")), computed, escaped, aliased, long, b"on: \xff\n".to_vec()];
    for text in texts {
        let harness = Harness::new();
        make_repository(&harness, true, true);
        with_workflow(&harness, ".github/workflows/x.yaml", &text);
        let shown = String::from_utf8_lossy(&text[..text.len().min(300)]).into_owned();
        let ran = harness.run(&["init", "--yes"]).exits(3);
        for words in ["git rm .github/workflows/x.yaml", "Pending", "secrets of the environment port-iam"] {
            assert!(ran.stdout.contains(words), "{shown}: no {words:?} in {}", ran.stdout);
        }
        assert!(!has_secrets(&harness), "{shown}");
    }
}

/// A workflow could hide behind a hundred thousand other files.
#[test]
fn a_repository_whose_files_github_does_not_list_whole_is_not_trusted() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    let cut_off = Fault::Forged { pointer: "/truncated".to_owned(), value: json!(true) };
    harness.sandbox.faults.plan_matching("/git/trees/", 0, 9, cut_off);
    let ran = harness.run(&["init", "--yes"]).exits(1);
    assert!(ran.stderr.contains("more files than GitHub lists at once"), "{}", ran.stderr);
    assert!(writes(&harness, 0).iter().all(|sent| sent.path.ends_with("/repos")), "{:?}", writes(&harness, 0));
}

#[test]
fn a_workflow_that_only_speaks_of_the_environment_keeps_nothing_back() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    let text = format!("# The environment is port-iam's.\n{}", job("environment: production"));
    with_workflow(&harness, ".github/workflows/theirs.yaml", text.as_bytes());
    with_workflow(&harness, ".github/workflows/README.md", b"environment: port-iam\n");
    harness.run(&["init", "--yes"]).exits(0);
    assert!(has_secrets(&harness));
    assert_done(&harness);
}

#[test]
fn a_workflow_that_is_pushed_before_the_branch_is_guarded_gets_no_secrets() {
    let another = job("environment: port-iam").into_bytes();
    let in_the_place_of_ours = forged(&job("environment: port-iam"));
    for (path, text, exit_code, told) in [
        (".github/workflows/theirs.yaml", another, 3, ".github/workflows/theirs.yaml"),
        (SWEEP, in_the_place_of_ours, 1, "somebody has changed a workflow on the default branch while this ran"),
    ] {
        let harness = Harness::new();
        harness.run(&["init", "--yes"]).exits(0);
        let [ruleset] = rulesets(&harness).try_into().unwrap();
        let route = format!("/repos/{REPOSITORY}/rulesets/{}", ruleset["id"]);
        github(&harness, "PUT", &route, &json!({ "enforcement": "disabled" }));
        let since = harness.sandbox.log.len();
        let faults = &harness.sandbox.faults;
        faults.plan_matching(&format!("PUT {route}"), 0, 1, Fault::HangBefore);
        let hits = faults.hits();
        let ran = std::thread::scope(|scope| {
            scope.spawn(|| {
                until("the request that waits", || (faults.hits() > hits).then_some(()));
                with_workflow(&harness, path, &text);
            });
            harness.run_patiently(&["init", "--yes", "--rotate-secrets"], &[], Duration::from_secs(5))
        });
        let ran = ran.exits(exit_code);
        assert!(ran.stdout.contains(told) || ran.stderr.contains(told), "{}{}", ran.stdout, ran.stderr);
        let sent = method_and_path(&harness.writes(Api::Github, since));
        assert!(sent.iter().any(|line| line.starts_with("PUT") && line.ends_with(&route)), "{sent:#?}");
        assert!(!sent.iter().any(|line| line.contains("/secrets/")), "{sent:#?}");
    }
}

/// A pair that has leaked waits for nobody's review, unless it would be given to what was forged.
#[test]
fn secrets_are_rotated_while_a_file_waits_for_its_pull_request_but_for_a_workflow() {
    for (path, text, is_rotated) in [
        (".github/templates/iamTrustPolicy.json", None, true),
        (SWEEP, Some(forged(&job("environment: port-iam"))), false),
    ] {
        let harness = Harness::new();
        harness.run(&["init", "--yes"]).exits(0);
        harness.sandbox.github.commit_file(REPOSITORY, "main", path, text.as_deref()).unwrap();
        let since = harness.sandbox.log.len();
        let ran = harness.run(&["init", "--yes", "--rotate-secrets"]).exits(3);
        assert!(ran.stdout.contains("waiting for pull request #1 "), "{path}: {}", ran.stdout);
        let sent = method_and_path(&harness.writes(Api::Github, since));
        assert_eq!(sent.iter().any(|line| line.contains("/secrets/")), is_rotated, "{path}: {sent:#?}");
    }
}

/// Whoever may push could have taken it off again before anybody looks.
#[test]
fn a_set_up_that_ends_before_the_branch_is_guarded_has_set_no_secrets() {
    let harness = Harness::new();
    let refused = Fault::Status { status: 500, retry_after: None };
    harness.sandbox.faults.plan_matching(&format!("POST /repos/{REPOSITORY}/rulesets"), 0, usize::MAX, refused);
    harness.run(&["init", "--yes"]).exits(1);
    assert!(!has_secrets(&harness));
    harness.sandbox.faults.clear();
    harness.run(&["init", "--yes"]).exits(0);
    assert!(has_secrets(&harness));
}

#[test]
fn a_forged_file_in_the_place_of_ours_is_replaced_before_anything_is_trusted_to_it() {
    let oidc = ["init", "--yes", "--aws-auth", "oidc", "--aws-setup"];
    let forgery = forged(&job("environment: port-iam"));
    let place = |lines: &[String], end: &str| lines.iter().position(|line| line.ends_with(end));
    // Where `init` may push, the forgery is gone before the secrets and the roles are there.
    let harness = crate::oidc::harness();
    make_repository(&harness, true, true);
    with_workflow(&harness, SWEEP, &forgery);
    harness.run(&oidc).exits(0);
    let sent = method_and_path(&harness.writes(Api::Github, 0));
    let secret = place(&sent, "/secrets/PORT_CLIENT_SECRET").unwrap();
    assert!(place(&sent, "/graphql").unwrap() < secret, "{sent:#?}");
    assert_eq!(harness.sandbox.aws.role_names("/"), ["port-iam-granter", "port-iam-revoker"]);
    // Where a rule forbids the push, they wait until it is merged.
    let harness = crate::oidc::harness();
    make_repository(&harness, true, true);
    with_workflow(&harness, SWEEP, &forgery);
    github(&harness, "POST", &format!("/repos/{REPOSITORY}/rulesets"), &theirs("theirs", true, "pull_request"));
    let ran = harness.run(&oidc).exits(3);
    assert!(ran.stdout.contains("waiting for pull request #1 "), "{}", ran.stdout);
    for name in ["secrets of the environment port-iam", "role port-iam-granter", "role port-iam-revoker"] {
        assert!(ran.stdout.contains(name), "no {name:?} in {}", ran.stdout);
    }
    assert!(!has_secrets(&harness));
    assert_eq!(harness.sandbox.aws.role_names("/"), [""; 0]);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&oidc).exits(0);
    assert!(has_secrets(&harness));
    assert_eq!(harness.sandbox.aws.role_names("/"), ["port-iam-granter", "port-iam-revoker"]);
    assert_done(&harness);
}

/// The two lines at its head are all that it has of ours.
#[test]
fn a_forged_workflow_that_came_after_the_secrets_is_an_error_and_nothing_calls_that_well() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let doctor = Doctor::new(&harness);
    assert_eq!(doctor.workflows(&harness)["severity"], "ok");
    let ours = harness.sandbox.github.file(REPOSITORY, "main", SWEEP).unwrap();
    let rest = ours.splitn(3, '\n').nth(2).unwrap();
    with_workflow(&harness, SWEEP, &forged(&rest.replace("timeout-minutes", "# theirs\n    timeout-minutes")));
    let finding = doctor.workflows(&harness);
    assert_eq!(finding["severity"], "error", "{finding}");
    let told = "`init` did not commit what is there";
    assert!(finding["what"].as_str().unwrap().contains(told), "{finding}");
    let plan = harness.run(&["plan"]).exits(3);
    let line = format!("~ {SWEEP}: {told}");
    assert!(plan.stdout.contains(&line) && plan.stdout.contains("--rotate-secrets"), "{}", plan.stdout);
    // A rule of the branch forbids the push.
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains("--rotate-secrets") && ran.stdout.contains(SWEEP), "{}", ran.stdout);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    assert_eq!(doctor.workflows(&harness)["severity"], "ok");
    assert_done(&harness);
}

#[test]
fn a_workflow_that_somebody_has_edited_is_not_called_set_up() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let ours = harness.sandbox.github.file(REPOSITORY, "main", SWEEP).unwrap();
    with_workflow(&harness, SWEEP, format!("{ours}# theirs\n").as_bytes());
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(!ran.stdout.contains("Everything is set up"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("Left as it is: GitHub file {SWEEP}")), "{}", ran.stdout);
    assert!(ran.stdout.contains("--rotate-secrets"), "{}", ran.stdout);
}

/// `doctor` on the installation, with the runtime that it was made with.
struct Doctor {
    runtime: String,
}

impl Doctor {
    fn new(harness: &Harness) -> Self {
        let runtime = harness.file("runtime", "");
        std::fs::write(&runtime, crate::harness::runtime()).unwrap();
        Self { runtime }
    }

    /// Returns what it says of the workflows.
    fn workflows(&self, harness: &Harness) -> Value {
        let arguments = ["doctor", "--repository", REPOSITORY, "--runtime-binary", &self.runtime, "--output", "json"];
        let findings = harness.run(&arguments).json()["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["check"] == "workflows").unwrap()
    }
}

#[test]
fn a_workflow_that_came_after_the_secrets_and_would_get_them_is_told_until_it_is_gone() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let doctor = Doctor::new(&harness);
    assert_eq!(doctor.workflows(&harness)["severity"], "ok");
    let path = ".github/workflows/theirs.yaml";
    let text =
        job("environment: port-iam").replace("[]", "[{ run: 'echo ${{ secrets.PORT_CLIENT_SECRET }} | base64' }]");
    with_workflow(&harness, path, text.as_bytes());
    let plan = harness.run(&["plan"]).exits(3);
    let line = format!("! GitHub file {path}: it is not of this tool, and its jobs get the secrets");
    assert!(plan.stdout.contains(&line), "{}", plan.stdout);
    assert!(
        plan.stdout.contains(&format!("git rm {path}")) && plan.stdout.contains("--rotate-secrets"),
        "{}",
        plan.stdout
    );
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(3);
    assert!(ran.stdout.contains(path), "{}", ran.stdout);
    assert!(writes(&harness, since).is_empty());
    let finding = doctor.workflows(&harness);
    assert_eq!(finding["severity"], "error", "{finding}");
    assert!(finding["what"].as_str().unwrap().contains(path), "{finding}");
    assert!(finding["remedy"].as_str().unwrap().contains(&format!("git rm {path}")), "{finding}");
    harness.sandbox.github.commit_file(REPOSITORY, "main", path, None).unwrap();
    assert_done(&harness);
}

#[test]
fn code_owners_are_whom_the_operator_names_and_a_file_that_is_there_elsewhere_is_enough() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    harness.sandbox.github.commit_file(REPOSITORY, "main", "CODEOWNERS", Some(b"* @acme/security\n")).unwrap();
    harness.run(&["init", "--yes", "--code-owners", "@acme/platform,@ada"]).exits(0);
    assert_eq!(harness.sandbox.github.file(REPOSITORY, "main", ".github/CODEOWNERS"), None);
    let harness = Harness::new();
    harness.run(&["init", "--yes", "--code-owners", "@acme/platform,@ada"]).exits(0);
    let owners = harness.sandbox.github.file(REPOSITORY, "main", ".github/CODEOWNERS").unwrap();
    assert!(owners.contains("\n/.github/ @acme/platform @ada\n"), "{owners}");
    let harness = Harness::new();
    let ran = harness.run(&["init", "--yes", "--code-owners", "platform"]).exits(2);
    assert!(ran.stderr.contains("code owner"), "{}", ran.stderr);
    assert!(writes(&harness, 0).is_empty(), "{:?}", method_and_path(&writes(&harness, 0)));
}

#[test]
fn without_environments_an_access_key_needs_the_word_that_writers_are_administrators() {
    let harness = Harness::new();
    harness.sandbox.github.set_plan(false);
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("--writers-are-admins") && ran.stderr.contains("--aws-auth oidc"), "{}", ran.stderr);
    assert_eq!(harness.sandbox.github.secret(REPOSITORY, None, "AWS_SECRET_ACCESS_KEY"), None);
    let ran = harness.run(&["init", "--yes", "--writers-are-admins"]).exits(0);
    assert!(ran.stderr.contains("no rules for branches of private repositories"), "{}", ran.stderr);
    assert!(harness.sandbox.github.secret(REPOSITORY, None, "AWS_SECRET_ACCESS_KEY").is_some());
}

#[test]
fn an_internal_repository_is_refused_as_a_public_one_is() {
    let harness = Harness::new();
    make_repository(&harness, true, true);
    let path = format!("/repos/{REPOSITORY}");
    assert_eq!(github(&harness, "PATCH", &path, &json!({ "visibility": "internal" }))["visibility"], "internal");
    let since = harness.sandbox.log.len();
    let ran = harness.run(&["init", "--yes"]).exits(5);
    assert!(ran.stderr.contains("it is internal: the whole enterprise"), "{}", ran.stderr);
    assert!(writes(&harness, since).is_empty());
}
