//! What the workflows shall have in AWS, and whom their roles shall trust.

use serde_json::Value;

use super::super::{Identity, Setup};
use super::unrendered;
use crate::assets::{self, OidcClaims, OidcTrust, PORT_DISPATCHER};
use crate::clients::github::{OidcSubject, Repository};
use crate::domain::account::AwsAccount;
use crate::domain::names::{GRANTER_ROLE, MANAGER_USER, REVOKER_ROLE};
use crate::domain::setup::{
    SecretStore, WantedIdentities, WantedPolicy, WantedRole, WantedTrust, WantedUser, WorkflowAccess,
};
use crate::domain::tags::Scope;
use crate::engine::token_claims::{TokenClaims, token_claims};
use crate::failure::Failure;

/// Where the workflows run, as far as it stands in their tokens.
pub(in crate::engine::setup) struct Place<'a> {
    pub(in crate::engine::setup) repository: Option<&'a Repository>,
    /// How the subject of the tokens begins; none where no role is to trust them.
    pub(in crate::engine::setup) subject: Option<&'a OidcSubject>,
    /// Where the secrets are kept: the jobs run in that environment.
    pub(in crate::engine::setup) store: &'a SecretStore,
}

impl Setup<'_> {
    /// Returns what the workflows shall have in AWS, but for whom their roles trust: what to look at is known by name.
    pub(in crate::engine::setup) fn named_identities(
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
            user: None,
        };
        let (partition, id) = (account.partition.as_str(), account.id.as_str());
        let manager = assets::manager_policies(self.names, account).map_err(unrendered)?;
        for (name, document, word) in
            [(GRANTER_ROLE, manager.granter, "granter"), (REVOKER_ROLE, manager.revoker, "revoker")]
        {
            let printed_by = format!("port-iam aws {word} --account {id} --partition {partition}");
            wanted.policies.push(WantedPolicy { name, arn: account.iam_arn("policy", name), document, printed_by });
        }
        if access == WorkflowAccess::AccessKey {
            // The user of this name is that of the first installation: what one beside it calls its own nobody knows.
            if self.names.prefix.is_empty() {
                wanted.user = Some(WantedUser { name: MANAGER_USER, policies: wanted.policies.clone() });
            }
            // Without the operator's word they may be called anything: what the user may do is what counts.
            wanted.policies.retain(|_| self.asked.aws_setup);
            return Ok(wanted);
        }
        wanted.provider_arn = Some(account.github_provider_arn());
        for name in [GRANTER_ROLE, REVOKER_ROLE] {
            let trust = WantedTrust::NoRepository;
            wanted.roles.push(WantedRole { name, trust, policy_arn: account.iam_arn("policy", name) });
        }
        Ok(wanted)
    }

    /// Returns what the workflows shall have in AWS. `rules` is the text of the rules file, which names who may start
    /// the grant workflow.
    pub(in crate::engine::setup) fn wanted_identities(
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
            token_claims(subject, &identity.account, repository, place.store, rules);
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
        claims.account.id,
        claims.account.partition,
        claims.organization,
        claims.repository,
        claims.repository_id,
        claims.default_branch,
        claims.subject_prefix
    ));
    if claims.store == SecretStore::Repository {
        command.push_str(" --no-environment");
    }
    match claims.dispatchers.as_slice() {
        [] => {}
        [one] if one == PORT_DISPATCHER => {}
        several => several.iter().for_each(|login| command.push_str(&format!(" --dispatcher '{login}'"))),
    }
    command
}
