//! A grant as the command line names it.

use super::given::malformed;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::refusal::Refusal;
use crate::failure::Failure;

const WHICH_THERE_ARE: &str = "`port-iam list` and `port-iam list --expired` tell which there are";

/// Returns the grant of this name.
///
/// # Errors
///
/// Fails on what cannot be the name of a grant.
pub(super) fn named(text: &str) -> Result<GrantId, Failure> {
    let refusal = |refusal: Refusal| Refusal::new(refusal.code, "GRANT", refusal.reason, WHICH_THERE_ARE);
    GrantId::parse(text).map_err(|it| malformed(refusal(it)))
}

/// Returns the failure of a revocation of what nobody knows: that there is nothing must not read as if it had been taken
/// away.
pub(super) fn never_known<'a>(grant: &GrantId, accounts: impl Iterator<Item = &'a AccountId>) -> Failure {
    let accounts: Vec<&str> = accounts.map(AccountId::as_str).collect();
    let message = format!(
        "nothing of the name {grant} is known: there is no role of it in {}, and in Port neither entity nor record nor run",
        accounts.join(", ")
    );
    Failure::failed(message)
        .hint(WHICH_THERE_ARE)
        .hint("if it is of another account, use credentials of that one, or add them with --account-profile ID=PROFILE")
}

/// Returns the failure of a grant that nobody knows.
#[cfg(feature = "full")]
pub(super) fn unknown(grant: &GrantId) -> Failure {
    Failure::failed(format!("no grant {grant} was found")).hint(WHICH_THERE_ARE)
}
