//! The blueprints, as bodies of `POST /v1/blueprints`.

use serde_json::Value;

use super::{AssetError, embedded, identifiers, placeholders::Placeholders};
use crate::domain::names::Names;

/// Targets of relations before the blueprint that relates to them: Port refuses a relation to nothing.
const FILES: [&str; 4] = [
    "blueprints/aws_resource.json",
    "blueprints/iam_permissions.json",
    "blueprints/provisioned_permissions.json",
    "blueprints/permission_records.json",
];

/// Returns the blueprints of an installation in the order in which they can be created.
///
/// # Errors
///
/// Fails when an embedded file cannot be used: unreadable, a placeholder left, an identifier nobody replaces.
pub fn blueprints(names: &Names) -> Result<Vec<Value>, AssetError> {
    FILES
        .iter()
        .map(|path| {
            let mut blueprint = Placeholders::default().fill_json(path, embedded::json(path)?)?;
            identifiers::rename(path, names, &mut blueprint)?;
            Ok(blueprint)
        })
        .collect()
}
