//! May this principal do this action on this resource? Judged from policy documents alone, as AWS IAM documents it.
//!
//! [`evaluate`] judges identity policies and a permissions boundary, [`evaluate_trust`] a role's trust policy, and
//! [`may_assume`] both together. Nothing here knows the time: `aws:CurrentTime` is a value of the [`Context`].
//!
//! Where AWS documents no answer, ours counts against the caller: what cannot be decided neither satisfies an `Allow`
//! nor escapes a `Deny`. A document that AWS would refuse is refused here too.
//!
//! Left out, because nothing of ours uses it: service and resource control policies, session policies, and resource
//! policies other than trust policies.

mod assume;
mod condition;
mod context;
mod decision;
mod document;
mod element;
mod error;
pub(in crate::domain) mod json;
mod listed_principal;
mod operand;
mod operator;
mod pattern;
mod principal;
mod quantity;
mod statement;
mod trust;
mod truth;

pub use assume::{AssumeDecision, may_assume};
pub use context::Context;
pub use decision::{Decision, MatchedStatement, PolicySource, Request, evaluate};
pub use document::PolicyDocument;
pub use error::{PolicyDocumentError, Problem};
pub use principal::{Principal, PrincipalError};
pub use trust::{TrustDecision, evaluate_trust};

#[cfg(test)]
mod tests;
