//! The policies of a grant: found by their names, deleted from the last one on.

use futures_util::future::join;

use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::account::AwsAccount;
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
    /// Its versions beside the default one; none where they were not asked for.
    versions: Option<Vec<String>>,
}

/// Returns the ARNs of those policies that have other versions than the default one, as far as that was asked.
pub(super) fn changed(policies: &[Found]) -> Vec<String> {
    let has_further = |policy: &&Found| policy.versions.as_ref().is_some_and(|versions| !versions.is_empty());
    policies.iter().filter(has_further).map(|policy| policy.arn.clone()).collect()
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

    /// Returns a policy with its versions beside the default one; none when there is no such policy. The granter, which takes
    /// back what it has made, may not list them: it makes no other version, and knows which policies it made.
    async fn found(&self, arn: String, is_known: bool) -> Result<Option<Found>, ApiError> {
        let versions = match self.aws.other_versions(&arn).await {
            Err(error) if error.kind == ApiErrorKind::Forbidden => is_known.then(Vec::new),
            other => other?,
        };
        Ok(versions.map(|versions| Found { arn, versions: Some(versions) }))
    }

    /// Deletes policies that nothing holds any more, the last one first: a deletion that is cut off leaves no gap in their
    /// numbers. Returns the ARNs of those that are gone; what is in the way of the others is found out later.
    pub(super) async fn delete_unheld(&self, policies: &[Found]) -> Vec<String> {
        let mut deleted = Vec::new();
        for Found { arn, versions } in policies.iter().rev() {
            let deleting = async {
                self.delete_versions(arn, versions.as_deref().unwrap_or_default()).await?;
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
    /// those that were attached to the role.
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
                found.push(policy.unwrap_or(Found { arn, versions: Some(Vec::new()) }));
            }
        }
        found.sort_by_key(|policy| self.number_of(account, grant, &policy.arn));
        for Found { arn, versions } in found.iter().rev().filter(|policy| !removed.policies.contains(&policy.arn)) {
            let versions = match versions {
                Some(versions) => versions.clone(),
                None => self.aws.other_versions(arn).await?.unwrap_or_default(),
            };
            if !versions.is_empty() && !removed.changed.contains(arn) {
                removed.changed.push(arn.clone());
            }
            self.delete_versions(arn, &versions).await?;
            self.delete_policy(arn).await?;
        }
        removed.policies.extend(found.into_iter().map(|policy| policy.arn));
        removed.policies.sort_by_key(|arn| self.number_of(account, grant, arn));
        removed.policies.dedup();
        Ok(())
    }

    async fn delete_versions(&self, arn: &str, versions: &[String]) -> Result<(), ApiError> {
        for version in versions {
            self.aws.delete_policy_version(arn, version).await?;
        }
        Ok(())
    }

    /// Returns which of the policies are the grant's own.
    fn ours_among(&self, account: &AwsAccount, grant: &GrantId, arns: &[String]) -> Vec<String> {
        arns.iter().filter(|arn| self.number_of(account, grant, arn).is_some()).cloned().collect()
    }

    /// Returns the number of one of the grant's policies, counted from 1; none of another policy.
    fn number_of(&self, account: &AwsAccount, grant: &GrantId, arn: &str) -> Option<usize> {
        let name = arn.strip_prefix(&account.under_path(self.names, "policy", ""))?;
        part_number(grant, name).filter(|number| *number <= MOST_POLICIES)
    }
}
