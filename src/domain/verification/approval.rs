//! Who has approved a run.

use crate::domain::catalog::{Approval, User};
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::rules::{ApprovalRule, Rule};

/// Checks that somebody approved whom the rule names and who is not the requester. Port's own flag is not looked at.
/// Returns the approver's e-mail, or none when the rule asks for nobody.
///
/// # Errors
///
/// Refuses when nobody on the rule's list, an active human other than the requester, has approved, and when anybody has
/// declined.
pub fn verify_approval(
    rule: &Rule,
    requester: &User,
    approvals: &[Approval],
    users: &[User],
) -> Result<Option<String>, Refusal> {
    let ApprovalRule::Required { approvers } = &rule.approval else {
        return Ok(None);
    };
    if let Some(no) = approvals.iter().find(|approval| approval.is_declined()) {
        let reason = format!("{} has declined the run", quoted(&no.user_id));
        return Err(Refusal::new(RefusalCode::NotApproved, "approval", reason, "ask again in Port"));
    }
    let approver = approvals.iter().filter(|approval| approval.is_approved()).find_map(|approval| {
        let user = users.iter().find(|user| user.id == approval.user_id)?;
        let listed = approvers.iter().any(|email| *email == user.email.to_ascii_lowercase());
        (listed && user.is_active_human() && !user.is_same_person_as(requester)).then(|| user.email.clone())
    });
    approver.map(Some).ok_or_else(|| {
        let mut reason = format!("rule {} wants the approval of one of: {}", quoted(&rule.name), approvers.join(", "));
        let no_person = approvals.iter().filter(|approval| approval.is_approved()).find_map(|approval| {
            let user = users.iter().find(|user| user.id == approval.user_id)?;
            user.other_kind().map(|kind| (user, kind))
        });
        if let Some((user, kind)) = no_person {
            let (email, kind) = (quoted(&user.email), quoted(kind));
            reason.push_str(&format!("; {email} is of the kind {kind}, which is not known to be a person (`kinds-of-people` of the rules file)"));
        }
        let remedy = "ask one of them to approve the run in Port; switch on manual approval of the action if it is off";
        Refusal::new(RefusalCode::NotApproved, "approval", reason, remedy)
    })
}
