//! What about a role of ours is not as we make it.

use super::seen::{Look, Seen};
use crate::domain::iam::{FIRST_VERSION, ListedRole, is_late};
use crate::domain::identifier::GrantId;
use crate::domain::time::CLOCKS_APART;

/// Returns whether the lists alone give a reason to look closer. They tell nothing of boundary, tags and inline
/// policies, nor what else is attached: that is for close looks, which take turns.
pub(super) fn is_odd(seen: &Seen, role: &ListedRole) -> bool {
    let record = seen.records.get(&role.name);
    let recorded = record.and_then(|record| record.trust_digest.as_deref());
    let parts = seen.parts_of(&role.name);
    let last = GrantId::parse(&role.name).map_or(0, |grant| seen.last_part_of(&grant));
    recorded != Some(role.trust_digest.as_str())
        || record.and_then(|record| record.from).is_none()
        || parts.is_empty()
        || parts.len() != last
        || parts.iter().any(|policy| policy.version != FIRST_VERSION || policy.attachments != 1)
        || is_late_in_a_part(seen, role)
        || is_longer_than_any_rule(seen, role)
}

/// Returns whether a role ends later than any rule of today allows.
pub(super) fn is_longer_than_any_rule(seen: &Seen, role: &ListedRole) -> bool {
    let longest = seen.longest.zip(role.end);
    longest.is_some_and(|(longest, end)| role.created + longest + CLOCKS_APART < end)
}

/// Returns whether the lists tell that a role, or a policy of its grant, was made later than the rest: by whoever made it
/// anew, or by a run that was repeated. Of a grant without policies there is nothing to compare.
pub(super) fn is_late_in_a_part(seen: &Seen, role: &ListedRole) -> bool {
    let began = seen.records.get(&role.name).and_then(|record| record.from);
    let is_late_role = began.is_some_and(|from| is_late(role.created, from));
    !seen.parts_of(&role.name).is_empty() && is_late_role || has_late_policy(seen, role)
}

/// Returns whether the lists tell so of one of its policies.
pub(super) fn has_late_policy(seen: &Seen, role: &ListedRole) -> bool {
    seen.parts_of(&role.name).iter().any(|policy| is_late(policy.created, role.created))
}

/// Returns the first policy of a grant that was written more than once, by the lists alone; a sentence.
pub(super) fn other_version(seen: &Seen, grant: &GrantId) -> Option<String> {
    let other = seen.parts_of(grant.as_str()).into_iter().find(|policy| policy.version != FIRST_VERSION)?;
    Some(format!("its documents may differ: {} has another default version than it was made with", other.arn))
}

impl Seen {
    /// Returns whether a look alone tells that a role of the name of a grant is not as we make it, whatever its policies hold.
    pub fn is_unlike_a_grant(&self, role: &str, look: &Look) -> bool {
        GrantId::parse(role).is_ok_and(|grant| difference(self, &grant, look).is_some())
    }
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
    let other = look.attached.iter().find(|arn| **arn != deny_all && !seen.is_part_of(grant, arn))?;
    Some(format!("{other} is attached to it"))
}
