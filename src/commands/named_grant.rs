//! A grant as the command line names it.

use crate::domain::identifier::GrantId;
use crate::domain::refusal::Refusal;
use crate::failure::Failure;

const WHICH_THERE_ARE: &str = "`port-iam list` and `port-iam list --expired` tell which there are";

/// Returns the grant of this name.
///
/// # Errors
///
/// Refuses what cannot be the name of a grant.
pub(super) fn named(text: &str) -> Result<GrantId, Failure> {
    let refusal = |refusal: Refusal| Refusal::new(refusal.code, "GRANT", refusal.reason, WHICH_THERE_ARE);
    Ok(GrantId::parse(text).map_err(refusal)?)
}

/// Returns the failure of a grant that nobody knows.
#[cfg(feature = "full")]
pub(super) fn unknown(grant: &GrantId) -> Failure {
    Failure::failed(format!("no grant {grant} was found")).hint(WHICH_THERE_ARE)
}
