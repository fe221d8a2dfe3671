//! What the AWS SDK finds by itself, for people and schedulers: profiles, single sign-on, a credential process, the
//! metadata service of a machine. The runtime of the workflows is without it.
//!
//! Where AWS is, is not left to it: an address that it finds is checked as ours are, and one of a single service, which would
//! come before ours, takes no part, as a warning tells.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_sdk_iam::config::{BehaviorVersion, Region};
use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::credentials::address_in;
use super::single_service::{ONE_ADDRESS, SERVICES, part_of, variable_of};
use crate::clients::http::ApiUrl;
use crate::failure::Failure;
use crate::world::World;

/// Names of an address, which both stand for one service too (AWS SDKs and Tools Reference Guide, "Service-specific
/// endpoints").
const ADDRESS_VARIABLE: &str = "AWS_ENDPOINT_URL";
const ADDRESS_KEY: &str = "endpoint_url";
/// The services that the SDK itself asks for credentials, at addresses that it finds itself.
const SIGN_IN_SERVICES: [&str; 3] = ["STS", "SSO", "SSO OIDC"];
/// Stands where no request is made, so that nobody is asked for a region.
const NO_REGION: Region = Region::from_static("us-east-1");

/// Answers nothing, so that no service has an address of its own.
#[derive(Debug)]
struct OneAddressForAll;

impl LoadServiceConfig for OneAddressForAll {
    fn load_config(&self, _: ServiceConfigKey<'_>) -> Option<String> {
        None
    }
}

/// Returns the address that a profile has in the place of AWS's own, if it has one: the profile that is named, or the one
/// that the SDK takes. Nothing is sent.
///
/// # Errors
///
/// Fails on an address that no credential may be sent to.
pub async fn profile_address(name: Option<&str>) -> Result<Option<ApiUrl>, Failure> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(NO_REGION).no_credentials();
    if let Some(name) = name {
        loader = loader.profile_name(name);
    }
    address_in(&loader.load().await)
}

/// Lets the SDK look around, for the profile that is named or for the credentials that there are.
///
/// # Errors
///
/// Fails when the SDK would ask for credentials at an address that none may be sent to.
pub(super) async fn found(world: &World, name: Option<&str>, region: Option<&str>) -> Result<SdkConfig, Failure> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(name) = name {
        // A profile that is named comes before a key of the environment, as with the AWS CLI.
        let of_profile = ProfileFileCredentialsProvider::builder().profile_name(name).build();
        loader = loader.profile_name(name).credentials_provider(of_profile);
    } else if world.is_in_actions() {
        loader = loader.credentials_provider(without_metadata_service()).region(ProfileFileRegionProvider::new());
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    check_sign_in(&config)?;
    warn_of_services(world, &config);
    Ok(config.into_builder().service_config(OneAddressForAll).build())
}

/// Refuses an address at which the SDK would ask for credentials in the clear: AssumeRole answers with a secret.
fn check_sign_in(config: &SdkConfig) -> Result<(), Failure> {
    // That of all services stands for each of these too, and is told by its own name.
    address_in(config)?;
    for service in SIGN_IN_SERVICES {
        if let Some(address) = address_of(config, service) {
            ApiUrl::parse(&format!("the address of {service} in the AWS profile or the environment"), &address)?;
        }
    }
    Ok(())
}

/// Returns the address that the SDK would ask a service at, if it is not AWS's own: that of the service, else that of all.
fn address_of(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env(ADDRESS_VARIABLE).profile(ADDRESS_KEY).build();
    config.service_config()?.load_config(key.ok()?).filter(|address| !address.trim().is_empty())
}

/// Warns of each service that has an address of its own in the profile. Those of the environment are told by their names.
fn warn_of_services(world: &World, config: &SdkConfig) {
    for service in SERVICES.into_iter().filter(|service| world.variable(&variable_of(service)).is_none()) {
        if address_of(config, service).is_some_and(|address| config.endpoint_url() != Some(address.as_str())) {
            tracing::warn!(
                "endpoint_url of {service} under `services` of the AWS profile {}: {ONE_ADDRESS}",
                part_of(service)
            );
        }
    }
}

/// Returns what the SDK looks through, without the metadata service of a machine: a job of GitHub Actions is given a role
/// or a key, on a machine whose own rights are not meant for it; and on GitHub's machines nobody answers there, for seconds.
fn without_metadata_service() -> CredentialsProviderChain {
    CredentialsProviderChain::first_try("Profile", ProfileFileCredentialsProvider::builder().build())
        .or_else("WebIdentityToken", WebIdentityTokenCredentialsProvider::builder().build())
        .or_else("EcsContainer", EcsCredentialsProvider::builder().build())
}
