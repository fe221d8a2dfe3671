//! Every IAM and STS action against every kind of thing: what the workflows' identities can do, held against a written
//! list that people have reviewed (`allowed.json`). Whatever is allowed and not written, or written and not allowed,
//! is a difference. What no question touches shows in the statements of their policies, and who may be them in their
//! trust policies: both are compared with what `init` writes.
//!
//! One thing cannot be told apart here: IAM has no condition key for the trust policy of a new role, so whoever holds
//! the granter's credentials can make a role, within the boundary and marked, that trusts a stranger. The sweep finds
//! such a role, and the organisation's guardrails (`port-iam aws scp` and `rcp`) keep the stranger out.

mod battery;
mod circumstance;
mod claims;
mod held_against;
mod role_trust;
mod statements;
#[cfg(test)]
mod tests;
mod written;
mod written_trust;

pub use battery::{Batch, Battery, Question, Target};
pub use circumstance::Circumstance;
pub use claims::Ours;
pub use held_against::HeldAgainst;
pub use role_trust::{lets_in, trusts_too_much};
pub use statements::{StatementDifference, statement_differences};
pub use written::{Allowed, Difference, Job, differences, expected};
pub use written_trust::WrittenTrust;
