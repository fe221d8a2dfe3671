//! `port-iam plan`: what is open, shown from reads alone.

use super::*;
use crate::oidc;

const WORKFLOW: &str = ".github/workflows/create-iam-permissions.yaml";

/// The steps of a plan that are not as they shall be: their systems, subjects and what is to become of them.
fn open(plan: &Value) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["change"] != "keep");
    steps.map(|step| [text(&step["system"]), text(&step["subject"]), text(&step["change"])]).collect()
}

fn lines(plan: &Value, subject: &str) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["subject"] == subject).unwrap();
    step["differences"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_reads_and_init_dry_run_says_the_same() {
    let harness = Harness::new();
    let plan = harness.run(&["plan"]).exits(3);
    assert!(plan.stdout.contains("\n+ Port   blueprint aws_resource\n"), "{}", plan.stdout);
    assert!(
        plan.stdout
            .ends_with("Nothing was changed. `port-iam init --github-org acme --aws-auth access-key` does this.\n"),
        "{}",
        plan.stdout
    );
    let dry_run = harness.run(&["init", "--dry-run"]).exits(3);
    assert_eq!(plan.stdout, dry_run.stdout);
    assert!(writes(&harness, 0).is_empty());
    harness.run(&["init", "--yes"]).exits(0);
    let since = harness.sandbox.log.len();
    let plan = harness.run(&["plan"]).exits(0);
    assert!(plan.stdout.ends_with("There is nothing to do.\n"), "{}", plan.stdout);
    assert!(plan.stdout.contains("\n= GitHub release "), "{}", plan.stdout);
    assert!(writes(&harness, since).is_empty());
}

/// Returns the words of the command that a plan says does it.
fn named_command(plan: &str) -> Vec<&str> {
    let (_, command) = plan.rsplit_once("Nothing was changed. `port-iam ").unwrap_or_else(|| panic!("{plan}"));
    command.strip_suffix("` does this.\n").unwrap().split(' ').collect()
}

#[test]
fn the_command_that_a_plan_names_does_that_plan_and_no_more() {
    let approval = ["--approval", "any", "--approvers", "ada@acme.example"];
    for (harness, flags, others) in [
        (oidc::harness(), [&["--aws-setup"][..], &approval].concat(), &[][..]),
        (Harness::new(), vec!["--only", "port"], &[Api::Github, Api::Aws]),
        (Harness::new(), vec!["--only", "github,aws"], &[]),
    ] {
        let plan = harness.run(&[&["plan"], &flags[..]].concat()).exits(3).stdout;
        let command = named_command(&plan);
        let ran = harness.run(&[&command[..], &["--yes"]].concat());
        assert!([0, 3].contains(&ran.exit_code), "{command:?}: {}", ran.stderr);
        let after = harness.run(&[&["plan", "--output", "json"], &flags[..]].concat()).json();
        let written: Vec<_> =
            open(&after).into_iter().filter(|[.., change]| ["create", "change"].contains(&change.as_str())).collect();
        assert!(written.is_empty(), "{command:?} leaves {written:?}");
        for api in others {
            assert!(harness.writes(*api, 0).is_empty(), "{command:?} writes in {api:?}");
        }
    }
}

#[test]
fn a_plan_needs_no_terminal_and_a_missing_setting_is_named() {
    let mut harness = Harness::new();
    harness.set("PORT_IAM_GITHUB_ORG", None);
    let ran = harness.run(&["plan"]).exits(2);
    assert!(ran.stderr.contains("--github-org") && ran.stderr.contains("PORT_IAM_GITHUB_ORG"), "{}", ran.stderr);
    harness.run(&["plan", "--github-org", "acme"]).exits(3);
}

#[test]
fn what_was_edited_by_hand_is_shown_and_nothing_else_and_init_puts_ours_right() {
    let harness = Harness::new();
    harness.run(&["init", "--yes"]).exits(0);
    let github = &harness.sandbox.github;
    let ours = github.file(REPOSITORY, "main", WORKFLOW).unwrap();
    let blueprint_body = edited(blueprint(&harness, "provisioned_permissions"), |body| {
        body["schema"]["properties"].as_object_mut().unwrap().shift_remove("reason");
        body["schema"]["properties"]["ticket"] = json!({ "type": "string" });
    });
    let action_body = edited(action(&harness, "request_permissions"), |body| {
        body["invocationMethod"]["reportWorkflowStatus"] = json!(false);
        body["trigger"]["userInputs"]["properties"]["ticket"] = json!({ "type": "string" });
    });
    let automation_body = edited(action(&harness, "revoke_expired_permissions"), |body| body["publish"] = json!(false));
    harness.with_port(async |port| {
        port.replace_blueprint("provisioned_permissions", &blueprint_body).await.unwrap();
        port.replace_action("request_permissions", &action_body).await.unwrap();
        port.replace_action("revoke_expired_permissions", &automation_body).await.unwrap();
    });
    let theirs = ours.replace("timeout-minutes: 10", "timeout-minutes: 60");
    assert_ne!(theirs, ours);
    github.commit_file(REPOSITORY, "main", WORKFLOW, Some(theirs.as_bytes())).unwrap();
    assert!(github.disable_workflow(REPOSITORY, "sweep-iam-permissions.yaml"));

    let since = harness.sandbox.log.len();
    let plan = harness.run(&["plan", "--output", "json"]).exits(3).json();
    assert!(writes(&harness, since).is_empty());
    let change = |system: &str, subject: &str, change: &str| [system.to_owned(), subject.to_owned(), change.to_owned()];
    assert_eq!(
        open(&plan),
        [
            change("port", "blueprint provisioned_permissions", "change"),
            change("github", &format!("file {WORKFLOW}"), "left"),
            change("github", "workflow sweep-iam-permissions.yaml", "change"),
            change("port", "action request_permissions", "change"),
            change("port", "automation revoke_expired_permissions", "change"),
        ]
    );
    assert_eq!(lines(&plan, "blueprint provisioned_permissions"), ["+ property reason (string)"]);
    assert_eq!(lines(&plan, "action request_permissions"), ["~ invocationMethod.reportWorkflowStatus: false -> true"]);
    assert_eq!(lines(&plan, "automation revoke_expired_permissions"), ["~ publish: false -> true"]);
    let shown = lines(&plan, &format!("file {WORKFLOW}"));
    let has = |mark: &str, text: &str| shown.iter().any(|line| line.starts_with(mark) && line.contains(text));
    assert!(has("  -", "timeout-minutes: 60") && has("  +", "timeout-minutes: 10"), "{shown:#?}");

    harness.run(&["init", "--yes"]).exits(3);
    let plan = harness.run(&["plan", "--output", "json"]).exits(3).json();
    assert_eq!(open(&plan), [change("github", &format!("file {WORKFLOW}"), "left")]);
    assert_eq!(github.file(REPOSITORY, "main", WORKFLOW).unwrap(), theirs);
    assert!(blueprint(&harness, "provisioned_permissions")["schema"]["properties"]["ticket"].is_object());
    harness.run(&["init", "--yes", "--force"]).exits(3);
    assert!(github.merge_pull_request(REPOSITORY, 1));
    assert_eq!(github.file(REPOSITORY, "main", WORKFLOW).unwrap(), ours);
    assert_done(&harness);
}

#[test]
fn what_is_wanted_can_be_had_as_files_and_what_init_makes_of_it_is_the_same() {
    let harness = Harness::new();
    let folder = harness.folder.path().join("wanted");
    let emit = ["plan", "--emit", folder.to_str().unwrap()];
    harness.run(&emit).exits(3);
    assert!(writes(&harness, 0).is_empty());
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    let json = |path: &str| serde_json::from_str::<Value>(&read(path)).unwrap();
    harness.run(&["init", "--yes"]).exits(0);
    assert_eq!(read(&format!("github/{WORKFLOW}")), harness.sandbox.github.file(REPOSITORY, "main", WORKFLOW).unwrap());
    assert_eq!(
        json("port/actions/request_permissions.json")["trigger"],
        action(&harness, "request_permissions")["trigger"]
    );
    assert_eq!(
        json("port/blueprints/provisioned_permissions.json")["schema"],
        blueprint(&harness, "provisioned_permissions")["schema"]
    );
    assert_eq!(json("aws/policies/port-iam-boundary.json")["Version"], "2012-10-17");
    // The same again is fine, another installation is not.
    harness.run(&emit).exits(0);
    let other = harness.run(&[&emit[..], &["--repository", "other"]].concat()).exits(2);
    assert!(other.stderr.contains("is there and differs"), "{}", other.stderr);
    let whole: Vec<_> = walk(&folder);
    assert!(!whole.iter().any(|text| text.contains(&harness.variable("PORT_CLIENT_SECRET"))));
}

/// Runs a line of a list of commands in `folder` as an administrator would, with these variables and no other.
fn follow(folder: &std::path::Path, line: &str, variables: &[(&str, String)]) {
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", line]).current_dir(folder).env_clear().env("PATH", crate::counterparts::search_path());
    let output = bash.envs(variables.iter().cloned()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {said}{}", String::from_utf8_lossy(&output.stdout));
}

fn commands(folder: &std::path::Path, system: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(system).join("commands.txt")).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn an_administrator_of_port_needs_nothing_but_the_files() {
    let harness = Harness::new();
    let folder = harness.folder.path().join("wanted");
    let approval = ["--approval", "any", "--approvers", "ada@acme.example"];
    harness.run(&[&["plan", "--emit", folder.to_str().unwrap()], &approval[..]].concat()).exits(3);
    let body = json!({ "clientId": harness.variable("PORT_CLIENT_ID"),
        "clientSecret": harness.variable("PORT_CLIENT_SECRET") });
    let url = harness.variable("PORT_API_URL");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let token = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(format!("{url}/v1/auth/access_token")).json(&body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["accessToken"].as_str().unwrap().to_owned()
    });
    let variables = [("PORT_API_URL", url), ("PORT_TOKEN", token), ("no_proxy", "*".to_owned())];
    let commands = commands(&folder, "port");
    assert_eq!(
        commands.len(),
        4 + 4 + 5 + 4 + 1,
        "blueprints and actions, who may do what, and the page: {commands:#?}"
    );
    commands.iter().for_each(|line| follow(&folder, line, &variables));
    let ran = harness.run(&[&["plan", "--output", "json"], &approval[..]].concat()).exits(3).json();
    let left: Vec<_> = open(&ran).into_iter().filter(|[system, ..]| system == "port").collect();
    assert_eq!(left, Vec::<[String; 3]>::new());
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| {
        if path.is_dir() {
            walk(&path)
        } else {
            vec![String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()]
        }
    };
    entries.flat_map(text).collect()
}
