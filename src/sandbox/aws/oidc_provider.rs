//! An OpenID Connect provider: whose tokens the account takes, and for whom they must be.

use jiff::Timestamp;

use super::tags::Tags;

/// A provider of the account.
#[derive(Clone, Debug)]
pub(super) struct OidcProvider {
    /// The issuer without `https://`, as IAM answers it.
    pub(super) url: String,
    /// The audiences.
    pub(super) client_ids: Vec<String>,
    pub(super) thumbprints: Vec<String>,
    pub(super) created: Timestamp,
    pub(super) tags: Tags,
}

/// Returns the ARN of an account's provider for an issuer, with or without `https://`.
pub(super) fn arn(account: &str, url: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{}", url.trim_start_matches("https://"))
}
