//! What of a grant AWS holds: role and policies are asked for at once, and IAM shows the one before the other.

use futures_util::future::{join, join3};

use super::apply::PATIENCE;
use super::look::Looked;
use crate::clients::error::ApiError;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Run;
use crate::domain::iam::{Observed, PolicyState};
use crate::domain::identifier::GrantId;
use crate::domain::request::Dispatch;
use crate::domain::time::{CLOCKS_APART, SHOWN_WITHIN};
use crate::engine::{Engine, MOST_POLICIES};
use crate::failure::Failure;

impl Engine<'_> {
    /// Looks at role and policies once more where the run has ended well. AWS and Port are asked at once, and another attempt
    /// may have made the rest and ended the run between the answers: the grant would seem to lack something.
    pub(super) async fn look_after_its_end(&self, looked: Looked, dispatch: &Dispatch) -> Result<Looked, Failure> {
        let ended = looked.evidence.run.as_ref().filter(|run| run.is_successful() && self.has_just_ended(run));
        let Some(run) = ended else { return Ok(looked) };
        let observed = self.observe_ended(&looked.place.caller.account, run, &dispatch.run_id.grant_id()).await?;
        Ok(Looked { observed, ..looked })
    }

    /// Looks at role and policies of a run that has ended well; where that was a moment ago, until all of it shows, or a signal
    /// comes.
    pub(super) async fn observe_ended(
        &self,
        account: &AwsAccount,
        run: &Run,
        grant: &GrantId,
    ) -> Result<Observed, ApiError> {
        let has_just_ended = self.has_just_ended(run);
        let is_settled = |answer: &Result<Observed, ApiError>| {
            !has_just_ended || self.world.stop.asked().is_some() || answer.as_ref().map_or(true, Observed::is_whole)
        };
        PATIENCE.until(self.world, is_settled, async || self.observe(account, grant).await).await
    }

    /// Returns whether the run has ended so lately that AWS may have been looked at before, or not show all of it yet.
    fn has_just_ended(&self, run: &Run) -> bool {
        let Some((ended, now)) = run.ended_at.zip(self.aws.service_time()) else { return true };
        // The one is told by Port's clock, the other by AWS's.
        now.duration_since(ended) < SHOWN_WITHIN + CLOCKS_APART
    }

    /// Looks at role and policies until each policy that the role holds shows: the one is not known everywhere when the other
    /// is.
    pub(super) async fn observe_whole(&self, account: &AwsAccount, grant: &GrantId) -> Result<Observed, ApiError> {
        let is_shown = |observed: &Observed| {
            (1..=MOST_POLICIES).all(|number| {
                let is_attached = observed.attached.contains(&account.part_arn(self.names, grant, number));
                !is_attached || observed.policy(number - 1).is_some()
            })
        };
        let is_settled = |answer: &Result<Observed, ApiError>| answer.as_ref().map_or(true, is_shown);
        PATIENCE.until(self.world, is_settled, async || self.observe(account, grant).await).await
    }

    /// Looks at role and policies.
    pub(super) async fn observe(&self, account: &AwsAccount, grant: &GrantId) -> Result<Observed, ApiError> {
        let first = account.policy_arn(self.names, grant);
        let role = async {
            let role = self.aws.role(grant.as_str()).await?;
            // That a role under another path is none of ours is told later.
            if !self.may_ask(account, grant, role.as_ref()) {
                return Ok((role, None, None));
            }
            let (attached, inline) =
                join(self.aws.attached_policies(grant.as_str()), self.aws.inline_policies(grant.as_str())).await;
            Ok::<_, ApiError>((role, attached?, inline?))
        };
        let (role, first, further) = join3(role, self.aws.policy(&first), self.further_policies(account, grant)).await;
        let (role, attached, inline) = role?;
        let mut policies = vec![first?];
        policies.extend(further?.into_iter().map(Some));
        let (attached, inline) = (attached.unwrap_or_default(), inline.unwrap_or_default());
        self.behind_a_gap(account, grant, &attached, &mut policies).await?;
        Ok(Observed { role, policies, attached, inline })
    }

    /// Adds the policies that are attached to the role and were not found by their numbers. We leave no gap in them, and
    /// whoever does must not hide behind it.
    async fn behind_a_gap(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        attached: &[String],
        policies: &mut Vec<Option<PolicyState>>,
    ) -> Result<(), ApiError> {
        for number in 1..=MOST_POLICIES {
            let arn = account.part_arn(self.names, grant, number);
            if !attached.contains(&arn) || policies.get(number - 1).is_some_and(Option::is_some) {
                continue;
            }
            policies.resize(policies.len().max(number), None);
            policies[number - 1] = self.aws.policy(&arn).await?;
        }
        Ok(())
    }

    /// Asks for the second policy, the third and so on, until one is missing: they are made in this order and deleted
    /// in the opposite one.
    async fn further_policies(&self, account: &AwsAccount, grant: &GrantId) -> Result<Vec<PolicyState>, ApiError> {
        let mut found = Vec::new();
        for number in 2..=MOST_POLICIES {
            match self.aws.policy(&account.part_arn(self.names, grant, number)).await? {
                Some(policy) => found.push(policy),
                None => break,
            }
        }
        Ok(found)
    }
}
