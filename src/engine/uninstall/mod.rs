//! Takes an installation away: look, plan, apply, look again.
//!
//! What goes and what stays is decided by [`domain::uninstall`](crate::domain::uninstall) alone.

mod apply;
mod observe;

pub use apply::Uninstalled;

use super::Engine;
use crate::clients::aws::Caller;
use crate::clients::github::GitHub;
use crate::domain::uninstall::Consent;

/// What the removal works with.
pub struct Uninstalling<'a> {
    /// Port and AWS.
    pub engine: Engine<'a>,
    /// GitHub.
    pub github: &'a GitHub,
    /// Whose AWS credentials these are.
    pub caller: &'a Caller,
    /// Owner and name of the target repository.
    pub target: (String, String),
    /// What the operator agreed to.
    pub consent: Consent,
}
