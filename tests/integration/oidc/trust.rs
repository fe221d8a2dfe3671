//! The conditions of the two trusts, each broken by one claim of the token.

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::{GRANTER, REVOKER, aws_calls, harness, installed, run_of, step};
use crate::harness::Ran;
use crate::installed::{Dispatched, Installed, REPOSITORY};

const WORKFLOWS: &str = "acme/port-iam-permissions/.github/workflows";

fn workflow(name: &str, branch: &str) -> Value {
    json!(format!("{WORKFLOWS}/{name}-iam-permissions.yaml@refs/heads/{branch}"))
}

/// A workflow of the same name in a repository of the same name of another organisation.
fn of_another_organization(name: &str) -> Value {
    json!(format!("evil/port-iam-permissions/.github/workflows/{name}-iam-permissions.yaml@refs/heads/main"))
}

/// What neither role admits in a token, whoever works on what.
fn claims_of_nobody_here() -> Vec<(&'static str, Option<Value>)> {
    vec![
        ("repository_id", Some(json!("1"))),
        ("repository_id", None),
        ("ref", Some(json!("refs/heads/other"))),
        ("ref", Some(json!("refs/tags/main"))),
        ("ref", None),
        ("environment", Some(json!("production"))),
        ("environment", None),
        ("job_workflow_ref", None),
        ("sub", Some(json!("repo:acme/port-iam-permissions:environment:port-iam"))),
        ("sub", Some(json!("repo:evil@9/port-iam-permissions@9:environment:port-iam"))),
        ("sub", None),
        ("aud", Some(json!("https://github.com/acme"))),
        ("iss", Some(json!("https://token.actions.example.com"))),
    ]
}

/// Runs a step whose token says something else, and holds it to have changed nothing in AWS.
fn refused(
    installed: &Installed,
    command: &str,
    role: &str,
    step_of: &Dispatched,
    forged: (&str, Option<Value>),
) -> Ran {
    let (claim, value) = forged;
    let github = &installed.harness.sandbox.github;
    github.forge_claim(claim, value.clone());
    let since = installed.harness.sandbox.log.len();
    let ran = step(installed, command, role, step_of, &[]);
    github.stop_forging();
    assert_eq!(ran.exit_code, 4, "{claim} = {value:?}: {}", ran.stdout);
    assert_eq!(aws_calls(installed, since), ["AssumeRoleWithWebIdentity"], "{claim} = {value:?}");
    ran
}

#[test]
fn the_granter_admits_a_token_only_if_every_claim_is_ours() {
    let installed = installed();
    let request = installed.request();
    for (claim, value) in claims_of_nobody_here() {
        refused(&installed, "grant", GRANTER, &request, (claim, value));
    }
    for (claim, value) in [
        ("actor", Some(json!(cast::DANA.github_login))),
        ("actor", None),
        ("job_workflow_ref", Some(workflow("delete", "main"))),
        ("job_workflow_ref", Some(workflow("sweep", "main"))),
        ("job_workflow_ref", Some(workflow("create", "other"))),
        ("job_workflow_ref", Some(of_another_organization("create"))),
    ] {
        refused(&installed, "grant", GRANTER, &request, (claim, value));
    }
    // The same request, told the truth.
    let request = installed.request();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
}

#[test]
fn the_revoker_admits_the_workflows_that_take_away_whoever_starts_them() {
    let installed = installed();
    let request = installed.request();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    let return_it = installed.give_back(&request.grant());
    for (claim, value) in claims_of_nobody_here() {
        refused(&installed, "sweep", REVOKER, &return_it, (claim, value));
    }
    for (claim, value) in [
        ("job_workflow_ref", Some(workflow("create", "main"))),
        ("job_workflow_ref", Some(workflow("delete", "other"))),
        ("job_workflow_ref", Some(workflow("sweep", "other"))),
        ("job_workflow_ref", Some(of_another_organization("delete"))),
        ("job_workflow_ref", Some(of_another_organization("sweep"))),
    ] {
        refused(&installed, "sweep", REVOKER, &return_it, (claim, value));
    }
    let github = &installed.harness.sandbox.github;
    // A schedule runs in the name of whoever edited it last.
    github.forge_claim("actor", Some(json!(cast::MAX.github_login)));
    github.forge_claim("job_workflow_ref", Some(workflow("sweep", "main")));
    step(&installed, "sweep", REVOKER, &return_it, &[]).exits(0);
    github.stop_forging();
    step(&installed, "revoke", REVOKER, &return_it, &[]).exits(0);
}

#[test]
fn neither_workflow_gets_the_role_of_the_other() {
    let installed = installed();
    let request = installed.request();
    let since = installed.harness.sandbox.log.len();
    step(&installed, "grant", REVOKER, &request, &[]).exits(4);
    assert_eq!(aws_calls(&installed, since), ["AssumeRoleWithWebIdentity"]);
    let request = installed.request();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    let return_it = installed.give_back(&request.grant());
    step(&installed, "revoke", GRANTER, &return_it, &[]).exits(4);
    assert_eq!(installed.roles(), [request.grant()]);
}

#[test]
fn a_refusal_says_what_the_token_says_and_never_the_token() {
    let installed = installed();
    let request = installed.request();
    let ran = refused(&installed, "grant", GRANTER, &request, ("actor", Some(json!("dana"))));
    for told in [
        "actor=dana",
        "aud=sts.amazonaws.com",
        "ref=refs/heads/main",
        "environment=port-iam",
        &format!("repository_id={}", installed.repository_id()),
        "job_workflow_ref=acme/port-iam-permissions/.github/workflows/create-iam-permissions.yaml@refs/heads/main",
        "sub=repo:acme@",
        GRANTER,
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(installed.log_of(&request.run_id).contains("actor=dana"), "Port's run is told as well");
    // `eyJ` begins every token.
    let aside: String = ran.stderr.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    let log = format!("{}{aside}", ran.stdout);
    assert!(!log.contains("eyJ") && !installed.log_of(&request.run_id).contains("eyJ"));
}

#[test]
fn somebody_who_repeats_a_run_of_port_s_app_is_refused_although_the_token_still_names_the_app() {
    let installed = installed();
    let request = installed.request();
    assert_eq!(run_of(&installed).actor, cast::PORT_APP_LOGIN);
    let max = [("GITHUB_TRIGGERING_ACTOR", cast::MAX.github_login)];
    let ran = step(&installed, "grant", GRANTER, &request, &max).exits(5);
    assert!(ran.stdout.contains("dispatcher"), "{}", ran.stdout);
    assert_eq!(installed.roles(), Vec::<String>::new());
}

/// Who started a workflow, as its runner tells it.
fn started_by(login: &'static str) -> [(&'static str, &'static str); 2] {
    [("GITHUB_ACTOR", login), ("GITHUB_TRIGGERING_ACTOR", login)]
}

/// The twin of `forged/event`, where AWS refuses a stranger before the program can look at the run.
#[test]
fn whom_aws_does_not_let_in_ends_no_run_of_another_person() {
    let installed = installed();
    let github = &installed.harness.sandbox.github;
    let request = installed.request();
    let other_branch = [("GITHUB_REF", "refs/heads/mine")];
    let without_list = || installed.set_rules(|rules| rules.replace("dispatchers:", "#dispatchers:"));
    let refused = |what: &str, claim: (&str, &str), changes: &[(&'static str, &str)], exit_code: u8, words: &str| {
        github.forge_claim(claim.0, Some(json!(claim.1)));
        let since = installed.harness.sandbox.log.len();
        let ran = step(&installed, "grant", GRANTER, &request, changes);
        github.stop_forging();
        assert_eq!(ran.exit_code, exit_code, "{what}: {}", ran.stdout);
        assert_eq!(aws_calls(&installed, since), ["AssumeRoleWithWebIdentity"], "{what}");
        assert_eq!(installed.run(&request.run_id)["status"], "IN_PROGRESS", "{what}");
        assert!(installed.log_of(&request.run_id).contains(words), "{what}: {}", installed.log_of(&request.run_id));
    };
    let max = cast::MAX.github_login;
    refused("a stranger", ("actor", max), &started_by(max), 5, "whom the rules file does not name");
    refused("another branch", ("ref", "refs/heads/mine"), &other_branch, 5, "not on the default branch");
    without_list();
    refused("a stranger whom no list tells", ("actor", max), &started_by(max), 4, "error: ");
    refused("the app where there is no list", ("aud", "another"), &[], 4, "error: ");
    // Port's own workflow goes on with it.
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    assert_eq!(installed.roles(), [request.grant()]);

    // A revocation alike.
    let revocation = installed.give_back(&request.grant());
    github.forge_claim("ref", Some(json!("refs/heads/mine")));
    step(&installed, "revoke", REVOKER, &revocation, &started_by(max)).exits(4);
    assert_eq!(installed.run(&revocation.run_id)["status"], "IN_PROGRESS");
    installed.set_rules(|rules| rules.replace("#dispatchers:", "dispatchers:"));
    step(&installed, "revoke", REVOKER, &revocation, &started_by(max)).exits(5);
    assert_eq!(installed.run(&revocation.run_id)["status"], "IN_PROGRESS");
    github.stop_forging();
    step(&installed, "revoke", REVOKER, &revocation, &[]).exits(0);
}

/// What Port's own workflow is refused by ends its run: nobody else would.
#[test]
fn what_aws_refuses_port_s_own_workflow_ends_the_run() {
    let installed = installed();
    let request = installed.request();
    refused(&installed, "grant", GRANTER, &request, ("environment", Some(json!("production"))));
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
}

#[test]
fn without_an_environment_the_branch_takes_its_place() {
    let harness = harness();
    harness.sandbox.github.set_plan(false);
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    let installed = Installed { harness };
    let request = installed.request();
    let github = &installed.harness.sandbox.github;
    let grant = |environment: Option<&str>| {
        let tokens = github.open_id_tokens(&run_of(&installed), environment).unwrap();
        let variables = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", tokens.url.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", tokens.token.as_str()),
        ];
        step(&installed, "grant", GRANTER, &request, &variables)
    };
    grant(Some("port-iam")).exits(4);
    let request = installed.request();
    let tokens = github.open_id_tokens(&run_of(&installed), None).unwrap();
    let variables = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", tokens.url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", tokens.token.as_str()),
    ];
    step(&installed, "grant", GRANTER, &request, &variables).exits(0);
}

#[test]
fn the_beginning_of_the_subject_is_github_s_in_either_form() {
    let harness = harness();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    assert!(harness.sandbox.github.set_immutable_subject(REPOSITORY, false));
    let ran = harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    assert!(ran.stderr.contains("repo:acme/port-iam-permissions:environment:port-iam"), "{}", ran.stderr);
    harness.run(&["seed", "--yes"]).exits(0);
    let installed = Installed { harness };
    let request = installed.request();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    let request = installed.request();
    let immutable = format!("repo:acme@1/port-iam-permissions@{}:environment:port-iam", installed.repository_id());
    refused(&installed, "grant", GRANTER, &request, ("sub", Some(json!(immutable))));
}
