//! Which role has the name of a grant. AWS keeps the names of an account's roles apart whatever their paths (IAM API
//! reference, "CreateRole"): where one under another path has it, the grant's own is gone.

use super::Engine;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::account::AwsAccount;
use crate::domain::iam::{ListedRole, RoleState};
use crate::domain::identifier::GrantId;

/// The role that has the name of a grant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RoleByName {
    /// There is none.
    Missing,
    /// The grant's own, under our path.
    Own(Box<RoleState>),
    /// One under another path, which is none of ours; its ARN.
    Namesake(String),
}

impl RoleByName {
    /// Returns whether it is the grant's own role.
    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Returns the grant's own role.
    pub(super) fn own(self) -> Option<RoleState> {
        match self {
            Self::Own(role) => Some(*role),
            Self::Missing | Self::Namesake(_) => None,
        }
    }

    /// Returns the ARN of a role that is none of ours.
    pub(super) fn namesake(&self) -> Option<&str> {
        match self {
            Self::Namesake(arn) => Some(arn),
            Self::Missing | Self::Own(_) => None,
        }
    }
}

impl Engine<'_> {
    /// Returns which role has the name of a grant in the account of this engine.
    ///
    /// # Errors
    ///
    /// Fails when AWS does.
    pub(super) async fn role_by_name(&self, account: &AwsAccount, grant: &GrantId) -> Result<RoleByName, ApiError> {
        let own = account.role_arn(self.names, grant);
        match self.aws.role(grant.as_str()).await {
            Ok(None) => Ok(RoleByName::Missing),
            Ok(Some(role)) if role.arn == own => Ok(RoleByName::Own(Box::new(role))),
            Ok(Some(role)) => Ok(RoleByName::Namesake(role.arn)),
            Err(error) if error.kind == ApiErrorKind::Forbidden => self.listed_role_by_name(grant, &own, error).await,
            Err(error) => Err(error),
        }
    }

    /// Returns which role has the name where the role of that name may not be read: our identities may read those under our path
    /// and those without a path alone, and lists tell of every other.
    async fn listed_role_by_name(
        &self,
        grant: &GrantId,
        own: &str,
        forbidden: ApiError,
    ) -> Result<RoleByName, ApiError> {
        let mut found = None;
        let take = |role: ListedRole| {
            if role.name == grant.as_str() {
                found = Some(role.arn);
            }
        };
        if let Err(error) = self.aws.list_roles("/", take).await {
            tracing::debug!(%error, "which role bears the name of the grant could not be listed");
            return Err(forbidden);
        }
        match found {
            // It is there, and nothing more can be told of it.
            Some(arn) if arn == own => Err(forbidden),
            Some(arn) => Ok(RoleByName::Namesake(arn)),
            // IAM asks about a role that is not there without its path, for which a right under our path does not hold.
            None => Ok(RoleByName::Missing),
        }
    }
}
