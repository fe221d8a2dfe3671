//! The whole life of a grant on an AWS that we did not write.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::PolicyScopeType;
use port_iam::sandbox::cast;
use port_iam::sandbox::github::{Conclusion, WorkflowRun};
use serde_json::{Value, json};

use crate::counterparts::named;
use crate::harness::decoded;
use crate::installed::{BUCKET, REPOSITORY};
use crate::live_installation::{LiveInstallation, block_on};
use crate::moto_server::Moto;
use crate::patience::until;

const PATH: &str = "/port-iam/";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/port-iam-boundary";

#[test]
fn a_grant_lives_and_ends_on_moto_as_on_the_sandbox() {
    let Some(program) = named("PORT_IAM_MOTO_SERVER", "the whole grant and revocation against moto") else { return };
    let moto = Moto::start(&program);
    let installation = on(&moto).set_up();
    let aws = moto.client();

    let words = ["request", "--resource", BUCKET, "--permission", "s3:PutObject", "--duration", "1h", "--reason", "x"];
    let ran = installation.as_dana(&words);
    assert_eq!(ran.exit_code, 0, "{}\n{}", ran.told, log_of_last_run(&installation));
    let grant = ran.json["grant"].as_str().unwrap().to_owned();
    let expires = ran.json["expires"].as_str().unwrap().to_owned();
    let made = block_on(what_was_made(&aws, &grant));
    assert_eq!(made["boundary"], BOUNDARY);
    assert_eq!(made["path"], PATH);
    assert_eq!(made["attached"], json!([format!("arn:aws:iam::123456789012:policy{PATH}{grant}")]));
    let [allowed] = made["policy"]["Statement"].as_array().unwrap().as_slice() else { panic!("{made}") };
    assert_eq!(one(&allowed["Action"]), "s3:PutObject");
    assert_eq!(one(&allowed["Resource"]), format!("{BUCKET}/*"));
    for statement in [allowed, &made["trust"]["Statement"][0]] {
        assert_eq!(statement["Effect"], "Allow");
        let end: jiff::Timestamp = one(&statement["Condition"]["DateLessThan"]["aws:CurrentTime"]).parse().unwrap();
        assert_eq!(end, expires.parse().unwrap(), "what Port shows is what AWS enforces");
    }
    let tag = |name: &str| made["tags"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!((tag("managed-by"), tag("port-iam:requester")), ("port-iam".to_owned(), cast::DANA.email.to_owned()));

    the_same_run_again_changes_nothing(&installation, &aws, &grant, &made);

    let ran = installation.as_dana(&["revoke", &grant]);
    assert_eq!(ran.exit_code, 0, "{}\n{}", ran.told, log_of_last_run(&installation));
    assert_eq!(block_on(left(&aws)), Vec::<String>::new());
    assert!(!moto.log().contains("Traceback"), "moto could not answer something: {}", moto.log());
}

/// moto takes every token, so that it proves nothing about trust; it shows that set-up and exchange are what an IAM and
/// an STS of somebody else understand.
#[test]
fn the_roles_are_made_and_the_token_is_exchanged_on_moto_too() {
    let Some(program) = named("PORT_IAM_MOTO_SERVER", "the exchange of OIDC tokens against moto") else { return };
    let moto = Moto::start(&program);
    let mut installation = on(&moto);
    installation.environment.remove("PORT_IAM_AWS_AUTH");
    for arguments in [&["init", "--yes", "--aws-setup"][..], &["seed", "--yes"], &["init", "--yes", "--aws-setup"]] {
        let ran = installation.as_ada(arguments);
        assert_eq!(ran.exit_code, 0, "{arguments:?}: {}", ran.told);
    }
    let words = ["request", "--resource", BUCKET, "--permission", "s3:PutObject", "--duration", "1h", "--reason", "x"];
    let ran = installation.as_dana(&words);
    assert_eq!(ran.exit_code, 0, "{}\n{}", ran.told, log_of_last_run(&installation));
    let ran = installation.as_dana(&["revoke", ran.json["grant"].as_str().unwrap()]);
    assert_eq!(ran.exit_code, 0, "{}\n{}", ran.told, log_of_last_run(&installation));
    assert_eq!(block_on(left(&moto.client())), Vec::<String>::new());
    let log = moto.log();
    assert!(!log.contains("Traceback"), "moto could not answer something: {log}");
    // No secret of the exchange is in the logs of the workflows.
    let logs: String = installation.sandbox.github.runs(REPOSITORY).iter().map(WorkflowRun::log).collect();
    assert!(!logs.contains("eyJ") && !logs.contains("ASIA"), "{logs}");
}

/// GitHub's "Re-run all jobs" on the finished grant: one role, and the first end stays.
fn the_same_run_again_changes_nothing(installation: &LiveInstallation, aws: &Client, grant: &str, made: &Value) {
    let github = &installation.sandbox.github;
    let run = github.runs(REPOSITORY).pop().unwrap();
    assert!(github.rerun(REPOSITORY, run.id, cast::PORT_APP_LOGIN));
    let run = finished(installation, run.id, 2);
    assert_eq!(run.conclusion, Some(Conclusion::Success), "{}", run.log());
    assert_eq!(&block_on(what_was_made(aws, grant)), made);
    assert_eq!(block_on(left(aws)).len(), 2, "one role and one policy");
}

/// A sandbox whose AWS is moto.
fn on(moto: &Moto) -> LiveInstallation {
    let mut installation = LiveInstallation::empty(true);
    moto.serve(&mut installation);
    installation
}

async fn what_was_made(aws: &Client, grant: &str) -> Value {
    let role = aws.get_role().role_name(grant).send().await.unwrap().role.unwrap();
    let attached = aws.list_attached_role_policies().role_name(grant).send().await.unwrap().attached_policies.unwrap();
    let attached: Vec<String> = attached.into_iter().filter_map(|policy| policy.policy_arn).collect();
    let policy = aws.get_policy().policy_arn(&attached[0]).send().await.unwrap().policy.unwrap();
    let version = policy.default_version_id.unwrap();
    let version = aws.get_policy_version().policy_arn(&attached[0]).version_id(version).send().await.unwrap();
    let tags: serde_json::Map<String, Value> =
        role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, json!(tag.value))).collect();
    json!({
        "path": role.path,
        "boundary": role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        "trust": decoded(&role.assume_role_policy_document.unwrap()),
        "tags": tags,
        "attached": attached,
        "policy": decoded(&version.policy_version.unwrap().document.unwrap()),
    })
}

/// Returns the names of all roles and policies under our path.
async fn left(aws: &Client) -> Vec<String> {
    let roles = aws.list_roles().path_prefix(PATH).send().await.unwrap().roles;
    let policies =
        aws.list_policies().scope(PolicyScopeType::Local).path_prefix(PATH).send().await.unwrap().policies.unwrap();
    let policies = policies.into_iter().filter_map(|policy| policy.policy_name);
    roles.into_iter().map(|role| role.role_name).chain(policies).collect()
}

/// Returns the one text of an element that may be a text or a list.
fn one(value: &Value) -> String {
    let only = value.as_array().map_or(value, |values| {
        assert_eq!(values.len(), 1, "{value}");
        &values[0]
    });
    only.as_str().unwrap().to_owned()
}

fn finished(installation: &LiveInstallation, run: u64, attempt: u64) -> WorkflowRun {
    until("the run has ended", || {
        installation
            .sandbox
            .github
            .run(REPOSITORY, run)
            .filter(|run| run.attempt == attempt && run.conclusion.is_some())
    })
}

fn log_of_last_run(installation: &LiveInstallation) -> String {
    installation.sandbox.github.runs(REPOSITORY).last().map(|run| run.log()).unwrap_or_default()
}
