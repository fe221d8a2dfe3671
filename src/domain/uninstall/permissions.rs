//! Who may edit the entities of a blueprint that stays: `init` has left that to administrators.
//!
//! What it was before is not known, and it is not made wider without anybody's word: it is named.

use serde_json::{Value, json};

use super::plan::Plan;
use super::seen::Seen;
use crate::domain::setup::System;

/// The operations that `init` sets.
const OPERATIONS: [&str; 3] = ["register", "update", "unregister"];

/// Names the permissions of a blueprint that stays, where they are as `init` sets them.
pub(super) fn leave(seen: &Seen, identifier: &str, plan: &mut Plan) {
    if !seen.permissions.get(identifier).is_some_and(is_narrowed) {
        return;
    }
    let reason =
        "they stay as `init` has set them: of the roles, Admin alone registers, updates and deletes its entities";
    let remedy = format!(
        "open https://app.port.io/settings/data-model, {identifier}, Permissions, and let those edit its entities who shall; Port's own default is Admin and {identifier}-moderator"
    );
    plan.leave(System::Port, format!("permissions of the blueprint {identifier}"), reason.to_owned(), Some(remedy));
}

/// Returns whether a role of Port's default is missing in one of them.
fn is_narrowed(permissions: &Value) -> bool {
    OPERATIONS.iter().any(|operation| permissions["entities"][operation]["roles"] == json!(["Admin"]))
}
