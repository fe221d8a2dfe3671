//! Judges what a granted role can do, from the documents that IAM gives back.

use jiff::Timestamp;
use serde_json::Value;

use super::watcher::Watcher;
use crate::domain::evaluation::{Context, PolicyDocument, Principal, Request, evaluate, may_assume};
use crate::domain::identifier::GrantId;
use crate::domain::time::utc;
use crate::failure::Failure;

/// One judgement: what was asked, what it should be, what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) got: String,
}

impl Judged {
    fn new(what: String, expected: bool, got: bool) -> Self {
        let word = |allowed: bool| if allowed { "allowed" } else { "denied" }.to_owned();
        Self { what, expected: word(expected), got: word(got) }
    }

    pub(super) fn is_right(&self) -> bool {
        self.expected == self.got
    }
}

/// A role with everything that decides about it, as IAM answers.
pub(super) struct Role {
    arn: String,
    trust: PolicyDocument,
    attached: Vec<PolicyDocument>,
    boundary: Option<PolicyDocument>,
    requester_policy: PolicyDocument,
}

impl Role {
    pub(super) async fn read(watcher: &Watcher, grant: &GrantId) -> Result<Self, Failure> {
        let missing = || Failure::failed(format!("{grant} has no role"));
        let role = watcher.aws.role(grant.as_str()).await?.ok_or_else(missing)?;
        let mut attached = Vec::new();
        for arn in watcher.aws.attached_policies(grant.as_str()).await?.unwrap_or_default() {
            let policy = watcher.aws.policy(&arn).await?.ok_or_else(missing)?;
            attached.push(document(&policy.document)?);
        }
        let boundary = match &role.boundary {
            Some(arn) => Some(document(&watcher.aws.policy(arn).await?.ok_or_else(missing)?.document)?),
            None => None,
        };
        let requester_policy = document(&watcher.requester_policy()?)?;
        Ok(Self { arn: role.arn, trust: document(&role.trust)?, attached, boundary, requester_policy })
    }

    /// Judges an action of somebody who has assumed the role, on a resource of the role's own account.
    pub(super) fn judge(
        &self,
        action: &str,
        resource: &str,
        now: Timestamp,
        expected: bool,
    ) -> Result<Judged, Failure> {
        let (account, _) = self.account_and_name();
        let is_allowed = self.allows(action, resource, account, now)?;
        Ok(Judged::new(format!("{action} on {resource} at {}", utc(now)), expected, is_allowed))
    }

    /// Judges an action on a bucket or object that belongs to another account, whatever its name.
    pub(super) fn judge_foreign(
        &self,
        action: &str,
        resource: &str,
        owner: &str,
        now: Timestamp,
    ) -> Result<Judged, Failure> {
        let is_allowed = self.allows(action, resource, owner, now)?;
        Ok(Judged::new(format!("{action} on {resource} of account {owner} at {}", utc(now)), false, is_allowed))
    }

    fn allows(&self, action: &str, resource: &str, owner: &str, now: Timestamp) -> Result<bool, Failure> {
        let (account, name) = self.account_and_name();
        let session = format!("arn:aws:sts::{account}:assumed-role/{name}/dana");
        let principal = Principal::assumed_role(&session, &self.arn, "AROASANDBOX:dana")
            .map_err(|error| Failure::failed(error.to_string()))?;
        // S3 sends the account that owns the bucket, which no ARN names.
        let context = Context::new().with("aws:CurrentTime", utc(now)).with("s3:ResourceAccount", owner);
        let context = context.overlaid_with(principal.context());
        let decision =
            evaluate(&self.attached, self.boundary.as_ref(), &Request::new(action, resource).with_context(context));
        Ok(decision.is_allowed())
    }

    /// Judges whether a user with the requester policy can assume the role.
    pub(super) fn judge_assuming(
        &self,
        account: &str,
        user: &str,
        now: Timestamp,
        expected: bool,
    ) -> Result<Judged, Failure> {
        let principal = Principal::from_arn(&format!("arn:aws:iam::{account}:user/{user}"), "AIDASANDBOX")
            .map_err(|error| Failure::failed(error.to_string()))?;
        let context = Context::new().with("aws:CurrentTime", utc(now));
        let policies = std::slice::from_ref(&self.requester_policy);
        let decision = may_assume(&self.trust, &self.arn, &principal, policies, None, &context);
        Ok(Judged::new(
            format!("{user} of account {account} assumes the role at {}", utc(now)),
            expected,
            decision.is_allowed(),
        ))
    }

    fn account_and_name(&self) -> (&str, &str) {
        let account = self.arn.split(':').nth(4).unwrap_or_default();
        (account, self.arn.rsplit('/').next().unwrap_or_default())
    }
}

fn document(value: &Value) -> Result<PolicyDocument, Failure> {
    PolicyDocument::parse(value)
        .map_err(|error| Failure::failed(format!("a document that IAM gave back cannot be judged: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judgement_that_is_turned_round_is_wrong() {
        for (expected, got) in [(true, true), (false, false), (true, false), (false, true)] {
            assert_eq!(Judged::new("x".to_owned(), expected, got).is_right(), expected == got);
        }
    }
}
