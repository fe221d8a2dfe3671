//! What should be known about approval.

use super::super::finding::{Finding, Severity};
use super::super::wanted::{ApprovalNotification, Wanted, WantedApproval};

/// What should be known about approval. The rules file decides; Port only asks.
pub(super) fn approval(wanted: &Wanted) -> Option<Finding> {
    let path = &wanted.names.rules_path;
    let said = wanted.asks_for_approval;
    match (&wanted.approval, said) {
        (WantedApproval::AsItIs, true) => Some(Finding::new(
            Severity::Warning,
            "approval-without-rule",
            format!("--approval is said, and no rule in {path}, which is there already, wants an approval"),
            format!("write `approval: required` and `approvers` into a rule of {path}, and run `port-iam init` again"),
        )),
        (WantedApproval::AsItIs, false) => Some(Finding::new(
            Severity::Note,
            "no-approval",
            "nobody has to approve a request: whom a rule lets ask is granted at once",
            format!(
                "for approval by one of several people, begin with `port-iam init --approval any --approvers PEOPLE`, or write `approval: required` into {path} and run `port-iam init` again"
            ),
        )),
        (WantedApproval::Demanded { notification, .. }, _) => {
            (!matches!(notification, Some(ApprovalNotification::Webhook(_)))).then(|| Finding::new(
                Severity::Note,
                "approvers-without-mail",
                "Port sends no e-mail to approvers that a policy chooses, and a policy keeps requesters from approving their own requests; they see it in the portal",
                "have Port call a webhook as well: --approval-webhook URL",
            ))
        }
    }
}
