//! An installation over two accounts: the workflows' own, and a second one in which everything has the same names.

mod granted;
mod killed;
mod listed;
mod revoked;
mod set_up;
mod several;
mod survived;
mod swept;
mod taken_away;
mod without_port;

use port_iam::sandbox::cast;
use serde_json::{Value, json};

use crate::harness::Ran;
use crate::installed::{Dispatched, Installed, REPOSITORY};
use crate::oidc;

pub(crate) const SECOND: &str = cast::SECOND_AWS_ACCOUNT_ID;
pub(crate) const GRANTERS: [&str; 2] = [oidc::GRANTER, "arn:aws:iam::210987654321:role/port-iam-granter"];
pub(crate) const REVOKERS: [&str; 2] = [oidc::REVOKER, "arn:aws:iam::210987654321:role/port-iam-revoker"];
/// What names the second account in the rules file.
pub(crate) const ENTRY: &str = "  \"210987654321\":\n    regions: [\"us-east-1\"]\n";
/// A bucket of the second account, whose ARN does not say so.
pub(crate) const SECOND_BUCKET: &str = "arn:aws:s3:::second-bucket";
pub(crate) const SECOND_INSTANCE: &str = "arn:aws:ec2:us-east-1:210987654321:instance/i-0second";

/// Ada's credentials of the second account.
pub(crate) fn ada_in_second() -> [(&'static str, &'static str); 2] {
    let (_, id, secret) = cast::IN_SECOND_ACCOUNT[0];
    [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)]
}

/// An installation with the second account, and the catalog with a bucket and an instance of it.
pub(crate) fn installed() -> Installed {
    let installed = oidc::installed();
    add_second(&installed);
    add_resource(&installed, SECOND_BUCKET, "S3", json!(SECOND));
    add_resource(&installed, SECOND_INSTANCE, "EC2", Value::Null);
    installed
}

/// Adds the second account. The files are reviewed and merged by somebody else.
pub(crate) fn add_second(installed: &Installed) -> Ran {
    let ran = installed.harness.run_with(&["init", "--yes", "--add-account", SECOND], &ada_in_second()).exits(3);
    assert!(ran.stdout.contains("waits for a pull request to be merged"), "{}", ran.stdout);
    assert!(installed.harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    ran
}

/// Puts a resource into the catalog.
pub(crate) fn add_resource(installed: &Installed, arn: &str, kind: &str, account: Value) {
    let properties = json!({ "resource_type": kind, "account": account });
    installed.harness.upsert("aws_resource", &json!({ "identifier": arn, "title": arn, "properties": properties }));
}

/// Dana asks for something on a resource.
pub(crate) fn request(installed: &Installed, arn: &str, permission: &str) -> Dispatched {
    let form = json!({ "permissions": [permission], "duration": "1h" });
    installed.execute(cast::DANA, "request_permissions", arn, &form)
}

/// A job of the grant workflow that reaches both accounts.
pub(crate) fn grant(installed: &Installed, dispatched: &Dispatched) -> Ran {
    step(installed, "grant", GRANTERS, dispatched)
}

/// A job of the revoke workflow that reaches both accounts.
pub(crate) fn revoke(installed: &Installed, dispatched: &Dispatched) -> Ran {
    step(installed, "revoke", REVOKERS, dispatched)
}

pub(crate) fn step(installed: &Installed, command: &str, roles: [&str; 2], dispatched: &Dispatched) -> Ran {
    oidc::step(installed, command, roles[0], dispatched, &[("PORT_IAM_FURTHER_AWS_ROLE_ARNS", roles[1])])
}

/// The same as the environment of a program.
pub(crate) fn environment(
    installed: &Installed,
    roles: [&str; 2],
    dispatched: &Dispatched,
) -> Vec<(&'static str, String)> {
    let mut variables = installed.variables_of_step(dispatched);
    variables.extend(oidc::variables(installed, roles[0], &oidc::run_behind(installed, dispatched)));
    variables.push(("PORT_IAM_FURTHER_AWS_ROLE_ARNS", roles[1].to_owned()));
    variables
}

/// A live grant on the bucket of the second account.
pub(crate) fn granted(installed: &Installed) -> Dispatched {
    let asked = request(installed, SECOND_BUCKET, "s3:PutObject");
    grant(installed, &asked).exits(0);
    asked
}

/// The grants' roles in the second account, sorted; IAM has an order of its own.
pub(crate) fn roles_in_second(installed: &Installed) -> Vec<String> {
    let mut names = installed.harness.sandbox.second_aws.role_names("/port-iam/");
    names.sort();
    names
}
