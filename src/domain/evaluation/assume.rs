//! May a principal assume a role? The trust policy and the caller's own policies together.

use std::fmt;

use super::context::Context;
use super::decision::{Decision, Judgement, MatchedStatement, Request, decide, judge_boundary, judge_identity};
use super::document::PolicyDocument;
use super::principal::{ArnParts, Kind, Principal};
use super::trust::{TrustDecision, evaluate_trust};

/// Whether a principal may assume a role, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssumeDecision {
    /// It may.
    Allowed {
        /// The statement of the trust policy.
        trust: MatchedStatement,
        /// The statement of the caller's identity policies, when there is one; the account's trust and a role of
        /// another account need it.
        identity: Option<MatchedStatement>,
    },
    /// The trust policy does not let it in.
    Untrusted(TrustDecision),
    /// The trust policy would let it in; the caller's own policies do not allow it, or forbid it.
    NotAllowedByCaller(Decision),
    /// A root user, who can assume no role.
    RootUser,
    /// The ARN is not that of a role.
    NotARole(String),
}

/// Returns whether `principal` may assume the role `role_arn`, whose trust policy is `trust`.
///
/// In the role's account a trust policy that names the caller is enough, unless the caller's policies deny it or (for
/// a role's session that is trusted through its role, or through `*`) the caller's boundary does not allow it. A trust
/// policy that names the account, and every role of another account, also needs the caller's identity policies within
/// the caller's boundary. Services and federated identities have no policies of their own.
///
/// The action is `sts:AssumeRole`; for a federated identity it is `sts:AssumeRoleWithSAML` or
/// `sts:AssumeRoleWithWebIdentity`, by the kind of the provider.
#[must_use]
pub fn may_assume(
    trust: &PolicyDocument,
    role_arn: &str,
    principal: &Principal,
    caller_identity_policies: &[PolicyDocument],
    caller_boundary: Option<&PolicyDocument>,
    context: &Context,
) -> AssumeDecision {
    let Some(role) = ArnParts::parse_role(role_arn) else { return AssumeDecision::NotARole(role_arn.to_owned()) };
    if let Kind::Root { .. } = principal.kind() {
        return AssumeDecision::RootUser;
    }
    let trusted = evaluate_trust(trust, principal, action(principal), context);
    let (trust, direct, limited_by_boundary) = match trusted {
        TrustDecision::AllowedToPrincipal { statement, limited_by_boundary } => (statement, true, limited_by_boundary),
        TrustDecision::AllowedToAccount { statement } => (statement, false, true),
        refused => return AssumeDecision::Untrusted(refused),
    };
    let Some(caller) = principal.own_arn() else { return AssumeDecision::Allowed { trust, identity: None } };

    let context = context.clone().overlaid_with(principal.context());
    let request = Request::new(action(principal), role_arn).with_context(context);
    let granted = judge_identity(caller_identity_policies, &request);
    let limit = caller_boundary.map(|boundary| judge_boundary(boundary, &request));
    let same_account = (&caller.partition, &caller.account) == (&role.partition, &role.account);
    if direct && same_account {
        // The trust policy is the grant: the caller's silence does not matter, except for the boundary's.
        let outside = limited_by_boundary && limit == Some(Judgement::Silent);
        match (granted, limit) {
            (Judgement::Denied(statement), _) | (_, Some(Judgement::Denied(statement))) => {
                AssumeDecision::NotAllowedByCaller(Decision::ExplicitlyDenied { statement })
            }
            _ if outside => AssumeDecision::NotAllowedByCaller(Decision::OutsideBoundary { statement: trust }),
            (Judgement::Allowed(statement), _) => AssumeDecision::Allowed { trust, identity: Some(statement) },
            (Judgement::Silent, _) => AssumeDecision::Allowed { trust, identity: None },
        }
    } else {
        match decide(granted, limit) {
            Decision::Allowed { statement } => AssumeDecision::Allowed { trust, identity: Some(statement) },
            refused => AssumeDecision::NotAllowedByCaller(refused),
        }
    }
}

fn action(principal: &Principal) -> &'static str {
    match principal.kind() {
        Kind::Federated(provider) if provider.contains(":saml-provider/") => "sts:AssumeRoleWithSAML",
        Kind::Federated(_) => "sts:AssumeRoleWithWebIdentity",
        _ => "sts:AssumeRole",
    }
}

impl AssumeDecision {
    /// Returns whether the principal may assume the role.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

impl fmt::Display for AssumeDecision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed { trust, identity: Some(identity) } => {
                write!(formatter, "trusted by {trust} and allowed by {identity}")
            }
            Self::Allowed { trust, identity: None } => write!(formatter, "trusted by {trust}"),
            Self::Untrusted(decision) => decision.fmt(formatter),
            Self::NotAllowedByCaller(decision) => {
                write!(formatter, "trusted, but the caller's own policies: {decision}")
            }
            Self::RootUser => formatter.write_str("denied: a root user can assume no role"),
            Self::NotARole(arn) => write!(formatter, "denied: `{}` is not the ARN of a role", arn.escape_debug()),
        }
    }
}
