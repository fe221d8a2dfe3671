//! Whether the policies that are there were written once, as ours are.

use futures_util::future::try_join_all;

use crate::clients::error::ApiErrorKind;
use crate::domain::adoption::has_one_version;
use crate::domain::iam::{Observed, PolicyState};
use crate::domain::identifier::GrantId;
use crate::engine::Engine;
use crate::failure::Failure;

/// An installation that was set up by an earlier version.
const MAY_NOT_LIST: &str = "a policy that was there is adopted only if it has no further version, and this identity may not \
     list them: `port-iam init --aws-setup` gives the workflows `iam:ListPolicyVersions`";

impl Engine<'_> {
    /// Checks that none of the policies that are there has a further version. Where nothing is there, nobody is asked.
    ///
    /// # Errors
    ///
    /// Refuses the first that has one; fails when AWS refuses or cannot be asked.
    pub(super) async fn have_one_version(&self, grant: &GrantId, observed: &Observed) -> Result<(), Failure> {
        let looks = observed.policies.iter().flatten().map(|policy| self.check_versions(grant, policy));
        try_join_all(looks).await.map(drop)
    }

    async fn check_versions(&self, grant: &GrantId, policy: &PolicyState) -> Result<(), Failure> {
        match self.aws.other_versions(&policy.arn).await {
            Ok(others) => Ok(has_one_version(grant, &policy.arn, &others.unwrap_or_default())?),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Err(Failure::from(error).hint(MAY_NOT_LIST)),
            Err(error) => Err(error.into()),
        }
    }
}
