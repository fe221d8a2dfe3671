//! The one seam through which AWS credentials come.

use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::timeout::TimeoutConfig;
use aws_sdk_iam::config::{BehaviorVersion, Credentials, IdentityCache, Region, SharedCredentialsProvider};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_types::SdkConfig;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use std::time::Duration;

use super::github_oidc::{Exchange, GitHubOidc};
use super::{AnswerHeaders, Shared};
use crate::clients::http::ApiUrl;
use crate::domain::identifier::AccountId;
use crate::failure::Failure;
use crate::world::World;

/// Where the credentials come from.
#[derive(Clone, Debug)]
pub enum AwsCredentials {
    /// An access key.
    Keys {
        /// The key's id.
        access_key_id: String,
        /// Its secret.
        secret_access_key: SecretString,
        /// The session token of a temporary key.
        session_token: Option<SecretString>,
    },
    /// A role, assumed with the OIDC token of a GitHub job.
    GitHubOidc(GitHubOidc),
    /// What the SDK finds: profiles (this one, where it is named), single sign-on, a credential process, instance
    /// metadata.
    Profile(Option<NamedProfile>),
}

/// A profile that somebody has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedProfile {
    /// Its name.
    pub name: String,
    /// The flag or the variable that names it.
    pub named_by: &'static str,
}

/// How AWS is reached.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// The credentials.
    pub credentials: AwsCredentials,
    /// The region; none leaves it to the profile.
    pub region: Option<String>,
    /// Another address than AWS's own; none leaves it to the profile.
    pub endpoint: Option<ApiUrl>,
    /// The accounts that can be reached besides, each with its own credentials.
    pub further: Vec<FurtherAccount>,
}

/// An account besides the first, and its credentials.
#[derive(Clone, Debug)]
pub struct FurtherAccount {
    /// The account.
    pub account: AccountId,
    /// The credentials.
    pub credentials: AwsCredentials,
}

/// What the address is called that a profile brings.
pub const PROFILE_ADDRESS: &str = "endpoint_url of the AWS profile";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the SDK's configuration. Only [`AwsCredentials::Profile`] lets the SDK look around by itself.
pub(super) async fn sdk_config(
    world: &World,
    settings: &AwsSettings,
    observed: &Arc<AnswerHeaders>,
) -> Result<SdkConfig, Failure> {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(world.patience).build();
    let found = match &settings.credentials {
        AwsCredentials::Keys { access_key_id, secret_access_key, session_token } => {
            let token = session_token.as_ref().map(|token| token.expose_secret().to_owned());
            let keys = Credentials::new(access_key_id, secret_access_key.expose_secret(), token, None, "port-iam");
            // Built by hand: with a key nothing is read from profiles, and no metadata service is asked.
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .credentials_provider(SharedCredentialsProvider::new(keys))
                .region(region(settings)?)
                .build()
        }
        // The exchange needs the rest of the configuration, and no credentials.
        AwsCredentials::GitHubOidc(_) => {
            SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(region(settings)?).build()
        }
        #[cfg(feature = "full")]
        AwsCredentials::Profile(name) if world.may_look_around => {
            super::profile::found(world, name.as_ref().map(|named| named.name.as_str()), settings.region.as_deref())
                .await?
        }
        AwsCredentials::Profile(_) => return Err(no_credentials()),
    };
    let endpoint = match &settings.endpoint {
        Some(given) => Some(given.clone()),
        None => address_in(&found)?,
    };
    let mut config = found.into_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
    if let Some(endpoint) = &endpoint {
        config = config.endpoint_url(endpoint.as_str());
        if endpoint.is_loopback() && endpoint.as_str().starts_with("http://") {
            config = config.http_client(without_proxy(world.patience));
        }
    }
    let config = config.build();
    if config.region().is_none() {
        return Err(no_region());
    }
    let AwsCredentials::GitHubOidc(oidc) = &settings.credentials else { return Ok(config) };
    let sts = aws_sdk_sts::config::Builder::from(&config).interceptor(Shared(Arc::clone(observed))).build();
    let exchange = Exchange::begin(world, oidc, aws_sdk_sts::Client::from_conf(sts), Arc::clone(observed)).await?;
    // The exchange keeps the session itself: the SDK would judge its end by this machine's clock.
    let config = config.into_builder().identity_cache(IdentityCache::no_cache());
    Ok(config.credentials_provider(SharedCredentialsProvider::new(exchange)).build())
}

/// Returns an HTTP client that reaches this machine itself: no proxy of the environment stands between.
fn without_proxy(patience: Duration) -> SharedHttpClient {
    let timeouts = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(patience).build();
    let connector =
        Connector::builder().connector_settings(timeouts).proxy_config(ProxyConfig::disabled()).build_http();
    // One connector for all calls, so that connections are used again.
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// Returns the address that the SDK has found in the place of AWS's own, if it has found one.
///
/// # Errors
///
/// Fails on an address that no credential may be sent to.
pub(super) fn address_in(config: &SdkConfig) -> Result<Option<ApiUrl>, Failure> {
    config.endpoint_url().map(|text| ApiUrl::parse(PROFILE_ADDRESS, text)).transpose()
}

fn region(settings: &AwsSettings) -> Result<Region, Failure> {
    settings.region.clone().map(Region::new).ok_or_else(no_region)
}

fn no_region() -> Failure {
    Failure::usage("no AWS region is set").hint("set AWS_REGION, for example AWS_REGION=us-east-1")
}

fn no_credentials() -> Failure {
    let elsewhere = if cfg!(feature = "full") { ", or AWS_PROFILE" } else { "; a profile needs the full program" };
    let hint = format!("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY{elsewhere}");
    Failure::login("no AWS credentials are set").hint(hint)
}
