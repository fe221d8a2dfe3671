//! What an administrator does once: the identities around the grants, and the boundary above them.

use serde_json::Value;

use super::error::api_error;
use super::{Aws, Repeat};
use crate::clients::error::ApiError;

/// How many versions a managed policy may have (IAM User Guide, "IAM and AWS STS quotas").
const MOST_VERSIONS: usize = 5;

impl Aws {
    /// Gives a managed policy another document, as a new default version. When it has as many versions as it may
    /// have, the oldest goes.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked. A lost answer is not asked for again: the caller looks.
    pub async fn replace_policy_document(&self, arn: &str, document: &Value) -> Result<(), ApiError> {
        let mut others = self.other_versions(arn).await?.unwrap_or_default();
        // `v12` comes after `v3`.
        others.sort_by_key(|version| version.trim_start_matches('v').parse::<u64>().unwrap_or(u64::MAX));
        if others.len() + 1 >= MOST_VERSIONS
            && let Some(oldest) = others.first()
        {
            self.delete_policy_version(arn, oldest).await?;
        }
        self.retrying(Repeat::OnlyIfNothingHappened, || async {
            let request = self.iam.create_policy_version().policy_arn(arn).policy_document(document.to_string());
            let answer = request.set_as_default(true).send().await;
            answer.map(|_| ()).map_err(|error| api_error("change the policy", &error))
        })
        .await
    }
}
