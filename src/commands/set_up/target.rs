//! What is set up and where, read once for everybody who looks at an installation.

use super::SetUpArgs;
use super::arguments::ApprovalSettings;
use crate::clients::http::ApiUrl;
use crate::commands::Surroundings;
use crate::config;
use crate::domain::own_command::Invocation;
use crate::engine::setup::Target;
use crate::failure::Failure;
use crate::world::World;

/// The addresses of the three systems, as far as the set-up names them.
pub(super) struct Addresses<'a> {
    pub(super) port: &'a ApiUrl,
    pub(super) github: &'a ApiUrl,
    /// None is AWS's own.
    pub(super) aws: Option<&'a ApiUrl>,
}

/// Returns what is set up in the repository `owner/name`.
///
/// # Errors
///
/// Fails on settings that are wrong or contradict each other.
pub(super) fn target(
    surroundings: &Surroundings<'_>,
    args: &SetUpArgs,
    (owner, repository): (String, String),
    addresses: &Addresses<'_>,
) -> Result<Target, Failure> {
    let world = surroundings.world;
    let ApprovalSettings { approval, approvers, notification } = args.approval(world)?;
    Ok(Target {
        invocation: invocation(surroundings, args, &owner, &repository),
        approval,
        approvers,
        notification,
        administrators: args.administrators(world)?,
        page: args.page(world)?,
        code_owners: args.code_owners(world),
        owner,
        repository,
        resource_types: config::catalog::resource_types(world, args.resource_types.as_deref())?.value,
        backend: args.backend(),
        port_api_url: addresses.port.as_str().to_owned(),
        aws_endpoint_url: addresses.aws.map(|url| url.as_str().to_owned()),
        github_com: config::github::is_github_com(addresses.github),
    })
}

/// Returns how this program is called for the installation: with everything that was said about it, be it by a flag or
/// by a variable, which another administrator does not have.
pub(in crate::commands) fn invocation(
    surroundings: &Surroundings<'_>,
    args: &SetUpArgs,
    owner: &str,
    repository: &str,
) -> Invocation {
    let world: &World = surroundings.world;
    let is_default = repository == config::github::REPOSITORY;
    Invocation::new(&surroundings.names.prefix)
        .at(Some(owner), (!is_default).then_some(repository))
        .saying(args.said(world))
}
