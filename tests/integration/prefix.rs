//! A second installation lives beside the first: other names everywhere, nothing shared.

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use crate::installed::{BUCKET, Dispatched, Installed};
use crate::oidc;

const PREFIX: (&str, &str) = ("PORT_IAM_PREFIX", "team-a");
/// The account has one pair of the workflows' roles, which are the first installation's: the second uses a key.
const WITH_KEY: [(&str, &str); 3] = [
    ("PORT_IAM_AWS_AUTH", "access-key"),
    ("PORT_IAM_MANAGER_ACCESS_KEY_ID", cast::MANAGER_ACCESS_KEY_ID),
    ("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", cast::MANAGER_SECRET_ACCESS_KEY),
];

/// First installations, one whose workflows use an access key and one whose use roles.
fn firsts() -> [Installed; 2] {
    [Installed::new(), oidc::installed()]
}

/// What the second installation is set up with.
fn of_second() -> Vec<(&'static str, &'static str)> {
    [&WITH_KEY[..], &[PREFIX]].concat()
}

#[test]
fn an_installation_with_a_prefix_leaves_the_first_one_alone() {
    firsts().iter().for_each(leaves_the_first_one_alone);
}

fn leaves_the_first_one_alone(installed: &Installed) {
    let harness = &installed.harness;
    let first_actions = harness.sandbox.port.entities("aws_resource");
    let ran = harness.run_with(&["init", "--yes", "--repository", "team-a-permissions"], &of_second()).exits(0);
    assert!(ran.stdout.ends_with("\nNext: port-iam --prefix team-a seed\n"), "{}", ran.stdout);
    harness.run_with(&["seed", "--yes"], &[PREFIX]).exits(0);
    assert_eq!(harness.sandbox.port.entities("aws_resource"), first_actions);

    let mut run_id = String::new();
    harness.with_port_as(cast::DANA.port_client_id, cast::DANA.port_client_secret, async |port| {
        let form = json!({ "permissions": ["s3:PutObject"] });
        run_id = port.execute("team_a_request_permissions", BUCKET, &form).await.unwrap().id;
    });
    let repository = "acme/team-a-permissions";
    let run = installed.next_dispatch_of(repository, 0);
    assert!(run.workflow_path.ends_with("team-a-create-iam-permissions.yaml"), "{}", run.workflow_path);
    let workflow = harness.sandbox.github.file(repository, "main", &run.workflow_path).unwrap();
    assert!(
        workflow.contains("PORT_IAM_PREFIX: team-a") || workflow.contains("PORT_IAM_PREFIX: \"team-a\""),
        "{workflow}"
    );

    let request = Dispatched { run_id, inputs: run.inputs };
    let number = harness.sandbox.github.repository_id(repository).unwrap().to_string();
    let changes = [PREFIX, ("GITHUB_REPOSITORY", repository), ("GITHUB_REPOSITORY_ID", number.as_str())];
    installed.step("grant", &request, &changes).exits(0);
    assert_eq!(installed.entities(), [Value::Null; 0]);
    assert_eq!(harness.sandbox.port.entities("team_a_provisioned_permissions").len(), 1);
    // The first installation does not know this run, and says so.
    let other = installed.step("grant", &request, &[]).exits(5);
    assert!(other.stdout.contains("the run belongs to the action"), "{}", other.stdout);
}

#[test]
fn a_second_installation_in_the_same_repository_takes_nothing_from_the_first() {
    firsts().iter().for_each(takes_nothing_from_the_first);
}

fn takes_nothing_from_the_first(installed: &Installed) {
    let request = installed.request();
    installed.grant(&request).exits(0);
    // The branch is guarded by now: the files of the second come by a pull request.
    installed.harness.run_with(&["init", "--yes"], &of_second()).exits(3);
    assert!(installed.harness.sandbox.github.merge_pull_request("acme/port-iam-permissions", 1));
    installed.harness.run_with(&["init", "--yes"], &of_second()).exits(0);
    let credentials = Installed::credentials_of_workflow();
    let sweep = installed.harness.run_with(&["sweep", "--output", "json"], &[&credentials[..], &[PREFIX]].concat());
    assert_eq!(sweep.json()["sweep"]["done"], json!([]), "{}", sweep.stdout);
    assert_eq!(installed.attached(&request.grant()).len(), 1);
    let own = installed.sweep(&[]).exits(0);
    assert_eq!(own.json()["sweep"]["done"], json!([]), "{}", own.stdout);
}

#[test]
fn an_installation_that_is_not_there_is_called_so_with_what_to_do() {
    let installed = Installed::new();
    let ran = installed.harness.run(&["--prefix", "nope", "list"]).exits(1);
    let hint = "`port-iam --prefix nope init` sets this installation up; --prefix tells which one is meant";
    assert!(ran.stderr.contains("nope_provisioned_permissions") && ran.stderr.contains(hint), "{}", ran.stderr);
}
