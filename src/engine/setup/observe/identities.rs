//! What there is in AWS: the boundary, and the workflows' identities.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all, try_join, try_join4};

use super::super::Setup;
use super::super::mark;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::account::AwsAccount;
use crate::domain::setup::{
    BoundarySeen, IdentitiesSeen, ProviderSeen, RoleFound, RoleSeen, System, WantedIdentities, WantedUser,
    WorkflowUserSeen,
};

impl Setup<'_> {
    pub(in crate::engine::setup) async fn boundary(&self, account: &AwsAccount) -> Result<BoundarySeen, ApiError> {
        if !self.found.looks_at.contains(System::Aws) {
            return Ok(BoundarySeen::Hidden);
        }
        self.managed_policy(&account.boundary_arn(self.names)).await
    }

    /// Looks at the workflows' identities.
    pub(in crate::engine::setup) async fn identities(
        &self,
        wanted: &WantedIdentities,
    ) -> Result<IdentitiesSeen, ApiError> {
        let provider = async {
            let Some(arn) = &wanted.provider_arn else { return Ok(ProviderSeen::Absent) };
            match self.aws.provider_audiences(arn).await {
                Ok(Some(audiences)) => Ok(ProviderSeen::Present(audiences)),
                Ok(None) => Ok(ProviderSeen::Absent),
                Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(ProviderSeen::Hidden),
                Err(error) => Err(error),
            }
        };
        let policies = async {
            let seen = wanted
                .policies
                .iter()
                .map(async |policy| Ok((policy.name.to_owned(), self.managed_policy(&policy.arn).await?)));
            join_all(seen).await.into_iter().collect::<Result<BTreeMap<_, _>, ApiError>>()
        };
        let roles = async {
            let seen = wanted.roles.iter().map(async |role| Ok((role.name.to_owned(), self.role(role.name).await?)));
            join_all(seen).await.into_iter().collect::<Result<BTreeMap<_, _>, ApiError>>()
        };
        let user = self.workflow_user(wanted.user.as_ref());
        let (provider, policies, roles, user) = try_join4(provider, policies, roles, user).await?;
        Ok(IdentitiesSeen { provider, policies, roles, user })
    }

    /// Looks at the user of the access key, where somebody wants to see the plan: nothing that is written depends on it.
    async fn workflow_user(&self, wanted: Option<&WantedUser>) -> Result<WorkflowUserSeen, ApiError> {
        let Some(user) = wanted.filter(|_| self.asked.looks_at_user) else { return Ok(WorkflowUserSeen::Unlooked) };
        let (own, groups) = join(self.aws.documents_of_user(user.name), self.aws.documents_of_groups(user.name)).await;
        let mut documents = match own {
            Ok(documents) => documents,
            Err(error) if error.is_not_found() => return Ok(WorkflowUserSeen::Absent),
            Err(error) if error.kind == ApiErrorKind::Forbidden => {
                return Ok(WorkflowUserSeen::Hidden(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        let without_groups = match groups {
            Ok(more) => {
                documents.extend(more);
                None
            }
            Err(error) if error.kind == ApiErrorKind::Forbidden => Some(error.to_string()),
            Err(error) => return Err(error),
        };
        Ok(WorkflowUserSeen::Present { documents, without_groups })
    }

    async fn role(&self, name: &str) -> Result<RoleSeen, ApiError> {
        let found = async {
            let Some(role) = self.aws.role(name).await? else { return Ok(RoleSeen::Absent) };
            let (attached, inline) = try_join(self.aws.attached_policies(name), self.aws.inline_policies(name)).await?;
            Ok(RoleSeen::Present(RoleFound {
                trust: role.trust,
                tags: role.tags,
                attached: attached.unwrap_or_default(),
                inline: inline.unwrap_or_default(),
            }))
        };
        match found.await {
            Err(ApiError { kind: ApiErrorKind::Forbidden, .. }) => Ok(RoleSeen::Hidden),
            other => other,
        }
    }

    /// Looks at a managed policy.
    async fn managed_policy(&self, arn: &str) -> Result<BoundarySeen, ApiError> {
        match self.aws.policy(arn).await {
            Ok(Some(policy)) if policy.tags.iter().any(|tag| *tag == mark()) => {
                Ok(BoundarySeen::Present(policy.document))
            }
            Ok(Some(policy)) => Ok(BoundarySeen::Foreign(policy.document)),
            Ok(None) => Ok(BoundarySeen::Absent),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(BoundarySeen::Hidden),
            Err(error) => Err(error),
        }
    }
}
