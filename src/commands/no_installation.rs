//! What is told where Port has nothing of this installation's names: most often another one is meant.

use super::{Surroundings, connected};
use crate::clients::error::Api;
use crate::failure::Failure;

/// What can be done about it.
pub(super) const HINT: &str = "`port-iam init` sets this installation up; --prefix tells which one is meant";

/// Returns the failure, with what can be done where Port did not find something because there is no installation of this
/// name. A missing entity of one that is there has its own hint.
pub(super) async fn told(surroundings: &Surroundings<'_>, failure: Failure) -> Failure {
    let is_missing = failure.call.as_ref().is_some_and(|call| call.api == Api::Port && call.is_not_found());
    if !is_missing {
        return failure;
    }
    // Nobody is asked for a credential for the sake of a hint.
    let Ok(port) = connected::port(&surroundings.world.with_nobody()) else { return failure };
    match port.action(&surroundings.names.request_permissions).await {
        Ok(None) => failure.hint(HINT),
        _ => failure,
    }
}
