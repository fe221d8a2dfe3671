//! AWS IAM and STS of some accounts: the query protocol over one model of each account's state; the access key, or the
//! role that a token is exchanged for, tells which account is meant. Besides, which resources there
//! are, as the Resource Groups Tagging API and Resource Explorer tell it, and who opened a session of a role, as CloudTrail
//! does.
//!
//! Every call of a user or a session is judged by the caller's own policies, with the resource and the condition keys
//! that AWS documents for it (`asked.rs`), so that what works here shows that the published policies suffice, and what
//! is refused that they do no more. Errors, limits and answers follow the IAM and STS API references, the IAM quotas
//! page and the grammar of the policy language.
//!
//! What is not like AWS: signatures are not verified (an access key id alone says who calls, `caller.rs`); changes are
//! visible at once unless [`Account::delay_visibility`] says otherwise; there are no service control
//! policies, and nobody of one account may do anything in another.

mod account;
mod accounts;
mod asked;
mod authorization;
mod call;
mod caller;
mod constraint;
mod crowd;
mod failure;
mod grammar;
mod identity_center;
mod inhabitants;
mod instance_profile;
mod inventory;
mod json;
mod lag;
mod managed_policy;
mod oidc_provider;
mod operations;
mod paging;
mod parameters;
mod resources;
mod role;
mod state;
mod tags;
mod trail;
mod web_identity;
mod xml;

pub use account::{Account, RoleDocuments};
pub(crate) use accounts::{as_it_was, router};
pub use crowd::Copy;
pub use identity_center::SessionKeys;

#[cfg(test)]
mod tests;
