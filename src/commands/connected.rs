//! The clients of a command, from its settings.

use super::Surroundings;
use crate::clients::aws::Aws;
use crate::clients::github::GitHub;
use crate::clients::port::Port;
use crate::config::github::GitHubSettings;
use crate::config::port::PortSettings;
use crate::config::{self, same_place};
use crate::failure::Failure;

/// Creates the client of Port.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub fn port(surroundings: &Surroundings<'_>) -> Result<Port, Failure> {
    let settings = PortSettings::read(surroundings.world)?;
    Port::new(surroundings.world, &settings.url.value, settings.client_id, settings.client_secret)
}

/// Creates the client of GitHub.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub fn github(surroundings: &Surroundings<'_>) -> Result<GitHub, Failure> {
    let settings = GitHubSettings::read(surroundings.world)?;
    GitHub::new(surroundings.world, &settings.url.value, settings.token)
}

/// Creates the client of AWS.
///
/// # Errors
///
/// Fails when settings are missing or wrong.
pub async fn aws(surroundings: &Surroundings<'_>) -> Result<Aws, Failure> {
    Aws::new(surroundings.world, &config::aws::read(surroundings.world)?).await
}

/// Refuses a mixture of a sandbox and the real systems, for what uses all three.
///
/// # Errors
///
/// Fails when some addresses are loopback and others are not.
pub fn check_addresses(surroundings: &Surroundings<'_>) -> Result<(), Failure> {
    let github = GitHubSettings::read(surroundings.world)?.url.value.is_loopback();
    let [port, aws] = port_and_aws(surroundings)?;
    same_place(&[port, ("GitHub", github), aws])
}

/// Refuses a mixture of a sandbox and the real systems, for what uses Port and AWS.
///
/// # Errors
///
/// Fails when one address is loopback and the other is not.
pub fn check_port_and_aws(surroundings: &Surroundings<'_>) -> Result<(), Failure> {
    same_place(&port_and_aws(surroundings)?)
}

fn port_and_aws(surroundings: &Surroundings<'_>) -> Result<[(&'static str, bool); 2], Failure> {
    let port = PortSettings::read(surroundings.world)?.url.value.is_loopback();
    let aws = config::aws::read(surroundings.world)?.endpoint.is_some_and(|endpoint| endpoint.is_loopback());
    Ok([("Port", port), ("AWS", aws)])
}
