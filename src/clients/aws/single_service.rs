//! Addresses of a single service of AWS (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). One address stands
//! for all services here, so that what was checked is what is asked: whoever sets another one is told that it takes no part.

use crate::world::World;

/// The services that are asked, as the SDK calls them. The address of one of its own that STS has is checked, since the SDK
/// asks there for the credentials of a profile; that everything else is asked of it elsewhere is told all the same.
pub(super) const SERVICES: [&str; 5] = ["IAM", STS, "CloudTrail", "Resource Groups Tagging API", "Resource Explorer 2"];

const STS: &str = "STS";

/// Returns the variable of the environment that holds the address of one service.
pub(super) fn variable_of(service: &str) -> String {
    format!("AWS_ENDPOINT_URL_{}", service.to_uppercase().replace(' ', "_"))
}

/// Warns of each variable with the address of one service, by its name. What it holds is not told.
pub fn warn_of_single_services(world: &World) {
    for service in SERVICES.into_iter().filter(|service| world.variable(&variable_of(service)).is_some()) {
        tracing::warn!("{} is set and {}: {ONE_ADDRESS}", variable_of(service), part_of(service));
    }
}

/// Returns the part that an address of the service's own takes.
pub(super) fn part_of(service: &str) -> &'static str {
    match service {
        STS => "takes part only where the credentials of a profile are asked for",
        _ => "takes no part",
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
