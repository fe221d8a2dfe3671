//! What AWS holds of a grant before it is taken apart.

use futures_util::future::join4;

use super::policies::Found;
use crate::domain::account::AwsAccount;
use crate::domain::digest::digest;
use crate::domain::iam::RoleState;
use crate::domain::identifier::GrantId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::engine::Engine;
use crate::engine::revoke::SeenBefore;
use crate::failure::Failure;

/// What AWS holds of a grant.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Held {
    /// The grant.
    pub(super) grant: GrantId,
    /// ARN of its role, which lies under our path; none when there is none.
    pub(super) role_arn: Option<String>,
    /// ARNs of the managed policies on the role.
    pub(super) attached: Vec<String>,
    /// Names of the inline policies of the role.
    pub(super) inline: Vec<String>,
    /// Our policies that bear its name.
    pub(super) policies: Vec<Found>,
    /// What of its role is not as we make it, where it was read; sentences.
    pub(super) unlike: Vec<String>,
    /// Digest of the trust policy of its role, where it was read.
    pub(super) trust_digest: Option<String>,
}

impl Held {
    /// Returns whether its role was there.
    pub(in crate::engine) fn has_role(&self) -> bool {
        self.role_arn.is_some()
    }
}

impl Engine<'_> {
    /// Looks at a grant in AWS, all at once; `before` tells what lists have shown already.
    ///
    /// # Errors
    ///
    /// Refuses a role of that name that is not under our path; fails when AWS does.
    pub(in crate::engine) async fn held(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        known: usize,
        before: Option<&SeenBefore>,
    ) -> Result<Held, Failure> {
        let name = grant.as_str();
        let role = async {
            match before.and_then(|before| before.role_arn.clone()) {
                Some(arn) => Ok((Some(arn), Vec::new(), None)),
                None => self.aws.role(name).await.map(|role| match role {
                    Some(role) => (Some(role.arn.clone()), self.unlike(account, &role), Some(digest(&role.trust))),
                    None => (None, Vec::new(), None),
                }),
            }
        };
        let policies = async {
            match before.map(|before| before.policies.as_slice()) {
                None | Some([]) => self.policies_by_name(account, grant, known).await,
                Some(numbers) => Ok(self.policies_listed(account, grant, numbers)),
            }
        };
        let (role, attached, inline, policies) =
            join4(role, self.aws.attached_policies(name), self.aws.inline_policies(name), Box::pin(policies)).await;
        let (role_arn, unlike, trust_digest) = role?;
        if let Some(arn) = role_arn.as_ref().filter(|arn| **arn != account.role_arn(self.names, grant)) {
            let reason = format!("the role {arn} is not under {}", self.names.iam_path);
            let remedy = "it was not made by port-iam, and was not touched";
            return Err(Refusal::new(RefusalCode::ForeignRole, "entity", reason, remedy).into());
        }
        // Somebody else has taken it away since the lists were read, and what they showed tells nothing any more.
        if before.is_some() && role_arn.is_some() && matches!(attached, Ok(None)) {
            return Box::pin(self.held(account, grant, known, None)).await;
        }
        // What hangs on a role that is not there need not be told.
        let (attached, inline) = match role_arn {
            Some(_) => (attached?.unwrap_or_default(), inline?.unwrap_or_default()),
            None => (Vec::new(), Vec::new()),
        };
        Ok(Held { grant: grant.clone(), role_arn, attached, inline, policies: policies?, unlike, trust_digest })
    }

    /// Returns what of a role is not as we make it, as far as that shows in itself.
    fn unlike(&self, account: &AwsAccount, role: &RoleState) -> Vec<String> {
        let is_bounded = role.boundary.as_deref() == Some(account.boundary_arn(self.names).as_str());
        if is_bounded { Vec::new() } else { vec!["its permissions boundary was not ours".to_owned()] }
    }
}
