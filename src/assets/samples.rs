//! The guide's example entities, as bodies of `POST /v1/blueprints/{blueprint}/entities`.

use serde_json::Value;

use super::{AssetError, checked::Checked, embedded, rendering};
use crate::domain::account::AwsAccount;

/// The example entities of the catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// Entities of the blueprint of AWS resources.
    pub resources: Vec<Value>,
    /// Entities of the blueprint of IAM permissions.
    pub permissions: Vec<Value>,
}

/// Returns the guide's two resources and two permissions, with ARNs of the given account and region.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or an embedded file cannot be used.
pub fn samples(account: &AwsAccount, region: &str) -> Result<Samples, AssetError> {
    let values = rendering::aws_values(&account.partition, account.id.as_str())?
        .with("<YOUR_AWS_REGION>", Checked::region(region)?);
    let entities = |path: &str| match values.fill_json(path, embedded::json(path)?)? {
        Value::Array(entities) => Ok(entities),
        _ => Err(AssetError::Malformed { path: path.to_owned(), problem: "it is no list of entities".to_owned() }),
    };
    Ok(Samples {
        resources: entities("blueprints/samples/aws_resource.json")?,
        permissions: entities("blueprints/samples/iam_permissions.json")?,
    })
}
