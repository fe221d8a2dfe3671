//! The files that an installation consists of: embedded, validated, and rendered for one organisation and account.
//!
//! The files under `blueprints/`, `actions/`, `pages/` and `workflows/` are what a user reads, and what is sent. They carry the
//! guide's identifiers, which [`Names`](crate::domain::names::Names) replaces where there is a prefix, and
//! placeholders of the form `<YOUR_…>`. A placeholder that is left after rendering is an error and is never sent.
//! Everything here is a pure function of its arguments; it knows no client and no command.

mod actions;
mod blocks;
mod blueprints;
mod checked;
mod embedded;
mod error;
mod identifiers;
mod pages;
mod placeholders;
mod policies;
mod rendering;
mod repository;
mod samples;
#[cfg(test)]
mod tests;

pub use actions::{action_forms, actions};
pub use blueprints::blueprints;
pub use error::AssetError;
pub use pages::dashboard;
pub use policies::{
    Admitted, Identities, Infrastructure, ManagerPolicies, OidcClaims, OidcTrust, PORT_DISPATCHER, boundary_policy,
    granter_policy, manager_policies, oidc_trust, policy_template, requester_policy, resource_control_policy,
    revoker_policy, service_control_policy, trust_template,
};
pub use rendering::{Backend, FurtherRoles, Rendering, Runtime};
pub use repository::{Keeper, RepositoryFile, repository_files};
pub use samples::{Samples, samples};
