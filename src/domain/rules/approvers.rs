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

#[cfg(test)]
mod tests {
    use super::*;

    /// A file whose rules are approved as it is written here, with their approvers.
    fn rules(approvals: &[(&str, &str)]) -> Rules {
        let rule = |(number, (approval, approvers)): (usize, &(&str, &str))| {
            let approvers = if approvers.is_empty() { String::new() } else { format!(", approvers: [{approvers}]") };
            format!(
                "  - {{name: r{number}, requesters: ['*'], resource-types: ['*'], resources: ['*'], actions: ['s3:*'], longest-duration: 1h, approval: {approval}{approvers}}}\n"
            )
        };
        let rules: String = approvals.iter().enumerate().map(rule).collect();
        let file = format!("version: 1\naccounts: {{'123456789012': {{}}}}\ntrust: {{mode: account}}\nrules:\n{rules}");
        Rules::parse(&file).unwrap()
    }

    const APPROVED: [(&str, &str); 3] =
        [("required", "lead@acme.example, Ada@acme.example"), ("none", ""), ("required", "ada@acme.example")];

    #[test]
    fn everybody_whom_a_rule_names_as_an_approver_is_told_once() {
        assert_eq!(rules(&APPROVED).all_approvers(), ["ada@acme.example", "lead@acme.example"]);
        assert_eq!(rules(&[("none", "")]).all_approvers(), Vec::<String>::new());
    }

    #[test]
    fn one_rule_that_wants_the_approval_of_all_is_enough_for_the_question() {
        assert!(!rules(&APPROVED).want_all_approvers());
        assert!(rules(&[APPROVED[0], ("all", "lead@acme.example, ada@acme.example")]).want_all_approvers());
    }
}
