//! Keeps a role from doing anything: denied, and with nothing else on it.

use futures_util::future::{join, join_all};

use crate::clients::error::{ApiError, ApiErrorKind};
use crate::engine::Engine;

/// What became of a role that was to be denied and emptied. Either alone keeps it from what it was given.
pub(super) struct Kept {
    /// Whether `AWSDenyAll` is attached.
    pub(super) denied: Result<(), ApiError>,
    /// Whether everything else is taken off; whether IAM showed what was on it.
    pub(super) emptied: Result<bool, ApiError>,
}

impl Engine<'_> {
    /// Attaches `AWSDenyAll` to a role and leaves nothing else on it, so that whoever takes that off again gains
    /// nothing.
    ///
    /// # Errors
    ///
    /// Fails when AWS does; whatever could be taken off is off.
    pub(in crate::engine) async fn deny_for_good(&self, role: &str, deny_all: &str) -> Result<(), ApiError> {
        let Kept { denied, emptied } = self.deny_and_empty(role, deny_all).await;
        denied.and(emptied.map(|_| ()))
    }

    /// The same, and tells the one from the other: neither waits for the success of the other.
    pub(super) async fn deny_and_empty(&self, role: &str, deny_all: &str) -> Kept {
        let denied = self.deny(role, deny_all).await;
        let (detached, inline) = join(self.detach_all(role, deny_all), self.aws.inline_policies(role)).await;
        let deleted = match inline {
            Ok(Some(names)) => self.delete_inline(role, &names).await.map(|()| true),
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        };
        let emptied = match (detached, deleted) {
            (Ok(detached), Ok(is_shown)) => Ok(detached.is_some() && is_shown),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        Kept { denied, emptied }
    }

    /// Attaches `AWSDenyAll`. A role that holds as many policies as it can is made room on, by taking them off.
    ///
    /// # Errors
    ///
    /// Fails when AWS does.
    pub(in crate::engine) async fn deny(&self, role: &str, deny_all: &str) -> Result<(), ApiError> {
        match self.aws.attach(role, deny_all).await {
            Err(error) if error.kind == ApiErrorKind::LimitExceeded => {
                let detached = self.detach_all(role, deny_all).await;
                self.aws.attach(role, deny_all).await?;
                detached.map(|_| ())
            }
            other => other,
        }
    }

    /// Returns what was taken off; none where IAM does not show the role.
    async fn detach_all(&self, role: &str, except: &str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(mut attached) = self.aws.attached_policies(role).await? else { return Ok(None) };
        attached.retain(|arn| arn != except);
        let results = join_all(attached.iter().map(|arn| self.aws.detach(role, arn))).await;
        results.into_iter().collect::<Result<(), _>>()?;
        Ok(Some(attached))
    }

    pub(super) async fn delete_inline(&self, role: &str, names: &[String]) -> Result<(), ApiError> {
        let deletions = names.iter().map(|name| self.aws.delete_inline_policy(role, name));
        join_all(deletions).await.into_iter().collect()
    }
}
