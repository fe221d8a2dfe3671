//! The workflows without any stored key: GitHub's token of a job, exchanged for a session of a role.

mod adopted;
mod exchange;
mod security;
mod set_up;
mod trust;

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::github::WorkflowRun;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::json;

use crate::harness::{Harness, Ran};
use crate::installed::{Dispatched, Installed, REPOSITORY};

/// The two roles, as a workflow names them.
pub(crate) const GRANTER: &str = "arn:aws:iam::123456789012:role/port-iam-granter";
pub(crate) const REVOKER: &str = "arn:aws:iam::123456789012:role/port-iam-revoker";
pub(crate) const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

/// A sandbox in which nothing says how the workflows shall reach AWS.
pub(crate) fn harness() -> Harness {
    without_key(Harness::for_installation())
}

/// Takes away what says that the workflows use an access key.
pub(crate) fn without_key(mut harness: Harness) -> Harness {
    harness.set("PORT_IAM_AWS_AUTH", None);
    // Nobody is asked for a key of the workflows.
    harness.set("PORT_IAM_MANAGER_ACCESS_KEY_ID", None);
    harness.set("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", None);
    harness
}

/// An installation as it is by default.
pub(crate) fn installed() -> Installed {
    let harness = harness();
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    Installed { harness }
}

/// A job of the run behind the last dispatch, which may ask for tokens; `changes` are made to its environment.
pub(crate) fn step(
    installed: &Installed,
    command: &str,
    role: &str,
    dispatched: &Dispatched,
    changes: &[(&'static str, &str)],
) -> Ran {
    let own = variables(installed, role, &run_behind(installed, dispatched));
    let mut variables: Vec<(&'static str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend_from_slice(changes);
    installed.step(command, dispatched, &variables)
}

/// The workflow run behind a dispatch. Port's timers dispatch whenever they like: the last run need not be this one's.
pub(crate) fn run_behind(installed: &Installed, dispatched: &Dispatched) -> WorkflowRun {
    let is_own = |run: &WorkflowRun| run.inputs.values().any(|value| value.contains(&dispatched.run_id));
    let run = installed.runs().into_iter().filter(is_own).max_by_key(|run| run.id);
    run.unwrap_or_else(|| run_of(installed))
}

/// What a job of this run has in the place of a key.
pub(crate) fn variables(installed: &Installed, role: &str, run: &WorkflowRun) -> Vec<(&'static str, String)> {
    let request = installed.harness.sandbox.github.open_id_tokens(run, Some("port-iam")).unwrap();
    vec![
        ("AWS_ACCESS_KEY_ID", String::new()),
        ("AWS_SECRET_ACCESS_KEY", String::new()),
        ("PORT_IAM_AWS_ROLE_ARN", role.to_owned()),
        ("GITHUB_RUN_ID", run.id.to_string()),
        ("GITHUB_ACTOR", run.actor.clone()),
        ("GITHUB_TRIGGERING_ACTOR", run.triggering_actor.clone()),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", request.url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", request.token),
    ]
}

/// The workflow run that was dispatched last.
pub(crate) fn run_of(installed: &Installed) -> WorkflowRun {
    installed.runs().into_iter().max_by_key(|run| run.id).unwrap()
}

/// What went to AWS since, by the name of the call.
pub(super) fn aws_calls(installed: &Installed, since: usize) -> Vec<String> {
    let exchanges: Vec<Exchange> = installed.harness.sandbox.log.exchanges().split_off(since);
    let to_aws = exchanges.iter().filter(|exchange| exchange.api == Api::Aws);
    to_aws.filter_map(|exchange| exchange.aws_action().map(str::to_owned)).collect()
}

#[test]
fn what_the_granter_s_role_has_made_it_can_take_back() {
    let installed = installed();
    let request = installed.request();
    let entity = "POST /v1/blueprints/provisioned_permissions/entities";
    let fault = Fault::Status { status: 422, retry_after: None };
    installed.harness.sandbox.faults.plan_exactly(entity, fault);
    let ran = step(&installed, "grant", GRANTER, &request, &[]).exits(1);
    installed.harness.sandbox.faults.clear();
    assert!(ran.stdout.contains("what had been made was undone"), "{}", ran.stdout);
    assert_eq!((installed.roles(), installed.policies()), (Vec::new(), Vec::new()));
}

#[test]
fn a_grant_and_its_revocation_go_through_the_two_roles_and_no_key_is_stored() {
    let installed = installed();
    let github = &installed.harness.sandbox.github;
    assert!(github.secret(REPOSITORY, Some("port-iam"), "PORT_CLIENT_SECRET").is_some());
    for (place, name) in [(Some("port-iam"), "AWS_ACCESS_KEY_ID"), (None, "AWS_SECRET_ACCESS_KEY")] {
        assert_eq!(github.secret(REPOSITORY, place, name), None);
    }
    let request = installed.request();
    step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    assert_eq!(installed.roles(), [request.grant()]);
    let return_it = installed.give_back(&request.grant());
    step(&installed, "revoke", REVOKER, &return_it, &[]).exits(0);
    assert_eq!((installed.roles(), installed.policies()), (Vec::new(), Vec::new()));
    step(&installed, "sweep", REVOKER, &return_it, &[]).exits(0);
    let sessions: Vec<String> = installed
        .harness
        .sandbox
        .log
        .exchanges()
        .iter()
        .filter(|exchange| exchange.aws_action() == Some("AssumeRoleWithWebIdentity"))
        .map(|exchange| {
            assert_eq!(exchange.body["DurationSeconds"], json!("900"));
            assert!(!exchange.headers.contains_key("authorization"), "the call is not signed");
            exchange.body["RoleSessionName"].as_str().unwrap().to_owned()
        })
        .collect();
    let words: Vec<&str> = sessions.iter().map(|name| name.rsplit_once('-').unwrap().0).collect();
    assert_eq!(words, ["port-iam-grant", "port-iam-revoke", "port-iam-sweep"]);
    assert!(sessions[0].ends_with(|digit: char| digit.is_ascii_digit()), "{sessions:?}");
}
