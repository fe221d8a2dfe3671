//! What the catalog shall hold.

use super::variables::PORT_IAM_RESOURCE_TYPES;
use super::{Setting, Source, flag_or_variable};
use crate::domain::resource_types::ResourceTypes;
use crate::failure::Failure;
use crate::world::World;

const FLAG: &str = "--resource-types";

/// Returns the resource types; the guide's when none are given.
///
/// # Errors
///
/// Fails on a list that cannot be used, with "usage".
pub fn resource_types(world: &World, flag: Option<&str>) -> Result<Setting<ResourceTypes>, Failure> {
    let Some(given) = flag_or_variable(world, flag.map(|value| (value, FLAG)), &[PORT_IAM_RESOURCE_TYPES]) else {
        return Ok(Setting::new(ResourceTypes::default(), Source::Default));
    };
    let parsed = ResourceTypes::parse(FLAG, &given.value);
    match parsed.and_then(|types| types.check_services(FLAG).map(|()| types)) {
        Ok(types) => Ok(Setting::new(types, given.source)),
        Err(refusal) => Err(Failure::usage(format!("{}: {}", given.source, refusal.reason)).hint(refusal.remedy)),
    }
}
