//! The policies of the identities around a grant: who makes it, who takes it away, what bounds it, who may use it.

mod infrastructure;
mod oidc;
mod organization;

use serde_json::Value;

use super::{AssetError, checked::Checked, embedded, placeholders::Placeholders, rendering};
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;

pub use infrastructure::{Identities, Infrastructure};
pub use oidc::{OidcClaims, OidcTrust, PORT_DISPATCHER, oidc_trust};
#[cfg(test)]
pub(super) use organization::LARGEST;
pub use organization::{Admitted, resource_control_policy, service_control_policy};

/// The two documents that the one user of the access-key mode needs, each small enough for a managed policy.
///
/// Together they exceed the 2,048 characters of a user's inline policies, so they are attached as two managed ones.
#[derive(Clone, Debug, PartialEq)]
pub struct ManagerPolicies {
    /// What making a grant needs.
    pub granter: Value,
    /// What taking one away needs.
    pub revoker: Value,
}

/// Returns the policy of the identity that makes grants.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or the embedded file cannot be used.
pub fn granter_policy(names: &Names, account: &AwsAccount) -> Result<Value, AssetError> {
    policy("workflows/aws/granter.json", names, account)
}

/// Returns the policy of the identity that takes grants away.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or the embedded file cannot be used.
pub fn revoker_policy(names: &Names, account: &AwsAccount) -> Result<Value, AssetError> {
    policy("workflows/aws/revoker.json", names, account)
}

/// Returns both policies, for the one user that the guide calls `port-iam-management-user`.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or an embedded file cannot be used.
pub fn manager_policies(names: &Names, account: &AwsAccount) -> Result<ManagerPolicies, AssetError> {
    Ok(ManagerPolicies { granter: granter_policy(names, account)?, revoker: revoker_policy(names, account)? })
}

/// Returns the permissions boundary of the first rules file, as it can be read in `workflows/aws`. What applies is
/// generated from the rules: [`from_rules`](crate::domain::boundary::from_rules).
///
/// # Errors
///
/// Fails when the embedded file cannot be used.
pub fn boundary_policy() -> Result<Value, AssetError> {
    embedded::json("workflows/aws/boundary.json")
}

/// Returns the template that every granted policy is written into, as `init` commits it.
///
/// # Errors
///
/// Fails when the embedded file cannot be used.
pub fn policy_template() -> Result<Value, AssetError> {
    embedded::json("workflows/templates/iamPolicyDocument.json")
}

/// Returns the policy that a requester's own identity needs to assume the role of a grant.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or the embedded file cannot be used.
pub fn requester_policy(names: &Names, account: &AwsAccount) -> Result<Value, AssetError> {
    policy("workflows/aws/requester-policy.json", names, account)
}

fn policy(path: &str, names: &Names, account: &AwsAccount) -> Result<Value, AssetError> {
    filled(path, names, rendering::aws_values(&account.partition, account.id.as_str())?)
}

fn filled(path: &str, names: &Names, values: Placeholders) -> Result<Value, AssetError> {
    values
        .with("<YOUR_IAM_PATH>", Checked::iam_path(&names.iam_path)?)
        .with("<YOUR_BOUNDARY>", Checked::name("permissions boundary", &names.boundary)?)
        .fill_json(path, embedded::json(path)?)
}

/// Returns the trust template as `init` commits it for this account.
///
/// # Errors
///
/// Fails when the account is not one.
pub fn trust_template(partition: &str, account_id: &str) -> Result<Value, AssetError> {
    let values = rendering::aws_values(partition, account_id)?;
    filled("workflows/templates/iamTrustPolicy.json", &Names::default(), values)
}
