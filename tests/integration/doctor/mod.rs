//! `port-iam doctor`, and `doctor --security` on live identities: sound ones, and ones that somebody gave more.

mod faults;
mod probe;

use jiff::SignedDuration;
use port_iam::assets;
use port_iam::domain::names::{GRANTER_ROLE, Names, REVOKER_ROLE};
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::github::Conclusion;
use port_iam::sandbox::{Options, Sandbox, cast};
use serde_json::{Value, json};

use crate::harness::{Harness, cast_account};
use crate::installed::{Installed, REPOSITORY};

fn with_manager(edit: impl FnOnce(&mut Vec<Value>)) -> Harness {
    let policies = assets::manager_policies(&Names::default(), &cast_account()).unwrap();
    let mut manager_policies = vec![policies.granter, policies.revoker];
    edit(&mut manager_policies);
    let sandbox = Sandbox::start(&Options { manager_policies, ..Options::default() }).unwrap();
    Harness::of(sandbox)
}

fn with_roles(granter: Value, revoker: Value) -> Harness {
    let harness = Harness::new();
    harness.with_aws(async |iam| {
        for (name, document) in [(GRANTER_ROLE, granter), (REVOKER_ROLE, revoker)] {
            let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Principal": { "AWS": "*" },
                "Action": "sts:AssumeRole" }] });
            let role = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
            role.send().await.unwrap();
            let policy = iam.create_policy().policy_name(name).policy_document(document.to_string());
            let policy = policy.send().await.unwrap().policy.unwrap().arn.unwrap();
            iam.attach_role_policy().role_name(name).policy_arn(policy).send().await.unwrap();
        }
    });
    harness
}

#[test]
fn the_user_with_both_policies_may_do_what_is_written() {
    let harness = with_manager(|_| ());
    let ran = harness.run(&["doctor", "--security", "--user", cast::MANAGER_IAM_USER, "--output", "json"]).exits(0);
    let told = ran.json();
    assert_eq!((&told["sound"], &told["identities"][0]["judged_by"]), (&json!(true), &json!("simulator")));
    assert!(told["questions"].as_u64().unwrap() > 5_000);
}

#[test]
fn a_user_who_was_given_more_is_found_out_with_what_he_can_do() {
    let more = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "*" }] });
    let harness = with_manager(|policies| policies.push(more));
    let ran = harness.run(&["doctor", "--security", "--user", cast::MANAGER_IAM_USER, "--output", "json"]).exits(1);
    let differences = ran.json()["identities"][0]["differences"].as_array().unwrap().clone();
    let boundary = |one: &&Value| one["action"] == "iam:CreatePolicyVersion" && one["target"] == "the boundary";
    assert!(differences.iter().find(boundary).unwrap()["allowed"] == true, "{differences:#?}");
}

#[test]
fn what_a_user_was_given_by_a_group_counts_too_and_a_group_that_may_not_be_read_is_told() {
    let harness = with_manager(|_| ());
    let more = json!({ "Effect": "Allow", "Action": "iam:*",
        "Resource": "arn:aws:iam::123456789012:role/OrganizationAccountAccessRole" });
    harness.with_aws(async |iam| {
        let document = json!({ "Version": "2012-10-17", "Statement": more });
        let policy = iam.create_policy().policy_name("More").policy_document(document.to_string());
        let policy = policy.send().await.unwrap().policy.unwrap().arn.unwrap();
        iam.create_group().group_name("Helpers").send().await.unwrap();
        iam.attach_group_policy().group_name("Helpers").policy_arn(policy).send().await.unwrap();
        iam.add_user_to_group().group_name("Helpers").user_name(cast::MANAGER_IAM_USER).send().await.unwrap();
    });
    let arguments = ["doctor", "--security", "--user", cast::MANAGER_IAM_USER, "--output", "json"];
    let user = harness.run(&arguments).exits(1).json()["identities"][0].clone();
    assert_eq!(user["differences"], json!([]), "the battery does not ask about it");
    assert_eq!(user["statements"], json!([{ "written": false, "statement": more }]));
    let forbidden = Fault::Status { status: 403, retry_after: None };
    harness.sandbox.faults.plan_matching("Action=ListGroupsForUser", 0, 1, forbidden.clone());
    let ran = harness.run(&arguments[..4]).exits(1);
    assert!(ran.stdout.contains("answers every question as is written"), "{}", ran.stdout);
    harness.sandbox.faults.plan_matching("Action=ListGroupsForUser", 0, 1, forbidden.clone());
    let user = harness.run(&arguments).exits(1).json()["identities"][0].clone();
    assert_eq!(user["differences"], json!([]));
    assert!(user["notes"][0].as_str().unwrap().contains("the policies of its groups may not be read"), "{user}");
}

#[test]
fn the_roles_are_judged_by_their_documents_where_the_simulator_may_not_be_asked() {
    let policies = assets::manager_policies(&Names::default(), &cast_account()).unwrap();
    let judge = |granter: Value, revoker: Value, exit_code: u8| {
        let harness = with_roles(granter, revoker);
        let forbidden = Fault::Status { status: 403, retry_after: None };
        harness.sandbox.faults.plan_matching("SimulatePrincipalPolicy", 0, 2, forbidden);
        harness.run(&["doctor", "--security", "--output", "json"]).exits(exit_code).json()
    };
    let sound = judge(policies.granter.clone(), policies.revoker.clone(), 0);
    assert_eq!(sound["identities"][1]["judged_by"], "documents");
    let swapped = judge(policies.revoker, policies.granter, 1);
    let first = swapped["identities"][0]["differences"].as_array().unwrap();
    assert!(first.iter().any(|one| one["action"] == "iam:CreateRole" && one["allowed"] == false), "{first:#?}");
}

#[test]
fn without_roles_and_without_a_user_s_name_nothing_is_judged() {
    let harness = Harness::new();
    let ran = harness.run(&["doctor", "--security"]).exits(2);
    assert!(ran.stderr.contains("--user"), "{}", ran.stderr);
    harness.run(&["doctor", "--security", "--user", "nobody-of-this-name"]).exits(2);
}

const SWEEP: &str = "sweep-iam-permissions.yaml";
/// What a remedy can begin with.
const PROGRAMS: [&str; 10] = ["port-iam", "gh", "aws", "git", "export", "env", "echo", "open", "timedatectl", "cargo"];

/// What `doctor` finds that is not as it should be, as `severity check`; what cannot be told is left out.
fn unhealthy(installed: &Installed, exit_code: u8) -> Vec<String> {
    let ran = installed.harness.run(&["doctor", "--output", "json"]).exits(exit_code);
    let findings = ran.json()["findings"].as_array().unwrap().clone();
    let bad = findings.iter().filter(|finding| ["warning", "error"].contains(&finding["severity"].as_str().unwrap()));
    bad.map(|it| {
        let command = it["remedy"].as_str().and_then(|remedy| remedy.split_whitespace().next());
        assert!(command.is_some_and(|command| PROGRAMS.contains(&command)), "no command: {it}");
        format!("{} {}", it["severity"].as_str().unwrap(), it["check"].as_str().unwrap())
    })
    .collect()
}

#[test]
fn the_doctor_says_whether_the_sweep_lives_and_on_whom_its_schedule_hangs() {
    let mut installed = Installed::new();
    installed.harness.clock_ahead = Some(SignedDuration::ZERO);
    let github = &installed.harness.sandbox.github;
    let clock = &installed.harness.sandbox.clock;
    // Just set up, nothing need have run.
    assert_eq!(unhealthy(&installed, 0), [""; 0]);
    clock.advance(SignedDuration::from_hours(4));
    assert_eq!(unhealthy(&installed, 1), ["error sweep-last-run", "warning sweep-schedule"]);
    github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Success).unwrap();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["doctor"]).exits(0);
    for told in ["its schedule hangs on the account ada", "it last ran at ", "this is org_sandboxacme/", "of 20"] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(installed.exchanges_since(since).iter().all(|exchange| !exchange.is_write()), "it changed something");
    clock.advance(SignedDuration::from_hours(4));
    assert_eq!(unhealthy(&installed, 0), ["warning sweep-last-run"]);
    clock.advance(SignedDuration::from_hours(21));
    assert_eq!(unhealthy(&installed, 1), ["error sweep-last-run"]);
    let failed = github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Failure).unwrap();
    let ran = installed.harness.run(&["doctor"]).exits(1);
    assert!(ran.stdout.contains(&format!("gh run view {failed} --repo {REPOSITORY} --log-failed")), "{}", ran.stdout);
    github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Success).unwrap();
    assert!(github.disable_workflow(REPOSITORY, SWEEP));
    assert_eq!(unhealthy(&installed, 1), ["error sweep-workflow"]);
    assert_eq!(github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Success), None);
}

#[test]
fn a_schedule_that_hangs_on_somebody_who_has_left_is_an_error() {
    let installed = Installed::new();
    let github = &installed.harness.sandbox.github;
    // Dana commits the workflow file: from now on the schedule is hers.
    let path = format!(".github/workflows/{SWEEP}");
    let file = github.file(REPOSITORY, "main", &path).unwrap();
    github.commit_file(REPOSITORY, "main", &path, Some(file.replace(" * * * *", " */2 * * *").as_bytes())).unwrap();
    github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Success).unwrap();
    assert_eq!(unhealthy(&installed, 1), ["error workflows"]);
    github.remove_member("dana");
    let ran = installed.harness.run(&["doctor"]).exits(1);
    assert!(ran.stdout.contains("hangs on the account dana, which has no access"), "{}", ran.stdout);
    assert_eq!(unhealthy(&installed, 1), ["error workflows", "error sweep-schedule"]);
}

#[test]
fn what_cannot_be_looked_at_is_a_finding_and_no_silence() {
    let mut installed = Installed::new();
    installed.harness.set("PORT_CLIENT_SECRET", None);
    assert_eq!(unhealthy(&installed, 1), ["error port-credentials"]);
    installed.harness.set("GH_TOKEN", None);
    assert_eq!(unhealthy(&installed, 1), ["error port-credentials", "error github-credentials"]);
    installed.harness.set("AWS_ACCESS_KEY_ID", None);
    let ran = installed.harness.run(&["doctor"]).exits(1);
    assert!(ran.stdout.contains("unknown  sweep-workflow: the sweep workflow was not looked at"), "{}", ran.stdout);
    let installed = Installed::new();
    for place in [&["--repository", "acme/nowhere"][..], &["--github-org", "acme", "--repository", "nowhere"]] {
        let ran = installed.harness.run(&[&["doctor"], place].concat()).exits(1);
        assert!(ran.stdout.contains("error    repository: repository acme/nowhere: is missing"), "{}", ran.stdout);
    }
    let harness = Harness { environment: Vec::new(), ..Harness::new() };
    harness.run(&["doctor"]).exits(2);
}
