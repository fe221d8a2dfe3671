//! Guardrails for an AWS organisation: who writes under our path, and who assumes what lies there.

use serde_json::Value;

use crate::assets::{AssetError, checked::Checked, embedded, placeholders::Placeholders, rendering};
use crate::domain::names::{GRANTER_ROLE, MANAGER_USER, Names, REVOKER_ROLE};

/// Returns the service control policy: under our path nobody writes but the workflows' identities and `administrator`,
/// nobody but the granter and `administrator` attaches what lies there to anything, and these identities and the boundary
/// only `administrator` changes. `administrator` is the ARN of a role or user,
/// in which `*` stands for any text.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or the embedded file cannot be used.
pub fn service_control_policy(names: &Names, partition: &str, administrator: &str) -> Result<Value, AssetError> {
    let values = values(names, partition)?
        .with("<YOUR_BOUNDARY>", Checked::name("permissions boundary", &names.boundary)?)
        .with("<YOUR_GRANTER_ROLE>", Checked::name("role", GRANTER_ROLE)?)
        .with("<YOUR_REVOKER_ROLE>", Checked::name("role", REVOKER_ROLE)?)
        .with("<YOUR_AWS_USER>", Checked::name("user", MANAGER_USER)?)
        .with("<YOUR_ADMINISTRATOR>", Checked::principal(administrator)?);
    filled("workflows/aws/scp.json", &values)
}

/// Returns the resource control policy: nobody outside the organisation assumes a role under our path, whatever its
/// trust says.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or the embedded file cannot be used.
pub fn resource_control_policy(names: &Names, partition: &str, organization: &str) -> Result<Value, AssetError> {
    let values = values(names, partition)?.with("<YOUR_AWS_ORGANIZATION>", Checked::aws_organization(organization)?);
    filled("workflows/aws/rcp.json", &values)
}

fn values(names: &Names, partition: &str) -> Result<Placeholders, AssetError> {
    Ok(rendering::partition_value(partition)?.with("<YOUR_IAM_PATH>", Checked::iam_path(&names.iam_path)?))
}

fn filled(path: &str, values: &Placeholders) -> Result<Value, AssetError> {
    values.fill_json(path, embedded::json(path)?)
}
