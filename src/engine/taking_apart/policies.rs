//! The policies of a grant: found by their names, deleted from the last one on.

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use super::merge;
use crate::clients::aws::PolicyVersions;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::account::AwsAccount;
use crate::domain::digest::policies_digest;
use crate::domain::iam::{FIRST_VERSION, is_late};
use crate::domain::identifier::GrantId;
use crate::domain::part::part_number;
use crate::domain::receipt::Removed;
use crate::engine::{Engine, MOST_POLICIES};
use crate::failure::Failure;

/// A policy of ours that is there.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its ARN.
    pub(super) arn: String,
    /// Its versions; none where they were not asked for.
    versions: Option<PolicyVersions>,
}

impl Found {
    /// Returns whether it is not as it was made, as far as its versions were asked for.
    pub(super) fn is_changed(&self) -> bool {
        let is_other = |version: &String| version != FIRST_VERSION;
        let versions = self.versions.as_ref();
        versions.is_some_and(|it| !it.others.is_empty() || it.default.as_ref().is_some_and(is_other))
    }

    fn is_late_for(&self, role: Timestamp) -> bool {
        let made = self.versions.as_ref().and_then(|versions| versions.created);
        made.is_some_and(|made| is_late(made, role))
    }

    fn other_versions(&self) -> &[String] {
        self.versions.as_ref().map_or(&[], |versions| &versions.others)
    }
}

impl Engine<'_> {
    /// Returns our policies that bear the name of a grant, the first one first: the first `known` of them whether or not one
    /// before them is missing, the others until one is.
    ///
    /// # Errors
    ///
    /// Fails when AWS does.
    pub(super) async fn policies_by_name(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        known: usize,
    ) -> Result<Vec<Found>, ApiError> {
        let arn = |number| account.part_arn(self.names, grant, number);
        let further = async {
            let mut found = Vec::new();
            for number in 2..=MOST_POLICIES {
                match self.found(arn(number), number <= known).await? {
                    Some(policy) => found.push(policy),
                    None if number >= known => break,
                    None => {}
                }
            }
            Ok::<_, ApiError>(found)
        };
        let (first, further) = join(self.found(arn(1), true), further).await;
        let mut found: Vec<Found> = first?.into_iter().collect();
        found.extend(further?);
        Ok(found)
    }

    /// Returns the policies of these numbers, which a list has shown. Their versions are asked for when something is in the way
    /// of their deletion: grants have none but the default ones.
    pub(super) fn policies_listed(&self, account: &AwsAccount, grant: &GrantId, numbers: &[usize]) -> Vec<Found> {
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        let found = |number| Found { arn: account.part_arn(self.names, grant, number), versions: None };
        numbers.into_iter().map(found).collect()
    }

    /// Returns the digest of policies of which one was made later than the role, so that somebody may have replaced it; none
    /// of any others, which are not worth their requests.
    ///
    /// # Errors
    ///
    /// Fails when AWS does.
    pub(super) async fn digest_of_late(
        &self,
        role: Option<Timestamp>,
        policies: &[Found],
    ) -> Result<Option<String>, ApiError> {
        if !role.is_some_and(|role| policies.iter().any(|policy| policy.is_late_for(role))) {
            return Ok(None);
        }
        let reading = policies.iter().map(async |policy| {
            let version = policy.versions.as_ref().and_then(|versions| versions.default.as_deref());
            self.aws.policy_document(&policy.arn, version.unwrap_or(FIRST_VERSION)).await
        });
        let documents: Option<Vec<_>> = join_all(reading).await.into_iter().collect::<Result<_, _>>()?;
        Ok(documents.map(|documents| policies_digest(&documents)))
    }

    /// Returns a policy with its versions; none when there is no such policy. A granter that was set up by an earlier version
    /// may not list them: it makes no other version, and knows which policies it made.
    async fn found(&self, arn: String, is_known: bool) -> Result<Option<Found>, ApiError> {
        let versions = match self.aws.policy_versions(&arn).await {
            Err(error) if error.kind == ApiErrorKind::Forbidden => is_known.then(PolicyVersions::default),
            other => other?,
        };
        Ok(versions.map(|versions| Found { arn, versions: Some(versions) }))
    }

    /// Deletes policies that nothing holds any more, the last one first: a deletion that is cut off leaves no gap in their
    /// numbers. Returns the ARNs of those that are gone; what is in the way of the others is found out later.
    pub(super) async fn delete_unheld(&self, policies: &[Found]) -> Vec<String> {
        let mut deleted = Vec::new();
        for policy in policies.iter().rev() {
            let arn = &policy.arn;
            let deleting = async {
                self.delete_versions(arn, policy.other_versions()).await?;
                self.aws.delete_policy(arn).await
            };
            if let Err(error) = deleting.await {
                tracing::debug!(%error, "a policy is not deleted yet");
                break;
            }
            deleted.push(arn.clone());
        }
        deleted
    }

    /// Deletes what is left of our policies, the last one first, with whatever is in the way: those that were `found`, and
    /// those that were attached to the role. Whoever else held one is told in `removed`.
    ///
    /// # Errors
    ///
    /// Fails when AWS does, and when somebody else holds one of them.
    pub(super) async fn delete_policies(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        mut found: Vec<Found>,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        for arn in self.ours_among(account, grant, &removed.detached) {
            if !found.iter().any(|policy| policy.arn == arn) && !removed.policies.contains(&arn) {
                // What was attached a moment ago is there, even where IAM does not show it yet.
                let policy = self.found(arn.clone(), true).await?;
                found.push(policy.unwrap_or(Found { arn, versions: Some(PolicyVersions::default()) }));
            }
        }
        found.sort_by_key(|policy| self.number_of(account, grant, &policy.arn));
        for policy in found.iter_mut().rev() {
            if removed.policies.contains(&policy.arn) {
                continue;
            }
            if policy.versions.is_none() {
                policy.versions = Some(self.aws.policy_versions(&policy.arn).await?.unwrap_or_default());
            }
            merge(&mut removed.changed, policy.is_changed().then(|| policy.arn.clone()));
            self.delete_versions(&policy.arn, policy.other_versions()).await?;
            self.delete_policy(grant, &policy.arn, removed).await?;
        }
        removed.policies.extend(found.into_iter().map(|policy| policy.arn));
        removed.policies.sort_by_key(|arn| self.number_of(account, grant, arn));
        removed.policies.dedup();
        removed.left.clear();
        Ok(())
    }

    async fn delete_versions(&self, arn: &str, versions: &[String]) -> Result<(), ApiError> {
        for version in versions {
            self.aws.delete_policy_version(arn, version).await?;
        }
        Ok(())
    }

    /// Returns which of the policies are the grant's own.
    pub(super) fn ours_among(&self, account: &AwsAccount, grant: &GrantId, arns: &[String]) -> Vec<String> {
        arns.iter().filter(|arn| self.number_of(account, grant, arn).is_some()).cloned().collect()
    }

    /// Returns the number of one of the grant's policies, counted from 1; none of another policy.
    fn number_of(&self, account: &AwsAccount, grant: &GrantId, arn: &str) -> Option<usize> {
        let name = arn.strip_prefix(&account.under_path(self.names, "policy", ""))?;
        part_number(grant, name).filter(|number| *number <= MOST_POLICIES)
    }
}
