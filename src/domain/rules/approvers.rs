//! Who may approve.

use super::{ApprovalRule, ApprovalsNeeded, Rule, Rules};
use crate::domain::arn::Arn;
use crate::domain::identifier::{AccountId, ActionName};

impl Rules {
    /// Returns the e-mails, in lower case, of everybody whom a rule names as an approver.
    pub fn all_approvers(&self) -> Vec<String> {
        let of_rule = |rule: &Rule| match &rule.approval {
            ApprovalRule::Required { approvers } => approvers.clone(),
            ApprovalRule::None => Vec::new(),
        };
        let mut approvers: Vec<String> = self.rules.iter().flat_map(of_rule).collect();
        approvers.sort();
        approvers.dedup();
        approvers
    }

    /// Returns whether a rule wants the approval of each of its approvers.
    pub fn want_all_approvers(&self) -> bool {
        self.rules.iter().any(|rule| rule.approvals == ApprovalsNeeded::All)
    }

    /// Returns the e-mails, in lower case, of those who may approve that somebody gets all these actions on this
    /// resource, which lies in this account where that is known.
    pub fn approvers_of(&self, arn: &Arn, account: Option<&AccountId>, actions: &[ActionName]) -> Vec<String> {
        let covers = |rule: &&Rule| actions.iter().all(|action| rule.may_cover(arn, account, Some(action)));
        let approvers = self.rules.iter().filter(covers).flat_map(|rule| match &rule.approval {
            ApprovalRule::Required { approvers } => approvers.as_slice(),
            ApprovalRule::None => &[],
        });
        approvers.cloned().collect()
    }
}
