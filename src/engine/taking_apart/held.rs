//! What AWS holds of a grant before it is taken apart.

use futures_util::future::join4;
use jiff::Timestamp;

use super::merge;
use super::policies::Found;
use crate::domain::account::AwsAccount;
use crate::domain::iam::ListedRole;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::domain::trust;
use crate::engine::Engine;
use crate::engine::role_by_name::RoleByName;
use crate::failure::Failure;

/// What AWS's lists have told of a grant.
#[derive(Clone, Debug)]
pub(in crate::engine) struct ListedGrant {
    /// Its role.
    pub(in crate::engine) role: Option<ListedRole>,
    /// The numbers of its policies.
    pub(in crate::engine) policies: Vec<usize>,
}

/// What AWS holds of a grant.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Held {
    /// The grant.
    pub(super) grant: GrantId,
    /// Its role, which lies under our path.
    pub(super) role: HeldRole,
    /// ARN of a role of its name that is none of ours; then its own is not there.
    pub(super) namesake: Option<String>,
    /// ARNs of the managed policies on the role.
    pub(super) attached: Vec<String>,
    /// Names of the inline policies of the role.
    pub(super) inline: Vec<String>,
    /// Our policies that bear its name.
    pub(super) policies: Vec<Found>,
}

/// The role of a grant, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct HeldRole {
    /// Its ARN; none when there is none.
    pub(super) arn: Option<String>,
    /// When it was made, where that is known.
    pub(super) created: Option<Timestamp>,
    /// What of it is not as we make it, where it was read; sentences.
    pub(super) unlike: Vec<String>,
    /// Digest of its trust policy, where it was read.
    pub(super) trust_digest: Option<String>,
    /// Digest of the policies that bear its name, where they were read.
    pub(super) policy_digest: Option<String>,
}

impl Held {
    /// Returns whether its role was there.
    pub(in crate::engine) fn has_role(&self) -> bool {
        self.role.arn.is_some()
    }
}

impl Engine<'_> {
    /// Adds to `removed` what is there, before anything of it is taken away: neither a failure nor a signal nor a further
    /// look, which sees what is left, may hide it.
    pub(super) fn note_held(&self, account: &AwsAccount, held: &Held, removed: &mut Removed) {
        let HeldRole { arn, created, unlike, trust_digest, policy_digest } = held.role.clone();
        removed.role = arn.or(removed.role.take());
        removed.created = removed.created.max(created);
        if held.has_role() {
            removed.seen = self.aws.service_time();
        }
        removed.trust_digest = removed.trust_digest.take().or(trust_digest);
        // What is left of the policies has another digest.
        removed.policy_digest = removed.policy_digest.take().or(policy_digest.filter(|_| removed.policies.is_empty()));
        merge(&mut removed.unlike, unlike);
        merge(&mut removed.namesakes, held.namesake.clone());
        merge(&mut removed.changed, held.policies.iter().filter(|it| it.is_changed()).map(|it| it.arn.clone()));
        let attached = self.ours_among(account, &held.grant, &held.attached);
        let ours = held.policies.iter().map(|policy| policy.arn.clone()).chain(attached);
        merge(&mut removed.left, ours.filter(|arn| !removed.policies.contains(arn)));
        let deny_all = account.deny_all_arn();
        merge(&mut removed.detached, held.attached.iter().filter(|arn| **arn != deny_all).cloned());
        merge(&mut removed.inline, held.inline.iter().cloned());
    }
}

impl Engine<'_> {
    /// Looks at a grant in AWS, all at once; `listed` is what lists have shown already. A role of its name that is not under
    /// our path is none of ours: then its own is not there.
    ///
    /// # Errors
    ///
    /// Fails when AWS does.
    pub(in crate::engine) async fn held(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        known: usize,
        listed: Option<&ListedGrant>,
    ) -> Result<Held, Failure> {
        let name = grant.as_str();
        let role = async {
            match listed.and_then(|listed| listed.role.as_ref()) {
                Some(role) if role.arn != account.role_arn(self.names, grant) => {
                    Ok((HeldRole::default(), Some(role.arn.clone())))
                }
                // What the list tells of its trust policy whoever has listed it judges.
                Some(role) => {
                    let (arn, created) = (Some(role.arn.clone()), Some(role.created));
                    Ok((HeldRole { arn, created, ..HeldRole::default() }, None))
                }
                None => self.role_by_name(account, grant).await.map(|named| self.held_role(account, named)),
            }
        };
        let policies = async {
            match listed.map(|listed| listed.policies.as_slice()) {
                None | Some([]) => self.policies_by_name(account, grant, known).await,
                Some(numbers) => Ok(self.policies_listed(account, grant, numbers)),
            }
        };
        let (role, attached, inline, policies) =
            join4(role, self.aws.attached_policies(name), self.aws.inline_policies(name), Box::pin(policies)).await;
        let (mut role, namesake) = role?;
        // Somebody else has taken it away since the lists were read, and what they showed tells nothing any more.
        if listed.is_some() && role.arn.is_some() && matches!(attached, Ok(None)) {
            return Box::pin(self.held(account, grant, known, None)).await;
        }
        // What hangs on a role that is not there need not be told.
        let (attached, inline) = match role.arn {
            Some(_) => (attached?.unwrap_or_default(), inline?.unwrap_or_default()),
            None => (Vec::new(), Vec::new()),
        };
        let policies = policies?;
        // What a revocation has begun to take away has another digest than that of the record.
        let is_whole = policies.iter().all(|policy| attached.contains(&policy.arn));
        if is_whole && !attached.contains(&account.deny_all_arn()) {
            match self.digest_of_late(role.created, &policies).await {
                Ok(digest) => role.policy_digest = digest,
                // That it cannot be told whose they are holds no end of access up, and accuses nobody.
                Err(error) => tracing::warn!(%error, "policies that were made later than their role could not be read"),
            }
        }
        Ok(Held { grant: grant.clone(), role, namesake, attached, inline, policies })
    }

    /// Returns what is known of the role of a grant, and the ARN of one that has its name and is none of ours.
    fn held_role(&self, account: &AwsAccount, named: RoleByName) -> (HeldRole, Option<String>) {
        let role = match named {
            RoleByName::Missing => return (HeldRole::default(), None),
            RoleByName::Namesake(arn) => return (HeldRole::default(), Some(arn)),
            RoleByName::Own(role) => *role,
        };
        let is_bounded = role.boundary.as_deref() == Some(account.boundary_arn(self.names).as_str());
        let unlike = if is_bounded { Vec::new() } else { vec!["its permissions boundary was not ours".to_owned()] };
        let trust_digest = Some(trust::digest_of(&role.trust));
        (HeldRole { arn: Some(role.arn), created: role.created, unlike, trust_digest, policy_digest: None }, None)
    }
}
