//! Who has approved a run.

use crate::domain::catalog::{Approval, User};
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::rules::{ApprovalRule, ApprovalsNeeded, Rule};

/// Checks that somebody approved whom the rule names and who is not the requester, or everybody whom it names but the
/// requester. Port's own flag is not looked at, and neither is how many it waits for. Returns the approver's e-mail, or
/// each of them with `, ` between, or none when the rule asks for nobody.
///
/// # Errors
///
/// Refuses when nobody on the rule's list, an active human other than the requester, has approved, where all have to
/// also when one has not, and when anybody has declined.
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
    let yes: Vec<&User> = approvals
        .iter()
        .filter(|approval| approval.is_approved())
        .filter_map(|approval| users.iter().find(|user| user.id == approval.user_id))
        .filter(|user| approvers.iter().any(|email| user.has_email(email)))
        .filter(|user| user.is_active_human() && !user.is_same_person_as(requester))
        .collect();
    let (approved, wanted) = match rule.approvals {
        ApprovalsNeeded::One => (yes.first().map(|user| user.email.clone()), "one of"),
        ApprovalsNeeded::All => {
            let others = approvers.iter().filter(|email| !requester.has_email(email));
            let approved =
                others.map(|email| yes.iter().find(|user| user.has_email(email)).map(|user| user.email.as_str()));
            let approved = approved.collect::<Option<Vec<&str>>>().filter(|approved| !approved.is_empty());
            (approved.map(|approved| approved.join(", ")), "each, but the requester, of")
        }
    };
    approved.map(Some).ok_or_else(|| {
        let mut reason = format!("rule {} wants the approval of {wanted}: {}", quoted(&rule.name), approvers.join(", "));
        let no_person = approvals.iter().filter(|approval| approval.is_approved()).find_map(|approval| {
            let user = users.iter().find(|user| user.id == approval.user_id)?;
            user.other_kind().map(|kind| (user, kind))
        });
        if let Some((user, kind)) = no_person {
            let (email, kind) = (quoted(&user.email), quoted(kind));
            reason.push_str(&format!("; {email} is of the kind {kind}, which is not known to be a person (`kinds-of-people` of the rules file)"));
        }
        let remedy = match rule.approvals {
            ApprovalsNeeded::One => {
                "ask one of them to approve the run in Port; switch on manual approval of the action if it is off"
            }
            ApprovalsNeeded::All => {
                "ask again, and have each of them approve the run in Port; `port-iam init` has the action wait for all of them"
            }
        };
        Refusal::new(RefusalCode::NotApproved, "approval", reason, remedy)
    })
}
