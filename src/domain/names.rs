//! The names of one installation: everything that is rendered into the assets, and that a prefix changes.
//!
//! A second installation in the same Port organisation or AWS account differs from the first only in these values.

use regex::Regex;

/// The longest prefix: the longest identifier it is put before must stay readable in a portal.
const LONGEST_PREFIX: usize = 20;

/// The role of the workflow that makes grants, where the workflows prove themselves by OIDC.
pub const GRANTER_ROLE: &str = "port-iam-granter";
/// The role of the workflows that take grants away.
pub const REVOKER_ROLE: &str = "port-iam-revoker";

/// Address of GitHub's token issuer, for the identity provider in IAM (GitHub Docs, "OpenID Connect in Amazon Web
/// Services"; github.com only).
pub const OIDC_ISSUER: &str = "https://token.actions.githubusercontent.com";
/// Who the tokens are for.
pub const OIDC_AUDIENCE: &str = "sts.amazonaws.com";

/// The IAM user of the workflows in the access-key mode, as the guide calls it.
pub const MANAGER_USER: &str = "port-iam-management-user";

/// The identifiers of one installation.
///
/// The fields are the guide's and the design's names; [`Names::with_prefix`] puts `PREFIX_` before Port's
/// identifiers and `PREFIX-` before file and environment names. IAM names stay the same: two installations in one
/// account are told apart by the `port-iam:scope` tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The prefix, empty for the first installation.
    pub prefix: String,
    /// Blueprint of the AWS resources.
    pub aws_resource: String,
    /// Blueprint of the IAM actions that can be asked for.
    pub iam_permissions: String,
    /// Blueprint of the live grants.
    pub provisioned_permissions: String,
    /// Blueprint of the records that outlive the grants.
    pub permission_records: String,
    /// Self-service action that asks for a grant.
    pub request_permissions: String,
    /// Self-service action that asks to go on with a live grant.
    pub extend_permissions: String,
    /// Self-service action that gives a grant back.
    pub return_permissions: String,
    /// Self-service action that takes a grant away.
    pub revoke_permissions: String,
    /// Automation that takes a grant away when its timer expires.
    pub revoke_expired_permissions: String,
    /// Dashboard page of the portal.
    pub dashboard: String,
    /// How the automations begin that keep the catalog in step with other blueprints.
    pub seed_from: String,
    /// File name of the grant workflow under `.github/workflows/`.
    pub create_workflow: String,
    /// File name of the revoke workflow under `.github/workflows/`.
    pub delete_workflow: String,
    /// File name of the sweep workflow under `.github/workflows/`.
    pub sweep_workflow: String,
    /// GitHub environment that holds the secrets.
    pub environment: String,
    /// Path of the rules file in the target repository.
    pub rules_path: String,
    /// Path of the policy template in the target repository.
    pub policy_template_path: String,
    /// Path of the trust template in the target repository.
    pub trust_template_path: String,
    /// IAM path of roles and policies, with a slash at both ends.
    pub iam_path: String,
    /// Name of the permissions boundary policy, which lies outside `iam_path`.
    pub boundary: String,
}

/// A prefix that cannot be part of the identifiers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("prefix {0:?} must be 1 to 20 characters of a-z, 0-9 and -, and begin with a letter")]
pub struct PrefixError(String);

impl Default for Names {
    fn default() -> Self {
        Self::rendered("", "")
    }
}

impl Names {
    /// Returns the blueprints, those first that others relate to.
    pub fn blueprints(&self) -> impl Iterator<Item = &str> {
        [&self.aws_resource, &self.iam_permissions, &self.provisioned_permissions, &self.permission_records]
            .into_iter()
            .map(String::as_str)
    }

    /// Returns the actions whose runs a grant workflow works on.
    pub fn granting_actions(&self) -> [&str; 2] {
        [&self.request_permissions, &self.extend_permissions]
    }

    /// Returns the actions whose runs a revoke workflow works on.
    pub fn revoking_actions(&self) -> [&str; 3] {
        [&self.return_permissions, &self.revoke_permissions, &self.revoke_expired_permissions]
    }

    /// Returns the names of an installation that lives beside another one.
    ///
    /// # Errors
    ///
    /// Fails when `prefix` holds anything but `a-z`, `0-9` and `-`, does not begin with a letter, or is too long.
    pub fn with_prefix(prefix: &str) -> Result<Self, PrefixError> {
        if prefix.is_empty() {
            return Ok(Self::default());
        }
        let allowed = Regex::new("^[a-z][a-z0-9-]*$").is_ok_and(|pattern| pattern.is_match(prefix));
        if !allowed || prefix.len() > LONGEST_PREFIX {
            return Err(PrefixError(prefix.to_owned()));
        }
        Ok(Self::rendered(prefix, &format!("{}_", prefix.replace('-', "_"))))
    }

    fn rendered(prefix: &str, port: &str) -> Self {
        let file = if prefix.is_empty() { String::new() } else { format!("{prefix}-") };
        Self {
            prefix: prefix.to_owned(),
            aws_resource: format!("{port}aws_resource"),
            iam_permissions: format!("{port}iam_permissions"),
            provisioned_permissions: format!("{port}provisioned_permissions"),
            permission_records: format!("{port}permission_records"),
            request_permissions: format!("{port}request_permissions"),
            extend_permissions: format!("{port}extend_permissions"),
            return_permissions: format!("{port}return_permissions"),
            revoke_permissions: format!("{port}revoke_permissions"),
            revoke_expired_permissions: format!("{port}revoke_expired_permissions"),
            dashboard: format!("{port}iam_permissions_dashboard"),
            seed_from: format!("{port}seed_from_"),
            create_workflow: format!("{file}create-iam-permissions.yaml"),
            delete_workflow: format!("{file}delete-iam-permissions.yaml"),
            sweep_workflow: format!("{file}sweep-iam-permissions.yaml"),
            environment: format!("{file}port-iam"),
            rules_path: format!(".github/{file}port-iam.yaml"),
            policy_template_path: format!(".github/templates/{file}iamPolicyDocument.json"),
            trust_template_path: format!(".github/templates/{file}iamTrustPolicy.json"),
            iam_path: "/port-iam/".to_owned(),
            boundary: "port-iam-boundary".to_owned(),
        }
    }
}
