//! What the workflows shall have in AWS.

use serde_json::Value;

use super::user::WantedUser;

/// What the workflows shall have in AWS.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedIdentities {
    /// Whether the operator lets this tool make it.
    pub set_up: bool,
    /// Whether what this tool did not make may be changed all the same.
    pub adopt: bool,
    /// ARN of the identity provider for GitHub's tokens; none where the workflows use an access key.
    pub provider_arn: Option<String>,
    /// The policies of the workflows.
    pub policies: Vec<WantedPolicy>,
    /// Their roles.
    pub roles: Vec<WantedRole>,
    /// Their user; none where they assume roles.
    pub user: Option<WantedUser>,
}

impl WantedIdentities {
    /// Returns what an administrator looks after: nothing of it is looked at.
    pub fn none() -> Self {
        Self { set_up: false, adopt: false, provider_arn: None, policies: Vec::new(), roles: Vec::new(), user: None }
    }
}

/// A managed policy of the workflows.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedPolicy {
    /// Its name.
    pub name: &'static str,
    /// Its ARN.
    pub arn: String,
    /// Its document.
    pub document: Value,
    /// The command that prints the document.
    pub printed_by: String,
}

/// A role of the workflows.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedRole {
    /// Its name.
    pub name: &'static str,
    /// Its trust policy.
    pub trust: WantedTrust,
    /// ARN of the one policy that it has.
    pub policy_arn: String,
}

/// Whom a role shall trust.
#[derive(Clone, Debug, PartialEq)]
pub enum WantedTrust {
    /// This, in an installation of this scope.
    Known {
        /// The document.
        document: Value,
        /// The tag that tells this installation from another one.
        scope: String,
        /// The command that prints the document.
        printed_by: String,
    },
    /// It names the number of the repository, which is not there yet.
    NoRepository,
    /// Its tag names Port's organisation, which was not looked at.
    NoOrganization,
    /// GitHub was told to write other subjects into this repository's tokens than its own.
    CustomSubject {
        /// `owner/name`.
        repository: String,
    },
}
