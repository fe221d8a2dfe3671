//! The workflows' identities in AWS: what they shall be, what is there, and how they are made.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{join_all, try_join, try_join3};
use serde_json::Value;

use super::observe::mark;
use super::wanted::unrendered;
use super::who::Identity;
use super::{Finding, Setup, Severity};
use crate::assets::{self, OidcClaims, OidcTrust, PORT_DISPATCHER};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{OidcSubject, Repository};
use crate::domain::account::AwsAccount;
use crate::domain::names::{GRANTER_ROLE, OIDC_AUDIENCE, OIDC_ISSUER, REVOKER_ROLE};
use crate::domain::setup::{
    AccessSource, BoundarySeen, IdentitiesSeen, Origin, ProviderSeen, RoleFound, RoleSeen, WantedIdentities,
    WantedPolicy, WantedRole, WantedTrust, WorkflowAccess, Write, takes_access_key,
};
use crate::domain::tags::Scope;
use crate::engine::token_claims::{TokenClaims, token_claims};
use crate::failure::Failure;

/// How often a policy is attached that IAM does not know yet.
const MOST_LOOKS: usize = 5;

/// Where the workflows run, as far as it stands in their tokens.
pub(super) struct Place<'a> {
    pub(super) repository: Option<&'a Repository>,
    /// How the subject of the tokens begins; none where no role is to trust them.
    pub(super) subject: Option<&'a OidcSubject>,
    /// Whether the jobs run in an environment.
    pub(super) environment: bool,
}

impl Setup<'_> {
    /// Returns how the workflows reach AWS, and why so: as the operator says, else as the grant workflow that is there
    /// does, else by OIDC. Whether the workflow has got a key is asked when it is known what lies in the repository.
    pub(super) fn access(&self, workflow: Option<&str>) -> (WorkflowAccess, AccessSource) {
        if let Some(access) = self.asked.access {
            return (access, AccessSource::Chosen);
        }
        let has_key = |text: &&str| Origin::of(text) != Origin::Foreign && takes_access_key(text);
        match workflow.filter(has_key) {
            Some(_) => (WorkflowAccess::AccessKey, AccessSource::Kept),
            None => (WorkflowAccess::Oidc, AccessSource::Chosen),
        }
    }

    /// Returns what the workflows shall have in AWS, but for whom their roles trust: what to look at is known by name.
    pub(super) fn named_identities(
        &self,
        account: &AwsAccount,
        access: WorkflowAccess,
    ) -> Result<WantedIdentities, Failure> {
        let mut wanted = WantedIdentities {
            set_up: self.asked.aws_setup,
            adopt: self.asked.consent.adopt,
            provider_arn: None,
            policies: Vec::new(),
            roles: Vec::new(),
        };
        if access == WorkflowAccess::AccessKey && !self.asked.aws_setup {
            return Ok(wanted);
        }
        let (partition, id) = (account.partition.as_str(), account.id.as_str());
        let manager = assets::manager_policies(self.names, partition, id).map_err(unrendered)?;
        for (name, document, word) in
            [(GRANTER_ROLE, manager.granter, "granter"), (REVOKER_ROLE, manager.revoker, "revoker")]
        {
            let printed_by = format!("port-iam aws {word} --account {id} --partition {partition}");
            wanted.policies.push(WantedPolicy { name, arn: account.iam_arn("policy", name), document, printed_by });
        }
        if access == WorkflowAccess::AccessKey {
            return Ok(wanted);
        }
        wanted.provider_arn = Some(account.iam_arn("oidc-provider", OIDC_ISSUER.trim_start_matches("https://")));
        for name in [GRANTER_ROLE, REVOKER_ROLE] {
            let trust = WantedTrust::NoRepository;
            wanted.roles.push(WantedRole { name, trust, policy_arn: account.iam_arn("policy", name) });
        }
        Ok(wanted)
    }

    /// Returns what the workflows shall have in AWS. `rules` is the text of the rules file, which names who may start
    /// the grant workflow.
    pub(super) fn wanted_identities(
        &self,
        identity: &Identity,
        place: &Place<'_>,
        access: WorkflowAccess,
        rules: Option<&str>,
    ) -> Result<WantedIdentities, Failure> {
        let mut wanted = self.named_identities(&identity.account, access)?;
        if !wanted.roles.is_empty() {
            for (role, trust) in wanted.roles.iter_mut().zip(self.trusts(identity, place, rules)?) {
                role.trust = trust;
            }
        }
        Ok(wanted)
    }

    /// Returns whom the granter and the revoker shall trust.
    fn trusts(&self, identity: &Identity, place: &Place<'_>, rules: Option<&str>) -> Result<[WantedTrust; 2], Failure> {
        let Some((repository, subject)) = place.repository.zip(place.subject) else {
            return Ok([WantedTrust::NoRepository, WantedTrust::NoRepository]);
        };
        let Some(organization) = &identity.organization else {
            return Ok([WantedTrust::NoOrganization, WantedTrust::NoOrganization]);
        };
        let TokenClaims { claims, has_custom_subject } =
            token_claims(subject, &identity.account, repository, place.environment, rules);
        if has_custom_subject {
            let custom = || WantedTrust::CustomSubject { repository: repository.full_name() };
            return Ok([custom(), custom()]);
        }
        let OidcTrust { granter, revoker } = assets::oidc_trust(self.names, &claims).map_err(unrendered)?;
        let Scope(scope) = Scope::new(organization, repository.id, &self.names.prefix);
        let known = |document: Value, word: &str| WantedTrust::Known {
            document,
            scope: scope.clone(),
            printed_by: print_command(&self.names.prefix, word, &claims),
        };
        Ok([known(granter, "oidc-granter"), known(revoker, "oidc-revoker")])
    }

    /// Looks at the workflows' identities.
    pub(super) async fn identities(&self, wanted: &WantedIdentities) -> Result<IdentitiesSeen, ApiError> {
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
    pub(super) async fn managed_policy(&self, arn: &str) -> Result<BoundarySeen, ApiError> {
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

    /// Makes one of the workflows' identities. Returns what is left for somebody with more rights.
    pub(super) async fn make_identity(&self, write: &Write) -> Result<Option<Finding>, Failure> {
        match self.written(write).await {
            Ok(()) => Ok(None),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(Some(Finding::new(
                Severity::Warning,
                "identities-pending",
                format!("these AWS credentials do not suffice: {error}"),
                "run `port-iam init --aws-setup` with an administrator's AWS credentials, or without --aws-setup to see the commands",
            ))),
            Err(error) => Err(error.into()),
        }
    }

    async fn written(&self, write: &Write) -> Result<(), ApiError> {
        match write {
            Write::OidcProvider => self.aws.create_provider(OIDC_ISSUER, OIDC_AUDIENCE).await,
            Write::IdentityPolicy { name, document } => {
                let description = "What a workflow of port-iam may do";
                self.aws.create_policy("/", name, document, description, &[mark()]).await
            }
            Write::IdentityPolicyDocument { arn, document } => self.aws.replace_policy_document(arn, document).await,
            Write::NewRole { name, trust: Some(trust), policy_arn, tags } => {
                self.aws.create_workflow_role(name, trust, tags).await?;
                self.attach_once_visible(name, policy_arn).await
            }
            Write::Role { name, trust, attach, detach, delete_inline, tags } => {
                // First what it must not have, and whom it must not trust.
                for inline in delete_inline {
                    self.aws.delete_inline_policy(name, inline).await?;
                }
                for arn in detach {
                    self.aws.detach(name, arn).await?;
                }
                if let Some(trust) = trust {
                    self.aws.replace_trust(name, trust).await?;
                }
                for arn in attach {
                    self.attach_once_visible(name, arn).await?;
                }
                self.aws.tag_role(name, tags).await
            }
            // A role whose repository is not there is planned anew once it is.
            _ => Ok(()),
        }
    }
}

impl Setup<'_> {
    /// Attaches a policy that has just been made: for a moment IAM may not know it, or the role, everywhere.
    async fn attach_once_visible(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        for _ in 1..MOST_LOOKS {
            match self.aws.attach(role, policy_arn).await {
                Err(error) if error.is_not_found() => self.world.sleep(Duration::from_secs(2)).await,
                other => return other,
            }
        }
        self.aws.attach(role, policy_arn).await
    }
}

/// Returns the command that prints a trust policy.
fn print_command(prefix: &str, word: &str, claims: &OidcClaims) -> String {
    let mut command = String::from("port-iam");
    if !prefix.is_empty() {
        command.push_str(&format!(" --prefix {prefix}"));
    }
    // Every value was checked when the trust was rendered; a branch may hold what a shell gives a meaning to.
    command.push_str(&format!(
        " aws {word} --account {} --partition {} --github-org {} --github-repository {} --github-repository-id {} --default-branch '{}' --oidc-sub-prefix '{}'",
        claims.account_id,
        claims.partition,
        claims.organization,
        claims.repository,
        claims.repository_id,
        claims.default_branch,
        claims.subject_prefix
    ));
    if !claims.environment {
        command.push_str(" --no-environment");
    }
    match claims.dispatchers.as_slice() {
        [] => {}
        [one] if one == PORT_DISPATCHER => {}
        several => several.iter().for_each(|login| command.push_str(&format!(" --dispatcher '{login}'"))),
    }
    command
}
