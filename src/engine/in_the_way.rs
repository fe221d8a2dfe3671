//! What keeps a policy or a role of ours from being deleted: it is listed, taken away where that is ours to do, else told.

use super::Engine;
use crate::clients::aws::{Holder, HolderKind};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::failure::Failure;

impl Engine<'_> {
    /// Deletes a policy of a grant. Where somebody has attached it to another role under our path, it is detached
    /// there. Who held it besides the grant's own role is told in `removed`, also when this fails.
    ///
    /// # Errors
    ///
    /// Fails when it is held by anybody else, with what an administrator has to run; nothing outside our path is
    /// touched.
    pub(super) async fn delete_policy(&self, grant: &GrantId, arn: &str, removed: &mut Removed) -> Result<(), Failure> {
        match self.aws.delete_policy(arn).await {
            Err(error) if error.kind == ApiErrorKind::Conflict => self.clear_the_way(grant, arn, error, removed).await,
            other => Ok(other?),
        }
    }

    async fn clear_the_way(
        &self,
        grant: &GrantId,
        arn: &str,
        conflict: ApiError,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let mut foreign = Vec::new();
        let holders = self.aws.holders(arn).await?;
        // IAM may still show the role that has just gone, where no other one has its name.
        let may_be_own = removed.namesakes.is_empty();
        let is_own = |holder: &&Holder| may_be_own && holder.kind == HolderKind::Role && holder.name == grant.as_str();
        let elsewhere = holders.iter().filter(|holder| !is_own(holder));
        removed.unlike.extend(elsewhere.map(|holder| format!("{arn} was attached to {}", told(holder))));
        for holder in &holders {
            if self.is_ours(holder).await? {
                self.aws.detach(&holder.name, arn).await?;
            } else {
                foreign.push(holder);
            }
        }
        if foreign.is_empty() {
            // Nobody holds it any more, or it is another conflict, which the second try tells.
            return Ok(self.aws.delete_policy(arn).await?);
        }
        let list = foreign.iter().map(|holder| told(holder)).collect::<Vec<_>>().join(", ");
        let failure = Failure::failed(format!("{arn} could not be deleted: it is held by {list}"));
        tracing::debug!(%conflict, "somebody holds the policy");
        let failure = foreign.iter().fold(failure, |failure, holder| {
            failure.hint(format!("as an administrator, run `{}`", remedy(holder, arn)))
        });
        Err(failure.hint("then run the same command again"))
    }

    /// Only a role under our path is; of others the revoker may not even ask.
    async fn is_ours(&self, holder: &Holder) -> Result<bool, Failure> {
        if holder.kind != HolderKind::Role || holder.as_boundary {
            return Ok(false);
        }
        match self.aws.role(&holder.name).await {
            Ok(role) => Ok(role.is_some_and(|role| role.path == self.names.iam_path)),
            Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns the failure of a role that is in instance profiles out of which the caller may not take it, those beyond our
/// path, with what an administrator has to run.
pub(super) fn kept_in_profiles(grant: &GrantId, profiles: &[String], forbidden: &ApiError) -> Failure {
    tracing::debug!(error = %forbidden, "the role is in an instance profile");
    let list = profiles.iter().map(|profile| format!("the instance profile {profile}")).collect::<Vec<_>>().join(", ");
    let failure = Failure::failed(format!("the role {grant} could not be deleted: it is in {list}"));
    let failure = profiles.iter().fold(failure, |failure, profile| {
        let command =
            format!("aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {grant}");
        failure.hint(format!("as an administrator, run `{command}`"))
    });
    failure.hint("then run the same command again")
}

fn kind(holder: &Holder) -> &'static str {
    match holder.kind {
        HolderKind::User => "user",
        HolderKind::Group => "group",
        HolderKind::Role => "role",
    }
}

fn told(holder: &Holder) -> String {
    let (kind, name) = (kind(holder), &holder.name);
    if holder.as_boundary { format!("the {kind} {name} (as its boundary)") } else { format!("the {kind} {name}") }
}

/// The command of the AWS CLI. Names of IAM hold nothing that a shell would read otherwise (IAM API reference,
/// "CreateUser": letters, digits and `_+=,.@-`).
fn remedy(holder: &Holder, arn: &str) -> String {
    let (kind, name) = (kind(holder), &holder.name);
    if holder.as_boundary {
        format!("aws iam delete-{kind}-permissions-boundary --{kind}-name {name}")
    } else {
        format!("aws iam detach-{kind}-policy --{kind}-name {name} --policy-arn {arn}")
    }
}
