//! The blueprints, as bodies of `POST /v1/blueprints`.

use serde_json::{Map, Value, json};

use super::{AssetError, embedded, identifiers, placeholders::Placeholders};
use crate::domain::names::Names;
use crate::domain::resource_types::ResourceTypes;

/// Targets of relations before the blueprint that relates to them: Port refuses a relation to nothing.
const FILES: [&str; 4] = [
    "blueprints/aws_resource.json",
    "blueprints/iam_permissions.json",
    "blueprints/provisioned_permissions.json",
    "blueprints/permission_records.json",
];

/// The colours of the guide's types.
const GUIDE_COLOURS: [(&str, &str); 2] = [("S3", "blue"), ("EC2", "green")];
/// The other colours that Port has for the values of an enumeration (Port OpenAPI, blueprints, `enumColors`).
const OTHER_COLOURS: [&str; 15] = [
    "orange",
    "purple",
    "turquoise",
    "pink",
    "yellow",
    "lime",
    "gold",
    "paleBlue",
    "olive",
    "bronze",
    "silver",
    "brown",
    "red",
    "darkGray",
    "lightGray",
];

/// Returns the blueprints of an installation with these resource types, in the order in which they can be created.
///
/// # Errors
///
/// Fails when an embedded file cannot be used: unreadable, a placeholder left, an identifier nobody replaces.
pub fn blueprints(names: &Names, types: &ResourceTypes) -> Result<Vec<Value>, AssetError> {
    FILES
        .iter()
        .map(|path| {
            let mut blueprint = Placeholders::default().fill_json(path, embedded::json(path)?)?;
            identifiers::rename(path, names, &mut blueprint)?;
            if let Some(resource_type) = blueprint.pointer_mut("/schema/properties/resource_type") {
                resource_type["enum"] = json!(types.names());
                resource_type["enumColors"] = colours(types);
            }
            Ok(blueprint)
        })
        .collect()
}

/// Returns a colour for each type. The guide's keep theirs; the others get one each as long as there are any.
fn colours(types: &ResourceTypes) -> Value {
    let mut others = OTHER_COLOURS.into_iter().cycle();
    let colour = |name: &String| {
        let of_guide = GUIDE_COLOURS.iter().find(|(known, _)| known == name).map(|(_, colour)| *colour);
        let colour = of_guide.or_else(|| others.next());
        (name.clone(), json!(colour))
    };
    Value::Object(types.names().iter().map(colour).collect::<Map<_, _>>())
}
