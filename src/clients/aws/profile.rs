//! What the AWS SDK finds by itself, for people and schedulers: profiles, single sign-on, a credential process, the
//! metadata service of a machine. The runtime of the workflows is without it.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_sdk_iam::config::{BehaviorVersion, Region};
use aws_types::SdkConfig;

use crate::world::World;

/// Lets the SDK look around, for the profile that is named or for the credentials that there are.
pub(super) async fn found(world: &World, name: Option<&str>, region: Option<&str>) -> SdkConfig {
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
    loader.load().await
}

/// Returns what the SDK looks through, without the metadata service of a machine: a job of GitHub Actions is given a role
/// or a key, on a machine whose own rights are not meant for it; and on GitHub's machines nobody answers there, for seconds.
fn without_metadata_service() -> CredentialsProviderChain {
    CredentialsProviderChain::first_try("Profile", ProfileFileCredentialsProvider::builder().build())
        .or_else("WebIdentityToken", WebIdentityTokenCredentialsProvider::builder().build())
        .or_else("EcsContainer", EcsCredentialsProvider::builder().build())
}
