//! What there is in AWS: the boundary, and the workflows' identities.

use std::collections::BTreeMap;

use futures_util::future::{join_all, try_join, try_join3};

use super::super::Setup;
use super::super::mark;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::account::AwsAccount;
use crate::domain::setup::{BoundarySeen, IdentitiesSeen, ProviderSeen, RoleFound, RoleSeen, System, WantedIdentities};

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
        let (provider, policies, roles) = try_join3(provider, policies, roles).await?;
        Ok(IdentitiesSeen { provider, policies, roles })
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
