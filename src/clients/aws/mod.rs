//! AWS IAM and STS through the AWS SDK.
//!
//! The SDK's own retries are off: the one place that repeats requests is `retry`.

#[cfg(feature = "full")]
mod access_keys;
#[cfg(feature = "full")]
mod administration;
mod attachments;
mod credentials;
#[cfg(feature = "discover")]
mod discovery;
#[cfg(test)]
mod endpoints;
mod error;
mod further_accounts;
mod github_oidc;
#[cfg(feature = "full")]
mod identities;
#[cfg(feature = "full")]
mod identity_documents;
mod lacking;
mod listing;
mod observe;
mod pages;
mod policies;
mod policy_versions;
#[cfg(feature = "full")]
mod profile;
mod role_names;
mod roles;
#[cfg(feature = "full")]
mod session;
#[cfg(feature = "full")]
mod simulation;
mod single_service;
#[cfg(feature = "full")]
mod usage;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_sdk_iam::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_iam::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_iam::error::BoxError;
use jiff::Timestamp;

pub use attachments::{Holder, HolderKind};
pub use credentials::NamedProfile;
pub use credentials::{AwsCredentials, AwsSettings, FurtherAccount, PROFILE_ADDRESS};
use error::api_error;
pub use further_accounts::ReachedAccount;
pub(crate) use github_oidc::no_permission;
pub use github_oidc::{GitHubOidc, IdTokenUrl};
pub use observe::PolicyHead;
pub use policy_versions::PolicyVersions;
#[cfg(feature = "full")]
pub use profile::profile_address;
#[cfg(feature = "full")]
pub use session::SessionKeys;
#[cfg(feature = "full")]
pub use simulation::Simulated;
pub use single_service::warn_of_single_services;
#[cfg(feature = "full")]
pub use usage::Trail;

use super::error::{Api, ApiError, ApiErrorKind};
use super::http::parse_date;
use super::pace::Pace;
use super::retry::{Repeat, retrying, retrying_at};
use crate::domain::account::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::failure::Failure;
use crate::world::World;

/// A client of one AWS account.
pub struct Aws {
    world: World,
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    observed: Arc<AnswerHeaders>,
    /// IAM counts by account, and so does STS.
    pace: Pace,
    /// For the clients of further accounts.
    settings: AwsSettings,
    /// Whether its address is loopback.
    is_on_this_machine: bool,
    /// For the clients of other regions.
    #[cfg(feature = "full")]
    config: aws_types::SdkConfig,
}

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AwsAccount,
    /// ARN of the user or of the role's session.
    pub arn: String,
    /// AWS's unique id.
    pub user_id: String,
}

/// What answers say besides their body.
#[derive(Debug, Default)]
struct AnswerHeaders {
    /// AWS's own time, and when it was told.
    time: Mutex<Option<(Timestamp, Instant)>>,
    request_ids: Mutex<Vec<String>>,
}

impl Intercept for AnswerHeaders {
    fn name(&self) -> &'static str {
        "AnswerHeaders"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        if let Some(time) = headers.get("date").and_then(parse_date) {
            *self.time.lock().unwrap_or_else(PoisonError::into_inner) = Some((time, Instant::now()));
        }
        if let Some(id) = headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id")) {
            self.request_ids.lock().unwrap_or_else(PoisonError::into_inner).push(super::error::printable(id));
        }
        Ok(())
    }
}

impl AnswerHeaders {
    /// Returns AWS's own time as it must be by now.
    fn time_now(&self) -> Option<Timestamp> {
        let (told, at) = (*self.time.lock().unwrap_or_else(PoisonError::into_inner))?;
        told.checked_add(at.elapsed()).ok()
    }
}

impl Aws {
    /// Sends a request as `retry` allows, at the pace of the account.
    async fn retrying<T, F>(&self, repeat: Repeat, attempt: impl FnMut() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        retrying_at(&self.pace, &self.world, repeat, attempt).await
    }

    /// Creates a client. Nothing is sent yet, but a profile may have to be read; only where the credentials are those
    /// of a GitHub job, their exchange is made.
    ///
    /// # Errors
    ///
    /// Fails when no region is given, the address is not allowed, or the exchange fails.
    pub async fn new(world: &World, settings: &AwsSettings) -> Result<Self, Failure> {
        let observed = Arc::new(AnswerHeaders::default());
        let config = credentials::sdk_config(world, settings, &observed).await?;
        let iam = aws_sdk_iam::config::Builder::from(&config).interceptor(Shared(Arc::clone(&observed))).build();
        let sts = aws_sdk_sts::config::Builder::from(&config).interceptor(Shared(Arc::clone(&observed))).build();
        Ok(Self {
            world: world.clone(),
            iam: aws_sdk_iam::Client::from_conf(iam),
            sts: aws_sdk_sts::Client::from_conf(sts),
            observed,
            pace: Pace::default(),
            settings: settings.clone(),
            is_on_this_machine: credentials::address_in(&config)?.is_some_and(|address| address.is_loopback()),
            #[cfg(feature = "full")]
            config,
        })
    }

    /// Returns the region, from the settings or the profile.
    pub fn region(&self) -> Option<&str> {
        self.iam.config().region().map(AsRef::as_ref)
    }

    /// Returns AWS's own time, as of its last answer. Access is judged by it, never by this machine's clock.
    pub fn service_time(&self) -> Option<Timestamp> {
        self.observed.time.lock().unwrap_or_else(PoisonError::into_inner).map(|(told, _)| told)
    }

    /// Returns AWS's own time, as of its last answer.
    ///
    /// # Errors
    ///
    /// Fails when no answer told it.
    pub fn told_time(&self) -> Result<Timestamp, Failure> {
        self.service_time().ok_or_else(|| Failure::failed("AWS answered without telling the time"))
    }

    /// Returns how many requests were answered so far.
    pub fn request_count(&self) -> usize {
        self.observed.request_ids.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns the ids of the requests that were answered behind the first `count`, for the receipt.
    pub fn request_ids_since(&self, count: usize) -> Vec<String> {
        let ids = self.observed.request_ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.get(count..).unwrap_or_default().to_vec()
    }

    /// Asks AWS whose credentials these are.
    ///
    /// # Errors
    ///
    /// Fails when there are no credentials, when they are rejected, and when AWS cannot be asked.
    pub async fn caller(&self) -> Result<Caller, ApiError> {
        const OPERATION: &str = "ask AWS whose credentials these are";
        let answer = self
            .retrying(Repeat::Safe, || async {
                self.sts.get_caller_identity().send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await
            .map_err(|error| lacking::naming_profile(error, &self.settings.credentials, &self.world))?;
        let undecodable =
            || ApiError::new(Api::Aws, OPERATION, ApiErrorKind::Undecodable, "the answer names no account");
        let id = answer.account().and_then(|id| AccountId::parse("account", id).ok()).ok_or_else(undecodable)?;
        let arn = answer.arn().ok_or_else(undecodable)?.to_owned();
        let partition = arn.split(':').nth(1).filter(|part| !part.is_empty()).ok_or_else(undecodable)?.to_owned();
        Ok(Caller {
            account: AwsAccount { id, partition },
            arn,
            user_id: answer.user_id().unwrap_or_default().to_owned(),
        })
    }
}

/// An interceptor that several clients share.
#[derive(Debug)]
struct Shared(Arc<AnswerHeaders>);

impl Intercept for Shared {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.read_before_deserialization(context, components, config)
    }
}
