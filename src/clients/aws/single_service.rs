//! Addresses of a single service of AWS (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). One address stands
//! for all services here, so that what was checked is what is asked: whoever sets another one is told that it takes no part.

use crate::world::World;

/// The services that are asked, as the SDK calls them.
pub(super) const SERVICES: [&str; 5] =
    ["IAM", "STS", "CloudTrail", "Resource Groups Tagging API", "Resource Explorer 2"];

/// Returns the variable of the environment that holds the address of one service.
pub(super) fn variable_of(service: &str) -> String {
    format!("AWS_ENDPOINT_URL_{}", service.to_uppercase().replace(' ', "_"))
}

/// Warns of each variable with the address of one service, by its name. What it holds is not told.
pub fn warn_of_single_services(world: &World) {
    for name in SERVICES.map(variable_of).iter().filter(|name| world.variable(name).is_some()) {
        tracing::warn!("{name} is set and takes no part: {ONE_ADDRESS}");
    }
}

/// What holds instead, and what to do.
pub(super) const ONE_ADDRESS: &str = "every service of AWS is asked where AWS_ENDPOINT_URL says, else where endpoint_url \
                                      of the AWS profile says, else at AWS's own address; set one of these, or unset it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_as_the_sdk_names_it() {
        let names = SERVICES.map(variable_of);
        assert_eq!(names[0], "AWS_ENDPOINT_URL_IAM");
        assert_eq!(names[3], "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API");
    }
}
