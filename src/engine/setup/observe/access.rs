//! How the workflows reach AWS, and what there is for that.

use futures_util::future::try_join;

use super::super::Setup;
use super::{Identity, Who};
use crate::clients::error::ApiError;
use crate::clients::github::{OidcSubject, Repository};
use crate::domain::setup::{
    AWS_SECRETS, AccessSource, IdentitiesSeen, Origin, RepositorySeen, System, WorkflowAccess, takes_access_key,
};
use crate::failure::Failure;

/// How the workflows reach AWS, and what there is for that.
pub(super) struct AccessSeen {
    /// The text of the grant workflow on the default branch.
    pub(super) workflow: Option<String>,
    pub(super) access: WorkflowAccess,
    pub(super) access_source: AccessSource,
    pub(super) subject: Option<OidcSubject>,
    pub(super) identities: IdentitiesSeen,
}

impl Setup<'_> {
    /// Looks at how the workflows reach AWS. What there is in AWS may be `known`.
    pub(super) async fn access_seen(&self, who: &Who, known: Option<IdentitiesSeen>) -> Result<AccessSeen, Failure> {
        let repository = who.repository.as_ref();
        let workflow = match repository {
            Some(repository) => self.workflow_text(repository).await?,
            None => None,
        };
        let (access, access_source) = self.access(workflow.as_deref());
        self.access_seen_by(who, workflow, (access, access_source), known).await
    }

    /// Returns how the workflows reach AWS, and why so: as the operator says, else as the grant workflow that is there
    /// does, else by OIDC. Whether the workflow has got a key is asked when it is known what lies in the repository.
    fn access(&self, workflow: Option<&str>) -> (WorkflowAccess, AccessSource) {
        if let Some(access) = self.asked.access {
            return (access, AccessSource::Chosen);
        }
        let has_key = |text: &&str| Origin::of(text) != Origin::Foreign && takes_access_key(text);
        match workflow.filter(has_key) {
            Some(_) => (WorkflowAccess::AccessKey, AccessSource::Kept),
            None => (WorkflowAccess::Oidc, AccessSource::Chosen),
        }
    }

    /// Looks at what there is for the workflows to reach AWS in a certain way.
    async fn access_seen_by(
        &self,
        who: &Who,
        workflow: Option<String>,
        (access, access_source): (WorkflowAccess, AccessSource),
        known: Option<IdentitiesSeen>,
    ) -> Result<AccessSeen, Failure> {
        let repository = who.repository.as_ref();
        let subject = async {
            match repository.filter(|_| access == WorkflowAccess::Oidc) {
                Some(repository) => Ok(Some(self.github.oidc_subject(repository).await?)),
                None => Ok(None),
            }
        };
        let identities = async {
            if let Some(known) = known {
                return Ok(known);
            }
            if !self.found.looks_at.contains(System::Aws) {
                return Ok(IdentitiesSeen::default());
            }
            Ok::<_, Failure>(self.identities(&self.named_identities(&who.account, access)?).await?)
        };
        let (subject, identities) = try_join(subject, identities).await?;
        Ok(AccessSeen { workflow, access, access_source, subject, identities })
    }

    /// Looks at it anew, with roles, where the grant workflow speaks of an access key that it was not given.
    pub(super) async fn access_believed(
        &self,
        identity: &Identity,
        repository: Option<(&Repository, &RepositorySeen)>,
        told: AccessSeen,
    ) -> Result<AccessSeen, Failure> {
        if told.access_source == AccessSource::Kept
            && let (Some((repository, seen)), Some(workflow)) = (repository, &told.workflow)
            && !self.is_given_a_key(repository, seen, workflow).await?
        {
            let by_role = (WorkflowAccess::Oidc, AccessSource::ClaimedKey);
            let who = identity.asking(Some(repository.clone()));
            return Box::pin(self.access_seen_by(&who, told.workflow.clone(), by_role, None)).await;
        }
        Ok(told)
    }

    /// Returns whether the access key that the text of the grant workflow speaks of is one that the workflows were given: one
    /// lies in the secrets, or `init` wrote that text.
    async fn is_given_a_key(
        &self,
        repository: &Repository,
        seen: &RepositorySeen,
        workflow: &str,
    ) -> Result<bool, ApiError> {
        let mut held = seen.environment_secrets.iter().chain(&seen.repository_secrets);
        if held.any(|held| AWS_SECRETS.iter().any(|name| held.eq_ignore_ascii_case(name))) {
            return Ok(true);
        }
        Ok(Origin::of(workflow) == Origin::AsWritten && self.is_of_setup(repository, &self.grant_workflow()).await?)
    }
}
