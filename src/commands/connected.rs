//! The clients of a command, from its settings.

use super::given::malformed;
use crate::clients::aws::{Aws, AwsCredentials, AwsSettings};
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::config::github::GitHubSettings;
use crate::config::port::PortSettings;
use crate::config::variables::AWS_ACCOUNT_ID;
use crate::config::{self, Address, Setting, same_place};
use crate::domain::identifier::AccountId;
use crate::failure::Failure;
use crate::world::World;

/// Creates the client of Port.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub fn port(world: &World) -> Result<Port, Failure> {
    let settings = PortSettings::read(world)?;
    Port::new(world, &settings.url, settings.client_id, settings.client_secret)
}

/// Creates a client of Port for what leaves Port out: it has nobody's credentials, so Port would refuse it.
///
/// # Errors
///
/// Fails when the address is wrong.
pub fn silent_port(world: &World) -> Result<Port, Failure> {
    let url = config::port::address(world)?.value;
    Port::new(world, &url, String::new(), String::new().into())
}

/// Creates the client of GitHub.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub fn github(world: &World) -> Result<GitHub, Failure> {
    let settings = GitHubSettings::read(world)?;
    GitHub::new(world, &settings.url, settings.token)
}

/// Creates the client of AWS.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub async fn aws(world: &World) -> Result<Aws, Failure> {
    aws_for(world, "run").await
}

/// Where the credentials of further AWS accounts are.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Profiles {
    /// A further account, and the profile of the AWS CLI that holds your credentials there [environment:
    /// PORT_IAM_AWS_PROFILES].
    #[arg(long = "account-profile", value_name = "ID=PROFILE")]
    pub profiles: Vec<String>,
}

/// Creates the client of AWS that reaches further accounts besides, with the profiles that are named. `purpose` is part
/// of the name of a workflow's session.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub async fn aws_of_several(world: &World, purpose: &str, profiles: &[String]) -> Result<Aws, Failure> {
    Aws::new(world, &settings_of_several(world, purpose, profiles)?).await
}

/// Reads how AWS is reached in several accounts. A profile that cannot be meant is told before any credential that is
/// missing.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub fn settings_of_several(world: &World, purpose: &str, profiles: &[String]) -> Result<AwsSettings, Failure> {
    let further = config::aws::named_profiles(world, profiles)?;
    config::aws::with_profiles(config::aws::read(world, purpose)?, further)
}

/// Creates the client of AWS for a workflow; `purpose` is part of the name of its session, which CloudTrail shows.
///
/// # Errors
///
/// Fails when settings are missing or wrong, and when AWS does not let the workflow's job assume its role.
pub async fn aws_for(world: &World, purpose: &str) -> Result<Aws, Failure> {
    Aws::new(world, &config::aws::read(world, purpose)?).await
}

/// Creates a client of AWS for what leaves AWS out: it has nobody's credentials, so AWS would refuse it. The region is the
/// one of `settings`.
///
/// # Errors
///
/// Fails when the region is missing.
pub async fn silent_aws(world: &World, settings: &AwsSettings) -> Result<Aws, Failure> {
    let nobody = AwsCredentials::Keys {
        access_key_id: String::new(),
        secret_access_key: String::new().into(),
        session_token: None,
    };
    Aws::new(world, &AwsSettings { credentials: nobody, ..settings.clone() }).await
}

/// Refuses a mixture of a sandbox and the real systems, for what uses all three. Only addresses are read, that of the AWS
/// profile among them: nobody is asked for a credential that would then not be used. `profile` is the one that a flag names.
///
/// # Errors
///
/// Fails when some addresses are loopback and others are not, and on an address that no credential may be sent to.
pub async fn check_addresses(world: &World, profile: Option<&str>) -> Result<(), Failure> {
    let [port, aws] = port_and_aws(world, profile).await?;
    let Setting { value: url, source } = config::github::address(world)?;
    same_place(&[port, Address { system: "GitHub", is_loopback: url.is_loopback(), source }, aws])
}

/// Refuses a mixture of a sandbox and the real systems, for what uses Port and AWS.
///
/// # Errors
///
/// Fails when one address is loopback and the other is not, and on an address that no credential may be sent to.
pub async fn check_port_and_aws(world: &World, profile: Option<&str>) -> Result<(), Failure> {
    same_place(&port_and_aws(world, profile).await?)
}

async fn port_and_aws(world: &World, profile: Option<&str>) -> Result<[Address; 2], Failure> {
    let Setting { value: url, source } = config::port::address(world)?;
    let port = Address { system: "Port", is_loopback: url.is_loopback(), source };
    let Setting { value: url, source } = config::aws_profile::address(world, profile).await?;
    let aws = Address { system: "AWS", is_loopback: url.is_some_and(|url| url.is_loopback()), source };
    Ok([port, aws])
}

/// Returns the account that the environment names.
///
/// # Errors
///
/// Fails on what is no account id. In a workflow, where the reviewed file names it, it is refused.
pub(super) fn expected_account(world: &World) -> Result<Option<AccountId>, Failure> {
    let account = world.variable(AWS_ACCOUNT_ID).map(|text| AccountId::parse(AWS_ACCOUNT_ID, text));
    account.transpose().map_err(|refusal| if world.is_in_actions() { refusal.into() } else { malformed(refusal) })
}
