//! What about a role of ours is not as we make it.

use super::seen::{Look, Seen};
use crate::domain::iam::ListedRole;
use crate::domain::identifier::GrantId;
use crate::domain::part::part_number;

/// Returns whether the lists alone give a reason to look closer. They tell nothing of boundary, tags and inline
/// policies, nor what else is attached: that is for close looks, which take turns.
pub(super) fn is_odd(seen: &Seen, role: &ListedRole) -> bool {
    let recorded = seen.records.get(&role.name).and_then(|record| record.trust_digest.as_deref());
    let parts = seen.parts_of(&role.name);
    let last = GrantId::parse(&role.name).map_or(0, |grant| seen.last_part_of(&grant));
    recorded != Some(role.trust_digest.as_str())
        || parts.is_empty()
        || parts.len() != last
        || parts.iter().any(|policy| policy.version != "v1" || policy.attachments != 1)
}

/// Returns the first part that is not as we make it, whoever asked for the grant; a sentence.
pub(super) fn difference(seen: &Seen, grant: &GrantId, look: &Look) -> Option<String> {
    if look.boundary.as_deref() != Some(seen.account.boundary_arn(&seen.names).as_str()) {
        return Some("its permissions boundary is not ours".to_owned());
    }
    if let Some(name) = look.inline.first() {
        return Some(format!("it has an inline policy `{name}`"));
    }
    if look.scope.as_deref() != Some(seen.scope.as_str()) {
        return Some("its tag names another installation".to_owned());
    }
    let deny_all = seen.account.deny_all_arn();
    let is_ours = |arn: &str| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        part_number(grant, name).is_some_and(|number| seen.account.part_arn(&seen.names, grant, number) == arn)
    };
    let other = look.attached.iter().find(|arn| **arn != deny_all && !is_ours(arn))?;
    Some(format!("{other} is attached to it"))
}
