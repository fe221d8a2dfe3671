//! Identifiers in Port's JSON, replaced by the names of the installation.
//!
//! The files carry the guide's identifiers, because people read them and because they are valid as they are. They are
//! replaced by the key they stand under, never by their text: `aws_resource` is also the key of a relation, which a
//! prefix leaves alone.

use serde_json::Value;

use super::AssetError;
use crate::domain::names::Names;

/// The keys whose values are identifiers of the installation, in blueprints, actions and pages.
const KEYS: [&str; 6] = ["identifier", "target", "blueprint", "blueprintIdentifier", "workflow", "action"];

/// Replaces the identifiers in `value`, which came from the file at `path`.
///
/// A template of Port (`{{ … }}`) is no identifier and stays.
pub(super) fn rename(path: &str, names: &Names, value: &mut Value) -> Result<(), AssetError> {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(identifier) if KEYS.contains(&key.as_str()) && !identifier.starts_with("{{") => {
                        *identifier = renamed(names, identifier).ok_or_else(|| AssetError::UnknownIdentifier {
                            path: path.to_owned(),
                            key: key.clone(),
                            identifier: identifier.clone(),
                        })?;
                    }
                    _ => rename(path, names, field)?,
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                rename(path, names, item)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(())
}

/// Returns the name that takes the place of the guide's `identifier`.
fn renamed(names: &Names, identifier: &str) -> Option<String> {
    let guide = Names::default();
    [
        (guide.aws_resource, &names.aws_resource),
        (guide.iam_permissions, &names.iam_permissions),
        (guide.provisioned_permissions, &names.provisioned_permissions),
        (guide.permission_records, &names.permission_records),
        (guide.request_permissions, &names.request_permissions),
        (guide.extend_permissions, &names.extend_permissions),
        (guide.return_permissions, &names.return_permissions),
        (guide.revoke_permissions, &names.revoke_permissions),
        (guide.revoke_expired_permissions, &names.revoke_expired_permissions),
        (guide.dashboard, &names.dashboard),
        (guide.create_workflow, &names.create_workflow),
        (guide.delete_workflow, &names.delete_workflow),
    ]
    .into_iter()
    .find_map(|(known, name)| (known == identifier).then(|| name.clone()))
}
