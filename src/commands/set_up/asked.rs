//! What is asked for, read once for everybody who looks at an installation.

use super::SetUpArgs;
use super::arguments::ApprovalSettings;
use crate::commands::Surroundings;
use crate::config;
use crate::domain::own_command::Invocation;
use crate::engine::setup::Asked;
use crate::failure::Failure;
use crate::world::World;

/// Returns what is asked for, with its repository `owner/name`.
///
/// # Errors
///
/// Fails on settings that are wrong or contradict each other.
pub(super) fn asked(
    surroundings: &Surroundings<'_>,
    args: &SetUpArgs,
    (owner, repository): (String, String),
) -> Result<Asked, Failure> {
    let world = surroundings.world;
    let ApprovalSettings { approval, approvers, notification } = args.approval(world)?;
    Ok(Asked {
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
        backend: args.backend(world)?,
        consent: args.consent(),
        access: args.access(world)?,
        aws_setup: args.aws_setup,
        looks_at_user: false,
        add_account: None,
        share: args.share(),
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
