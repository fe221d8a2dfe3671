//! What AWS's reference says about an entity, as properties of the catalog.
//!
//! Nothing of ours runs before somebody approves a request, so what an approver has to know must stand in Port.

use serde_json::{Value, json};

use super::Kind;
use crate::domain::arn::Arn;
use crate::domain::lies_in::ACCOUNT;
use crate::domain::policy::{ActionFacts, kind_of};

/// A property and its value; `null` where it shall have none.
pub type Property = (&'static str, Value);

const RESOURCE_KIND: &str = "resource_kind";
pub(super) const RESOURCE_KINDS: &str = "resource_kinds";
const OF_PERMISSION: [&str; 7] =
    ["access_level", "sensitive", "account_wide", "leaves_behind", "pass_role", RESOURCE_KINDS, SEEDED];
/// The property of what was made here. It is set once, and what somebody else made never gets it: `uninstall` takes
/// away what has it.
pub const SEEDED: &str = "seeded";

/// Returns the properties that are looked after here, beside the type that every entity needs.
pub fn properties_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Resource => &[RESOURCE_KIND, ACCOUNT, SEEDED],
        Kind::Permission => &OF_PERMISSION,
    }
}

/// Returns what is known of a resource. A kind that is not known is left to whoever knows it.
pub(super) fn of_resource(arn: &Arn) -> Vec<Property> {
    kind_of(arn).map(|kind| (RESOURCE_KIND, json!(kind))).into_iter().collect()
}

/// Returns what is known of an action.
pub(super) fn of_action(facts: &ActionFacts) -> Vec<Property> {
    let ActionFacts { name: _, level, sensitive, pass_role, leaves_behind, account_wide, denied: _, kinds } = facts;
    // An action that acts on the account, or needs several resources, has no kind: the form offers it as the guide
    // does, for every resource of its type, and the other resources are asked for beside it.
    let kinds = if kinds.is_empty() { Value::Null } else { json!(kinds) };
    let values =
        [json!(level.title()), json!(sensitive), json!(account_wide), json!(leaves_behind), json!(pass_role), kinds];
    OF_PERMISSION.into_iter().zip(values).collect()
}
